#include "verify/run.h"

#include <algorithm>
#include <span>

#include "verify/gradient.h"
#include "verify/trial.h"

namespace tailor::verify {
namespace {

bool has_rows(const Backend& backend, Op op) {
  const auto dtypes = {DType::f32, DType::bf16, DType::f64, DType::u8,
                       DType::i8,  DType::i32,  DType::i64};
  return std::any_of(dtypes.begin(), dtypes.end(),
                     [&](DType dtype) { return !backend.variants(op, dtype).empty(); });
}

}  // namespace

void check_operation(std::string_view name, std::string_view option) {
  for (size_t i = 0; i < static_cast<size_t>(Op::kCount); ++i) {
    if (name_of(static_cast<Op>(i)) == name) return;
  }
  throw UsageError("{}: expected an operation of kernels/api/operations.def, got {}", option, name);
}

bool selects(const Options& options, Op op, DType dtype, std::string_view variant) {
  const std::string_view name = tailor::name_of(op);
  return (options.op.empty() || name == options.op || name.starts_with(options.op + "_backward")) &&
         dtype == options.dtype.value_or(dtype) &&
         (options.variant.empty() || variant == options.variant);
}

std::vector<Result> run_cases(Backend& backend, const std::vector<Case>& cases,
                              const Options& options) {
  constexpr ThreadOrder kOrders[] = {ThreadOrder::ascending, ThreadOrder::descending,
                                     ThreadOrder::shuffled};
  const bool every_order = options.every_order && backend.watch() != nullptr;
  const auto orders = std::span(kOrders).first(every_order ? std::size(kOrders) : 1);
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
        try_case(backend, *truth, dtype, orders, result);
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
  if (!options.op.empty()) check_operation(options.op, "--op");
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
