#include "kernels/cuda/activation.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/library/epilogue.h"
#include "kernels/cuda/numbers.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

template <class T>
struct Operands {
  const float* sums;
  const float* bias;  ///< nullptr: none
  const T* residual;  ///< nullptr: none
  T* y;
  int64_t count;
  int64_t channels;
  Activation activation;
};

/// Width neighbours a thread, all in one pixel, so that sums, bias and residual come in one access
/// each and the division that finds the channel is paid once.
template <class T, int kWidth>
__global__ void epilogue(Operands<T> o) {
  const int64_t groups = o.count / kWidth;
  const int64_t step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t g = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; g < groups; g += step) {
    const int64_t first = g * kWidth;
    Vec<float, kWidth> sums = load_vec<kWidth>(o.sums + first);
    if (o.bias != nullptr) {
      const Vec<float, kWidth> bias = load_vec<kWidth>(o.bias + first % o.channels);
      for (int i = 0; i < kWidth; ++i) sums.v[i] += bias.v[i];
    }
    if (o.residual != nullptr) {
      const Vec<T, kWidth> residual = load_vec<kWidth>(o.residual + first);
      for (int i = 0; i < kWidth; ++i) sums.v[i] += to_f32(residual.v[i]);
    }
    Vec<T, kWidth> y;
    for (int i = 0; i < kWidth; ++i) y.v[i] = from_f32<T>(activate(o.activation, sums.v[i]));
    store_vec<kWidth>(o.y + first, y);
  }
}

bool aligned_to_16(const void* data) { return reinterpret_cast<uintptr_t>(data) % 16 == 0; }

template <class T>
void apply(CudaBackend& backend, const float* sums, const Epilogue& e, View y) {
  const Operands<T> o{sums,      e.bias.as<float>(), e.residual.as<T>(), y.as<T>(),
                      y.count(), y.shape.back(),     e.activation};
  constexpr int kWidth = 4;
  if (o.channels % kWidth == 0 && aligned_to_16(o.sums) && aligned_to_16(o.bias) &&
      aligned_to_16(o.residual) && aligned_to_16(o.y)) {
    launch(backend, {blocks_for(o.count / kWidth, kThreads), kThreads}, epilogue<T, kWidth>)(o);
  } else {
    launch(backend, {blocks_for(o.count, kThreads), kThreads}, epilogue<T, 1>)(o);
  }
}

}  // namespace

void apply_epilogue(CudaBackend& backend, const float* sums, const Epilogue& e, View y) {
  y.dtype == DType::bf16 ? apply<bf16>(backend, sums, e, y) : apply<float>(backend, sums, e, y);
}

}  // namespace tailor::cuda
