// Softmax and its logarithm along the last extent, by a team of threads for each row (rows.h).
#include "kernels/cuda/softmax.h"

namespace tailor::cuda {
namespace {

template <class Team, class T>
__global__ void softmax_rows(const T* x, T* y, int64_t rows, int64_t columns) {
  for (int64_t row = first_row<Team>(); row < rows; row += row_step<Team>()) {
    const int64_t at = row * columns;
    const Normalizer normalizer = normalizer_of<Team>(x + at, columns);
    for (int64_t k = Team::rank(); k < columns; k += Team::kSize) {
      y[at + k] = from_f32<T>(normalizer.probability(to_f32(x[at + k])));
    }
  }
}

template <class Team, class T>
__global__ void log_softmax_rows(const T* x, T* y, int64_t rows, int64_t columns) {
  for (int64_t row = first_row<Team>(); row < rows; row += row_step<Team>()) {
    const int64_t at = row * columns;
    const Normalizer normalizer = normalizer_of<Team>(x + at, columns);
    for (int64_t k = Team::rank(); k < columns; k += Team::kSize) {
      y[at + k] = from_f32<T>(normalizer.log_probability(to_f32(x[at + k])));
    }
  }
}

/// dx = y (dy - sum y dy)
template <class Team, class T>
__global__ void softmax_backward_rows(const T* y, const T* dy, T* dx, int64_t rows,
                                      int64_t columns) {
  for (int64_t row = first_row<Team>(); row < rows; row += row_step<Team>()) {
    const int64_t at = row * columns;
    float sum = 0;
    for (int64_t k = Team::rank(); k < columns; k += Team::kSize) {
      sum += to_f32(y[at + k]) * to_f32(dy[at + k]);
    }
    sum = Team::sum(sum);
    for (int64_t k = Team::rank(); k < columns; k += Team::kSize) {
      dx[at + k] = from_f32<T>(to_f32(y[at + k]) * (to_f32(dy[at + k]) - sum));
    }
  }
}

/// dx = dy - exp(y) sum dy
template <class Team, class T>
__global__ void log_softmax_backward_rows(const T* y, const T* dy, T* dx, int64_t rows,
                                          int64_t columns) {
  for (int64_t row = first_row<Team>(); row < rows; row += row_step<Team>()) {
    const int64_t at = row * columns;
    float sum = 0;
    for (int64_t k = Team::rank(); k < columns; k += Team::kSize) sum += to_f32(dy[at + k]);
    sum = Team::sum(sum);
    for (int64_t k = Team::rank(); k < columns; k += Team::kSize) {
      dx[at + k] = from_f32<T>(to_f32(dy[at + k]) - std::exp(to_f32(y[at + k])) * sum);
    }
  }
}

template <class Team, class T>
void softmax(Backend& backend, View x, View y) {
  const int64_t columns = x.shape.back(), rows = x.count() / columns;
  launch(backend, grid_of_rows<Team>(rows), softmax_rows<Team, T>)(x.as<T>(), y.as<T>(), rows,
                                                                   columns);
}

template <class Team, class T>
void log_softmax(Backend& backend, View x, View y) {
  const int64_t columns = x.shape.back(), rows = x.count() / columns;
  launch(backend, grid_of_rows<Team>(rows), log_softmax_rows<Team, T>)(x.as<T>(), y.as<T>(), rows,
                                                                       columns);
}

template <class Team, class T>
void softmax_backward(Backend& backend, View y, View dy, View dx) {
  const int64_t columns = y.shape.back(), rows = y.count() / columns;
  launch(backend, grid_of_rows<Team>(rows), softmax_backward_rows<Team, T>)(
      y.as<T>(), dy.as<T>(), dx.as<T>(), rows, columns);
}

template <class Team, class T>
void log_softmax_backward(Backend& backend, View y, View dy, View dx) {
  const int64_t columns = y.shape.back(), rows = y.count() / columns;
  launch(backend, grid_of_rows<Team>(rows), log_softmax_backward_rows<Team, T>)(
      y.as<T>(), dy.as<T>(), dx.as<T>(), rows, columns);
}

bool short_rows(View x, View) { return x.shape.back() <= kMostColumnsOfWarp; }
bool short_rows_backward(View y, View, View) { return y.shape.back() <= kMostColumnsOfWarp; }

#define ROWS(op, supports)                                                   \
  TAILOR_KERNEL(table(), op, f32, "naive", op<ThreadPerRow, float>);         \
  TAILOR_KERNEL(table(), op, f32, "block", op<BlockPerRow, float>);          \
  TAILOR_KERNEL(table(), op, f32, "warp", op<WarpPerRow, float>, supports);  \
  TAILOR_KERNEL(table(), op, bf16, "naive", op<ThreadPerRow, tailor::bf16>); \
  TAILOR_KERNEL(table(), op, bf16, "block", op<BlockPerRow, tailor::bf16>);  \
  TAILOR_KERNEL(table(), op, bf16, "warp", op<WarpPerRow, tailor::bf16>, supports)
ROWS(softmax, short_rows);
ROWS(log_softmax, short_rows);
ROWS(softmax_backward, short_rows_backward);
ROWS(log_softmax_backward, short_rows_backward);
#undef ROWS

}  // namespace
}  // namespace tailor::cuda
