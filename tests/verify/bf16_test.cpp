// bf16: which arguments are stored as what, what errors are allowed, and that wrong kernels fail.
#include <cmath>
#include <deque>
#include <map>

#include "tests/verify/planted.h"
#include "verify/bounds.h"
#include "verify/numbers.h"
#include "verify/truth.h"

namespace tailor::verify {
namespace {

Backend& cpu() {
  static const auto backend = open_backend("cpu", {.threads = 1});
  return *backend;
}

/// The bf16 views of one call as f32, rounded back when it is over.
class Widened {
 public:
  Widened() = default;
  Widened(const Widened&) = delete;
  Widened& operator=(const Widened&) = delete;
  ~Widened() {
    for (auto& [data, wide] : numbers_) {
      for (size_t i = 0; i < wide.size(); ++i) static_cast<bf16*>(data)[i] = to_bf16(wide[i]);
    }
  }

  View of(View view) {
    if (view.dtype != DType::bf16) return view;
    if (!view) return {nullptr, DType::f32, view.shape};
    auto& wide = numbers_[view.data];  // the same for a view that is given twice
    if (wide.empty()) {
      for (int64_t i = 0; i < view.count(); ++i) wide.push_back(to_float(view.as<bf16>()[i]));
    }
    return {wide.data(), DType::f32, view.shape};
  }
  Weights of(const Weights& weights) { return of(weights.plain); }
  Epilogue of(const Epilogue& e) { return {of(e.bias), of(e.residual), e.activation}; }
  std::span<const View> of(std::span<const View> views) {
    auto& wide = lists_.emplace_back();
    for (const View& view : views) wide.push_back(of(view));
    return wide;
  }
  template <class Other>
  const Other& of(const Other& other) {
    return other;
  }

