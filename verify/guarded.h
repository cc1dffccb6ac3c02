// An argument in a device's memory, between sentinels.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/api/backend.h"

namespace tailor::verify {

class Guarded {
 public:
  /// Puts `content` between two margins; a shape without dimensions gives an empty view. All ones
  /// is NaN in every real dtype, so that a kernel that reads there betrays itself too.
  Guarded(Backend& backend, DType dtype, const Shape& shape, std::span<const std::byte> content)
      : memory_(*backend.memory()),
        buffer_(backend.memory(), content.size() + 2 * kMargin),
        image_(content.size() + 2 * kMargin, kSentinel),
        view_{shape.rank() == 0 ? nullptr : static_cast<std::byte*>(buffer_.data()) + kMargin,
              dtype, shape} {
    std::copy(content.begin(), content.end(), image_.begin() + kMargin);
    memory_.copy_from_host(buffer_.data(), image_.data(), image_.size());
  }

  const View& view() const { return view_; }

  /// Copies back what the device has now.
  void fetch() { memory_.copy_to_host(image_.data(), buffer_.data(), image_.size()); }
  std::span<const std::byte> content() const {
    return std::span(image_).subspan(kMargin, image_.size() - 2 * kMargin);
  }
  /// In the device's memory: what lies before and behind the content.
  std::array<std::span<const std::byte>, 2> margins() const {
    const auto* start = static_cast<const std::byte*>(buffer_.data());
    return {std::span(start, kMargin), std::span(start + image_.size() - kMargin, kMargin)};
  }
  bool before_is_whole() const { return whole(std::span(image_).first(kMargin)); }
  bool behind_is_whole() const { return whole(std::span(image_).last(kMargin)); }

 private:
  static constexpr size_t kMargin = 256;
  static constexpr std::byte kSentinel{0xFF};

  static bool whole(std::span<const std::byte> margin) {
    return std::all_of(margin.begin(), margin.end(),
                       [](std::byte byte) { return byte == kSentinel; });
  }

  Memory& memory_;
  Buffer buffer_;
  std::vector<std::byte> image_;
  View view_;
};

}  // namespace tailor::verify
