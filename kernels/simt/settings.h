// What a test or verify has asked of the launches that follow.
#pragma once

#include <cstdint>

#include "kernels/api/watch.h"

namespace tailor::simt {

struct Settings {
  ThreadOrder order = ThreadOrder::ascending;
  int host_threads = 0;  ///< 0: as many as are worth it
  bool count = false;
  uint64_t launches = 0;  ///< since the order was set

  /// Another for each launch, the same whenever the same launches follow a set_order().
  uint64_t next_seed() { return ++launches * 0x9E3779B97F4A7C15; }
};

/// Changed only between launches.
Settings& settings();

}  // namespace tailor::simt
