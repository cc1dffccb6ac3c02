// The rows that this library adds to the table of device cuda.
#pragma once

#include "kernels/api/table.h"

namespace tailor::cuda {

/// Throw Error when the library cannot be used: another version, no card that it knows.
void open_cudnn();
void open_cublaslt();

/// Convolutions and their gradients, as "cudnn".
void add_cudnn_rows(Table& table);
/// Matrix products, as "cublaslt".
void add_cublaslt_rows(Table& table);

}  // namespace tailor::cuda
