#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

/// The choice is equal on every device; the division by 1 - p may be a product with its inverse.
Bound scaling() { return relative_bound(3); }

void add_dropout(std::vector<Case>& cases, const std::string& name, const Shape& shape,
                 const Dropout& p) {
  cases.push_back({.op = Op::dropout,
                   .name = name,
                   .arguments = {in("x", shape, reals()), out("mask", DType::u8, shape),
                                 out("y", shape, scaling())},
                   .call = [p](Backend& b, Views v) { b.dropout(p, v[0], v[1], v[2]); }});
  const bool in_vectors = shape.count() >= 64;  // and not only in what is left of one
  if (in_vectors) add_unaligned(cases);
  cases.push_back({.op = Op::dropout_backward,
                   .name = name,
                   .arguments = {in("dy", shape, reals()), in("mask", DType::u8, shape, labels(2)),
                                 out("dx", shape, scaling())},
                   .call = [p](Backend& b, Views v) { b.dropout_backward(p, v[0], v[1], v[2]); }});
  if (in_vectors) add_unaligned(cases);
}

void add_uniform(std::vector<Case>& cases, const std::string& name, int64_t count,
                 const RandomKey& random, float low, float high) {
  cases.push_back({.op = Op::uniform,
                   .name = name,
                   .arguments = {out("y", {count})},
                   .call = [=](Backend& b, Views v) { b.uniform(random, low, high, v[0]); }});
}

}  // namespace

void add_random_cases(std::vector<Case>& cases) {
  const RandomKey random{.seed = 42, .stream = Stream::dropout, .step = 7};
  for (const double p : {0.0, 0.2, 0.5, 0.9, 1.0}) {
    add_dropout(cases, fmt::format("p{}", p), {2, 3, 4, 5}, {.p = p, .random = random});
  }
  add_dropout(cases, "one_element", {1}, {.p = 0.5, .random = random});
  add_dropout(cases, "odd_count", {1031}, {.p = 0.5, .random = random});
  add_dropout(cases, "large_seed", {64}, {.p = 0.5, .random = {.seed = 0x123456789abcdef0}});
  cases.push_back(
      {.op = Op::dropout,
       .name = "in_place",
       .arguments = {inout("x", {77}, reals(), scaling()), out("mask", DType::u8, {77})},
       .call = [random](Backend& b, Views v) {
         b.dropout({.p = 0.3, .random = random}, v[0], v[1], v[0]);
       }});

  for (const int64_t count : {1, 2, 3, 4, 5, 1031}) {
    add_uniform(cases, fmt::format("{}_elements", count), count, random, 0, 1);
  }
  add_unaligned(cases);
  add_uniform(cases, "shifted", 257, {.seed = 3}, -0.125F, 0.375F);
  add_uniform(cases, "large_seed", 64, {.seed = 0xfedcba9876543210, .step = 0xffffffff}, -1, 1);
}

}  // namespace tailor::verify
