// The extents of a contiguous, row-major tensor. Activations are [N, H, W, C].
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>

#include "kernels/api/error.h"

namespace tailor {

/// Up to six extents, held in place. A scalar result has shape [1].
class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<int64_t> extents)
      : Shape(std::span<const int64_t>(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const int64_t> extents) : rank_(static_cast<int>(extents.size())) {
    if (extents.size() > kMaxRank) {
      throw Error("shape: expected at most {} dimensions, got {}", kMaxRank, extents.size());
    }
    std::copy(extents.begin(), extents.end(), extents_.begin());
  }

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return extents_[static_cast<size_t>(i)]; }
  int64_t& operator[](int i) { return extents_[static_cast<size_t>(i)]; }
  /// The last extent: the channels of an activation, the classes of logits.
  int64_t back() const { return extents_[static_cast<size_t>(rank_ - 1)]; }
  /// Number of elements; 0 for a shape without dimensions.
  int64_t count() const {
    if (rank_ == 0) return 0;
    int64_t n = 1;
    for (const int64_t extent : *this) n *= extent;
    return n;
  }
  const int64_t* begin() const { return extents_.data(); }
  const int64_t* end() const { return extents_.data() + rank_; }

  friend bool operator==(const Shape& a, const Shape& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<int64_t, kMaxRank> extents_{};
  int rank_ = 0;
};

/// "[8, 224, 224, 3]"
inline std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

}  // namespace tailor
