// Softmax and its logarithm along the last extent, by a team of threads for each row (rows.h says
// what each team buys); as the last step a warp keeps its row in registers.
#include "kernels/cuda/register_row.h"
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

// The last step: each number is read once, in accesses of 16 bytes, and written once, where the
// kernels above read it three times (gradients: twice). Less traffic there cannot be. exp, too, is
// taken once, and the division once a row.

template <class T, int kVectors>
__global__ void softmax_registers(const T* x, T* y, int64_t rows, int64_t columns) {
  for (int64_t row = first_row<WarpPerRow>(); row < rows; row += row_step<WarpPerRow>()) {
    const int64_t at = row * columns;
    RegisterRow<T, kVectors> values(x + at, columns, -INFINITY);
    const float maximum = values.max();
    values.change([&](float value) { return std::exp(value - maximum); });
    const float share = 1 / values.sum([](float power) { return power; });
    values.change([&](float power) { return power * share; });
    values.store(y + at, columns);
  }
}

template <class T, int kVectors>
__global__ void log_softmax_registers(const T* x, T* y, int64_t rows, int64_t columns) {
  for (int64_t row = first_row<WarpPerRow>(); row < rows; row += row_step<WarpPerRow>()) {
    const int64_t at = row * columns;
    RegisterRow<T, kVectors> values(x + at, columns, -INFINITY);
    const float maximum = values.max();
    values.change([&](float value) { return value - maximum; });
    const float log_sum = std::log(values.sum([](float value) { return std::exp(value); }));
    values.change([&](float value) { return value - log_sum; });
    values.store(y + at, columns);
  }
}

template <class T, int kVectors>
__global__ void softmax_backward_registers(const T* y, const T* dy, T* dx, int64_t rows,
                                           int64_t columns) {
  for (int64_t row = first_row<WarpPerRow>(); row < rows; row += row_step<WarpPerRow>()) {
    const int64_t at = row * columns;
    const RegisterRow<T, kVectors> result(y + at, columns, 0);
    RegisterRow<T, kVectors> gradient(dy + at, columns, 0);
    const float sum = gradient.sum([](float g, float p) { return p * g; }, result);
    gradient.change([&](float g, float p) { return p * (g - sum); }, result);
    gradient.store(dx + at, columns);
  }
}

template <class T, int kVectors>
__global__ void log_softmax_backward_registers(const T* y, const T* dy, T* dx, int64_t rows,
                                               int64_t columns) {
  for (int64_t row = first_row<WarpPerRow>(); row < rows; row += row_step<WarpPerRow>()) {
    const int64_t at = row * columns;
    const RegisterRow<T, kVectors> result(y + at, columns, 0);
    RegisterRow<T, kVectors> gradient(dy + at, columns, 0);
    const float sum = gradient.sum([](float g) { return g; });
    gradient.change([&](float g, float log_p) { return g - std::exp(log_p) * sum; }, result);
    gradient.store(dx + at, columns);
  }
}

/// Starts a kernel over the rows of these views, all of one shape.
template <class Team, class T, class Kernel, class... Views>
void launch_rows(Backend& backend, Kernel kernel, const View& first, const Views&... more) {
  const int64_t columns = first.shape.back(), rows = first.count() / columns;
  launch(backend, grid_of_rows<Team>(rows), kernel)(first.as<T>(), more.template as<T>()..., rows,
                                                    columns);
}

template <class Team, class T>
void softmax(Backend& backend, View x, View y) {
  launch_rows<Team, T>(backend, softmax_rows<Team, T>, x, y);
}

template <class Team, class T>
void log_softmax(Backend& backend, View x, View y) {
  launch_rows<Team, T>(backend, log_softmax_rows<Team, T>, x, y);
}

template <class Team, class T>
void softmax_backward(Backend& backend, View y, View dy, View dx) {
  launch_rows<Team, T>(backend, softmax_backward_rows<Team, T>, y, dy, dx);
}

template <class Team, class T>
void log_softmax_backward(Backend& backend, View y, View dy, View dx) {
  launch_rows<Team, T>(backend, log_softmax_backward_rows<Team, T>, y, dy, dx);
}

template <class T>
void softmax_in_registers(Backend& backend, View x, View y) {
  with_vectors_for<T>(x.shape.back(), [&](auto vectors) {
    launch_rows<WarpPerRow, T>(backend, softmax_registers<T, vectors()>, x, y);
  });
}

template <class T>
void log_softmax_in_registers(Backend& backend, View x, View y) {
  with_vectors_for<T>(x.shape.back(), [&](auto vectors) {
    launch_rows<WarpPerRow, T>(backend, log_softmax_registers<T, vectors()>, x, y);
  });
}

template <class T>
void softmax_backward_in_registers(Backend& backend, View y, View dy, View dx) {
  with_vectors_for<T>(y.shape.back(), [&](auto vectors) {
    launch_rows<WarpPerRow, T>(backend, softmax_backward_registers<T, vectors()>, y, dy, dx);
  });
}

template <class T>
void log_softmax_backward_in_registers(Backend& backend, View y, View dy, View dx) {
  with_vectors_for<T>(y.shape.back(), [&](auto vectors) {
    launch_rows<WarpPerRow, T>(backend, log_softmax_backward_registers<T, vectors()>, y, dy, dx);
  });
}

bool short_rows(View x, View) { return x.shape.back() <= kMostColumnsOfWarp; }
bool short_rows_backward(View y, View, View) { return y.shape.back() <= kMostColumnsOfWarp; }
template <class T>
bool fits(View x, View y) {
  return fit_registers<T>(x, y);
}
template <class T>
bool fits_backward(View y, View dy, View dx) {
  return fit_registers<T>(y, dy, dx);
}

#define ROWS(op, short_rows, fits)                                                     \
  TAILOR_KERNEL(table(), op, f32, "naive", op<ThreadPerRow, float>);                   \
  TAILOR_KERNEL(table(), op, f32, "block", op<BlockPerRow, float>);                    \
  TAILOR_KERNEL(table(), op, f32, "warp", op<WarpPerRow, float>, short_rows);          \
  TAILOR_KERNEL(table(), op, f32, "registers", op##_in_registers<float>, fits<float>); \
  TAILOR_KERNEL(table(), op, bf16, "naive", op<ThreadPerRow, tailor::bf16>);           \
  TAILOR_KERNEL(table(), op, bf16, "block", op<BlockPerRow, tailor::bf16>);            \
  TAILOR_KERNEL(table(), op, bf16, "warp", op<WarpPerRow, tailor::bf16>, short_rows);  \
  TAILOR_KERNEL(table(), op, bf16, "registers", op##_in_registers<tailor::bf16>, fits<tailor::bf16>)
ROWS(softmax, short_rows, fits);
ROWS(log_softmax, short_rows, fits);
ROWS(softmax_backward, short_rows_backward, fits_backward);
ROWS(log_softmax_backward, short_rows_backward, fits_backward);
#undef ROWS

}  // namespace
}  // namespace tailor::cuda
