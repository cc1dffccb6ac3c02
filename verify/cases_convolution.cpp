#include "verify/bounds.h"
#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

/// The geometry of a convolution, for all three of its operations.
struct Geometry {
  std::string name;
  Shape x;      ///< [N, H, W, in]
  int64_t out;  ///< channels
  int kernel_h, kernel_w;
  Conv2d p = {};

  Shape w() const { return {out, kernel_h, kernel_w, x[3] / p.groups}; }
  Shape y() const { return {x[0], p.out_height(x[1], kernel_h), p.out_width(x[2], kernel_w), out}; }
  /// Small, and in whole vectors of four channels.
  bool in_vectors() const { return x.count() < 800 && x[3] % 4 == 0 && out % 4 == 0; }
  double products_of_y() const { return double(w().count() / out); }
  double products_of_dx() const { return double(w().count() / w()[3]); }
  double products_of_dw() const { return double(y().count() / out); }
};

Conv2d strided(int stride, int pad, int dilation = 1, int groups = 1) {
  return {stride, stride, pad, pad, pad, pad, dilation, dilation, groups};
}

std::vector<Geometry> geometries() {
  return {
      {"1x1", {1, 5, 5, 8}, 5, 1, 1},
      {"3x3_p1_no_image", {0, 5, 5, 8}, 4, 3, 3, strided(1, 1)},
      {"1x1_one_element", {1, 1, 1, 1}, 1, 1, 1},
      {"1x1_one_pixel", {1, 1, 1, 16}, 4, 1, 1},
      {"1x1_s2", {2, 7, 6, 8}, 16, 1, 1, strided(2, 0)},
      {"1x1_64_to_32", {2, 6, 5, 64}, 32, 1, 1},
      {"3x3_one_channel", {1, 6, 7, 1}, 1, 3, 3, strided(1, 1)},
      {"3x3_p1", {2, 6, 5, 4}, 8, 3, 3, strided(1, 1)},
      {"3x3_p1_17_to_19", {3, 4, 5, 17}, 19, 3, 3, strided(1, 1)},
      {"3x3_p1_32_to_48", {1, 8, 9, 32}, 48, 3, 3, strided(1, 1)},
      {"3x3_s2_p1_odd", {1, 7, 9, 3}, 6, 3, 3, strided(2, 1)},
      {"3x3_s2_p1_even", {1, 8, 6, 3}, 6, 3, 3, strided(2, 1)},
      {"3x3_s2_rest_unread", {1, 8, 6, 3}, 4, 3, 3, strided(2, 0)},
      {"3x3_s7_p1", {1, 15, 17, 4}, 8, 3, 3, strided(7, 1)},
      {"3x3_p3_border_of_zeros", {1, 3, 4, 2}, 3, 3, 3, strided(1, 3)},
      {"3x3_s2_pad_behind", {1, 6, 8, 3}, 4, 3, 3, {2, 2, 0, 0, 1, 1}},
      {"3x3_pads_all_differ", {1, 5, 6, 3}, 4, 3, 3, {1, 2, 0, 1, 2, 3}},
      {"7x7_s2_p3", {1, 15, 13, 3}, 8, 7, 7, strided(2, 3)},
      {"7x7_on_one_pixel", {1, 1, 1, 3}, 4, 7, 7, strided(1, 3)},
      {"5x5_on_2x3", {1, 2, 3, 4}, 5, 5, 5, strided(1, 2)},
      {"1x7_s1x2_p0x3", {1, 5, 9, 4}, 4, 1, 7, {1, 2, 0, 3, 0, 3}},
      {"2x2_s5", {1, 13, 12, 3}, 4, 2, 2, strided(5, 0)},
      {"3x3_d2_p2", {1, 7, 8, 4}, 4, 3, 3, strided(1, 2, 2)},
      {"3x3_d2_s2", {1, 9, 10, 3}, 4, 3, 3, strided(2, 0, 2)},
      {"3x3_d3x1_p3x1", {1, 8, 5, 3}, 4, 3, 3, {1, 1, 3, 1, 3, 1, 3, 1}},
      {"3x3_p1_groups2", {2, 5, 6, 6}, 4, 3, 3, strided(1, 1, 1, 2)},
      {"3x3_s2_p1_groups4", {1, 7, 6, 8}, 12, 3, 3, strided(2, 1, 1, 4)},
      {"1x1_groups2_of_17", {1, 3, 3, 34}, 34, 1, 1, strided(1, 0, 1, 2)},
      {"depthwise_3x3_p1", {2, 6, 5, 7}, 7, 3, 3, strided(1, 1, 1, 7)},
      {"depthwise_3x3_p1_no_image", {0, 5, 5, 8}, 8, 3, 3, strided(1, 1, 1, 8)},
      {"depthwise_3x3_s2_p1", {1, 7, 8, 16}, 16, 3, 3, strided(2, 1, 1, 16)},
      {"depthwise_3x3_s2_p1_twofold", {1, 7, 6, 5}, 10, 3, 3, strided(2, 1, 1, 5)},
      {"depthwise_5x5_s2_pad_behind", {1, 9, 9, 6}, 6, 5, 5, {2, 2, 1, 1, 2, 2, 1, 1, 6}},
      // Around and beyond the tiles of 64 and 128 that kernels cut their results into, and sums
      // that are long enough to be cut into parts.
      {"1x1_12_to_120", {1, 10, 11, 12}, 120, 1, 1},
      {"1x1_68_to_68", {1, 17, 16, 68}, 68, 1, 1},
      {"3x3_p1_3_to_65", {1, 9, 9, 3}, 65, 3, 3, strided(1, 1)},
      {"3x3_p1_4_to_8_long", {2, 20, 20, 4}, 8, 3, 3, strided(1, 1)},
      {"3x3_p1_28_to_120", {1, 5, 4, 28}, 120, 3, 3, strided(1, 1)},
      {"3x3_p1_36_to_68", {1, 9, 9, 36}, 68, 3, 3, strided(1, 1)},
      {"3x3_s2_p1_116_to_12", {2, 11, 11, 116}, 12, 3, 3, strided(2, 1)},
      {"3x3_p1_64_to_48_groups2", {1, 5, 6, 64}, 48, 3, 3, strided(1, 1, 1, 2)},
      // In whole eights, as many bf16 as fit 16 bytes.
      {"1x1_40_to_136", {1, 13, 10, 40}, 136, 1, 1},
      {"3x3_p1_8_to_8_long", {2, 20, 20, 8}, 8, 3, 3, strided(1, 1)},
      {"3x3_p1_8_to_128", {1, 16, 16, 8}, 128, 3, 3, strided(1, 1)},  // whole large tiles
      {"3x3_s2_p1_24_to_72", {2, 9, 8, 24}, 72, 3, 3, strided(2, 1)},
      {"depthwise_3x3_p1_36_long", {2, 13, 16, 36}, 36, 3, 3, strided(1, 1, 1, 36)},
      {"depthwise_3x3_d2_p2_132", {1, 5, 6, 132}, 132, 3, 3, strided(1, 2, 2, 132)},
      {"depthwise_5x5_s2_p2_8", {1, 9, 10, 8}, 8, 5, 5, strided(2, 2, 1, 8)},
  };
}

