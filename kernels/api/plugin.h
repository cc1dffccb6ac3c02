// Devices that are shared libraries of their own, opened only when asked for.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kernels/api/backend.h"

namespace tailor {

/// What every header of kernels/api and the compiler add up to; plug-ins of another build would
/// misread their arguments.
std::string_view build_id();

/// The one function that a plug-in exports, as "tailor_open_device": opens its device for a program
/// of this build. Returns nullptr and sets `backend`, or says in one line why it cannot; the text
/// lives until the next call. Nothing is thrown.
using OpenDevice = const char* (*)(const char* build_id, const StreamOptions* options,
                                   Backend** backend);

/// Where the plug-in of "simt-tracked" lies: libtailor_simt_tracked.so beside libtailor.so.
std::string plugin_file(std::string_view device);

/// Opens the plug-in in this file. It stays loaded until the program ends. Throws Error when there
/// is no such file, it is of another build, or its device cannot be used.
std::unique_ptr<Backend> open_plugin(const std::string& file, const StreamOptions& options);

}  // namespace tailor
