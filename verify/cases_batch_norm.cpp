#include <algorithm>
#include <cmath>

#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

using Numbers = std::vector<double>;

/// A batch norm in training.
struct Norm {
  std::string name;
  Shape x;
  BatchNorm p = {};
  Shape residual = {};  ///< x's, or not given
  Fill fill = reals(-1, 2);

  Shape channels() const { return {x.back()}; }
  /// In whole vectors of 16 bytes in every dtype, and with all arguments.
  bool in_vectors() const { return x.back() % 8 == 0 && residual.rank() > 0; }
};

std::vector<Norm> norms() {
  const BatchNorm relu{.activation = Activation::relu};
  const BatchNorm relu6{.activation = Activation::relu6};
  return {
      {"3x4x3x8", {3, 4, 3, 8}},
      {"1x5x5x17", {1, 5, 5, 17}},
      {"2x7x7x64", {2, 7, 7, 64}},
      {"without_pixels", {37, 5}},
      {"one_channel", {2, 5, 3, 1}},
      {"two_elements", {2, 1, 1, 3}},
      {"eps_momentum", {2, 3, 4, 5}, {.eps = 1e-3, .momentum = 0.3}},
      {"relu", {2, 5, 3, 16}, relu},
      {"relu6", {2, 5, 3, 16}, relu6},
      {"residual", {2, 5, 3, 7}, {}, {2, 5, 3, 7}},
      {"residual_relu", {3, 4, 5, 8}, relu, {3, 4, 5, 8}},
      {"residual_relu6", {3, 4, 5, 8}, relu6, {3, 4, 5, 8}},
      {"large_mean", {4, 5, 5, 6}, {}, {}, reals(997, 1003)},  // in bf16: 996, 1000 and 1004
      {"constant", {2, 3, 3, 4}, {}, {}, given({0.75})},
  };
}

/// The errors of the statistics of one channel, in units of u, to first order.
struct ChannelErrors {
  double mean, var, rstd;
  double mean_error, var_error;
  double rstd_error;  ///< relative to rstd
};

/// Mean and variance of n numbers, in two passes or by updating (Chan, Golub and LeVeque,
/// "Algorithms for computing the sample variance", 1983): the variance errs by at most
/// (n + c) u * sqrt(var * mean(x^2)), beside the square of the mean's error.
std::vector<ChannelErrors> channel_errors(const Numbers& x, int64_t channels, double eps) {
  std::vector<ChannelErrors> all;
  const size_t step = static_cast<size_t>(channels);
  const double n = double(x.size() / step);
  for (size_t c = 0; c < step; ++c) {
    double sum = 0, sum_absolute = 0, sum_squares = 0, sum_centred = 0;
    for (size_t i = c; i < x.size(); i += step) {
      sum += x[i];
      sum_absolute += std::abs(x[i]);
      sum_squares += x[i] * x[i];
    }
    ChannelErrors e{.mean = sum / n};
    for (size_t i = c; i < x.size(); i += step) {
      sum_centred += (x[i] - e.mean) * (x[i] - e.mean);
    }
    e.var = sum_centred / n;
    e.rstd = 1 / std::sqrt(e.var + eps);
    e.mean_error = (n + 1) * sum_absolute / n;
    e.var_error =
        (n + 5) * std::sqrt(e.var * sum_squares / n) + e.mean_error * e.mean_error * 0x1p-24;
    e.rstd_error = e.var_error / (2 * (e.var + eps)) + kFunctionError;
    all.push_back(e);
  }
  return all;
}

/// Arguments of batch_norm, in its order.
namespace forward {
enum { kX, kWeight, kBias, kResidual, kRunningMean, kRunningVar, kMean, kRstd, kY };
}

/// y = (x - mean) rstd weight + bias + residual; or x scale + shift with the same factors, which
/// errs by roundings of x and mean instead of those of their difference.
Numbers bound_of_y(const Truth& truth, const std::vector<ChannelErrors>& channels) {
  using namespace forward;
  Numbers bounds = truth.before[kX];
  for (size_t i = 0; i < bounds.size(); ++i) {
    const size_t c = i % channels.size();
    const ChannelErrors& e = channels[c];
    const double x = truth.before[kX][i];
    const double factor = std::abs(truth.before[kWeight][c]) * e.rstd;
    bounds[i] = factor * (e.mean_error + 3 * (std::abs(x) + std::abs(e.mean))) +
                factor * std::abs(x - e.mean) * (e.rstd_error + 5) +
                4 * std::abs(truth.before[kBias][c]);
    if (!truth.before[kResidual].empty()) bounds[i] += 4 * std::abs(truth.before[kResidual][i]);
  }
  return bounds;
}

Bound forward_bound(const Norm& norm) {
  using namespace forward;
  return [norm](const Truth& truth, size_t argument) {
    const auto channels = channel_errors(truth.before[kX], norm.x.back(), norm.p.eps);
    if (argument == kY) return bound_of_y(truth, channels);
    const double n = double(norm.x.count() / norm.x.back());
    const double keep = 1 - norm.p.momentum, move = norm.p.momentum, unbias = n / (n - 1);
    Numbers bounds(channels.size());
    for (size_t c = 0; c < bounds.size(); ++c) {
      const ChannelErrors& e = channels[c];
      const double before = std::abs(truth.before[argument][c]);
      switch (argument) {
        case kMean:
          bounds[c] = e.mean_error;
          break;
        case kRstd:
          bounds[c] = e.rstd * e.rstd_error;
          break;
        case kRunningMean:
          bounds[c] = move * e.mean_error + 4 * (keep * before + move * std::abs(e.mean));
          break;
        default:
          bounds[c] = move * unbias * e.var_error + 4 * (keep * before + move * unbias * e.var);
      }
    }
    return bounds;
  };
}

