// What `tailor bench` can measure, a function each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/api/backend.h"

namespace tailor::apps {

struct BenchOptions {
  std::string what = "forward";
  std::string model = "resnet50";
  std::string device = "auto";
  std::string precision = "f32";  ///< of kernels: f32 or bf16
  std::string op;                 ///< of kernels: this operation and its gradients; "": all
  std::string data;               ///< of loader: a data set
  std::string augment = "light";  ///< of loader
  std::string json;
  int threads = 0;
  int64_t batch = 32;
  int runs = 5;
};

/// One line of the result, of `runs` timings.
struct Measurement {
  std::string name;
  std::string unit;
  double median = 0;
  double min = 0;
  double max = 0;
  int runs = 0;
  std::string precision = "f32";
  int64_t batch = 0;
};

/// Times call() and states each run as amount / seconds of one call. finish() waits for what calls
/// have only ordered: a GPU takes longer to be told about a small kernel than to run it, so a
/// timing is as many calls in a row, with one finish(), as fill 5 ms. Their number is found while
/// warming up, which is not counted.
Measurement measure(std::string name, std::string unit, double amount, const BenchOptions& options,
                    const std::function<void()>& call, const std::function<void()>& finish);

/// The frozen backbone on photos of its size, images/s.
std::vector<Measurement> bench_forward(const BenchOptions& options);

/// A pass over the photos of a data set that are to train on, from files to pictures of 224 pixels
/// a side, images/s.
std::vector<Measurement> bench_loader(const BenchOptions& options);

/// The operations at ResNet-50's sizes, each variant of the device: GFLOP/s where arithmetic
/// counts, GB/s (read plus written) where memory does. The first line is the device's own copy, of
/// which the latter are a share. Inputs are random numbers: on zeros a GPU draws less power, and is
/// faster than it will be.
std::vector<Measurement> bench_kernels(const BenchOptions& options);

}  // namespace tailor::apps
