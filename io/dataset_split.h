// Which samples are drawn from a data set: the part kept to judge by, and smaller sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "io/dataset.h"

namespace tailor::io {

/// Moves a fifth of every class (rounded, at least one photo of two) from `dataset.train` to
/// `dataset.validation`, drawn by `seed`.
void split_validation(Dataset& dataset, uint64_t seed);

/// `count` of the samples, or all when there are no more, in their order; every class in
/// proportion, and at least one of each when `count` allows; drawn by `seed`.
std::vector<Sample> stratified_subset(const std::vector<Sample>& samples, size_t count,
                                      uint64_t seed);

}  // namespace tailor::io
