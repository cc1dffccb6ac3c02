// What is the MD5 of a file? (The publishers of weights give no other checksum.)
#pragma once

#include <filesystem>
#include <string>

namespace tailor::io {

/// 32 hex digits, as md5sum prints them (RFC 1321). Throws Error when the file cannot be read.
std::string md5_of(const std::filesystem::path& path);

}  // namespace tailor::io
