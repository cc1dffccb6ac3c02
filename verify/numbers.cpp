#include "verify/numbers.h"

#include <cstring>
#include <numeric>
#include <utility>

namespace tailor::verify {
namespace {

/// Calls use(T{}) with the type that a dtype is stored in.
template <class Use>
auto with_type(DType dtype, const Use& use) {
  switch (dtype) {
    case DType::f32:
      return use(float{});
    case DType::bf16:
      return use(bf16{});
    case DType::f64:
      return use(double{});
    case DType::u8:
      return use(uint8_t{});
    case DType::i8:
      return use(int8_t{});
    case DType::i32:
      return use(int32_t{});
    case DType::i64:
      break;
  }
  return use(int64_t{});
}

template <class T>
T from_double(double value) {
  if constexpr (std::is_same_v<T, bf16>) {
    return to_bf16(static_cast<float>(value));
  } else {
    return static_cast<T>(value);
  }
}

template <class T>
double to_double(T value) {
  if constexpr (std::is_same_v<T, bf16>) {
    return double(to_float(value));
  } else {
    return static_cast<double>(value);
  }
}

}  // namespace

Fill integers() {
  return [](int64_t count, RandomStream& random) {
    std::vector<double> values(static_cast<size_t>(count));
    for (double& value : values) value = double(random.below(7)) - 3;
    return values;
  };
}

Fill reals(double low, double high) {
  return [low, high](int64_t count, RandomStream& random) {
    std::vector<double> values(static_cast<size_t>(count));
    for (double& value : values) {
      const double coarse = random.uniform(), fine = random.uniform();  // 24 bits each
      value = low + (high - low) * (coarse + fine * 0x1p-24);
    }
    return values;
  };
}

Fill labels(int64_t classes) {
  return [classes](int64_t count, RandomStream& random) {
    std::vector<double> values(static_cast<size_t>(count));
    for (double& value : values) value = random.below(static_cast<uint32_t>(classes));
    return values;
  };
}

Fill distinct() {
  return [](int64_t count, RandomStream& random) {
    std::vector<double> values(static_cast<size_t>(count));
    std::iota(values.begin(), values.end(), 0);
    for (size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[random.below(static_cast<uint32_t>(i))]);
    }
    for (double& value : values) value /= 8;
    return values;
  };
}

Fill given(std::vector<double> pattern) {
  return [pattern = std::move(pattern)](int64_t count, RandomStream&) {
    std::vector<double> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i) values[i] = pattern[i % pattern.size()];
    return values;
  };
}

double unit_roundoff(DType dtype) {
  return dtype == DType::f64 ? 0x1p-53 : dtype == DType::bf16 ? 0x1p-8 : 0x1p-24;
}

bool is_real(DType dtype) {
  return dtype == DType::f32 || dtype == DType::bf16 || dtype == DType::f64;
}

std::vector<std::byte> encode(std::span<const double> values, DType dtype) {
  return with_type(dtype, [&]<class T>(T) {
    std::vector<T> stored(values.size());
    for (size_t i = 0; i < values.size(); ++i) stored[i] = from_double<T>(values[i]);
    const auto bytes = std::as_bytes(std::span(stored));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  });
}

std::vector<double> decode(std::span<const std::byte> bytes, DType dtype) {
  return with_type(dtype, [&]<class T>(T) {
    std::vector<T> stored(bytes.size() / sizeof(T));
    if (!stored.empty()) std::memcpy(stored.data(), bytes.data(), bytes.size());
    std::vector<double> values(stored.size());
    for (size_t i = 0; i < values.size(); ++i) values[i] = to_double(stored[i]);
    return values;
  });
}

std::vector<double> rounded(std::span<const double> values, DType dtype) {
  return decode(encode(values, dtype), dtype);
}

}  // namespace tailor::verify
