#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

struct Product {
  std::string name;
  int64_t rows, depth, columns;
  int64_t batch = 0;  ///< 0: matrices without a batch extent
};

Shape stored(int64_t batch, int64_t rows, int64_t columns, bool transposed) {
  if (transposed) std::swap(rows, columns);
  return batch == 0 ? Shape{rows, columns} : Shape{batch, rows, columns};
}

void add_product(std::vector<Case>& cases, const Product& product, const Matmul& p) {
  const auto [name, rows, depth, columns, batch] = product;
  add_sum_cases(cases, Op::matmul,
                name + (p.transpose_a ? "_at" : "") + (p.transpose_b ? "_bt" : ""),
                {{"a", stored(batch, rows, depth, p.transpose_a)},
                 {"b", stored(batch, depth, columns, p.transpose_b)}},
                {"y", stored(batch, rows, columns, false)}, double(depth),
                [p](Backend& b, Views v) { b.matmul(p, v[0], v[1], {}, v[2]); });
}

void add_fused(std::vector<Case>& cases, const std::string& name, bool bias, bool residual,
               Activation activation, int64_t depth = 19, int64_t columns = 18) {
  const int64_t rows = 5;
  const auto call_with = [=](Activation last) -> Call {
    return [=](Backend& b, Views v) {
      const Epilogue e{.bias = v[2], .residual = v[3], .activation = last};
      b.matmul({.transpose_b = true}, v[0], v[1], e, v[4]);
    };
  };
  const auto add = [&](const char* suffix, const Fill& fill, Bound bound) {
    cases.push_back({.op = Op::matmul,
                     .name = name + suffix,
                     .arguments = {in("a", {rows, depth}, fill), in("b", {columns, depth}, fill),
                                   at_least_f32(in("bias", bias ? Shape{columns} : Shape(), fill)),
                                   in("residual", residual ? Shape{rows, columns} : Shape(), fill),
                                   out("y", {rows, columns}, std::move(bound))},
                     .call = call_with(activation)});
  };
  if (activation != Activation::sigmoid) add("/integers", integers(), {});
  add("/reals", reals(),
      activated(activation, sum_bound(double(depth) + 2, call_with(Activation::none))));
}

}  // namespace

void add_matmul_cases(std::vector<Case>& cases) {
  for (const Product& product :
       {Product{"1x1x1", 1, 1, 1}, Product{"0x5x3", 0, 5, 3}, Product{"1x8x5", 1, 8, 5},
        Product{"5x1x3", 5, 1, 3}, Product{"7x5x3", 7, 5, 3}, Product{"8x64x10", 8, 64, 10},
        Product{"33x17x65", 33, 17, 65}, Product{"batch3_4x6x5", 4, 6, 5, 3},
        Product{"batch1_2x3x2", 2, 3, 2, 1},
        // Around the tiles of 64 and 128 that kernels cut their results into, and a long sum.
        Product{"65x35x66", 65, 35, 66}, Product{"20x260x68", 20, 260, 68},
        Product{"100x12x124", 100, 12, 124}, Product{"batch2_66x12x129", 66, 12, 129, 2},
        Product{"batch2_4x260x8", 4, 260, 8, 2}, Product{"12x264x70", 12, 264, 70},
        // In whole eights, as many bf16 as fit 16 bytes.
        Product{"72x8x72", 72, 8, 72}, Product{"24x264x72", 24, 264, 72},
        Product{"batch2_72x40x136", 72, 40, 136, 2}}) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        add_product(cases, product, {transpose_a, transpose_b});
        if (product.columns == 8) add_unaligned(cases);  // rows, depth and columns in whole fours
      }
    }
  }
  add_product(cases, {"256x72x128", 256, 72, 128}, {.transpose_b = true});  // whole large tiles
  add_fused(cases, "bias", true, false, Activation::none);
  add_fused(cases, "bias_relu", true, false, Activation::relu);
  add_fused(cases, "bias_relu6", true, false, Activation::relu6);
  add_fused(cases, "bias_sigmoid", true, false, Activation::sigmoid);
  add_fused(cases, "bias_residual_relu", true, true, Activation::relu);
  add_fused(cases, "residual", false, true, Activation::none);
  add_fused(cases, "bias_residual_relu_5x20x8", true, true, Activation::relu, 20, 8);
  add_unaligned(cases);
  add_fused(cases, "bias_residual_relu_5x24x40", true, true, Activation::relu, 24, 40);
  add_fused(cases, "bias_residual_relu6_5x260x8", true, true, Activation::relu6, 260, 8);
}

}  // namespace tailor::verify
