#include "apps/bench.h"
#include "tensor/tensor.h"

namespace tailor::apps {
namespace {

/// Runs cases on one device, once for each variant of their operation.
class KernelBench {
 public:
  explicit KernelBench(const BenchOptions& options)
      : options_(options), backend_(open_backend(options.device, {.threads = options.threads})) {}

  std::vector<Measurement> take() { return std::move(results_); }

  void convolution(int64_t in, int64_t out, int kernel, int stride, int64_t size) {
    const int pad = kernel / 2;
    const Conv2d p{.stride_h = stride,
                   .stride_w = stride,
                   .pad_top = pad,
                   .pad_left = pad,
                   .pad_bottom = pad,
                   .pad_right = pad};
    const Shape y_shape{options_.batch, p.out_height(size, kernel), p.out_width(size, kernel), out};
    const Tensor x = zeros({options_.batch, size, size, in});
    const Tensor w = zeros({out, kernel, kernel, in});
    const Tensor y = zeros(y_shape);
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
    const Tensor a = zeros({m, k});
    const Tensor b = zeros({n, k});
    const Tensor y = zeros({m, n});
    add(Op::matmul, fmt::format("{}x{}x{}", m, k, n), "GFLOP/s",
        2e-9 * static_cast<double>(m * k * n),
        [&] { backend_->matmul({.transpose_b = true}, a.view(), b.view(), {}, y.view()); });
  }

  /// Operations whose time is their memory's: the first block's activations.
  void memory_bound() {
    const Shape shape{options_.batch, 56, 56, 256};
    const Tensor x = zeros(shape);
    const Tensor y = zeros(shape);
    const Tensor dx = zeros(shape);
    const Tensor c[6] = {zeros({256}), zeros({256}), zeros({256}),
                         zeros({256}), zeros({256}), zeros({256})};
    const double gb = 1e-9 * static_cast<double>(x.view().bytes());
    add(Op::activation, to_string(shape), "GB/s", 2 * gb,
        [&] { backend_->activation(Activation::relu, x.view(), y.view()); });
    add(Op::add, to_string(shape), "GB/s", 3 * gb,
        [&] { backend_->add(x.view(), dx.view(), y.view()); });
    add(Op::batch_norm, to_string(shape), "GB/s", 3 * gb, [&] {
      backend_->batch_norm({}, x.view(), c[0].view(), c[1].view(), {}, c[2].view(), c[3].view(),
                           c[4].view(), c[5].view(), y.view());
    });
    add(Op::batch_norm_frozen, to_string(shape), "GB/s", 2 * gb, [&] {
      backend_->batch_norm_frozen({}, x.view(), c[0].view(), c[1].view(), c[2].view(), c[3].view(),
                                  {}, y.view());
    });
    add(Op::global_avg_pool, to_string(shape), "GB/s", gb, [&] {
      backend_->global_avg_pool(x.view(), zeros({options_.batch, 256}).view());
    });
  }

 private:
  Tensor zeros(const Shape& shape) { return Tensor::zeros(shape, DType::f32, backend_); }

  void add(Op op, const std::string& shape, const std::string& unit, double amount,
           const std::function<void()>& call) {
    for (const std::string_view variant : backend_->variants(op, DType::f32)) {
      backend_->prefer(op, variant);
      const std::string name = fmt::format("{}/{} {}", name_of(op), variant, shape);
      try {
        results_.push_back(measure(name, unit, amount, options_, [&] {
          call();
          backend_->synchronize();
        }));
      } catch (const Unsupported&) {  // a variant for other shapes
      }
      backend_->prefer(op, "");
    }
  }

  const BenchOptions& options_;
  std::shared_ptr<Backend> backend_;
  std::vector<Measurement> results_;
};

}  // namespace

std::vector<Measurement> bench_kernels(const BenchOptions& options) {
  KernelBench bench(options);
  bench.convolution(3, 64, 7, 2, 224);
  bench.convolution(64, 64, 1, 1, 56);
  bench.convolution(64, 64, 3, 1, 56);
  bench.convolution(64, 256, 1, 1, 56);
  bench.convolution(128, 128, 3, 2, 56);
  bench.convolution(256, 256, 3, 1, 14);
  bench.convolution(512, 512, 3, 1, 7);
  bench.convolution(1024, 2048, 1, 2, 14);
  bench.product(options.batch, 2048, 1000);
  bench.memory_bound();
  return bench.take();
}

}  // namespace tailor::apps
