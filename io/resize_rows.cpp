#include "io/resize_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "io/resize_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tailor::io::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

uint8_t rounded_byte(int32_t sum) {
  return static_cast<uint8_t>(HWY_MIN(HWY_MAX(sum >> kWeightBits, 0), 255));
}

#if HWY_TARGET == HWY_SCALAR  // has no vectors of four
void filter(const uint8_t* HWY_RESTRICT in, std::span<const Window> windows,
            uint8_t* HWY_RESTRICT out) {
  for (const Window& window : windows) {
    for (size_t channel = 0; channel < 3; ++channel) {
      const uint8_t* value = in + static_cast<size_t>(window.first) * 3 + channel;
      int32_t sum = kHalf;
      for (int k = 0; k < window.taps; ++k, value += 3) sum += window.weights[k] * *value;
      *out++ = rounded_byte(sum);
    }
  }
}
#else
void filter(const uint8_t* HWY_RESTRICT in, std::span<const Window> windows,
            uint8_t* HWY_RESTRICT out) {
  const hn::FixedTag<int32_t, 4> sums;  // red, green, blue and the next byte, which is not used
  const hn::FixedTag<uint8_t, 4> bytes;
  for (const Window& window : windows) {
    const uint8_t* pixel = in + static_cast<size_t>(window.first) * 3;
    auto sum = hn::Set(sums, kHalf);
    for (int k = 0; k < window.taps; ++k, pixel += 3) {
      const auto value = hn::PromoteTo(sums, hn::LoadU(bytes, pixel));
      sum = hn::Add(sum, hn::Mul(value, hn::Set(sums, window.weights[k])));
    }
    hn::StoreU(hn::DemoteTo(bytes, hn::ShiftRight<kWeightBits>(sum)), bytes, out);
    out += 3;
  }
}
#endif

void blend(const uint8_t* HWY_RESTRICT first_row, size_t size, const Window& window,
           uint8_t* HWY_RESTRICT out) {
  const hn::ScalableTag<int32_t> sums;
  const hn::Rebind<uint8_t, decltype(sums)> bytes;
  const size_t lanes = hn::Lanes(sums);
  size_t x = 0;
  for (; x + lanes <= size; x += lanes) {
    const uint8_t* row = first_row + x;
    auto sum = hn::Set(sums, kHalf);
    for (int k = 0; k < window.taps; ++k, row += size) {
      const auto value = hn::PromoteTo(sums, hn::LoadU(bytes, row));
      sum = hn::Add(sum, hn::Mul(value, hn::Set(sums, window.weights[k])));
    }
    hn::StoreU(hn::DemoteTo(bytes, hn::ShiftRight<kWeightBits>(sum)), bytes, out + x);
  }
  for (; x < size; ++x) {
    int32_t sum = kHalf;
    for (int k = 0; k < window.taps; ++k) {
      sum += window.weights[k] * first_row[static_cast<size_t>(k) * size + x];
    }
    out[x] = rounded_byte(sum);
  }
}

}  // namespace tailor::io::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tailor::io {

HWY_EXPORT(filter);
HWY_EXPORT(blend);

void filter_row(const uint8_t* in, std::span<const Window> windows, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(filter)(in, windows, out);
}

void blend_rows(const uint8_t* first_row, size_t size, const Window& window, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(blend)(first_row, size, window, out);
}

}  // namespace tailor::io
#endif  // HWY_ONCE
