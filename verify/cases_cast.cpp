#include <limits>

#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

const std::vector<DType> kReal = {DType::f32, DType::bf16, DType::f64};

void add_cast(std::vector<Case>& cases, DType from, DType to, const std::string& name,
              const Fill& fill, int64_t count) {
  cases.push_back({.op = Op::cast,
                   .name = fmt::format("to_{}/{}", tailor::name_of(to), name),
                   .arguments = {in("x", {count}, fill), out("y", to, {count})},
                   .call = [](Backend& b, Views v) { b.cast(v[0], v[1]); },
                   .dtypes = {from}});
}

}  // namespace

void add_cast_cases(std::vector<Case>& cases) {
  for (const DType from : kReal) {
    for (const DType to : kReal) {
      add_cast(cases, from, to, "one_element", reals(), 1);
      add_cast(cases, from, to, "reals", reals(-100, 100), 1031);
      add_unaligned(cases);
      add_cast(cases, from, to, "edges", given({kNan, kInfinity, -kInfinity, 0, -0.0}), 37);
      // Halfway between two bf16 (ties to even), just beside that, and the largest f32.
      add_cast(cases, from, to, "ties",
               given({1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20, -1 - 0x1p-8, 0x1.fffffep127}),
               35);
    }
    for (const DType to : {DType::u8, DType::i8, DType::i32, DType::i64}) {
      const bool is_signed = to != DType::u8;
      add_cast(cases, from, to, "truncated", reals(is_signed ? -100 : 0, 100), 1031);
      add_cast(cases, from, to, "beyond_the_ends",
               given({kNan, kInfinity, -kInfinity, -1000, 1e10, 1e30, -1e30}), 35);
    }
  }
  for (const DType from : {DType::u8, DType::i8, DType::i32, DType::i64}) {
    for (const DType to :
         {DType::f32, DType::bf16, DType::f64, DType::u8, DType::i32, DType::i64}) {
      add_cast(cases, from, to, "whole_numbers", labels(128), 1031);
      add_unaligned(cases);
    }
  }
}

}  // namespace tailor::verify
