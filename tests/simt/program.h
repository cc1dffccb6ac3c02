// Programs that are data, what runs them, and dice to make them.
#pragma once

#include <algorithm>
#include <random>

#include "tests/simt/device.h"

namespace tailor::test {

/// Steps that all threads of the grid go through, [step][thread].
struct Program {
  unsigned blocks;
  unsigned threads;  ///< of a block
  std::vector<std::vector<Step>> steps;
};

/// Runs a program and returns the kinds of what was found, each once.
inline std::vector<std::string> kinds_found(Device& device, const Program& program) {
  std::vector<Step> data;
  for (const auto& steps : program.steps) data.insert(data.end(), steps.begin(), steps.end());
  const std::vector<unsigned char> nothing(kProgramBytes);
  const Array<Step> steps(device, data);
  const Array<unsigned char> zeros(device, nothing), global(device, nothing);
  const Array<unsigned> flags(device, std::vector<unsigned>(kProgramFlags));
  const Array<unsigned> y(device, size_t{program.blocks} * program.threads);
  device.run("interpret", {.blocks = program.blocks, .threads = program.threads},
             {static_cast<int>(program.steps.size()), steps.data(), zeros.data(), global.data(),
              flags.data(), y.data()});
  std::vector<std::string> kinds;
  for (const Finding& finding : device.watch().take_findings()) kinds.push_back(finding.kind);
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  return kinds;
}

/// The same numbers everywhere: the standard's distributions are not.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned end) { return static_cast<unsigned>(engine_() % end); }
  bool once_in(unsigned times) { return below(times) == 0; }
  uint32_t bits() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

}  // namespace tailor::test
