// Gathers what the blocks of a launch ran into and words it.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "kernels/api/watch.h"
#include "kernels/simt/block_runner.h"
#include "kernels/simt/incident.h"

namespace tailor::simt {

class Findings {
 public:
  /// Takes over what one host thread found, in any order of host threads.
  void add(std::vector<Incident>& incidents);
  /// Puts the launch's incidents in the order of their blocks and counts like ones together.
  void end_launch(const Launch& launch);
  std::vector<Finding> take();

 private:
  struct Entry {
    const void* kernel;
    dim3 grid;
    dim3 block;
    Incident incident;
  };

  std::string text_of(const Entry& entry);

  std::mutex mutex_;
  std::vector<Incident> running_;
  std::vector<Entry> entries_;
};

Findings& findings();

}  // namespace tailor::simt