 private:
  std::map<void*, std::vector<float>> numbers_;
  std::deque<std::vector<View>> lists_;
};

template <Op op, class... Args>
void call_on_cpu(const Args&... args) {
#define OPERATION(name, parameters, arguments) \
  if constexpr (op == Op::name) cpu().name(args...);
#include "kernels/api/operations.def"
#undef OPERATION
}

template <Op op, class Signature>
struct OnCpu;
template <Op op, class... Args>
struct OnCpu<op, void(Args...)> {
  static void launch(Backend&, Args... args) {
    Widened widened;
    call_on_cpu<op>(widened.of(args)...);
  }
};

/// The arithmetic of the cpu device, f32, on bf16 numbers.
template <Op op>
Planted right() {
  return Planted::with<op>(OnCpu<op, typename detail::SignatureOf<op>::Type>::launch, DType::bf16);
}

template <Op op>
void expect_all_pass() {
  if (op == Op::augment) return;  // of u8
  auto backend = right<op>();
  std::vector<Case> chosen;
  for (const Case& test : cases()) {
    if (test.op == op) chosen.push_back(test);
  }
  const auto results = run_cases(backend, chosen);
  EXPECT_FALSE(results.empty()) << name_of(op) << " has no case in bf16";
  for (const Result& result : results) {
    EXPECT_EQ(result.dtype, DType::bf16);
    EXPECT_EQ(name_of(result.status), "pass")
        << name_of(op) << " " << result.name << "\n"
        << fmt::format("{}", fmt::join(result.messages, "\n"));
  }
}

TEST(Bf16, kernels_that_compute_in_f32_and_round_once_pass_every_case) {
#define OPERATION(name, parameters, arguments) expect_all_pass<Op::name>();
#include "kernels/api/operations.def"
#undef OPERATION
}

// --- the rules ---

/// y = x, with this bound.
Case copy_of(double x, Bound bound) {
  return {.op = Op::cast,
          .name = "copy",
          .arguments = {in("x", {1}, given({x})), out("y", {1}, std::move(bound))},
          .call = [](Backend& b, Views v) { b.cast(v[0], v[1]); }};
}

TEST(Bf16, errors_are_those_of_f32_arithmetic_and_of_one_rounding) {
  const Case test = copy_of(3, relative_bound(1024));
  const double sums = 3 * 1024 * 0x1p-24;
  const auto error = [&](DType dtype) {
    return allowed_errors(truth_of(test, dtype), 1, dtype).front();
  };
  EXPECT_NEAR(error(DType::f32), sums, 1e-30);
  EXPECT_NEAR(error(DType::bf16), sums + 0x1p-8 * (3 + sums), 1e-30);
  EXPECT_NEAR(error(DType::f64), 3 * 1024 * 0x1p-53, 1e-30);
  EXPECT_TRUE(allowed_errors(truth_of(copy_of(3, {}), DType::bf16), 1, DType::bf16).empty());
}

TEST(Bf16, what_goes_by_channel_and_the_loss_stay_f32) {
  const std::map<Op, std::vector<std::string>> f32 = {
      {Op::conv2d, {"bias"}},
      {Op::matmul, {"bias"}},
      {Op::batch_norm,
       {"weight", "bias", "running_mean", "running_var", "saved_mean", "saved_rstd"}},
      {Op::batch_norm_backward,
       {"weight", "bias", "running_mean", "running_var", "saved_mean", "saved_rstd", "dweight",
        "dbias"}},
      {Op::batch_norm_frozen, {"weight", "bias", "mean", "var"}},
      {Op::batch_norm_frozen_backward, {"weight", "bias", "mean", "var", "dweight", "dbias"}},
      {Op::sum_to_channels, {"db"}},
      {Op::cross_entropy, {"class_weights", "loss"}},
      {Op::cross_entropy_backward, {"class_weights", "dloss"}}};
  for (const Case& test : cases()) {
    for (const Argument& argument : test.arguments) {
      if (argument.dtype) continue;
      const auto listed = f32.find(test.op);
      const bool wide =
          test.op == Op::add
              ? argument.name == "b" && argument.shape != test.arguments.front().shape
              : listed != f32.end() && std::find(listed->second.begin(), listed->second.end(),
                                                 argument.name) != listed->second.end();
      EXPECT_EQ(dtype_of(argument, DType::bf16), wide ? DType::f32 : DType::bf16)
          << name_of(test.op) << " " << test.name << " " << argument.name;
      EXPECT_EQ(dtype_of(argument, DType::f64), DType::f64);
    }
  }
}

/// 255 + 2 lies halfway between 256 and 258.
Status status_of_257(Row<Op::add>::Launch add) {
  auto backend = Planted::with<Op::add>(add, DType::bf16);
  const Case test = {
      .op = Op::add,
      .name = "257",
      .arguments = {in("a", {1}, given({255})), in("b", {1}, given({2})), out("y", {1})},
      .call = [](Backend& b, Views v) { b.add(v[0], v[1], v[2]); }};
  return run_cases(backend, {test}).at(0).status;
}

TEST(Bf16, whole_numbers_are_the_exact_ones_rounded_to_even) {
  EXPECT_EQ(status_of_257([](Backend&, View, View, View y) { *y.as<bf16>() = to_bf16(256); }),
            Status::pass);
  EXPECT_EQ(status_of_257([](Backend&, View, View, View y) { *y.as<bf16>() = to_bf16(258); }),
            Status::fail);
}

// --- wrong kernels ---

float widened(View view, int64_t i) { return to_float(view.as<bf16>()[i]); }

TEST(PlantedBf16, sum_in_bf16) {
  auto backend = Planted::with<Op::sum_to_channels>(
      [](Backend&, View dy, View db) {
        const int64_t channels = db.count();
        for (int64_t c = 0; c < channels; ++c) {
          bf16 sum{};
          for (int64_t i = c; i < dy.count(); i += channels) {
            sum = to_bf16(to_float(sum) + widened(dy, i));
          }
          db.as<float>()[c] = to_float(sum);
        }
      },
      DType::bf16);
  expect_caught(results_of(backend, "sum_to_channels"), "db[0]: expected");
}

TEST(PlantedBf16, result_cut_instead_of_rounded) {
  auto backend = Planted::with<Op::softmax>(
      [](Backend&, View x, View y) {
        std::vector<float> in, out(static_cast<size_t>(x.count()));
        for (int64_t i = 0; i < x.count(); ++i) in.push_back(widened(x, i));
        reference().softmax({in.data(), DType::f32, x.shape}, {out.data(), DType::f32, y.shape});
        for (size_t i = 0; i < out.size(); ++i) {
          y.as<bf16>()[i] = {static_cast<uint16_t>(std::bit_cast<uint32_t>(out[i]) >> 16)};
        }
      },
      DType::bf16);
  expect_caught(results_of(backend, "softmax"), "is allowed");
}

TEST(PlantedBf16, product_rounded_before_the_bias_is_added) {
  auto backend = Planted::with<Op::matmul>(
      [](Backend& b, const Matmul& p, View a, View w, const Epilogue& e, View y) {
        OnCpu<Op::matmul, detail::SignatureOf<Op::matmul>::Type>::launch(b, p, a, w, {}, y);
        if (!e.bias || e.residual || e.activation != Activation::none) return;
        for (int64_t i = 0; i < y.count(); ++i) {
          const float bias = e.bias.as<float>()[i % e.bias.count()];
          y.as<bf16>()[i] = to_bf16(widened(y, i) + bias);
        }
      },
      DType::bf16);
  auto results = results_of(backend, "matmul");
  std::erase_if(results, [](const Result& result) { return result.name != "bias/reals"; });
  expect_caught(results, "is allowed");
}

TEST(PlantedBf16, bias_taken_for_bf16) {
  auto backend = Planted::with<Op::add>(
      [](Backend&, View a, View b, View y) {
        for (int64_t i = 0; i < y.count(); ++i) {
          y.as<bf16>()[i] = to_bf16(widened(a, i) + widened(b, i % b.count()));
        }
      },
      DType::bf16);
  for (const Result& result : results_of(backend, "add")) {
    const bool by_channel = result.name.starts_with("channels");
    EXPECT_EQ(name_of(result.status), by_channel ? "fail" : "pass") << result.name;
  }
}

TEST(PlantedBf16, statistics_with_the_digits_of_bf16) {
  auto backend = Planted::with<Op::batch_norm>(
      [](Backend& b, const BatchNorm& p, View x, View weight, View bias, View residual, View mean,
         View var, View saved_mean, View saved_rstd, View y) {
        OnCpu<Op::batch_norm, detail::SignatureOf<Op::batch_norm>::Type>::launch(
            b, p, x, weight, bias, residual, mean, var, saved_mean, saved_rstd, y);
        for (int64_t c = 0; c < saved_mean.count(); ++c) {
          float& number = saved_mean.as<float>()[c];
          number = to_float(to_bf16(number));
        }
      },
      DType::bf16);
  expect_caught(results_of(backend, "batch_norm"), "saved_mean[0]: expected");
}

}  // namespace
}  // namespace tailor::verify
