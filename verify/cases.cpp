#include "verify/cases.h"

#include "verify/bounds.h"
#include "verify/numbers.h"

namespace tailor::verify {

void add_sum_cases(std::vector<Case>& cases, Op op, const std::string& name,
                   const std::vector<NamedShape>& inputs, const NamedShape& output, double terms,
                   const Call& call) {
  const auto add = [&](const char* suffix, const Fill& fill, Bound bound) {
    Case test{.op = op, .name = name + suffix, .arguments = {}, .call = call};
    for (const NamedShape& input : inputs) {
      test.arguments.push_back(in(input.name, input.shape, fill));
      test.arguments.back().at_least_f32 = input.at_least_f32;
    }
    test.arguments.push_back(out(output.name, output.shape, std::move(bound)));
    test.arguments.back().at_least_f32 = output.at_least_f32;
    cases.push_back(std::move(test));
  };
  add("/integers", integers(), {});
  add("/reals", reals(), sum_bound(terms, call));
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> made;
    add_convolution_cases(made);
    add_matmul_cases(made);
    add_batch_norm_cases(made);
    add_batch_norm_frozen_cases(made);
    add_elementwise_cases(made);
    add_random_cases(made);
    add_cast_cases(made);
    add_pooling_cases(made);
    add_join_cases(made);
    add_softmax_cases(made);
    add_loss_cases(made);
    add_pick_cases(made);
    add_augment_cases(made);
    add_optimizer_cases(made);
    return made;
  }();
  return all;
}

}  // namespace tailor::verify
