#include "kernels/simt/device_memory.h"
#include "kernels/simt/findings.h"
#include "kernels/simt/hooks.h"
#include "kernels/simt/settings.h"
#include "kernels/simt/simt.h"

namespace tailor::simt {
namespace {

class RunnerWatch final : public Watch {
 public:
  void set_order(ThreadOrder order) override {
    settings().order = order;
    settings().launches = 0;
  }
  void forbid(const void* data, size_t bytes) override { mark_forbidden(data, bytes); }
  void forget(const void* data, size_t bytes) override { mark_unwritten(data, bytes); }
  std::vector<Finding> take_findings() override { return findings().take(); }
  void count(bool on) override { settings().count = on; }
  std::vector<LineCounters> take_counters() override { return hooks::take_counters(); }
};

}  // namespace

Settings& settings() {
  static Settings all;
  return all;
}

Watch& watch() {
  static RunnerWatch one;
  return one;
}

void set_host_threads(int threads) { settings().host_threads = threads; }

}  // namespace tailor::simt
