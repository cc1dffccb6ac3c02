// What augmentation does to photos, a plane for each colour: the definition's bytes
// (reference/augment.cpp) by loops that compilers turn into vector code.
#include <omp.h>

#include "kernels/api/convert.h"
#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

/// The colours of one photo, `count` bytes each, one plane behind the other.
struct Planes {
  uint8_t* red;
  int64_t count;

  uint8_t* green() const { return red + count; }
  uint8_t* blue() const { return red + 2 * count; }
};

TAILOR_VECTORIZED void split(const uint8_t* pixels, int64_t count, uint8_t* red, uint8_t* green,
                             uint8_t* blue) {
  for (int64_t i = 0; i < count; ++i) {
    red[i] = pixels[3 * i];
    green[i] = pixels[3 * i + 1];
    blue[i] = pixels[3 * i + 2];
  }
}

TAILOR_VECTORIZED void split_flipped(const uint8_t* pixels, int64_t count, uint8_t* red,
                                     uint8_t* green, uint8_t* blue) {
  for (int64_t i = 0; i < count; ++i) {
    red[i] = pixels[3 * (count - 1 - i)];
    green[i] = pixels[3 * (count - 1 - i) + 1];
    blue[i] = pixels[3 * (count - 1 - i) + 2];
  }
}

inline int32_t grey(int32_t red, int32_t green, int32_t blue) {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

TAILOR_VECTORIZED int64_t sum_of_greys(const uint8_t* red, const uint8_t* green,
                                       const uint8_t* blue, int64_t count) {
  int64_t total = 0;
  for (int64_t begin = 0; begin < count; begin += kPart) {
    int32_t sum = 0;
    for (int64_t i = begin; i < std::min(count, begin + kPart); ++i) {
      sum += grey(red[i], green[i], blue[i]);
    }
    total += sum;
  }
  return total;
}

inline uint8_t blend(int32_t base, int32_t x, float factor) {
  const float value = static_cast<float>(base) + factor * static_cast<float>(x - base);
  const float clipped = value < 0 ? 0 : value > 255 ? 255 : value;
  return static_cast<uint8_t>(static_cast<int32_t>(clipped));
}

/// With one number, for brightness and contrast.
TAILOR_VECTORIZED void blend_all(uint8_t* x, int64_t count, int32_t base, float factor) {
  for (int64_t i = 0; i < count; ++i) x[i] = blend(base, x[i], factor);
}

TAILOR_VECTORIZED void saturate(uint8_t* red, uint8_t* green, uint8_t* blue, int64_t count,
                                float factor) {
  for (int64_t i = 0; i < count; ++i) {
    const int32_t base = grey(red[i], green[i], blue[i]);
    red[i] = blend(base, red[i], factor);
    green[i] = blend(base, green[i], factor);
    blue[i] = blend(base, blue[i], factor);
  }
}

inline int32_t between(int32_t low, int32_t x, int32_t high) {
  return x < low ? low : x > high ? high : x;
}

/// v (1 - s w / 85 / 255), rounded, with w from 0 to 85: one channel of a colour whose strongest
/// one is v. The definition's roundings are too small to matter, and so is f32's: the numerator
/// below is odd, its quotient at least 1 / 43350 from a whole number.
inline uint8_t channel(int32_t v, int32_t s, int32_t w) {
  const int32_t numerator = 2 * v * (85 * 255 - s * between(0, w, 85)) + 85 * 255;
  const float quotient = static_cast<float>(numerator) * (1.0F / (2 * 85 * 255));
  return static_cast<uint8_t>(static_cast<int32_t>(quotient));
}

/// The 8-bit hue of a pixel whose strongest channel is v, d (1 for greys) above its weakest. Here
/// the definition's roundings decide, so its steps are repeated, all channels in one formula: from
/// the peak of the strongest, 0, 2 or 4 sixths of the circle, towards the second strongest, which
/// is `lead` above the weakest.
inline int32_t hue(int32_t r, int32_t g, int32_t b, int32_t v, int32_t d) {
  const int32_t lead = v == r ? g - b : v == g ? b - r : r - g;
  const int32_t peak = v == r ? 0 : v == g ? 2 : 4;
  const int32_t side = lead < 0 ? -1 : 1;
  const float below = static_cast<float>(d - side * lead) / static_cast<float>(d);
  const float sixths = static_cast<float>(peak + side) - static_cast<float>(side) * below;
  const double turns = static_cast<double>(sixths) / 6 + 1;
  const auto part = static_cast<float>(turns - static_cast<double>(static_cast<int32_t>(turns)));
  return static_cast<int32_t>(255 * static_cast<double>(part));
}

/// To 8-bit HSV, h plus shift, and back (Smith, "Color gamut transform pairs", 1978).
TAILOR_VECTORIZED void turn_hue(uint8_t* red, uint8_t* green, uint8_t* blue, int64_t count,
                                int32_t shift) {
  for (int64_t i = 0; i < count; ++i) {
    const int32_t r = red[i], g = green[i], b = blue[i];
    const int32_t v = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const int32_t least = r < g ? (r < b ? r : b) : (g < b ? g : b);
    const int32_t distance = v - least, d = distance > 0 ? distance : 1;
    // f32 rounds no quotient of numbers below 2^16 up to the next whole number.
    const auto s = static_cast<int32_t>(static_cast<float>(255 * distance) /
                                        static_cast<float>(v > 0 ? v : 1));
    // Each channel is strongest for a third of the circle and falls on either side within a sixth,
    // which is 85 here.
    const int32_t u = 2 * ((hue(r, g, b, v, d) + shift) & 255);
    const int32_t from_red = u - 85 < 425 - u ? u - 85 : 425 - u;
    const int32_t from_green = 85 - u > u - 255 ? 85 - u : u - 255;
    const int32_t from_blue = 255 - u > u - 425 ? 255 - u : u - 425;
    red[i] = channel(v, s, from_red);
    green[i] = channel(v, s, from_green);
    blue[i] = channel(v, s, from_blue);
  }
}

void change_colours(const Planes& photo, const ColourStep& step) {
  uint8_t* const red = photo.red;
  uint8_t* const green = photo.green();
  uint8_t* const blue = photo.blue();
  switch (step.kind) {
    case ColourStep::Kind::none:
      return;
    case ColourStep::Kind::brightness:
      return blend_all(red, 3 * photo.count, 0, step.factor);
    case ColourStep::Kind::contrast: {
      const auto sum = static_cast<double>(sum_of_greys(red, green, blue, photo.count));
      const auto mean = static_cast<int32_t>(sum / static_cast<double>(photo.count) + 0.5);
      return blend_all(red, 3 * photo.count, mean, step.factor);
    }
    case ColourStep::Kind::saturation:
      return saturate(red, green, blue, photo.count, step.factor);
    case ColourStep::Kind::hue:
      return turn_hue(red, green, blue, photo.count, step.hue_shift());
  }
}

void erase(const Planes& photo, int64_t width, const Rectangle& where,
           const std::array<uint8_t, 3>& fill) {
  for (size_t c = 0; c < 3; ++c) {
    uint8_t* plane = photo.red + static_cast<int64_t>(c) * photo.count;
    for (int row = where.top; row < where.top + where.height; ++row) {
      std::fill_n(plane + row * width + where.left, where.width, fill[c]);
    }
  }
}

TAILOR_VECTORIZED void join(const uint8_t* red, const uint8_t* green, const uint8_t* blue,
                            int64_t count, uint8_t* pixels) {
  for (int64_t i = 0; i < count; ++i) {
    pixels[3 * i] = red[i];
    pixels[3 * i + 1] = green[i];
    pixels[3 * i + 2] = blue[i];
  }
}

/// The number of each of the 256 values in each channel of the result.
template <class T>
using Numbers = std::array<std::array<T, 256>, 3>;

template <class T>
Numbers<T> numbers_of(const Normalize& normalize) {
  Numbers<T> numbers;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t x = 0; x < 256; ++x) {
      numbers[c][x] = convert<T>(normalize(c, static_cast<uint8_t>(x)));
    }
  }
  return numbers;
}

