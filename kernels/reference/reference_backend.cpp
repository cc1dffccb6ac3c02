#include <omp.h>

#include "kernels/api/host_memory.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

class ReferenceBackend final : public Backend {
 public:
  ReferenceBackend(std::shared_ptr<Memory> memory, const StreamOptions& options)
      : Backend(reference_table(), std::move(memory), options) {}

  int streams() const override { return omp_get_num_procs(); }
  std::unique_ptr<Backend> fork(const StreamOptions& options) const override {
    return std::make_unique<ReferenceBackend>(memory(), options);
  }
};

const RegisterDevice kReference("reference",
                                [](const StreamOptions& options) -> std::unique_ptr<Backend> {
                                  return std::make_unique<ReferenceBackend>(make_host_memory(),
                                                                            options);
                                });

}  // namespace

Table& reference_table() {
  static Table table("reference");
  return table;
}

int threads_of(const Backend& backend) {
  const int threads = backend.options().threads;
  return threads > 0 ? threads : omp_get_num_procs();
}

}  // namespace tailor
