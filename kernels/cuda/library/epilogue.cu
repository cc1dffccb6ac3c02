#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/library/epilogue.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

/// V neighbours a thread, all in one pixel: one access each for sums, residual and y, and one
/// division to find the channel.
template <class T, int V>
__global__ void epilogue(const float* sums, Output<T> output, int64_t count, int64_t channels) {
  for (int64_t i = V * grid_thread(); i < count; i += V * grid_threads()) {
    output.template store_together<V>(i, i % channels, load_wide<V>(sums + i));
  }
}

template <class T>
void apply(CudaBackend& backend, const View& sums, const Epilogue& e, const View& y) {
  const int64_t channels = y.shape.back();
  const bool together = channels % kQuad == 0 && are_aligned(sums, e.residual, y);
  const Grid grid{blocks_for(together ? y.count() / kQuad : y.count(), kThreads), kThreads};
  launch(backend, grid, together ? epilogue<T, kQuad> : epilogue<T, 1>)(
      sums.as<float>(), Output<T>(e, y), y.count(), channels);
}

}  // namespace

void apply_epilogue(CudaBackend& backend, View sums, const Epilogue& e, View y) {
  y.dtype == DType::bf16 ? apply<bf16>(backend, sums, e, y) : apply<float>(backend, sums, e, y);
}

}  // namespace tailor::cuda
