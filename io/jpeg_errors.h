// How errors come out of libjpeg, which reports them by a function that must not return.
#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

namespace tailor::io {

/// Each call into libjpeg stands in a member function that sets `jump` first and holds nothing with
/// a destructor; what it finds is returned as a bool, and exceptions start outside.
struct JpegErrors {
  jpeg_error_mgr base;  ///< first, so that libjpeg's pointer to it is a pointer to JpegErrors
  std::jmp_buf jump;
  bool truncated;
  std::array<char, JMSG_LENGTH_MAX> message;

  /// What to hand to libjpeg as its `err`.
  jpeg_error_mgr* start() {
    jpeg_std_error(&base);
    base.error_exit = [](j_common_ptr jpeg) { of(jpeg).stop(jpeg); };
    return &base;
  }
  static JpegErrors& of(j_common_ptr jpeg) { return *reinterpret_cast<JpegErrors*>(jpeg->err); }
  [[noreturn]] void stop(j_common_ptr jpeg) {
    base.format_message(jpeg, message.data());
    std::longjmp(jump, 1);
  }
};

}  // namespace tailor::io
