// Operations of a warp on small matrices: their fragments by the formulas of PTX's manual, and on a
// GPU the hardware's against the emulation.
#include <bit>
#include <cmath>
#include <random>

#include "kernels/api/bf16.h"
#include "tests/simt/device.h"

namespace tailor::test {
namespace {

using Words = std::vector<uint32_t>;

/// The simt devices and the GPU.
class Matrices : public Runner {};
INSTANTIATE_TEST_SUITE_P(, Matrices, testing::Values("simt", "simt-tracked", "cuda"),
                         name_of_device);

uint32_t word(int low, int high) { return static_cast<uint32_t>(low | high << 16); }

TEST_P(Matrices, are_loaded_by_rows_or_by_columns) {
  // Element (row, column) of matrix m is 64 m + 8 row + column.
  const auto element = [](int m, int row, int column) { return 64 * m + 8 * row + column; };
  Words x(128);
  for (int at = 0; at < 128; ++at) {
    x[static_cast<size_t>(at)] = word(2 * at, 2 * at + 1);
  }
  const Array<uint32_t> from(device(), x), y(device(), 128);
  device().run("load_four", {}, {from.data(), y.data()});
  const Words rows = y.host();
  device().run("load_four_transposed", {}, {from.data(), y.data()});
  const Words columns = y.host();
  for (size_t at = 0; at < 128; ++at) {
    const int lane = static_cast<int>(at) / 4, m = static_cast<int>(at) % 4;
    const int g = lane / 4, t = lane % 4;
    EXPECT_EQ(rows[at], word(element(m, g, 2 * t), element(m, g, 2 * t + 1))) << lane;
    EXPECT_EQ(columns[at], word(element(m, 2 * t, g), element(m, 2 * t + 1, g))) << lane;
  }
}

/// a [16, 16], b [8, 16] and c [16, 8] as the lanes hold them, one product after another.
struct Fragments {
  Words a, b;
  std::vector<float> c;

  void add(const std::function<float(int line, int k)>& of_a,
           const std::function<float(int column, int k)>& of_b,
           const std::function<float(int line, int column)>& of_c) {
    const auto packed = [](const auto& element, int line, int k) {
      return word(to_bf16(element(line, k)).bits, to_bf16(element(line, k + 1)).bits);
    };
    for (int lane = 0; lane < 32; ++lane) {
      const int g = lane / 4, t = lane % 4;
      for (int r = 0; r < 4; ++r) {
        a.push_back(packed(of_a, g + 8 * (r % 2), 2 * t + 8 * (r / 2)));
        c.push_back(of_c(g + 8 * (r / 2), 2 * t + r % 2));
      }
      for (int r = 0; r < 2; ++r) b.push_back(packed(of_b, g, 2 * t + 8 * r));
    }
  }
};

std::vector<float> multiply(Device& device, const Fragments& fragments) {
  const Array<uint32_t> a(device, fragments.a), b(device, fragments.b);
  const Array<float> y(device, fragments.c);
  device.run("multiply", {.blocks = static_cast<unsigned>(fragments.c.size() / 128)},
             {a.data(), b.data(), y.data()});
  return y.host();
}

TEST_P(Matrices, are_multiplied) {
  const auto of_a = [](int line, int k) { return static_cast<float>((line * 7 + k * 3) % 13 - 6); };
  const auto of_b = [](int column, int k) {
    return static_cast<float>((column * 5 + k * k) % 11 - 5);
  };
  const auto of_c = [](int line, int column) { return static_cast<float>(line - column); };
  Fragments fragments;
  fragments.add(of_a, of_b, of_c);
  Fragments expected;  // its c
  expected.add(of_a, of_b, [&](int line, int column) {
    float sum = of_c(line, column);
    for (int k = 0; k < 16; ++k) sum += of_a(line, k) * of_b(column, k);
    return sum;
  });
  EXPECT_EQ(multiply(device(), fragments), expected.c);
}

TEST_P(Matrices, sums_are_cut_off) {
  // 1 + 2^-24 + 2^-25 lies between two f32 and nearer to the upper one.
  const auto first = [](float value) {
    return [value](int, int k) { return k < 2 ? value : 0.0F; };
  };
  Fragments fragments;
  fragments.add(
      first(0x1p-12F), [](int, int k) { return k == 0 ? 0x1p-12F : 0x1p-13F; },
      [](int, int) { return 1.0F; });
  EXPECT_EQ(multiply(device(), fragments), std::vector<float>(128, 1.0F));
}

TEST_P(Matrices, numbers_are_packed_as_they_are_rounded) {
  std::vector<float> x = {1, -2, 0x1.01p0F, 0x1.03p0F, 0x1.018p0F, INFINITY, 3.4e38F, -0.0F};
  std::mt19937 dice(1);
  while (x.size() < 4096) x.push_back(std::ldexp(float(dice()), int(dice() % 80) - 60));
  Words expected;
  for (size_t i = 0; i < x.size(); i += 2) {
    expected.push_back(word(to_bf16(x[i]).bits, to_bf16(x[i + 1]).bits));
  }
  const Array<float> from(device(), x);
  const Array<uint32_t> y(device(), x.size() / 2);
  device().run("pack", {.blocks = 16, .threads = 128}, {from.data(), y.data()});
  EXPECT_EQ(y.host(), expected);
}

TEST_P(Matrices, of_random_numbers_agree_with_exact_sums) {
  std::mt19937 dice(2);
  const auto random = [&](int, int) {
    return std::ldexp(float(int(dice() % 256) - 128), int(dice() % 12) - 6);
  };
  constexpr int kProducts = 200;
  Fragments fragments;
  std::vector<double> exact, largest;
  for (int product = 0; product < kProducts; ++product) {
    float a[16][16], b[8][16], c[16][8];
    const auto fill = [&](auto& rows) {
      for (auto& row : rows) {
        for (float& x : row) x = random(0, 0);
      }
    };
    fill(a), fill(b), fill(c);
    const auto at = [](auto& rows) { return [&](int line, int k) { return rows[line][k]; }; };
    fragments.add(at(a), at(b), at(c));
    for (int lane = 0; lane < 32; ++lane) {
      for (int r = 0; r < 4; ++r) {
        const int line = lane / 4 + 8 * (r / 2), column = 2 * (lane % 4) + r % 2;
        double sum = c[line][column], most = std::abs(sum);
        for (int k = 0; k < 16; ++k) {
          const double term = double{a[line][k]} * b[column][k];
          sum += term;
          most = std::max(most, std::abs(term));
        }
        exact.push_back(sum);
        largest.push_back(std::max(most, std::abs(sum)));
      }
    }
  }
  // Each of the 17 terms, and the sum, may lose what lies below the last place of the largest.
  const std::vector<float> got = multiply(device(), fragments);
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_LE(std::abs(got[i] - exact[i]), 18 * 0x1p-23 * largest[i]) << i;
  }
}

using Lanes = Tracked;
TEST_F(Lanes, of_the_whole_warp_take_part) {
  const Array<float> y(device(), 32);
  device().run("multiply_without_some", {}, {y.data()});
  const std::vector<std::string> found = device().found();
  ASSERT_EQ(found.size(), 1);
  EXPECT_NE(found[0].find("waits in multiply_matrices with mask 0xffffffff for lane 16, which has "
                          "left the kernel"),
            std::string::npos)
      << found[0];
}

}  // namespace
}  // namespace tailor::test
