// One group of golden/ops/ops.h5: inputs, parameters and what PyTorch made of them in f64.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace tailor::test {

class GoldenCase {
 public:
  /// group: "conv2d/3x3_p1"
  GoldenCase(const std::filesystem::path& file, std::string group);
  ~GoldenCase();

  /// The groups of the file that hold a case.
  static std::vector<std::string> groups(const std::filesystem::path& file);

  bool has(const std::string& dataset) const;
  Shape shape(const std::string& dataset) const;
  /// Reals, or integers as reals.
  std::vector<double> values(const std::string& dataset) const;
  std::vector<int64_t> integers(const std::string& dataset) const;

  /// An attribute, all of its numbers; `number` of the first one, or of `otherwise` when it is not
  /// there.
  std::vector<double> numbers(const std::string& attribute) const;
  double number(const std::string& attribute, double otherwise = 0) const;

 private:
  struct File;
  std::unique_ptr<File> file_;
  std::string group_;
};

}  // namespace tailor::test
