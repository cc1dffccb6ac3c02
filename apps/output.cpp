#include "apps/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "kernels/api/error.h"

namespace tailor::apps {

void flush_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw Error("standard output: expected to write it, got '{}'",
              errno == 0 ? "an error" : std::strerror(errno));
}

}  // namespace tailor::apps
