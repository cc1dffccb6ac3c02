// The element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/api/bf16.h"

namespace tailor {

enum class DType : uint8_t { f32, bf16, f64, u8, i8, i32, i64 };

constexpr size_t size_of(DType dtype) {
  constexpr size_t kSizes[] = {4, 2, 8, 1, 1, 4, 8};
  return kSizes[static_cast<size_t>(dtype)];
}

constexpr std::string_view name_of(DType dtype) {
  constexpr std::string_view kNames[] = {"f32", "bf16", "f64", "u8", "i8", "i32", "i64"};
  return kNames[static_cast<size_t>(dtype)];
}

/// kDType<float> is DType::f32, and so on.
template <class T>
inline constexpr DType kDType = DType::f32;
template <>
inline constexpr DType kDType<bf16> = DType::bf16;
template <>
inline constexpr DType kDType<double> = DType::f64;
template <>
inline constexpr DType kDType<uint8_t> = DType::u8;
template <>
inline constexpr DType kDType<int8_t> = DType::i8;
template <>
inline constexpr DType kDType<int32_t> = DType::i32;
template <>
inline constexpr DType kDType<int64_t> = DType::i64;

}  // namespace tailor
