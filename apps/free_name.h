// Names for new pictures that take no other file's place.
#pragma once

#include <filesystem>

namespace tailor::apps {

/// `stem`.jpg in `folder`, or with "-2", "-3", ... before the ending where there is one already.
std::filesystem::path free_name(const std::filesystem::path& folder,
                                const std::filesystem::path& stem);

}  // namespace tailor::apps
