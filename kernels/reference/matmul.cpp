// Matrix products with an epilogue.
#include "kernels/reference/activation.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

// Steps between neighbours along the rows and columns of a matrix as it is used.
struct Strides {
  int64_t row;
  int64_t column;
};

Strides strides_of(const View& stored, bool transposed) {
  const int64_t columns = stored.shape.back();
  return transposed ? Strides{1, columns} : Strides{columns, 1};
}

template <class T>
void matmul(Backend& backend, const Matmul& p, View a_view, View b_view, const Epilogue& epilogue,
            View y_view) {
  const int rank = y_view.shape.rank();
  const int64_t batch = rank == 3 ? y_view.shape[0] : 1;
  const int64_t rows = y_view.shape[rank - 2], columns = y_view.shape[rank - 1];
  const int64_t depth = a_view.shape[p.transpose_a ? rank - 2 : rank - 1];
  const Strides a_step = strides_of(a_view, p.transpose_a);
  const Strides b_step = strides_of(b_view, p.transpose_b);
  const T* bias = epilogue.bias.as<T>();
  const T* residual = epilogue.residual.as<T>();
  T* y = y_view.as<T>();

#pragma omp parallel for collapse(3) num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        const T* a = a_view.as<T>() + n * rows * depth + row * a_step.row;
        const T* b = b_view.as<T>() + n * depth * columns + column * b_step.column;
        double sum = 0;
        for (int64_t k = 0; k < depth; ++k) {
          sum += double(a[k * a_step.column]) * double(b[k * b_step.row]);
        }
        const int64_t i = (n * rows + row) * columns + column;
        if (bias != nullptr) sum += double(bias[column]);
        if (residual != nullptr) sum += double(residual[i]);
        y[i] = T(activate(epilogue.activation, sum));
      }
    }
  }
}

TAILOR_KERNEL(reference_table(), matmul, f32, "naive", matmul<float>);
TAILOR_KERNEL(reference_table(), matmul, f64, "naive", matmul<double>);

}  // namespace
}  // namespace tailor
