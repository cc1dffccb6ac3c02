// Matrix products with an epilogue: the naive kernel, and the ladder's steps over matrices.
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/ladder.h"

namespace tailor::cuda {
namespace {

constexpr int kThreads = 256;

/// The sizes of a product, and the steps between neighbours along the rows and columns of a and b
/// as they are used.
struct Product {
  int64_t batch, rows, columns, depth;
  int64_t a_row, a_column, b_row, b_column;

  Product(const Matmul& p, const View& a, const View& y)
      : batch(y.shape.rank() == 3 ? y.shape[0] : 1),
        rows(y.shape[y.shape.rank() - 2]),
        columns(y.shape.back()),
        depth(p.transpose_a ? a.shape[a.shape.rank() - 2] : a.shape.back()),
        a_row(p.transpose_a ? 1 : depth),
        a_column(p.transpose_a ? rows : 1),
        b_row(p.transpose_b ? 1 : columns),
        b_column(p.transpose_b ? depth : 1) {}
};

/// A thread computes one result. Neighbouring threads have neighbouring columns: they write y
/// coalesced, share a's row and read b coalesced unless it is transposed. Each product still takes
/// two reads, of numbers that many other threads read too.
template <class T>
__global__ void matmul_naive(Product p, const T* a, const T* b, Output<T> output) {
  const int64_t count = p.batch * p.rows * p.columns;
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const int64_t column = i % p.columns;
    const int64_t row = i / p.columns % p.rows;
    const int64_t z = i / p.columns / p.rows;
    const T* from_a = a + z * p.rows * p.depth + row * p.a_row;
    const T* from_b = b + z * p.depth * p.columns + column * p.b_column;
    float sum = 0;
    for (int64_t k = 0; k < p.depth; ++k) {
      sum += to_f32(from_a[k * p.a_column]) * to_f32(from_b[k * p.b_row]);
    }
    output.store(i, column, sum);
  }
}

template <class T>
void naive(Backend& backend, const Matmul& p, View a, View b, const Epilogue& e, View y) {
  if (y.count() == 0) return;
  launch(backend, {blocks_for(y.count(), kThreads), kThreads}, matmul_naive<T>)(
      Product(p, a, y), a.as<T>(), b.as<T>(), Output<T>(e, y));
}

/// Where neighbours in memory lie along the depth and where along rows and columns is known to the
/// compiler, so that every copy to shared memory is a straight one.
template <Step kStep, class T, bool kTransposeA, bool kTransposeB>
void step_as(Backend& backend, const Product& p, View a, View b, const Epilogue& e, View y) {
  const MatrixSource<T, !kTransposeA> a_source{a.as<T>(), p.rows * p.depth,
                                               kTransposeA ? p.rows : p.depth};
  const MatrixSource<T, kTransposeB> b_source{b.as<T>(), p.depth * p.columns,
                                              kTransposeB ? p.depth : p.columns};
  const bool out_fours = p.columns % kQuad == 0 && are_aligned(y, e.residual);
  const MatrixSink<T> sink{Output<T>(e, y), p.rows * p.columns, p.columns, 0, out_fours};
  const Extents extents{static_cast<int>(p.batch), static_cast<int>(p.rows),
                        static_cast<int>(p.columns), static_cast<int>(p.depth)};
  launch_product<kStep>(backend, a_source, b_source, extents, sink);
}

template <Step kStep, class T>
void step(Backend& backend, const Matmul& m, View a, View b, const Epilogue& e, View y) {
  const Product p(m, a, y);
  if (m.transpose_a && m.transpose_b) return step_as<kStep, T, true, true>(backend, p, a, b, e, y);
  if (m.transpose_a) return step_as<kStep, T, true, false>(backend, p, a, b, e, y);
  if (m.transpose_b) return step_as<kStep, T, false, true>(backend, p, a, b, e, y);
  step_as<kStep, T, false, false>(backend, p, a, b, e, y);
}

template <Step kStep, class T>
bool takes(const Matmul& m, View a, View b, const Epilogue& /*e*/, View y) {
  const Product p(m, a, y);
  const bool in_pieces = a.shape.back() % kPiece<kStep, T> == 0 &&
                         b.shape.back() % kPiece<kStep, T> == 0 &&
                         (kPiece<kStep, T> == 1 || are_aligned(a, b));
  return in_pieces && can_take<kStep>(p.batch, p.rows, p.columns, p.depth);
}

#define TAILOR_STEP(dtype, T, name) \
  TAILOR_KERNEL(table(), matmul, dtype, #name, step<Step::name, T>, takes<Step::name, T>)
#define TAILOR_LADDER(dtype, T)                             \
  TAILOR_KERNEL(table(), matmul, dtype, "naive", naive<T>); \
  TAILOR_STEP(dtype, T, tiled);                             \
  TAILOR_STEP(dtype, T, registers);                         \
  TAILOR_STEP(dtype, T, vector);                            \
  TAILOR_STEP(dtype, T, tensor);                            \
  TAILOR_STEP(dtype, T, pipelined)
TAILOR_LADDER(f32, float);
TAILOR_LADDER(bf16, bf16);
#undef TAILOR_LADDER
#undef TAILOR_STEP

}  // namespace
}  // namespace tailor::cuda
