#include <algorithm>
#include <initializer_list>
#include <span>

#include "apps/bench.h"
#include "tensor/tensor.h"
#include "verify/run.h"

namespace tailor::apps {
namespace {

/// Runs cases on one device, once for each variant of their operation.
class KernelBench {
 public:
  explicit KernelBench(const BenchOptions& options)
      : options_(options),
        dtype_(options.precision == "bf16" ? DType::bf16 : DType::f32),
        backend_(open_backend(options.device, {.threads = options.threads})) {}

  std::vector<Measurement> take() { return std::move(results_); }
  bool on_gpu() const { return backend_->device() == "cuda"; }

  /// More than any cache holds.
  void copy() {
    const int64_t megabytes = on_gpu() ? 512 : 128;
    const Tensor x = random({megabytes * 250'000}, DType::f32);
    const Tensor y = random(x.shape(), DType::f32);
    measure_one(fmt::format("copy {} MB", megabytes), "GB/s", 2 * gigabytes(x),
                [&] { backend_->memory()->copy(y.view().data, x.view().data, x.view().bytes()); });
  }

  void convolution(int64_t in, int64_t out, int kernel, int stride, int64_t size) {
    if (!wants({Op::conv2d, Op::conv2d_backward_data, Op::conv2d_backward_filter})) return;
    const int pad = kernel / 2;
    const Conv2d p{.stride_h = stride,
                   .stride_w = stride,
                   .pad_top = pad,
                   .pad_left = pad,
                   .pad_bottom = pad,
                   .pad_right = pad};
    const Shape y_shape{options_.batch, p.out_height(size, kernel), p.out_width(size, kernel), out};
    const Tensor x = random({options_.batch, size, size, in});
    const Tensor w = random({out, kernel, kernel, in});
    const Tensor y = random(y_shape);
    const double gflop = 2e-9 * static_cast<double>(y.count() * kernel * kernel * in);
    const std::string shape =
        fmt::format("{}x{}/{} {}->{} at {}", kernel, kernel, stride, in, out, size);
    add(Op::conv2d, shape, "GFLOP/s", gflop,
        [&] { backend_->conv2d(p, x.view(), w.view(), {}, y.view()); });
    add(Op::conv2d_backward_data, shape, "GFLOP/s", gflop,
        [&] { backend_->conv2d_backward_data(p, y.view(), w.view(), x.view()); });
    add(Op::conv2d_backward_filter, shape, "GFLOP/s", gflop,
        [&] { backend_->conv2d_backward_filter(p, x.view(), y.view(), w.view()); });
  }

  void product(int64_t m, int64_t k, int64_t n) {
    if (!wants({Op::matmul})) return;
    const Tensor a = random({m, k});
    const Tensor b = random({n, k});
    const Tensor y = random({m, n});
    add(Op::matmul, fmt::format("{}x{}x{}", m, k, n), "GFLOP/s",
        2e-9 * static_cast<double>(m * k * n),
        [&] { backend_->matmul({.transpose_b = true}, a.view(), b.view(), {}, y.view()); });
  }

  /// Operations whose time is their memory's: the first block's activations.
  void memory_bound() {
    if (!wants({Op::activation, Op::activation_backward, Op::add, Op::batch_norm,
                Op::batch_norm_backward, Op::batch_norm_frozen, Op::global_avg_pool})) {
      return;
    }
    const Shape shape{options_.batch, 56, 56, 256};
    const Tensor x = random(shape);
    const Tensor y = random(shape);
    const Tensor dx = random(shape);
    const Tensor pooled = random({options_.batch, 256});
    const Tensor c[6] = {channels(), channels(), channels(), channels(), channels(), channels()};
    const double gb = gigabytes(x);
    add(Op::activation, to_string(shape), "GB/s", 2 * gb,
        [&] { backend_->activation(Activation::relu, x.view(), y.view()); });
    add(Op::activation_backward, to_string(shape), "GB/s", 3 * gb,
        [&] { backend_->activation_backward(Activation::relu, x.view(), y.view(), dx.view()); });
    add(Op::add, to_string(shape), "GB/s", 3 * gb,
        [&] { backend_->add(x.view(), dx.view(), y.view()); });
    // Batch norms read their inputs twice: for the sums, then for the result.
    add(Op::batch_norm, to_string(shape), "GB/s", 3 * gb, [&] {
      backend_->batch_norm({}, x.view(), c[0].view(), c[1].view(), {}, c[2].view(), c[3].view(),
                           c[4].view(), c[5].view(), y.view());
    });
    add(Op::batch_norm_backward, to_string(shape), "GB/s", 5 * gb, [&] {
      backend_->batch_norm_backward({}, x.view(), {}, y.view(), c[0].view(), c[1].view(),
                                    c[2].view(), dx.view(), c[3].view(), c[4].view(), {});
    });
    add(Op::batch_norm_frozen, to_string(shape), "GB/s", 2 * gb, [&] {
      backend_->batch_norm_frozen({}, x.view(), c[0].view(), c[1].view(), c[2].view(), c[3].view(),
                                  {}, y.view());
    });
    add(Op::global_avg_pool, to_string(shape), "GB/s", gb,
        [&] { backend_->global_avg_pool(x.view(), pooled.view()); });
  }

  /// The pooling behind the stem.
  void max_pool() {
    if (!wants({Op::max_pool2d})) return;
    const Pool2d p{.kernel_h = 3,
                   .kernel_w = 3,
                   .stride_h = 2,
                   .stride_w = 2,
                   .pad_top = 1,
                   .pad_left = 1,
                   .pad_bottom = 1,
                   .pad_right = 1};
    const Tensor x = random({options_.batch, 112, 112, 64});
    const Tensor y = random({options_.batch, 56, 56, 64});
    add(Op::max_pool2d, "3x3/2 " + to_string(x.shape()), "GB/s", gigabytes(x) + gigabytes(y),
        [&] { backend_->max_pool2d(p, x.view(), y.view(), {}); });
  }

  /// Of ImageNet's classes; with rows for one batch alone, a launch would take longer.
  void softmax() {
    if (!wants({Op::softmax})) return;
    const Tensor x = random({256 * options_.batch, 1000});
    const Tensor y = random(x.shape());
    add(Op::softmax, to_string(x.shape()), "GB/s", 2 * gigabytes(x),
        [&] { backend_->softmax(x.view(), y.view()); });
  }

  /// As many parameters as ResNet-50 has, f32 in any case.
  void optimizers() {
    if (dtype_ != DType::f32 || !wants({Op::sgd, Op::adam})) return;
    const Tensor parameters = random({25'000'000});
    const Tensor gradients = random(parameters.shape());
    const Tensor momentum = random(parameters.shape());
    const Tensor squares = random(parameters.shape(), DType::f32, 0);
    const View p = parameters.view();
    const View g = gradients.view();
    const View m = momentum.view();
    const View s = squares.view();
    const auto one = [](const View& view) { return std::span(&view, 1); };
    const double gb = gigabytes(parameters);
    add(Op::sgd, to_string(p.shape), "GB/s", 5 * gb, [&] {
      const Sgd rule{.lr = 1e-3, .momentum = 0.9, .first_step = false};
      backend_->sgd(rule, one(p), one(g), one(m));
    });
    add(Op::adam, to_string(p.shape), "GB/s", 7 * gb,
        [&] { backend_->adam({.lr = 1e-3}, one(p), one(g), one(m), one(s)); });
  }

 private:
  /// Uniform in [low, 1), other numbers in each tensor, the same in each run.
  Tensor random(const Shape& shape, DType dtype, float low = -1) {
    Tensor tensor = Tensor::empty(shape, dtype, backend_);
    backend_->uniform({.seed = seed_++}, low, 1, tensor.view());
    return tensor;
  }
  Tensor random(const Shape& shape) { return random(shape, dtype_); }
  /// A positive number for each channel: a variance too.
  Tensor channels() { return random({256}, DType::f32, 0.5); }

  static double gigabytes(const Tensor& x) { return 1e-9 * static_cast<double>(x.view().bytes()); }

  bool wants(std::initializer_list<Op> ops) const {
    return std::any_of(ops.begin(), ops.end(),
                       [&](Op op) { return verify::selects({.op = options_.op}, op, dtype_, ""); });
  }

  void add(Op op, const std::string& shape, const std::string& unit, double amount,
           const std::function<void()>& call) {
    if (!wants({op})) return;
    for (const std::string_view variant : backend_->variants(op, dtype_)) {
      backend_->prefer(op, variant);
      try {
        measure_one(fmt::format("{}/{} {}", name_of(op), variant, shape), unit, amount, call);
      } catch (const Unsupported&) {  // a variant for other shapes
      }
      backend_->prefer(op, "");
    }
  }

  void measure_one(const std::string& name, const std::string& unit, double amount,
                   const std::function<void()>& call) {
    results_.push_back(
        measure(name, unit, amount, options_, call, [&] { backend_->synchronize(); }));
  }

  const BenchOptions& options_;
  DType dtype_;
  std::shared_ptr<Backend> backend_;
  uint64_t seed_ = 0;
  std::vector<Measurement> results_;
};

}  // namespace

std::vector<Measurement> bench_kernels(const BenchOptions& options) {
  if (!options.op.empty()) verify::check_operation(options.op, "--op");
  KernelBench bench(options);
  bench.copy();
  bench.convolution(3, 64, 7, 2, 224);
  bench.convolution(64, 64, 1, 1, 56);
  bench.convolution(64, 64, 3, 1, 56);
  bench.convolution(64, 256, 1, 1, 56);
  bench.convolution(128, 128, 3, 2, 56);
  bench.convolution(256, 256, 3, 1, 14);
  bench.convolution(512, 512, 3, 1, 7);
  bench.convolution(1024, 2048, 1, 2, 14);
  bench.product(options.batch, 2048, 1000);
  if (bench.on_gpu()) bench.product(4096, 4096, 4096);
  bench.memory_bound();
  bench.max_pool();
  bench.softmax();
  bench.optimizers();
  return bench.take();
}

}  // namespace tailor::apps
