#include "verify/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "verify/gradient.h"
#include "verify/guarded.h"
#include "verify/numbers.h"
#include "verify/truth.h"

namespace tailor::verify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// "[1, 0, 3]", the place of an element.
std::string place_of(int64_t index, const Shape& shape) {
  Shape place = shape;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    place[i] = index % shape[i];
    index /= shape[i];
  }
  return to_string(place);
}

std::vector<double> absolute_bounds(const Argument& argument, size_t number, const Truth& truth,
                                    DType dtype) {
  if (!argument.bound) return {};
  std::vector<double> bounds = argument.bound(truth, number);
  const double underflow =  // numbers below it may be flushed to zero
      dtype == DType::f64 ? std::numeric_limits<double>::min() : std::numeric_limits<float>::min();
  for (double& bound : bounds) bound = bound * unit_roundoff(dtype) + underflow;
  return bounds;
}

/// One case on one row of a device.
class Trial {
 public:
  Trial(Backend& backend, const Truth& truth, DType dtype) : truth_(truth), dtype_(dtype) {
    for (size_t i = 0; i < arguments().size(); ++i) {
      const DType stored = dtype_of(arguments()[i], dtype);
      before_.push_back(encode(truth.before[i], stored));
      if (arguments()[i].role == Role::out) poison(before_.back(), stored);
      buffers_.emplace_back(backend, stored, arguments()[i].shape, before_.back());
    }
    call(backend);
  }

  /// Fills in status, error, bound and messages.
  void judge(Result& result) const {
    if (unsupported_) {
      result.status = Status::unsupported;
      return;
    }
    result.messages = messages_;
    for (size_t i = 0; i < buffers_.size(); ++i) {
      if (!buffers_[i].view()) continue;  // not given
      judge_margins(arguments()[i], buffers_[i], result);
      if (arguments()[i].role == Role::in) {
        if (!std::equal(before_[i].begin(), before_[i].end(), buffers_[i].content().begin())) {
          result.messages.push_back(fmt::format("{}: an input was changed", arguments()[i].name));
        }
      } else if (messages_.empty() && !truth_.after.empty()) {
        judge_numbers(i, result);
      }
    }
    if (!result.messages.empty()) result.status = Status::fail;
  }

 private:
  const std::vector<Argument>& arguments() const { return truth_.test.arguments; }

  static void poison(std::vector<std::byte>& bytes, DType dtype) {
    if (is_real(dtype)) {
      bytes = encode(std::vector<double>(bytes.size() / size_of(dtype), kNan), dtype);
    } else {
      std::fill(bytes.begin(), bytes.end(), std::byte{0xAB});
    }
  }

  void call(Backend& backend) {
    std::vector<View> views;
    for (const Guarded& buffer : buffers_) views.push_back(buffer.view());
    const std::string& expected = truth_.test.error;
    try {
      truth_.test.call(backend, views);
      backend.synchronize();
      if (!expected.empty()) {
        messages_.push_back(fmt::format("expected the error \"{}...\", got none", expected));
      }
    } catch (const Unsupported&) {
      unsupported_ = true;
    } catch (const std::exception& error) {
      if (expected.empty() || !std::string_view(error.what()).starts_with(expected)) {
        messages_.push_back(fmt::format("threw \"{}\"", error.what()));
      }
    }
    for (Guarded& buffer : buffers_) buffer.fetch();
  }

  static void judge_margins(const Argument& argument, const Guarded& buffer, Result& result) {
    if (!buffer.before_is_whole()) {
      result.messages.push_back(fmt::format("{}: written to before its start", argument.name));
    }
    if (!buffer.behind_is_whole()) {
      result.messages.push_back(fmt::format("{}: written to beyond its end", argument.name));
    }
  }

  void judge_numbers(size_t i, Result& result) const {
    const Argument& argument = arguments()[i];
    const DType stored = dtype_of(argument, dtype_);
    add_comparison(compare(decode(buffers_[i].content(), stored), truth_.after[i],
                           absolute_bounds(argument, i, truth_, stored)),
                   argument.name, argument.shape, result);
  }

