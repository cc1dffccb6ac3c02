// What augmentation does to photos: mirrored, colours as torchvision changes them, a part erased.
// Colours: torchvision.transforms.functional on a Pillow picture (Enhance.py, Blend.c and Convert.c
// of Pillow 11), whose f32 and f64 steps are repeated here one by one.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/api/convert.h"
#include "kernels/reference/reference.h"

namespace tailor {
namespace {

using Pixel = std::array<uint8_t, 3>;  // red, green, blue

int grey(const Pixel& x) { return (19595 * x[0] + 38470 * x[1] + 7471 * x[2] + 32768) >> 16; }

uint8_t blend(int base, int x, float factor) {
  return convert<uint8_t>(float(base) + factor * float(x - base));  // clips and truncates
}

Pixel blend(int base, const Pixel& x, float factor) {
  return {blend(base, x[0], factor), blend(base, x[1], factor), blend(base, x[2], factor)};
}

int mean_grey(const std::vector<Pixel>& photo) {
  double sum = 0;
  for (const Pixel& x : photo) sum += grey(x);
  return int(sum / double(photo.size()) + 0.5);
}

Pixel to_hsv(const Pixel& rgb) {
  const int most = std::max({rgb[0], rgb[1], rgb[2]}), least = std::min({rgb[0], rgb[1], rgb[2]});
  if (most == least) return {0, 0, uint8_t(most)};
  const auto distance = float(most - least);
  const float s = distance / float(most);
  const double r = float(most - rgb[0]) / distance;
  const double g = float(most - rgb[1]) / distance;
  const double b = float(most - rgb[2]) / distance;
  auto h = float(rgb[0] == most ? b - g : rgb[1] == most ? 2 + r - b : 4 + g - r);
  h = float(std::fmod(double(h) / 6 + 1, 1));
  return {uint8_t(255 * double(h)), uint8_t(255 * double(s)), uint8_t(most)};
}

Pixel to_rgb(const Pixel& hsv) {
  const uint8_t v = hsv[2];
  if (hsv[1] == 0) return {v, v, v};
  const double turns = 6.0 * hsv[0] / 255;
  const auto f = float(turns - std::floor(turns)), s = float(hsv[1] / 255.0);
  const auto rounded = [v](double part) { return uint8_t(std::round(v * part)); };
  const uint8_t p = rounded(1 - double(s));
  const uint8_t q = rounded(1 - double(s * f));
  const uint8_t t = rounded(1 - double(s) * (1 - double(f)));
  switch (int(std::floor(turns)) % 6) {
    case 0:
      return {v, t, p};
    case 1:
      return {q, v, p};
    case 2:
      return {p, v, t};
    case 3:
      return {p, q, v};
    case 4:
      return {t, p, v};
    default:
      return {v, p, q};
  }
}

void change_colours(std::vector<Pixel>& photo, const ColourStep& step) {
  const int base = step.kind == ColourStep::Kind::contrast ? mean_grey(photo) : 0;
  for (Pixel& x : photo) {
    switch (step.kind) {
      case ColourStep::Kind::none:
        break;
      case ColourStep::Kind::brightness:
      case ColourStep::Kind::contrast:
        x = blend(base, x, step.factor);
        break;
      case ColourStep::Kind::saturation:
        x = blend(grey(x), x, step.factor);
        break;
      case ColourStep::Kind::hue: {
        Pixel hsv = to_hsv(x);
        hsv[0] = uint8_t(hsv[0] + step.hue_shift());
        x = to_rgb(hsv);
        break;
      }
    }
  }
}

/// The photo at `x` [height, width, 3], changed.
std::vector<Pixel> changed(const PhotoChange& change, const Pixel& fill, const uint8_t* x,
                           int64_t height, int64_t width) {
  std::vector<Pixel> photo;
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      const uint8_t* pixel = x + (row * width + (change.flip ? width - 1 - column : column)) * 3;
      photo.push_back({pixel[0], pixel[1], pixel[2]});
    }
  }
  for (const ColourStep& step : change.colours) change_colours(photo, step);
  const Rectangle& erase = change.erase;
  for (int row = erase.top; row < erase.top + erase.height; ++row) {
    for (int column = erase.left; column < erase.left + erase.width; ++column) {
      photo[size_t(row * width + column)] = fill;
    }
  }
  return photo;
}

template <class T>
void augment_to(const Backend& backend, const Augment& p, View x, View y) {
  const int64_t batch = x.shape[0], height = x.shape[1], width = x.shape[2];
#pragma omp parallel for num_threads(threads_of(backend))
  for (int64_t n = 0; n < batch; ++n) {
    int64_t i = n * height * width * 3;
    const PhotoChange& change = p.photos[size_t(n)];
    for (const Pixel& pixel : changed(change, p.fill, x.as<uint8_t>() + i, height, width)) {
      for (size_t channel = 0; channel < 3; ++channel, ++i) {
        if constexpr (std::is_same_v<T, uint8_t>) {
          y.as<T>()[i] = pixel[channel];
        } else {
          const uint8_t value = pixel[p.normalize.bgr ? 2 - channel : channel];
          y.as<T>()[i] = convert<T>(p.normalize(channel, value));
        }
      }
    }
  }
}

void augment(Backend& backend, const Augment& p, View x, View y) {
  if (y.dtype == DType::u8) return augment_to<uint8_t>(backend, p, x, y);
  if (y.dtype == DType::f32) return augment_to<float>(backend, p, x, y);
  return augment_to<bf16>(backend, p, x, y);
}

TAILOR_KERNEL(reference_table(), augment, u8, "naive", augment);

}  // namespace
}  // namespace tailor
