#include "verify/truth.h"

#include "verify/numbers.h"

namespace tailor::verify {

DType dtype_of(const Argument& argument, DType dtype) {
  if (argument.at_least_f32 && dtype == DType::bf16) return DType::f32;
  return argument.dtype.value_or(dtype);
}

std::vector<std::vector<double>> run_reference(const std::vector<Argument>& arguments, DType dtype,
                                               const Call& call,
                                               const std::vector<std::vector<double>>& before) {
  std::vector<std::vector<std::byte>> storage;
  std::vector<View> views;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool fixed = arguments[i].dtype.has_value();
    const DType exact = fixed || !is_real(dtype) ? dtype_of(arguments[i], dtype) : DType::f64;
    storage.push_back(encode(before[i], exact));
    void* data = arguments[i].shape.rank() == 0 ? nullptr : storage.back().data();
    views.push_back({data, exact, arguments[i].shape});
  }
  const auto reference = open_backend("reference", {.threads = 1});
  call(*reference, views);
  std::vector<std::vector<double>> after;
  for (size_t i = 0; i < views.size(); ++i) after.push_back(decode(storage[i], views[i].dtype));
  return after;
}

Truth truth_of(const Case& test, DType dtype) {
  Truth truth{test, {}, {}};
  for (size_t i = 0; i < test.arguments.size(); ++i) {
    const Argument& argument = test.arguments[i];
    RandomStream random(/*seed=*/1, Stream::init, /*item=*/i);
    const auto count = argument.shape.count();
    truth.before.push_back(argument.fill ? argument.fill(count, random)
                                         : std::vector<double>(static_cast<size_t>(count)));
  }
  const auto round_all = [&] {
    for (size_t i = 0; i < test.arguments.size(); ++i) {
      truth.before[i] = rounded(truth.before[i], dtype_of(test.arguments[i], dtype));
    }
  };
  round_all();
  if (test.prepare) {
    truth.before = run_reference(test.arguments, dtype, test.prepare, truth.before);
    round_all();
  }
  if (test.error.empty()) {
    truth.after = run_reference(test.arguments, dtype, test.call, truth.before);
  }
  return truth;
}

}  // namespace tailor::verify
