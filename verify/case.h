// What verify proves: one call of one operation, told as data.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/api/backend.h"

namespace tailor::verify {

using Views = std::span<const View>;
/// Calls an operation on the arguments of a case, in their order.
using Call = std::function<void(Backend&, Views)>;
/// Numbers for an input: `count` of them, the same ones every time.
using Fill = std::function<std::vector<double>(int64_t count, RandomStream&)>;

struct Case;

/// A case computed by the reference in f64: every argument before and after the call, in the order
/// of the case. "Before" is what the device gets: rounded to its dtype.
struct Truth {
  const Case& test;
  std::vector<std::vector<double>> before;
  std::vector<std::vector<double>> after;
};
/// For each element of argument number `argument`, the largest error that the roundings of the
/// arithmetic can explain, in units of its roundoff: 2^-24 for f32 and bf16, 2^-53 for f64. What a
/// bf16 loses when it is stored comes on top by itself. bounds.h makes them.
using Bound = std::function<std::vector<double>(const Truth&, size_t argument)>;

enum class Role : uint8_t { in, out, inout };

struct Argument {
  std::string name;  ///< as in operations.def
  Shape shape;       ///< without dimensions: the call gets an empty view, "not given"
  Role role = Role::in;
  Fill fill = {};                   ///< for in and inout; none: Case::prepare makes it
  Bound bound = {};                 ///< for out and inout; none: the truth, rounded to its dtype
  std::optional<DType> dtype = {};  ///< none: the dtype under test
  bool at_least_f32 = false;        ///< f32 where the dtype under test is bf16
};

struct Case {
  Op op;
  std::string name;  ///< "3x3_s2_p1"
  std::vector<Argument> arguments;
  Call call;
  /// Runs on the reference in f64 and writes the inputs that have no fill, such as the statistics
  /// that a backward takes from its forward.
  Call prepare = {};
  /// How the Error begins that the call must throw.
  std::string error = {};
  std::vector<DType> dtypes = {DType::f32, DType::bf16, DType::f64};
};

/// Every case of every operation, in the order of operations.def.
const std::vector<Case>& cases();

inline Argument in(std::string name, const Shape& shape, Fill fill) {
  return {.name = std::move(name), .shape = shape, .role = Role::in, .fill = std::move(fill)};
}
/// An input of another dtype than the one under test.
inline Argument in(std::string name, DType dtype, const Shape& shape, Fill fill) {
  return {.name = std::move(name), .shape = shape, .fill = std::move(fill), .dtype = dtype};
}
inline Argument out(std::string name, const Shape& shape, Bound bound = {}) {
  return {.name = std::move(name), .shape = shape, .role = Role::out, .bound = std::move(bound)};
}
inline Argument out(std::string name, DType dtype, const Shape& shape) {
  return {.name = std::move(name), .shape = shape, .role = Role::out, .dtype = dtype};
}
inline Argument inout(std::string name, const Shape& shape, Fill fill, Bound bound = {}) {
  return {.name = std::move(name),
          .shape = shape,
          .role = Role::inout,
          .fill = std::move(fill),
          .bound = std::move(bound)};
}
/// What goes by channel, and the loss: f32 where the dtype under test is bf16.
inline Argument at_least_f32(Argument argument) {
  argument.at_least_f32 = true;
  return argument;
}

}  // namespace tailor::verify