Case forward_case(const Norm& norm) {
  using namespace forward;
  const Shape c = norm.channels();
  const Bound bound = forward_bound(norm);
  return {
      .op = Op::batch_norm,
      .name = norm.name,
      .arguments = {in("x", norm.x, norm.fill), at_least_f32(in("weight", c, reals(-2, 6))),
                    at_least_f32(in("bias", c, reals())), in("residual", norm.residual, reals()),
                    at_least_f32(inout("running_mean", c, reals(), bound)),
                    at_least_f32(inout("running_var", c, reals(0.5, 2), bound)),
                    at_least_f32(out("saved_mean", c, bound)),
                    at_least_f32(out("saved_rstd", c, bound)), out("y", norm.x, bound)},
      .call = [p = norm.p](Backend& b, Views v) {
        b.batch_norm(p, v[kX], v[kWeight], v[kBias], v[kResidual], v[kRunningMean], v[kRunningVar],
                     v[kMean], v[kRstd], v[kY]);
      }};
}

/// Arguments of batch_norm_backward in its order, then what only its forward needs.
namespace backward {
enum {
  kX,
  kY,
  kDy,
  kWeight,
  kMean,
  kRstd,
  kDx,
  kDweight,
  kDbias,
  kDresidual,
  kBias,
  kResidual,
  kRunningMean,
  kRunningVar
};
}

/// dbias = sum g; dweight = sum g x^; dx = weight rstd (g - (dbias + x^ dweight) / n), where
/// x^ = (x - mean) rstd; g, the gradient before the activation, is exact.
Bound backward_bound(Activation activation) {
  using namespace backward;
  return [activation](const Truth& truth, size_t argument) {
    const Numbers& x = truth.before[kX];
    const Numbers& rstd = truth.before[kRstd];
    const size_t channels = rstd.size();
    const double n = double(x.size() / channels);
    const auto normalised = [&](size_t i) {
      return std::abs((x[i] - truth.before[kMean][i % channels]) * rstd[i % channels]);
    };
    const Numbers g = before_activation(activation, truth.before[kY], truth.before[kDy]);
    Numbers sums(channels), sums_normalised(channels);
    for (size_t i = 0; i < x.size(); ++i) {
      sums[i % channels] += std::abs(g[i]);
      sums_normalised[i % channels] += std::abs(g[i]) * normalised(i);
    }
    Numbers bounds(truth.after[argument].size());
    for (size_t i = 0; i < bounds.size(); ++i) {
      const size_t c = i % channels;
      if (argument == kDbias) bounds[i] = n * sums[c];
      if (argument == kDweight) bounds[i] = (n + 4) * sums_normalised[c];
      if (argument == kDx) {
        bounds[i] = (n + 8) * std::abs(truth.before[kWeight][c]) * rstd[c] *
                    (std::abs(g[i]) + (sums[c] + normalised(i) * sums_normalised[c]) / n);
      }
    }
    return bounds;
  };
}

Case backward_case(const Norm& norm) {
  using namespace backward;
  const Shape c = norm.channels();
  const Bound bound = backward_bound(norm.p.activation);
  return {
      .op = Op::batch_norm_backward,
      .name = norm.name,
      .arguments = {in("x", norm.x, norm.fill), in("y", norm.x, {}), in("dy", norm.x, reals()),
                    at_least_f32(in("weight", c, reals(-2, 6))),
                    at_least_f32(in("saved_mean", c, {})), at_least_f32(in("saved_rstd", c, {})),
                    out("dx", norm.x, bound), at_least_f32(out("dweight", c, bound)),
                    at_least_f32(out("dbias", c, bound)), out("dresidual", norm.residual),
                    at_least_f32(in("bias", c, reals())), in("residual", norm.residual, reals()),
                    at_least_f32(in("running_mean", c, given({0}))),
                    at_least_f32(in("running_var", c, given({1})))},
      .call =
          [p = norm.p](Backend& b, Views v) {
            const bool reads_y = p.activation != Activation::none;
            b.batch_norm_backward(p, v[kX], reads_y ? v[kY] : View(), v[kDy], v[kWeight], v[kMean],
                                  v[kRstd], v[kDx], v[kDweight], v[kDbias], v[kDresidual]);
          },
      .prepare =
          [p = norm.p](Backend& b, Views v) {
            b.batch_norm(p, v[kX], v[kWeight], v[kBias], v[kResidual], v[kRunningMean],
                         v[kRunningVar], v[kMean], v[kRstd], v[kY]);
          }};
}

}  // namespace

void add_batch_norm_cases(std::vector<Case>& cases) {
  for (const Norm& norm : norms()) {
    cases.push_back(forward_case(norm));
    if (norm.in_vectors()) add_unaligned(cases);
  }
  Case refused = forward_case({"one_element_a_channel", {1, 1, 1, 5}});
  refused.error = "batch_norm: expected more than one element";
  for (Argument& argument : refused.arguments) argument.role = Role::in;  // nothing is touched
  cases.push_back(refused);
  for (const Norm& norm : norms()) {
    cases.push_back(backward_case(norm));
    if (norm.in_vectors()) add_unaligned(cases);
  }
}

}  // namespace tailor::verify
