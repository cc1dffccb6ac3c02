// Writing a file so that nobody ever sees half of it.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace tailor::io {

/// `write` fills a new file in the folder of `path` (".<name>.part"), which is then synced and
/// renamed. Whatever goes wrong, `path` holds either its old bytes or all of the new ones; its
/// permissions stay. Where `path` is a link, the file that it leads to is replaced; a pipe or a
/// device cannot be, and is written to as it is. Throws what `write` throws, and Error when the
/// folder cannot be written to or another process is writing the same file.
void replace_file(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& part)>& write);

/// replace_file, of bytes in memory.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Gives the finished file `part` the name `path`, in the same folder, synced. Throws Error when
/// that fails; `part` is there as it was, then.
void put_in_place(const std::filesystem::path& part, const std::filesystem::path& path);

}  // namespace tailor::io
