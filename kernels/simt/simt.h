// What the host asks of the simt device beyond CUDA's own functions.
#pragma once

#include "kernels/api/watch.h"

namespace tailor::simt {

/// One for the process: findings of launches from any stream.
Watch& watch();

/// How many of the host's threads run blocks; 0, the default, is OpenMP's choice for launches that
/// are worth it.
void set_host_threads(int threads);

}  // namespace tailor::simt
