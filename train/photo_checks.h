// Are these photos that a run can learn from, and those that it began with?
#pragma once

#include <filesystem>
#include <string>

#include "io/dataset.h"
#include "train/training_state.h"

namespace tailor::train {

/// Throws Error when the folder `run` lies in the folder `data`, where the next run would take it
/// for photos.
void expect_outside(const std::filesystem::path& data, const std::filesystem::path& run);

/// Of the names and labels of all photos, in hexadecimal.
std::string photos_hash(const io::Dataset& data);

/// Throws Error for a class all of whose photos to train on are among those left out.
void expect_photos_of_each_class(const io::Dataset& data, const SkippedPhotos& left_out);

/// Whether the same photos were left out, for whichever reasons.
bool same_photos(const SkippedPhotos& a, const SkippedPhotos& b);

}  // namespace tailor::train
