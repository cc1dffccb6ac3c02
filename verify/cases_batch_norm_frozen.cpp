#include <cmath>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

using Numbers = std::vector<double>;

/// A batch norm whose statistics are constants.
struct Frozen {
  std::string name;
  Shape x;
  BatchNorm p = {};
  Shape residual = {};  ///< x's, or not given

  Shape channels() const { return {x.back()}; }
  /// In whole vectors of 16 bytes in every dtype, and with all arguments.
  bool in_vectors() const { return x.back() % 8 == 0 && residual.rank() > 0; }
};

std::vector<Frozen> norms() {
  const BatchNorm relu{.activation = Activation::relu};
  const BatchNorm relu6{.activation = Activation::relu6};
  return {
      {"one_element", {1, 1, 1, 1}},
      {"3x4x3x8", {3, 4, 3, 8}},
      {"1x5x5x17", {1, 5, 5, 17}},
      {"2x7x7x64", {2, 7, 7, 64}},
      {"without_pixels", {5, 37}},
      {"eps", {2, 3, 4, 5}, {.eps = 1e-3}},
      {"relu", {2, 5, 3, 16}, relu},
      {"relu6", {2, 5, 3, 16}, relu6},
      {"residual", {2, 5, 3, 7}, {}, {2, 5, 3, 7}},
      {"residual_relu", {3, 4, 5, 8}, relu, {3, 4, 5, 8}},
      {"residual_relu6", {3, 4, 5, 8}, relu6, {3, 4, 5, 8}},
  };
}

/// Arguments of batch_norm_frozen, in its order.
namespace forward {
enum { kX, kWeight, kBias, kMean, kVar, kResidual, kY };
}

/// As x scale + shift, or from the difference of x and mean.
Bound forward_bound(const BatchNorm& p) {
  using namespace forward;
  return [p](const Truth& truth, size_t) {
    Numbers bounds = truth.before[kX];
    const size_t channels = truth.before[kWeight].size();
    for (size_t i = 0; i < bounds.size(); ++i) {
      const size_t c = i % channels;
      const double rstd = 1 / std::sqrt(truth.before[kVar][c] + p.eps);
      const double sum = std::abs(truth.before[kX][i]) + std::abs(truth.before[kMean][c]);
      bounds[i] = (kFunctionError + 5) * sum * rstd * std::abs(truth.before[kWeight][c]) +
                  3 * std::abs(truth.before[kBias][c]);
      if (!truth.before[kResidual].empty()) bounds[i] += std::abs(truth.before[kResidual][i]);
      bounds[i] += std::abs(truth.after[kY][i]);
    }
    return bounds;
  };
}

Case forward_case(const Frozen& norm) {
  using namespace forward;
  const Shape c = norm.channels();
  return {.op = Op::batch_norm_frozen,
          .name = norm.name,
          .arguments = {in("x", norm.x, reals(-4, 4)), at_least_f32(in("weight", c, reals(-1, 4))),
                        at_least_f32(in("bias", c, reals())), at_least_f32(in("mean", c, reals())),
                        at_least_f32(in("var", c, reals(0.5, 2))),
                        in("residual", norm.residual, reals()),
                        out("y", norm.x, forward_bound(norm.p))},
          .call = [p = norm.p](Backend& b, Views v) {
            b.batch_norm_frozen(p, v[kX], v[kWeight], v[kBias], v[kMean], v[kVar], v[kResidual],
                                v[kY]);
          }};
}

/// Arguments of batch_norm_frozen_backward in its order, then what only its forward needs.
namespace backward {
enum { kX, kY, kDy, kWeight, kMean, kVar, kDx, kDweight, kDbias, kDresidual, kBias, kResidual };
}

/// dx = g rstd weight; dbias = sum g; dweight = sum g (x - mean) rstd; g is exact.
Bound backward_bound(const BatchNorm& p) {
  using namespace backward;
  return [p](const Truth& truth, size_t argument) {
    const Numbers& x = truth.before[kX];
    const size_t channels = truth.before[kWeight].size();
    const double n = double(x.size() / channels);
    const Numbers g = before_activation(p.activation, truth.before[kY], truth.before[kDy]);
    Numbers bounds(truth.after[argument].size());
    for (size_t i = 0; i < g.size(); ++i) {
      const size_t c = i % channels;
      const double rstd = 1 / std::sqrt(truth.before[kVar][c] + p.eps);
      const double centred = std::abs(x[i] - truth.before[kMean][c]);
      if (argument == kDx) {
        bounds[i] = (kFunctionError + 3) * std::abs(g[i] * rstd * truth.before[kWeight][c]);
      } else if (argument == kDweight) {
        bounds[c] += (n + kFunctionError + 4) * std::abs(g[i]) * centred * rstd;
      } else if (argument == kDbias) {
        bounds[c] += n * std::abs(g[i]);
      }
    }
    return bounds;
  };
}

/// Which gradients are wanted.
struct Wanted {
  std::string suffix;
  bool dx, dweight;
};

Case backward_case(const Frozen& norm, const Wanted& wanted) {
  using namespace backward;
  const Shape c = norm.channels(), none;
  const Bound bound = backward_bound(norm.p);
  return {
      .op = Op::batch_norm_frozen_backward,
      .name = norm.name + wanted.suffix,
      .arguments = {in("x", norm.x, reals(-4, 4)), in("y", norm.x, {}), in("dy", norm.x, reals()),
                    at_least_f32(in("weight", c, reals(-1, 4))),
                    at_least_f32(in("mean", c, reals())), at_least_f32(in("var", c, reals(0.5, 2))),
                    out("dx", wanted.dx ? norm.x : none, bound),
                    at_least_f32(out("dweight", wanted.dweight ? c : none, bound)),
                    at_least_f32(out("dbias", wanted.dweight ? c : none, bound)),
                    out("dresidual", norm.residual), at_least_f32(in("bias", c, reals())),
                    in("residual", norm.residual, reals())},
      .call =
          [p = norm.p](Backend& b, Views v) {
            const bool reads_y = p.activation != Activation::none;
            b.batch_norm_frozen_backward(p, v[kX], reads_y ? v[kY] : View(), v[kDy], v[kWeight],
                                         v[kMean], v[kVar], v[kDx], v[kDweight], v[kDbias],
                                         v[kDresidual]);
          },
      .prepare =
          [p = norm.p](Backend& b, Views v) {
            b.batch_norm_frozen(p, v[kX], v[kWeight], v[kBias], v[kMean], v[kVar], v[kResidual],
                                v[kY]);
          }};
}

}  // namespace

void add_batch_norm_frozen_cases(std::vector<Case>& cases) {
  for (const Frozen& norm : norms()) {
    cases.push_back(forward_case(norm));
    if (norm.in_vectors()) add_unaligned(cases);
  }
  for (const Frozen& norm : norms()) {
    cases.push_back(backward_case(norm, {"", true, true}));
    if (norm.in_vectors()) add_unaligned(cases);
  }
  const BatchNorm relu{.activation = Activation::relu};
  const Frozen plain{"plain", {2, 3, 4, 5}};
  const Frozen fused{"residual_relu", {2, 3, 4, 5}, relu, {2, 3, 4, 5}};
  for (const Frozen& norm : {plain, fused}) {
    cases.push_back(backward_case(norm, {"/dx_only", true, false}));
    cases.push_back(backward_case(norm, {"/dweight_only", false, true}));
  }
  cases.push_back(backward_case(fused, {"/dresidual_only", false, false}));
}

}  // namespace tailor::verify
