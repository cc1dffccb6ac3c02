#include <limits>

#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

void add_argmax(std::vector<Case>& cases, const std::string& name, const Shape& x,
                const Fill& fill) {
  cases.push_back({.op = Op::argmax,
                   .name = name,
                   .arguments = {in("x", x, fill), out("indices", DType::i64, {x[0]})},
                   .call = [](Backend& b, Views v) { b.argmax(v[0], v[1]); }});
}

void add_topk(std::vector<Case>& cases, const std::string& name, const Shape& x, int64_t k,
              const Fill& fill) {
  cases.push_back({.op = Op::topk,
                   .name = name,
                   .arguments = {in("x", x, fill), out("values", {x[0], k}),
                                 out("indices", DType::i64, {x[0], k})},
                   .call = [](Backend& b, Views v) { b.topk(v[0], v[1], v[2]); }});
}

}  // namespace

void add_pick_cases(std::vector<Case>& cases) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Fill with_nan = given({1, 5, kNan, 3, kNan, -kInfinity, 7, kInfinity, 2, 0, 1});

  add_argmax(cases, "one_element", {1, 1}, reals());
  add_argmax(cases, "distinct", {6, 10}, distinct());
  add_argmax(cases, "thousand_classes", {3, 1000}, distinct());
  add_argmax(cases, "256_classes", {32, 256}, distinct());
  add_argmax(cases, "many_rows", {531, 3}, distinct());
  add_argmax(cases, "ties", {9, 13}, integers());
  add_argmax(cases, "negative", {4, 17}, reals(-2, -1));
  add_argmax(cases, "nan", {5, 7}, with_nan);
  add_argmax(cases, "all_minus_infinity", {2, 5}, given({-kInfinity}));

  add_topk(cases, "one_element", {1, 1}, 1, reals());
  add_topk(cases, "k1", {5, 9}, 1, distinct());
  add_topk(cases, "k5", {6, 10}, 5, distinct());
  add_topk(cases, "k5_of_1000", {3, 1000}, 5, distinct());
  add_topk(cases, "k2_of_256", {32, 256}, 2, distinct());
  add_topk(cases, "k2_many_rows", {531, 3}, 2, distinct());
  add_topk(cases, "k5_ties", {6, 10}, 5, integers());
  add_topk(cases, "k_all", {4, 8}, 8, integers());
  add_topk(cases, "nan", {5, 7}, 4, with_nan);
}

}  // namespace tailor::verify
