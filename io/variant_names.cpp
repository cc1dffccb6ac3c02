#include "io/variant_names.h"

#include <initializer_list>

namespace tailor::io {
namespace {

template <class T>
std::optional<T> parse(std::string_view name, std::initializer_list<T> values) {
  for (const T value : values) {
    if (name_of(value) == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return "caffe";
    case Preprocessing::tf:
      return "tf";
    case Preprocessing::torchvision:
      break;
  }
  return "torchvision";
}

std::optional<Preprocessing> parse_preprocessing(std::string_view name) {
  return parse(name, {Preprocessing::torchvision, Preprocessing::caffe, Preprocessing::tf});
}

std::string_view name_of(StrideOn stride_on) {
  return stride_on == StrideOn::conv1x1 ? "conv1x1" : "conv3x3";
}

std::optional<StrideOn> parse_stride_on(std::string_view name) {
  return parse(name, {StrideOn::conv1x1, StrideOn::conv3x3});
}

}  // namespace tailor::io