/// first, second, third: the planes in the order of the result's channels.
template <class T>
void join_normalized(const uint8_t* first, const uint8_t* second, const uint8_t* third,
                     int64_t count, const Numbers<T>& numbers, T* pixels) {
  for (int64_t i = 0; i < count; ++i) {
    pixels[3 * i] = numbers[0][first[i]];
    pixels[3 * i + 1] = numbers[1][second[i]];
    pixels[3 * i + 2] = numbers[2][third[i]];
  }
}

/// Calls store(n, planes) with every photo, changed.
template <class Store>
void for_changed_photos(Backend& backend, const Augment& p, View x, const Store& store) {
  const int64_t height = x.shape[1], width = x.shape[2], count = height * width;
  const auto bytes = static_cast<size_t>(3 * count);
  auto* planes = reinterpret_cast<uint8_t*>(
      as_cpu(backend).scratch(bytes * static_cast<size_t>(as_cpu(backend).threads())));
  for_parts(backend, x.shape[0], 1, [&](int64_t n, int64_t) {
    const Planes photo{planes + bytes * static_cast<size_t>(omp_get_thread_num()), count};
    const PhotoChange& change = p.photos[static_cast<size_t>(n)];
    const uint8_t* pixels = x.as<uint8_t>() + n * 3 * count;
    const auto split_row = change.flip ? split_flipped : split;
    for (int64_t i = 0; i < count; i += width) {
      split_row(pixels + 3 * i, width, photo.red + i, photo.green() + i, photo.blue() + i);
    }
    for (const ColourStep& step : change.colours) change_colours(photo, step);
    erase(photo, width, change.erase, p.fill);
    store(n, photo);
  });
}

template <class T>
void augment_normalized(Backend& backend, const Augment& p, View x, View y) {
  const Numbers<T> numbers = numbers_of<T>(p.normalize);
  for_changed_photos(backend, p, x, [&](int64_t n, const Planes& photo) {
    const uint8_t* first = p.normalize.bgr ? photo.blue() : photo.red;
    const uint8_t* third = p.normalize.bgr ? photo.red : photo.blue();
    join_normalized(first, photo.green(), third, photo.count, numbers,
                    y.as<T>() + n * 3 * photo.count);
  });
}

void augment(Backend& backend, const Augment& p, View x, View y) {
  if (y.dtype == DType::f32) return augment_normalized<float>(backend, p, x, y);
  if (y.dtype == DType::bf16) return augment_normalized<bf16>(backend, p, x, y);
  for_changed_photos(backend, p, x, [&](int64_t n, const Planes& photo) {
    join(photo.red, photo.green(), photo.blue(), photo.count,
         y.as<uint8_t>() + n * 3 * photo.count);
  });
}

TAILOR_KERNEL(cpu_table(), augment, u8, "planes", augment);

}  // namespace
}  // namespace tailor::cpu
