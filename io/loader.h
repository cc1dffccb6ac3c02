// Photos in batches, decoded ahead by several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/dataset.h"
#include "io/transform.h"

namespace tailor::io {

/// 0..n-1 in an order drawn from Philox (seed, epoch) by Fisher and Yates's shuffle.
std::vector<size_t> shuffled_indices(size_t n, uint64_t seed, uint32_t epoch);

struct Batch {
  std::vector<uint8_t> pixels;  ///< [n, size, size, 3]
  std::vector<int64_t> labels;  ///< [n]
  std::vector<size_t> indices;  ///< [n], into the samples
};

/// A photo that could not be read.
struct Skipped {
  std::string name;
  std::string reason;
  size_t index;  ///< into the samples
};

struct LoaderOptions {
  int batch = 32;
  int threads = 2;
  uint32_t view = 0;  ///< which of a photo's random augmentations
};

/// One pass over samples in a given order. Photos that cannot be read are left out of their batch,
/// which is then shorter, and listed. The bytes do not depend on the number of threads; memory is
/// bounded by a few batches. To be used by one thread; destroying it in mid-pass is fine.
class Loader {
 public:
  /// `samples` must outlive the loader; `order` holds indices into them.
  Loader(const std::vector<Sample>& samples, std::vector<size_t> order, const Transform& transform,
         const LoaderOptions& options);
  /// All samples in their own order.
  Loader(const std::vector<Sample>& samples, const Transform& transform,
         const LoaderOptions& options);
  ~Loader();

  /// The next batch, never an empty one; nothing at the end. Throws Error at the end when none of
  /// the samples could be read, and whatever else stopped a decoding thread.
  std::optional<Batch> next();

  /// How far into the order the batches handed out so far reach.
  size_t position() const;

  /// What was left out of the batches handed out so far, in their order.
  const std::vector<Skipped>& skipped() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tailor::io