  const Truth& truth_;
  DType dtype_;
  std::vector<std::vector<std::byte>> before_;
  std::vector<Guarded> buffers_;
  bool unsupported_ = false;
  std::vector<std::string> messages_;
};

std::optional<Op> find_op(std::string_view name) {
  for (size_t i = 0; i < static_cast<size_t>(Op::kCount); ++i) {
    if (name_of(static_cast<Op>(i)) == name) return static_cast<Op>(i);
  }
  return std::nullopt;
}

bool has_rows(const Backend& backend, Op op) {
  const auto dtypes = {DType::f32, DType::bf16, DType::f64, DType::u8,
                       DType::i8,  DType::i32,  DType::i64};
  return std::any_of(dtypes.begin(), dtypes.end(),
                     [&](DType dtype) { return !backend.variants(op, dtype).empty(); });
}

}  // namespace

std::string_view name_of(Status status) {
  constexpr std::string_view kNames[] = {"pass", "fail", "unsupported"};
  return kNames[static_cast<size_t>(status)];
}

bool selects(const Options& options, Op op, DType dtype, std::string_view variant) {
  const std::string_view name = tailor::name_of(op);
  return (options.op.empty() || name == options.op || name.starts_with(options.op + "_backward")) &&
         dtype == options.dtype.value_or(dtype) &&
         (options.variant.empty() || variant == options.variant);
}

void add_comparison(const Comparison& comparison, const std::string& argument, const Shape& shape,
                    Result& result) {
  if (comparison.share > result.share) {
    result.share = comparison.share;
    result.error = comparison.error;
    result.bound = comparison.bound;
  }
  if (comparison.mismatches == 0) return;
  result.status = Status::fail;
  for (const Mismatch& m : comparison.first) {
    const double found = std::isnan(m.found) ? kNan : m.found;  // NaN has a sign that says nothing
    result.messages.push_back(fmt::format(
        "{}{}: expected {:.9g}, got {:.9g}, off by {:.3g} where {:.3g} is allowed", argument,
        place_of(m.index, shape), m.expected, found, std::abs(found - m.expected), m.bound));
  }
  const auto more = comparison.mismatches - static_cast<int64_t>(comparison.first.size());
  if (more > 0) result.messages.push_back(fmt::format("{}: and {} more", argument, more));
}

std::vector<Result> run_cases(Backend& backend, const std::vector<Case>& cases,
                              const Options& options) {
  std::vector<Result> results;
  for (const Case& test : cases) {
    const bool backward = tailor::name_of(test.op).find("_backward") != std::string_view::npos;
    const auto result_of = [&](DType dtype, std::string_view variant) {
      return Result{.op = test.op,
                    .backward = backward,
                    .device = std::string(backend.device()),
                    .dtype = dtype,
                    .variant = std::string(variant),
                    .name = test.name};
    };
    for (const DType dtype : test.dtypes) {
      std::optional<Truth> truth;
      for (const std::string_view variant : backend.variants(test.op, dtype)) {
        if (!selects(options, test.op, dtype, variant)) continue;
        if (!truth) truth.emplace(truth_of(test, dtype));
        Result& result = results.emplace_back(result_of(dtype, variant));
        backend.prefer(test.op, variant);
        Trial(backend, *truth, dtype).judge(result);
        backend.prefer(test.op, "");
      }
    }
    const DType dtype = options.dtype.value_or(test.dtypes.front());
    if (selects(options, test.op, dtype, "") && !has_rows(backend, test.op)) {
      results.push_back(result_of(dtype, ""));
      results.back().status = Status::unsupported;
    }
  }
  return results;
}

std::vector<Result> run(const Options& options) {
  if (!options.op.empty() && !find_op(options.op)) {
    throw UsageError("--op: expected an operation of kernels/api/operations.def, got {}",
                     options.op);
  }
  const auto backend = open_backend(options.device);
  std::vector<Result> results = run_cases(*backend, cases(), options);
  if (backend->device() == "reference") {
    for (Result& result : run_gradient_checks(options)) results.push_back(std::move(result));
  }
  if (results.empty()) {
    throw UsageError("--variant: expected one that device {} has for these operations, got {}",
                     backend->device(), options.variant);
  }
  return results;
}

}  // namespace tailor::verify
