// A device that watches its kernels: what it is told, and what becomes of its findings.
#include <optional>
#include <set>

#include "kernels/api/watch.h"
#include "tests/verify/planted.h"

namespace tailor::verify {
namespace {

/// Bytes of the device's memory.
using Range = std::pair<const std::byte*, const std::byte*>;

class FakeWatch final : public Watch {
 public:
  void set_order(ThreadOrder order) override { order_ = order; }
  void forbid(const void* data, size_t bytes) override { forbidden.push_back(range(data, bytes)); }
  void forget(const void* data, size_t bytes) override { forgotten.push_back(range(data, bytes)); }
  std::vector<Finding> take_findings() override { return std::exchange(findings, {}); }
  void count(bool) override {}
  std::vector<LineCounters> take_counters() override { return {}; }

  ThreadOrder order() const { return order_; }

  std::vector<Range> forbidden, forgotten;
  std::vector<Finding> findings;

 private:
  static Range range(const void* data, size_t bytes) {
    const auto* first = static_cast<const std::byte*>(data);
    return {first, first + bytes};
  }

  ThreadOrder order_ = ThreadOrder::ascending;
};

/// A watched device that adds.
class Watched final : public Backend {
 public:
  using Behind = void (*)(FakeWatch& watch, View a, View b, View y);

  /// `behind` is called behind each right addition.
  explicit Watched(Behind behind) : Watched(std::make_unique<Table>("watched"), behind) {}

  std::unique_ptr<Backend> fork(const StreamOptions&) const override { return nullptr; }
  Watch* watch() override { return &watch_; }
  void synchronize() override {
    if (!watch_.findings.empty()) throw Error("findings that nobody took");
  }

 private:
  Watched(std::unique_ptr<Table> table, Behind behind)
      : Backend(*table, make_host_memory()), owner_(std::move(table)), behind_(behind) {
    owner_->rows<Op::add>().push_back({DType::f32, "planted", launch});
  }
  static void launch(Backend& backend, View a, View b, View y) {
    auto& self = static_cast<Watched&>(backend);
    reference().add(a, b, y);
    self.behind_(self.watch_, a, b, y);
  }

  FakeWatch watch_;
  std::unique_ptr<Table> owner_;
  Behind behind_;
};

Case one_case() {
  return {.op = Op::add,
          .name = "one",
          .arguments = {in("a", {3},
                           [](int64_t, RandomStream&) {
                             return std::vector<double>{1, 2, 3};
                           }),
                        in("b", {3},
                           [](int64_t, RandomStream&) {
                             return std::vector<double>{4, 5, 6};
                           }),
                        out("y", {3})},
          .call = [](Backend& b, Views v) { b.add(v[0], v[1], v[2]); }};
}

Result result_of(Watched::Behind behind, bool every_order = false) {
  Watched backend(behind);
  return run_cases(backend, {one_case()}, {.every_order = every_order}).at(0);
}

TEST(WatchedDevice, right_kernel_passes) {
  EXPECT_EQ(result_of([](FakeWatch&, View, View, View) {}, true).status, Status::pass);
}

TEST(WatchedDevice, is_told_of_margins_and_of_outputs_not_yet_written) {
  const auto behind = [](FakeWatch& watch, View a, View b, View y) {
    const auto end = [](View view) { return view.as<std::byte>() + view.bytes(); };
    std::set<const std::byte*> behind_views, before_views;
    for (const auto& [first, last] : watch.forbidden) {
      EXPECT_GE(last - first, 64);
      behind_views.insert(first);
      before_views.insert(last);
    }
    EXPECT_EQ(behind_views.size(), 6U);
    for (const View& view : {a, b, y}) {
      EXPECT_TRUE(before_views.contains(view.as<std::byte>()));
      EXPECT_TRUE(behind_views.contains(end(view)));
    }
    EXPECT_EQ(watch.forgotten, (std::vector<Range>{{y.as<std::byte>(), end(y)}}));
  };
  EXPECT_EQ(result_of(behind).status, Status::pass);
}

TEST(WatchedDevice, finding_fails_though_the_numbers_agree) {
  const Result result = result_of([](FakeWatch& watch, View, View, View) {
    watch.findings = {{"race", "add.cu:7 block 0: threads 1 and 2", 1},
                      {"barrier", "add.cu:9", 12}};
  });
  EXPECT_EQ(result.status, Status::fail);
  EXPECT_EQ(result.messages, (std::vector<std::string>{"race: add.cu:7 block 0: threads 1 and 2",
                                                       "barrier: add.cu:9 (12 times)"}));
  EXPECT_EQ(result.error, 0);
}

TEST(WatchedDevice, finding_of_a_kernel_that_throws_is_its_own) {
  Watched backend([](FakeWatch& watch, View, View, View y) {
    if (y.count() > 3) return;
    watch.findings = {{"race", "here", 1}};
    throw Error("and then this");
  });
  Case second = one_case();
  for (Argument& argument : second.arguments) argument.shape = {1, 3};
  const auto results = run_cases(backend, {one_case(), second});
  EXPECT_EQ(results.at(0).messages,
            (std::vector<std::string>{"threw \"and then this\"", "race: here"}));
  EXPECT_EQ(results.at(1).messages, results.at(0).messages);
}

TEST(WatchedDevice, each_order_is_run_and_named) {
  const auto behind = [](FakeWatch& watch, View, View, View) {
    watch.findings = {{"order", std::to_string(static_cast<int>(watch.order())), 1}};
  };
  EXPECT_EQ(result_of(behind).messages, (std::vector<std::string>{"order: 0"}));
  EXPECT_EQ(result_of(behind, true).messages,
            (std::vector<std::string>{"order: 0", "descending threads: order: 1",
                                      "shuffled threads: order: 2"}));
}

TEST(WatchedDevice, every_order_must_leave_the_same_numbers) {
  const auto behind = [](FakeWatch& watch, View, View, View y) {
    y.as<float>()[0] *= watch.order() == ThreadOrder::shuffled ? 1 + 0x1p-23F : 1;
  };
  const auto within_bounds = [](const Truth&, size_t) { return std::vector<double>(3, 1e3); };
  Case test = one_case();
  test.arguments.back().bound = within_bounds;
  Watched backend(behind);
  EXPECT_EQ(run_cases(backend, {test}).at(0).status, Status::pass);
  const Result result = run_cases(backend, {test}, {.every_order = true}).at(0);
  EXPECT_EQ(
      result.messages,
      (std::vector<std::string>{"shuffled threads: y: not what it is with ascending threads"}));
}

}  // namespace
}  // namespace tailor::verify
