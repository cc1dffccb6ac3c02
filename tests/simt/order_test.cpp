// The order in which threads run, and how many of the host's threads run them: neither changes what
// a right kernel gives, nor what is found.
#include <algorithm>
#include <numeric>

#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Lines = std::vector<std::string>;

constexpr ThreadOrder kOrders[] = {ThreadOrder::ascending, ThreadOrder::descending,
                                   ThreadOrder::shuffled};

using Order = Runner;
INSTANTIATE_TEST_SUITE_P(, Order, both_devices(), name_of_device);

/// When each of 200 threads of 2 blocks came.
std::vector<int> arrivals(Device& device) {
  const Array<int> count(device, std::vector<int>{0}), y(device, 200);
  device.run("note_arrival", {.blocks = 2, .threads = 100}, {count.data(), y.data()});
  return y.host();
}

TEST_P(Order, threads_come_as_told) {
  std::vector<int> rising(200);
  std::iota(rising.begin(), rising.end(), 0);
  EXPECT_EQ(arrivals(device()), rising);
  device().watch().set_order(ThreadOrder::descending);
  EXPECT_EQ(arrivals(device()), std::vector<int>(rising.rbegin(), rising.rend()));

  device().watch().set_order(ThreadOrder::shuffled);
  const std::vector<int> first = arrivals(device());
  const std::vector<int> second = arrivals(device());
  EXPECT_TRUE(std::is_permutation(first.begin(), first.end(), rising.begin()));
  EXPECT_NE(first, rising);
  EXPECT_NE(first, second);
  device().watch().set_order(ThreadOrder::shuffled);  // starts anew
  EXPECT_EQ(arrivals(device()), first);
  EXPECT_EQ(arrivals(device()), second);
}

/// 40 blocks of 128 numbers each; all sums are exact.
std::vector<float> numbers() {
  std::vector<float> x(size_t{40} * 128);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 7 % 64);
  return x;
}

std::vector<float> sums_of_blocks() {
  const std::vector<float> x = numbers();
  std::vector<float> sums;
  for (auto block = x.begin(); block != x.end(); block += 128) {
    sums.push_back(std::accumulate(block, block + 128, 0.0F));
  }
  return sums;
}

TEST_P(Order, right_kernels_give_the_same_in_every_order) {
  const std::vector<float> expected = sums_of_blocks();
  const float all = std::accumulate(expected.begin(), expected.end(), 0.0F);
  const Array<float> x(device(), numbers());
  const Size size{.blocks = 40, .threads = 128};
  for (const ThreadOrder order : kOrders) {
    device().watch().set_order(order);
    for (int host_threads = 1; host_threads <= 3; ++host_threads) {
      device().set_host_threads(host_threads);
      const Array<float> sums(device(), 40), parts(device(), 40), sum(device(), 1);
      device().run("add_by_tree", size, {x.data(), sums.data()});
      EXPECT_EQ(sums.host(), expected);
      const Array<unsigned> ticket(device(), std::vector<unsigned>{0});
      device().run("add_by_shuffles", size, {x.data(), parts.data(), ticket.data(), sum.data()});
      EXPECT_EQ(sum.host()[0], all);
    }
  }
}

class TrackedOrder : public Tracked {};

TEST_F(TrackedOrder, races_are_found_in_every_order) {
  const std::string slot = " of byte 0 of slot (4 bytes of shared memory) races with the ";
  const Lines reader_second = lines({"race: hand_over: @read, block 0, thread 40: read" + slot +
                                     "write at @written, block 0, thread 5"});
  const Lines writer_second = lines({"race: hand_over: @written, block 0, thread 5: write" + slot +
                                     "read at @read, block 0, thread 40"});
  for (const ThreadOrder order : kOrders) {
    device().watch().set_order(order);
    for (int launch = 0; launch < 10; ++launch) {
      const Array<float> y(device(), 1);
      device().run("hand_over", {.threads = 64}, {kNothing, 5, 40, y.data()});
      const Lines found = device().found();
      if (order != ThreadOrder::descending && found == reader_second) continue;
      if (order != ThreadOrder::ascending && found == writer_second) continue;
      ADD_FAILURE() << "order " << static_cast<int>(order) << ": "
                    << (found.empty() ? "nothing" : found[0]);
    }
  }
}

TEST_F(TrackedOrder, races_between_blocks_are_found_in_every_order) {
  const Array<int> word(device(), std::vector<int>{0}), y(device(), 2);
  for (const ThreadOrder order : kOrders) {
    device().watch().set_order(order);
    for (int host_threads = 1; host_threads <= 3; ++host_threads) {
      device().set_host_threads(host_threads);
      device().run("touch_global", {.blocks = 50, .threads = 64},
                   {kWrite, 3 * 64, kRead, 40 * 64 + 9, word.data(), y.data()});
      const Lines found = device().found();
      ASSERT_EQ(found.size(), 1U);
      for (const char* part : {"race: touch_global: ", "block 3, thread 0", "block 40, thread 9"}) {
        EXPECT_NE(found[0].find(part), std::string::npos) << found[0];
      }
    }
  }
}

/// All that a launch with many findings leaves behind.
struct Outcome {
  Lines findings;
  Lines counters;
  std::vector<float> numbers;
};

Outcome do_much_wrong(Device& device) {
  constexpr unsigned kBlocks = 300;
  std::vector<float> fractions(size_t{kBlocks} * 64);
  for (size_t i = 0; i < fractions.size(); ++i) fractions[i] = 1 / static_cast<float>(i + 1);
  const Array<float> x(device, fractions), sum(device, std::vector<float>{0});
  const Array<int> shared_by_four(device, std::vector<int>(75));
  const Array<float> y(device, fractions.size());
  device.watch().count(true);
  device.run("do_much_wrong", {.blocks = kBlocks, .threads = 64},
             {x.data(), sum.data(), shared_by_four.data(), y.data()});
  device.watch().count(false);
  Outcome outcome{.findings = device.found()};
  for (const LineCounters& c : device.watch().take_counters()) {
    outcome.counters.push_back(fmt::format("{} {} {} {} {} {} {} {}", c.place, c.kind, c.requests,
                                           c.bytes, c.sectors, c.ideal_sectors, c.wavefronts,
                                           c.divergent));
  }
  outcome.numbers = sum.host();
  return outcome;
}

TEST_F(TrackedOrder, nothing_depends_on_the_threads_of_the_host) {
  for (const ThreadOrder order : kOrders) {
    device().set_host_threads(1);
    device().watch().set_order(order);
    const Outcome expected = do_much_wrong(device());
    for (const char* kind : {"race: ", "uninitialised: "}) {
      EXPECT_TRUE(std::any_of(expected.findings.begin(), expected.findings.end(),
                              [&](const std::string& line) { return line.starts_with(kind); }));
    }
    EXPECT_FALSE(expected.counters.empty());
    for (int run = 0; run < 8; ++run) {
      const int host_threads = 1 + run % 4;
      device().set_host_threads(host_threads);
      device().watch().set_order(order);  // the same shuffle
      const Outcome outcome = do_much_wrong(device());
      EXPECT_EQ(outcome.findings, expected.findings) << host_threads;
      EXPECT_EQ(outcome.counters, expected.counters) << host_threads;
      EXPECT_EQ(outcome.numbers, expected.numbers) << host_threads;
    }
  }
}

}  // namespace
}  // namespace tailor::test
