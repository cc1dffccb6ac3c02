// Which files are photos to be read? Those below a folder, but for what systems leave behind there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tailor::io {

/// The folders within `folder`, sorted by name; links to folders count. Hidden ones and __MACOSX
/// do not. Throws Error when it cannot be read.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

/// The paths of all files below `folder` at any depth, sorted, without hidden ones, Thumbs.db and
/// the like, and without pipes and devices. A link that leads nowhere is one of them, so that the
/// photo is reported missing; links to folders are not followed, since they may lead back. Throws
/// Error when it cannot be read.
std::vector<std::string> files_below(const std::filesystem::path& folder);

/// Those of them that lie in `folder` itself.
std::vector<std::string> files_in(const std::filesystem::path& folder);

/// `path` itself when it is a file, else files_below. Throws Error when it is missing or holds
/// none.
std::vector<std::filesystem::path> find_photos(const std::filesystem::path& path);

}  // namespace tailor::io
