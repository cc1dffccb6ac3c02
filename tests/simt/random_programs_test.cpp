// Random programs, racy or not: the tracker's verdict against that of vector clocks over every pair
// of accesses, which knows nothing of cells, epochs or orders of threads.
#include <algorithm>

#include "tests/simt/program.h"

namespace tailor::test {
namespace {

constexpr unsigned kThreads = 64;  // of a block: two warps

/// What sets one program apart from the next: `span` bytes are touched, by one step in `rarity`.
struct Manner {
  unsigned blocks, span, rarity, percent_read;
};

Manner random_manner(Dice& dice) {
  Manner manner{.blocks = dice.once_in(4) ? 2 + dice.below(3) : 1, .span = 16U << dice.below(3)};
  switch (dice.below(3)) {
    case 0:
      manner.rarity = 24 + dice.below(400);
      manner.percent_read = 50;
      break;
    case 1:
      manner.rarity = 24 + dice.below(100);
      manner.percent_read = 85;
      break;
    default:
      manner.rarity = 4 + dice.below(30);
      manner.percent_read = 97;
  }
  return manner;
}

Step random_touch(Dice& dice, const Manner& manner) {
  Step step{.kind = Step::kTouch};
  const bool reads = dice.below(100) < manner.percent_read;
  step.touch = reads ? kRead : dice.once_in(2) ? kWrite : kAtomic;
  step.bytes =
      static_cast<uint8_t>(step.touch == kAtomic ? 4U << dice.below(2) : 1U << dice.below(5));
  step.offset = static_cast<uint8_t>(dice.below(manner.span / step.bytes) * step.bytes);
  step.global = dice.once_in(4);
  // Nothing orders blocks: most global accesses of several are reads.
  if (step.global && manner.blocks > 1 && !dice.once_in(8)) step.touch = kRead;
  return step;
}

/// A step in which groups of lanes, or the block, meet; lanes outside of a mask go on.
void add_meeting(Dice& dice, std::vector<Step>& steps) {
  const unsigned how = dice.below(8);
  for (size_t first = 0; first < steps.size(); first += 32) {
    const bool votes = dice.once_in(6);
    const uint32_t some = dice.bits() | 1U << dice.below(32);
    for (unsigned lane = 0; lane < 32; ++lane) {
      Step& step = steps[first + lane];
      const uint32_t half = lane < 16 ? 0x0000FFFF : 0xFFFF0000;
      const uint32_t mask = how < 3 ? 0xFFFFFFFF : how < 5 ? half : some;
      if (how == 7) {
        step = {.kind = Step::kSyncBlock};
      } else if ((mask >> lane & 1) != 0) {
        step = {.kind = votes ? Step::kVoteOfWarp : Step::kSyncWarp, .mask = mask};
      }
    }
  }
}

Program random_program(unsigned seed) {
  Dice dice(seed);
  const Manner manner = random_manner(dice);
  Program program{.blocks = manner.blocks, .threads = kThreads};
  const unsigned count = 4 + dice.below(30);
  for (unsigned i = 0; i < count; ++i) {
    std::vector<Step> steps(size_t{program.blocks} * kThreads);
    for (Step& step : steps) {
      if (dice.once_in(manner.rarity)) step = random_touch(dice, manner);
    }
    if (dice.once_in(2)) add_meeting(dice, steps);
    program.steps.push_back(std::move(steps));
  }
  return program;
}

/// Clock of a thread: for each thread of its block, how far it knows of it.
using Clock = std::vector<unsigned>;

struct Touched {
  size_t thread;  ///< of the grid
  Step step;
  Clock clock;
};

bool is_before(const Touched& a, const Touched& b) {
  const size_t of_block = a.thread % kThreads;
  return a.thread / kThreads == b.thread / kThreads && a.clock[of_block] <= b.clock[of_block];
}

bool races(const Touched& a, const Touched& b) {
  if (a.thread == b.thread || a.step.global != b.step.global) return false;
  if (!a.step.global && a.thread / kThreads != b.thread / kThreads) return false;
  if (a.step.offset + a.step.bytes <= b.step.offset) return false;
  if (b.step.offset + b.step.bytes <= a.step.offset) return false;
  if (a.step.touch == b.step.touch && a.step.touch != kWrite) return false;
  return !is_before(a, b) && !is_before(b, a);
}

/// Those who meet know all that each of them knew, and of each other up to now.
void meet(std::vector<Clock>& clocks, const std::vector<size_t>& threads) {
  Clock all(kThreads);
  for (const size_t thread : threads) {
    for (size_t i = 0; i < kThreads; ++i) all[i] = std::max(all[i], clocks[thread][i]);
  }
  for (const size_t thread : threads) {
    clocks[thread] = all;
    ++clocks[thread][thread % kThreads];
  }
}

bool is_racy(const Program& program) {
  const size_t threads = size_t{program.blocks} * kThreads;
  std::vector<Clock> clocks(threads, Clock(kThreads));
  for (size_t thread = 0; thread < threads; ++thread) clocks[thread][thread % kThreads] = 1;
  std::vector<Touched> touched;
  for (const std::vector<Step>& steps : program.steps) {
    for (size_t thread = 0; thread < threads; ++thread) {
      const Step& step = steps[thread];
      if (step.kind == Step::kTouch) touched.push_back({thread, step, clocks[thread]});
      std::vector<size_t> group;
      if (step.kind == Step::kSyncBlock && thread % kThreads == 0) {
        for (size_t i = 0; i < kThreads; ++i) group.push_back(thread + i);
      }
      const auto lane = static_cast<unsigned>(thread % 32);
      const bool first = (step.mask & ((1U << lane) - 1)) == 0;
      if (step.kind == Step::kSyncWarp && first) {
        for (unsigned i = lane; i < 32; ++i) {
          if ((step.mask >> i & 1) != 0) group.push_back(thread - lane + i);
        }
      }
      if (!group.empty()) meet(clocks, group);
    }
  }
  for (size_t a = 0; a < touched.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      if (races(touched[a], touched[b])) return true;
    }
  }
  return false;
}

class RandomPrograms : public Tracked {};

TEST_F(RandomPrograms, are_judged_as_by_exhaustive_vector_clocks) {
  constexpr ThreadOrder kOrders[] = {ThreadOrder::ascending, ThreadOrder::descending,
                                     ThreadOrder::shuffled};
  constexpr unsigned kPrograms = 2000;
  unsigned racy = 0;
  for (unsigned seed = 1; seed <= kPrograms; ++seed) {
    const Program program = random_program(seed);
    device().watch().set_order(kOrders[seed % 3]);
    device().set_host_threads(1 + static_cast<int>(seed % 2));
    std::vector<std::string> expected;
    if (is_racy(program)) {
      expected = {"race"};
      ++racy;
    }
    EXPECT_EQ(kinds_found(device(), program), expected) << "program " << seed;
  }
  EXPECT_GE(racy, 500U);
  EXPECT_GE(kPrograms - racy, 500U);
}

TEST_F(RandomPrograms, bytes_that_were_read_together_are_later_judged_apart) {
  const auto touch = [](Touch how, uint8_t offset, uint8_t bytes) {
    return Step{.kind = Step::kTouch, .touch = how, .offset = offset, .bytes = bytes};
  };
  const auto sync = [](uint32_t mask) { return Step{.kind = Step::kSyncWarp, .mask = mask}; };
  Program program{.blocks = 1, .threads = kThreads};
  const auto add = [&](std::initializer_list<std::pair<size_t, Step>> steps) {
    std::vector<Step> all(kThreads);
    for (const auto& [thread, step] : steps) all[thread] = step;
    program.steps.push_back(all);
  };
  // Lanes 0 and 1 read all eight bytes, each at its own time, lane 2 the lower half. Lane 3, which
  // has met 0 and 1 but not 2, writes the upper half.
  constexpr uint32_t kOneAndFive = 0b100010, kTwoAndSix = 0b1000100, kAllButTwo = 0b1011;
  add({{0, touch(kRead, 0, 8)},
       {1, sync(kOneAndFive)},
       {2, sync(kTwoAndSix)},
       {5, sync(kOneAndFive)},
       {6, sync(kTwoAndSix)}});
  add({{1, touch(kRead, 0, 8)}, {2, touch(kRead, 0, 4)}});
  add({{0, sync(kAllButTwo)}, {1, sync(kAllButTwo)}, {3, sync(kAllButTwo)}});
  add({{3, touch(kWrite, 4, 4)}});
  EXPECT_FALSE(is_racy(program));
  EXPECT_EQ(kinds_found(device(), program), std::vector<std::string>());

  program.steps.back()[3] = touch(kWrite, 0, 4);
  EXPECT_TRUE(is_racy(program));
  EXPECT_EQ(kinds_found(device(), program), std::vector<std::string>{"race"});
}

}  // namespace
}  // namespace tailor::test