void add_forward(std::vector<Case>& cases, const Geometry& g) {
  add_sum_cases(cases, Op::conv2d, g.name, {{"x", g.x}, {"w", g.w()}}, {"y", g.y()},
                g.products_of_y(),
                [p = g.p](Backend& b, Views v) { b.conv2d(p, v[0], v[1], {}, v[2]); });
}

void add_backward_data(std::vector<Case>& cases, const Geometry& g) {
  add_sum_cases(cases, Op::conv2d_backward_data, g.name, {{"dy", g.y()}, {"w", g.w()}}, {"dx", g.x},
                g.products_of_dx(),
                [p = g.p](Backend& b, Views v) { b.conv2d_backward_data(p, v[0], v[1], v[2]); });
}

void add_backward_filter(std::vector<Case>& cases, const Geometry& g) {
  add_sum_cases(cases, Op::conv2d_backward_filter, g.name, {{"x", g.x}, {"dy", g.y()}},
                {"dw", g.w()}, g.products_of_dw(),
                [p = g.p](Backend& b, Views v) { b.conv2d_backward_filter(p, v[0], v[1], v[2]); });
}

/// The weights reordered first, where the device does that; they are then taken from there alone.
void add_packed(std::vector<Case>& cases, const Geometry& g) {
  cases.push_back(
      {.op = Op::conv2d,
       .name = g.name + "/packed",
       .arguments = {in("x", g.x, integers()), in("w", g.w(), integers()), out("y", g.y())},
       .call = [p = g.p](Backend& b, Views v) {
         const auto packed = b.pack_conv2d(p, v[1], v[0].shape);
         if (packed == nullptr) return b.conv2d(p, v[0], v[1], {}, v[2]);
         const View gone{nullptr, v[1].dtype, v[1].shape};
         b.conv2d(p, v[0], Weights(gone, *packed), {}, v[2]);
       }});
}

