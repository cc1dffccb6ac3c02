// Files made by, and checked with, Debian's Python with numpy and h5py.
#pragma once

#include <filesystem>
#include <string>

namespace tailor::test {

/// What `script` prints. Throws std::runtime_error with it when Python fails.
std::string python(const std::string& script);

/// The file or folder that `script ARGUMENTS OUT` writes to OUT. It is made at first use, kept in
/// the build folder as `name`, and made again when a script beside it is newer. Several tests may
/// ask at once.
std::filesystem::path made_by(const std::filesystem::path& script, const std::string& arguments,
                              const std::string& name);

/// A file of formula weights from tests/golden/networks/write_hdf5.py: "keras1 --no-top".
std::filesystem::path golden_weights(const std::string& arguments);

}  // namespace tailor::test
