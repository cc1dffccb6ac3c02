// How large the errors of a correct kernel can be.
//
// All bounds are worst cases of the standard model of rounding, fl(a op b) = (a op b)(1 + d) with
// |d| at most the unit roundoff u, to first order in u (Higham, "Accuracy and Stability of
// Numerical Algorithms", 2nd edition, chapters 2 to 4). They hold for every order of summation and
// whether or not products are fused into sums. They are given in units of u, of f32 where the
// numbers are bf16: arithmetic is f32 there, and the one rounding that storing costs is added last.
#pragma once

#include "verify/case.h"

namespace tailor::verify {

/// The errors that a correct kernel may make of argument number `argument`, stored as `dtype`;
/// empty where it has no bound.
///
/// A bf16 result is a number v, off the truth t by at most the bound e, and rounded once: it is
/// v (1 + d) with |d| at most 2^-8, so off by at most e + 2^-8 |v|, and |v| is at most |t| + e.
/// With f32 and f64 the last operation is that rounding, which the bound counts already.
std::vector<double> allowed_errors(const Truth& truth, size_t argument, DType dtype);

/// exp, log, sqrt, division and what is built from one of them are taken to err by less than this,
/// in units of u: four units in the last place.
inline constexpr double kFunctionError = 8;

/// For results that are sums of products of the inputs: a sum of `terms` of them errs by at most
/// `terms` * u * the sum of their absolute values (Higham, section 3.1). That sum is what
/// `absolute` computes from the absolute inputs: the case's own call, without its activation.
Bound sum_bound(double terms, Call absolute);

/// `factor` times the absolute value of the result itself.
Bound relative_bound(double factor);

/// For y = activation(z), from the bound of z. relu and relu6 pass errors on at most as they are,
/// sigmoid at most a quarter of them, and adds that of an exponential, a sum and a quotient.
Bound activated(Activation activation, Bound before);

/// For probabilities exp(x - max) / sum and their logarithms x - max - log(sum), along the last
/// extent of argument 0.
Bound softmax_bound();
Bound log_softmax_bound();

/// The gradients before a relu, a relu6 or no activation, from its results y and those behind it.
std::vector<double> before_activation(Activation activation, const std::vector<double>& y,
                                      const std::vector<double>& dy);

}  // namespace tailor::verify
