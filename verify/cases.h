// The families of cases, each in its own file; cases() joins them.
#pragma once

#include "verify/case.h"

namespace tailor::verify {

struct NamedShape {
  std::string name;
  Shape shape;
  bool at_least_f32 = false;
};

/// An operation whose results are sums of at most `terms` products of its inputs (the arguments of
/// `call` in this order, the output last): once with whole numbers, where they are exact, and once
/// with reals, within sum_bound.
void add_sum_cases(std::vector<Case>& cases, Op op, const std::string& name,
                   const std::vector<NamedShape>& inputs, const NamedShape& output, double terms,
                   const Call& call);

/// The last `count` cases again, once for each of their arguments, or the last of each list: that
/// one begins one element behind the start of its memory.
void add_unaligned(std::vector<Case>& cases, size_t count = 1);

void add_convolution_cases(std::vector<Case>& cases);
void add_matmul_cases(std::vector<Case>& cases);
void add_batch_norm_cases(std::vector<Case>& cases);
void add_batch_norm_frozen_cases(std::vector<Case>& cases);
void add_elementwise_cases(std::vector<Case>& cases);
void add_random_cases(std::vector<Case>& cases);
void add_cast_cases(std::vector<Case>& cases);
void add_pooling_cases(std::vector<Case>& cases);
void add_join_cases(std::vector<Case>& cases);
void add_softmax_cases(std::vector<Case>& cases);
void add_loss_cases(std::vector<Case>& cases);
void add_pick_cases(std::vector<Case>& cases);
void add_augment_cases(std::vector<Case>& cases);
void add_optimizer_cases(std::vector<Case>& cases);

}  // namespace tailor::verify
