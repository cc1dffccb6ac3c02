// Writing a file so that nobody ever sees half of it.
#pragma once

#include <filesystem>
#include <functional>

namespace tailor::io {

/// `write` fills a new file beside `path` ("<path>.part"), which is then synced and renamed.
/// Whatever goes wrong, `path` holds either its old bytes or all of the new ones. Throws what
/// `write` throws, and Error when the folder cannot be written to.
void replace_file(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& part)>& write);

/// Gives the finished file `part` the name `path`, in the same folder, synced. Throws Error when
/// that fails; `part` is there as it was, then.
void put_in_place(const std::filesystem::path& part, const std::filesystem::path& path);

}  // namespace tailor::io
