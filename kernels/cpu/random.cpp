// Random numbers and dropout, the same bits as on every other device.
#include "kernels/cpu/loops.h"

namespace tailor::cpu {
namespace {

/// Calls f(i, uniform_at(random, i)) for each i below count; a Philox block serves four of them.
template <class F>
void for_uniforms(Backend& backend, const RandomKey& random, int64_t count, const F& f) {
  static_assert(kPart % 4 == 0);
  for_parts(backend, count, kPart, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += 4) {
      const PhiloxBlock words = random.at(static_cast<uint64_t>(first) / 4);
      const int64_t left = std::min<int64_t>(4, end - first);
      for (int64_t i = 0; i < left; ++i) f(first + i, to_uniform(words[static_cast<size_t>(i)]));
    }
  });
}

void uniform(Backend& backend, const RandomKey& random, float low, float high, View y) {
  for_uniforms(backend, random, y.count(),
               [&](int64_t i, float number) { y.as<float>()[i] = low + (high - low) * number; });
}

// f64, since every device shall round alike.
float scaled(float x, const Dropout& p) { return static_cast<float>(x / (1 - p.p)); }

void dropout(Backend& backend, const Dropout& p, View x, View mask, View y) {
  const auto least = static_cast<float>(p.p);
  for_uniforms(backend, p.random, x.count(), [&](int64_t i, float number) {
    const bool keep = number >= least;
    mask.as<uint8_t>()[i] = keep ? 1 : 0;
    y.as<float>()[i] = keep ? scaled(x.as<float>()[i], p) : 0;
  });
}

void dropout_backward(Backend& backend, const Dropout& p, View dy, View mask, View dx) {
  for_parts(backend, dy.count(), kPart, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      dx.as<float>()[i] = mask.as<uint8_t>()[i] != 0 ? scaled(dy.as<float>()[i], p) : 0;
    }
  });
}

TAILOR_KERNEL(cpu_table(), uniform, f32, "loop", uniform);
TAILOR_KERNEL(cpu_table(), dropout, f32, "loop", dropout);
TAILOR_KERNEL(cpu_table(), dropout_backward, f32, "loop", dropout_backward);

}  // namespace
}  // namespace tailor::cpu