/// Bias, residual and activation behind the sum; whole numbers where the result stays exact.
struct Fused {
  std::string name;
  bool bias, residual;
  Activation activation;
  bool in_place = false;  ///< y replaces the residual
  Geometry g = {"", {2, 5, 6, 8}, 10, 3, 3, strided(1, 1)};
};

void add_fused(std::vector<Case>& cases, const Fused& f) {
  const Geometry& g = f.g;
  const auto call_with = [=](Activation activation) -> Call {
    return [=](Backend& b, Views v) {
      const Epilogue e{.bias = v[2], .residual = v[f.in_place ? 4 : 3], .activation = activation};
      b.conv2d(g.p, v[0], v[1], e, v[4]);
    };
  };
  const auto add = [&](const char* suffix, const Fill& fill, Bound bound) {
    Argument y = out("y", g.y(), std::move(bound));
    if (f.in_place) y = inout("y", g.y(), fill, y.bound);
    cases.push_back({.op = Op::conv2d,
                     .name = f.name + suffix,
                     .arguments = {in("x", g.x, fill), in("w", g.w(), fill),
                                   at_least_f32(in("bias", f.bias ? Shape{g.out} : Shape(), fill)),
                                   in("residual", f.residual ? g.y() : Shape(), fill), y},
                     .call = call_with(f.activation)});
  };
  if (f.activation != Activation::sigmoid) add("/integers", integers(), {});
  add("/reals", reals(),
      activated(f.activation, sum_bound(g.products_of_y() + 2, call_with(Activation::none))));
}

}  // namespace

void add_convolution_cases(std::vector<Case>& cases) {
  const std::vector<Geometry> all = geometries();
  for (const Geometry& g : all) add_forward(cases, g);
  for (const Geometry& g : all) add_packed(cases, g);
  add_fused(cases, {"bias", true, false, Activation::none});
  add_fused(cases, {"residual", false, true, Activation::none});
  add_fused(cases, {"relu", false, false, Activation::relu});
  add_fused(cases, {"bias_relu", true, false, Activation::relu});
  add_fused(cases, {"bias_relu6", true, false, Activation::relu6});
  add_fused(cases, {"bias_sigmoid", true, false, Activation::sigmoid});
  add_fused(cases, {"bias_residual_relu", true, true, Activation::relu});
  add_fused(cases, {"bias_residual_relu6", true, true, Activation::relu6});
  add_fused(cases, {"bias_residual_sigmoid", true, true, Activation::sigmoid});
  add_fused(cases, {"bias_residual_in_place_relu", true, true, Activation::relu, true});
  for (const Geometry& g : {Geometry{"long", {1, 4, 5, 32}, 12, 3, 3, strided(1, 1)},
                            Geometry{"long_16", {1, 4, 5, 32}, 16, 3, 3, strided(1, 1)},
                            Geometry{"groups2", {1, 5, 6, 36}, 40, 3, 3, strided(1, 1, 1, 2)},
                            Geometry{"depthwise", {1, 5, 6, 8}, 8, 3, 3, strided(1, 1, 1, 8)},
                            Geometry{"depthwise_7", {1, 5, 6, 7}, 7, 3, 3, strided(1, 1, 1, 7)}}) {
    add_fused(cases, {"bias_residual_relu_" + g.name, true, true, Activation::relu, false, g});
    add_unaligned(cases);
    add_fused(cases, {"bias_residual_in_place_" + g.name, true, true, Activation::none, true, g});
  }
  for (const Geometry& g : all) {
    add_backward_data(cases, g);
    if (g.in_vectors()) add_unaligned(cases);
  }
  for (const Geometry& g : all) {
    add_backward_filter(cases, g);
    if (g.in_vectors()) add_unaligned(cases);
  }
}

}  // namespace tailor::verify
