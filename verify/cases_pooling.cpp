#include <limits>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

struct Geometry {
  std::string name;
  Shape x;
  Pool2d p;

  Shape y() const { return {x[0], p.out_height(x[1]), p.out_width(x[2]), x[3]}; }
  /// Of 16 bytes in every dtype.
  bool in_vectors() const { return x[3] % 8 == 0; }
  /// How many windows an element can lie in, at most.
  double overlap() const {
    const auto along = [](int kernel, int stride) { return (kernel + stride - 1) / stride; };
    return double(along(p.kernel_h, p.stride_h)) * double(along(p.kernel_w, p.stride_w));
  }
};

Pool2d square(int kernel, int stride, int pad) {
  return {kernel, kernel, stride, stride, pad, pad, pad, pad};
}

std::vector<Geometry> geometries() {
  return {
      {"1x1", {1, 1, 1, 1}, square(1, 1, 0)},
      {"2x2_s2", {2, 6, 4, 5}, square(2, 2, 0)},
      {"2x2_s2_odd", {1, 7, 5, 16}, square(2, 2, 0)},
      {"2x2_s1", {1, 4, 5, 3}, square(2, 1, 0)},
      {"3x3_s2_p1_even", {2, 8, 6, 17}, square(3, 2, 1)},
      {"3x3_s2_p1_odd", {1, 7, 9, 33}, square(3, 2, 1)},
      {"3x3_s1_p1", {1, 5, 6, 4}, square(3, 1, 1)},
      {"3x3_s5", {1, 13, 14, 3}, square(3, 5, 0)},
      {"3x3_on_one_pixel", {2, 1, 1, 8}, square(3, 1, 1)},
      {"3x3_s2_pad_behind", {1, 8, 7, 4}, {3, 3, 2, 2, 0, 0, 1, 1}},
      {"2x3_s1x2_pads_differ", {1, 5, 8, 3}, {2, 3, 1, 2, 1, 0, 0, 1}},
      {"7x7_whole", {2, 7, 7, 9}, square(7, 7, 0)},
      {"3x3_s2_p1_40_channels", {1, 7, 9, 40}, square(3, 2, 1)},
      {"3x3_s2_p1_64_channels", {1, 8, 8, 64}, square(3, 2, 1)},
  };
}

void add_max(std::vector<Case>& cases, const Geometry& g, const std::string& suffix,
             const Fill& fill) {
  cases.push_back(
      {.op = Op::max_pool2d,
       .name = g.name + suffix,
       .arguments = {in("x", g.x, fill), out("y", g.y()), out("indices", DType::i32, g.y())},
       .call = [p = g.p](Backend& b, Views v) { b.max_pool2d(p, v[0], v[1], v[2]); }});
}

void add_max_backward(std::vector<Case>& cases, const Geometry& g, const std::string& suffix,
                      const Fill& x, const Fill& dy, const Bound& bound) {
  cases.push_back(
      {.op = Op::max_pool2d_backward,
       .name = g.name + suffix,
       .arguments = {in("dy", g.y(), dy), in("indices", DType::i32, g.y(), {}),
                     out("dx", g.x, bound), in("x", g.x, x), in("y", g.y(), {})},
       .call = [p = g.p](Backend& b, Views v) { b.max_pool2d_backward(p, v[0], v[1], v[2]); },
       .prepare = [p = g.p](Backend& b, Views v) { b.max_pool2d(p, v[3], v[4], v[1]); }});
}

void add_max_pool(std::vector<Case>& cases) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const Geometry& g : geometries()) {
    add_max(cases, g, "/distinct", distinct());
    add_max(cases, g, "/ties", integers());
    if (g.in_vectors()) add_unaligned(cases);
  }
  const Geometry padded{"3x3_s2_p1", {1, 6, 7, 5}, square(3, 2, 1)};
  add_max(cases, padded, "/negative", reals(-2, -1));
  add_max(cases, padded, "/nan", given({1, -2, kNan, 3, 0, 5, -1, 2, 4, kNan, 1, 1, 0}));
  add_max(cases, padded, "/minus_infinity", given({-kInfinity}));
  cases.push_back(
      {.op = Op::max_pool2d,
       .name = "3x3_s2_p1/without_indices",
       .arguments = {in("x", padded.x, reals()), out("y", padded.y())},
       .call = [p = padded.p](Backend& b, Views v) { b.max_pool2d(p, v[0], v[1], {}); }});
  for (const Geometry& g : geometries()) {
    add_max_backward(cases, g, "/integers", integers(), integers(), {});
    if (g.in_vectors()) add_unaligned(cases);
    add_max_backward(cases, g, "/reals", distinct(), reals(),
                     sum_bound(g.overlap(), [p = g.p](Backend& b, Views v) {
                       b.max_pool2d_backward(p, v[0], v[1], v[2]);
                     }));
  }
}

void add_average_pool(std::vector<Case>& cases, const Geometry& g, bool count_include_pad) {
  Pool2d p = g.p;
  p.count_include_pad = count_include_pad;
  const std::string name = g.name + (count_include_pad ? "/pad_counted" : "/pad_not_counted");
  const Call forward = [p](Backend& b, Views v) { b.avg_pool2d(p, v[0], v[1]); };
  cases.push_back(
      {.op = Op::avg_pool2d,
       .name = name,
       .arguments = {in("x", g.x, reals()),
                     out("y", g.y(), sum_bound(p.kernel_h * p.kernel_w + 2.0, forward))},
       .call = forward});
  const Call backward = [p](Backend& b, Views v) { b.avg_pool2d_backward(p, v[0], v[1]); };
  cases.push_back({.op = Op::avg_pool2d_backward,
                   .name = name,
                   .arguments = {in("dy", g.y(), reals()),
                                 out("dx", g.x, sum_bound(g.overlap() + 2, backward))},
                   .call = backward});
  if (g.in_vectors()) add_unaligned(cases, 2);
}

void add_global_average_pool(std::vector<Case>& cases, const Shape& x) {
  const Call forward = [](Backend& b, Views v) { b.global_avg_pool(v[0], v[1]); };
  const Shape y{x[0], x[3]};
  cases.push_back(
      {.op = Op::global_avg_pool,
       .name = to_string(x),
       .arguments = {in("x", x, reals()), out("y", y, sum_bound(double(x[1] * x[2]) + 2, forward))},
       .call = forward});
  cases.push_back({.op = Op::global_avg_pool_backward,
                   .name = to_string(x),
                   .arguments = {in("dy", y, reals()), out("dx", x, relative_bound(3))},
                   .call = [](Backend& b, Views v) { b.global_avg_pool_backward(v[0], v[1]); }});
}

}  // namespace

void add_pooling_cases(std::vector<Case>& cases) {
  add_max_pool(cases);
  for (const Geometry& g : geometries()) {
    for (const bool count_include_pad : {true, false}) {
      add_average_pool(cases, g, count_include_pad);
    }
  }
  for (const Shape& x : {Shape{1, 1, 1, 1}, Shape{2, 1, 1, 5}, Shape{3, 4, 3, 17},
                         Shape{4, 7, 7, 64}, Shape{1, 9, 5, 33}, Shape{2, 9, 9, 40}}) {
    add_global_average_pool(cases, x);
  }
  add_unaligned(cases, 2);
}

}  // namespace tailor::verify
