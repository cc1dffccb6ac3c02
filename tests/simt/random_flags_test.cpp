// Random programs whose blocks signal each other by atomics behind fences: the tracker's verdict
// against that of the rule applied to every pair of accesses.
#include "tests/simt/program.h"

namespace tailor::test {
namespace {

constexpr int kNone = -1;

/// A block of one thread: accesses, a fence, perhaps more accesses, an atomic on a flag, accesses.
struct Signaller {
  std::vector<Step> steps;
  int fence = kNone;  ///< the step that is a fence before the atomic
  int flag = kNone;   ///< the step that is an atomic
};

Step random_touch(Dice& dice, unsigned span) {
  Step step{.kind = Step::kTouch, .global = true};
  step.touch = dice.once_in(3) ? kWrite : kRead;
  step.bytes = static_cast<uint8_t>(1U << dice.below(5));
  step.offset = static_cast<uint8_t>(dice.below(span / step.bytes) * step.bytes);
  return step;
}

Signaller random_signaller(Dice& dice, unsigned span) {
  Signaller block;
  const auto perhaps = [&](bool really, const Step& step) {
    block.steps.push_back(really ? step : Step{});
    return really ? static_cast<int>(block.steps.size()) - 1 : kNone;
  };
  perhaps(!dice.once_in(3), random_touch(dice, span));
  perhaps(dice.once_in(3), random_touch(dice, span));
  block.fence = perhaps(!dice.once_in(5), {.kind = Step::kThreadFence});
  perhaps(dice.once_in(10), random_touch(dice, span));
  const auto flag = static_cast<uint8_t>(dice.once_in(8) ? 1 : 0);
  block.flag = perhaps(!dice.once_in(8), {.kind = Step::kFlag, .offset = flag});
  perhaps(dice.once_in(2), {.kind = Step::kThreadFence});
  perhaps(dice.once_in(2), random_touch(dice, span));
  perhaps(dice.once_in(3), random_touch(dice, span));
  return block;
}

/// Whether what `before` did in this step comes before what `after` did in that: it stands before a
/// fence, and that behind an atomic on the flag which the fence is for. Blocks come to their
/// atomics in turn, `before` first.
bool is_ordered(const Signaller& before, int step, const Signaller& after, int other) {
  if (before.fence == kNone || before.flag == kNone || after.flag == kNone) return false;
  const auto flag_of = [](const Signaller& block) {
    return block.steps[static_cast<size_t>(block.flag)].offset;
  };
  return flag_of(before) == flag_of(after) && step < before.fence && other > after.flag;
}

bool conflict(const Step& a, const Step& b) {
  return a.kind == Step::kTouch && b.kind == Step::kTouch && a.offset < b.offset + b.bytes &&
         b.offset < a.offset + a.bytes && (a.touch == kWrite || b.touch == kWrite);
}

/// blocks: in the order of their turns
bool is_racy(const std::vector<Signaller>& blocks) {
  for (size_t after = 0; after < blocks.size(); ++after) {
    for (size_t before = 0; before < after; ++before) {
      const int count = static_cast<int>(blocks[after].steps.size());
      for (int i = 0; i < count; ++i) {
        for (int k = 0; k < count; ++k) {
          if (conflict(blocks[before].steps[static_cast<size_t>(i)],
                       blocks[after].steps[static_cast<size_t>(k)]) &&
              !is_ordered(blocks[before], i, blocks[after], k)) {
            return true;
          }
        }
      }
    }
  }
  return false;
}

class RandomFlags : public Tracked {};

TEST_F(RandomFlags, are_judged_as_by_the_rule_for_every_pair) {
  constexpr unsigned kPrograms = 1000;
  unsigned racy = 0;
  for (unsigned seed = 1; seed <= kPrograms; ++seed) {
    Dice dice(seed);
    const unsigned span = 16U << dice.below(3);
    std::vector<Signaller> blocks;
    for (unsigned left = 2 + dice.below(4); left > 0; --left) {
      blocks.push_back(random_signaller(dice, span));
    }
    std::vector<std::string> expected;
    if (is_racy(blocks)) {
      expected = {"race"};
      ++racy;
    }
    // Turns go from the last block to the first in every second program.
    const bool descending = seed % 2 == 0;
    device().watch().set_order(descending ? ThreadOrder::descending : ThreadOrder::ascending);
    if (descending) std::reverse(blocks.begin(), blocks.end());
    Program program{.blocks = static_cast<unsigned>(blocks.size()), .threads = 1};
    for (size_t step = 0; step < blocks[0].steps.size(); ++step) {
      program.steps.emplace_back();
      for (const Signaller& block : blocks) program.steps.back().push_back(block.steps[step]);
    }
    device().set_host_threads(1 + static_cast<int>(seed % 3));
    EXPECT_EQ(kinds_found(device(), program), expected) << "program " << seed;
  }
  EXPECT_GE(racy, kPrograms / 4);
  EXPECT_GE(kPrograms - racy, kPrograms / 4);
}

}  // namespace
}  // namespace tailor::test
