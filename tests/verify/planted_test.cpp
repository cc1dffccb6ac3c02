// Verify can fail: kernels with known faults, each of which it must catch by name of the fault.
#include "tests/verify/planted.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tailor::verify {
namespace {

// --- what is watched besides the numbers ---

TEST(Watched, a_right_kernel_passes) {
  auto backend = Planted::with<Op::activation>(
      [](Backend&, Activation kind, View x, View y) { reference().activation(kind, x, y); });
  const auto results = results_of(backend, "activation");
  EXPECT_GT(results.size(), 20U);
  EXPECT_EQ(failures(results), 0);
}

TEST(Watched, write_beyond_the_end) {
  auto backend = Planted::with<Op::activation>([](Backend&, Activation kind, View x, View y) {
    reference().activation(kind, x, y);
    y.as<float>()[y.count()] = 0;
  });
  expect_caught(results_of(backend, "activation"), "y: written to beyond its end");
}

TEST(Watched, write_before_the_start) {
  auto backend = Planted::with<Op::activation>([](Backend&, Activation kind, View x, View y) {
    reference().activation(kind, x, y);
    y.as<float>()[-1] = 0;
  });
  expect_caught(results_of(backend, "activation"), "y: written to before its start");
}

TEST(Watched, read_beyond_the_end) {
  auto backend = Planted::with<Op::sum_to_channels>([](Backend&, View dy, View db) {
    reference().sum_to_channels(dy, db);
    db.as<float>()[0] += dy.as<float>()[dy.count()];
  });
  expect_caught(results_of(backend, "sum_to_channels"), "got nan");
}

TEST(Watched, changed_input) {
  auto backend = Planted::with<Op::activation>([](Backend&, Activation kind, View x, View y) {
    reference().activation(kind, x, y);
    if (x.data != y.data) x.as<float>()[0] += 1;
  });
  expect_caught(results_of(backend, "activation"), "x: an input was changed");
}

TEST(Watched, element_left_out) {
  auto backend = Planted::with<Op::softmax>([](Backend&, View x, View y) {
    const float last = y.as<float>()[y.count() - 1];
    reference().softmax(x, y);
    y.as<float>()[y.count() - 1] = last;
  });
  expect_caught(results_of(backend, "softmax"), "got nan");
}

TEST(Watched, nan_left_out) {
  auto backend = Planted::with<Op::activation>([](Backend&, Activation kind, View x, View y) {
    const std::vector<float> before(y.as<float>(), y.as<float>() + y.count());
    reference().activation(kind, x, y);
    for (int64_t i = 0; i < y.count(); ++i) {
      if (std::isnan(y.as<float>()[i])) y.as<float>()[i] = before[static_cast<size_t>(i)];
    }
  });
  expect_caught(results_of(backend, "activation"), "y[0]: expected nan, got -171");
}

TEST(Watched, integer_left_out) {
  auto backend = Planted::with<Op::argmax>([](Backend&, View x, View indices) {
    const int64_t last = indices.as<int64_t>()[indices.count() - 1];
    reference().argmax(x, indices);
    indices.as<int64_t>()[indices.count() - 1] = last;
  });
  const auto results = results_of(backend, "argmax");
  EXPECT_EQ(failures(results), static_cast<int>(results.size()));
}

TEST(Watched, exception) {
  auto backend = Planted::with<Op::softmax>(
      [](Backend&, View, View) { throw Error("softmax: out of memory"); });
  expect_caught(results_of(backend, "softmax"), "threw \"softmax: out of memory\"");
}

TEST(Watched, missing_error) {
  auto backend = Planted::with<Op::cross_entropy>(
      [](Backend&, const CrossEntropy& p, View x, View labels, View weights, View loss, View y) {
        for (int64_t i = 0; i < labels.count(); ++i) {
          const int64_t label = labels.as<int64_t>()[i];
          if (label < 0 || label >= x.shape.back()) return;
        }
        reference().cross_entropy(p, x, labels, weights, loss, y);
      });
  const auto results = results_of(backend, "cross_entropy");
  EXPECT_EQ(failures(results), 2);
  expect_caught(results, "expected the error \"cross_entropy: expected labels from 0 to 3, got 4");
}

TEST(Watched, unsupported_is_no_failure) {
  auto backend =
      Planted::with<Op::softmax>([](Backend&, View, View) { throw Error("never called"); },
                                 DType::f32, [](View, View) { return false; });
  for (const Result& result : results_of(backend, "softmax")) {
    EXPECT_EQ(result.status, Status::unsupported) << result.name;
  }
  const auto results = run_cases(backend, cases(), {.op = "matmul"});
  ASSERT_FALSE(results.empty());
  EXPECT_EQ(results.front().status, Status::unsupported);
}

// --- wrong numbers ---

TEST(Planted, one_wrong_element) {
  auto backend = Planted::with<Op::add>([](Backend&, View a, View b, View y) {
    reference().add(a, b, y);
    y.as<float>()[y.count() / 2] += 1;
  });
  const auto results = results_of(backend, "add");
  EXPECT_EQ(failures(results), static_cast<int>(results.size()) - 1);  // NaN + 1 is NaN
  expect_caught(results, "y[1, 0, 0, 0]: expected");
}

TEST(Planted, error_of_a_few_roundings_too_many) {
  auto backend = Planted::with<Op::softmax>([](Backend&, View x, View y) {
    reference().softmax(x, y);
    for (int64_t i = 0; i < y.count(); ++i) y.as<float>()[i] *= 1 + 0x1p-16F;
  });
  expect_caught(results_of(backend, "softmax"), "is allowed");
}

TEST(Planted, convolution_without_its_last_channel) {
  auto backend = Planted::with<Op::conv2d>(
      [](Backend&, const Conv2d& p, View x, const Weights& w, const Epilogue& e, View y) {
        std::vector<float> cut(w.plain.as<float>(), w.plain.as<float>() + w.plain.count());
        cut.back() = 0;
        reference().conv2d(p, x, View{cut.data(), DType::f32, w.plain.shape}, e, y);
      });
  EXPECT_GT(failures(results_of(backend, "conv2d")), 60);
}

TEST(Planted, strides_swapped) {
  auto backend = Planted::with<Op::avg_pool2d>([](Backend&, const Pool2d& p, View x, View y) {
    Pool2d wrong = p;
    std::swap(wrong.stride_h, wrong.stride_w);
    reference().avg_pool2d(wrong, x, y);
  });
  expect_caught(results_of(backend, "avg_pool2d"), "expected");
}

TEST(Planted, padding_at_the_wrong_side) {
  auto backend = Planted::with<Op::conv2d_backward_data>(
      [](Backend&, const Conv2d& p, View dy, View w, View dx) {
        Conv2d wrong = p;
        std::swap(wrong.pad_top, wrong.pad_bottom);
        reference().conv2d_backward_data(wrong, dy, w, dx);
      });
  expect_caught(results_of(backend, "conv2d_backward_data"), "expected");
}

TEST(Planted, activation_forgotten_behind_the_residual) {
  auto backend = Planted::with<Op::conv2d>(
      [](Backend&, const Conv2d& p, View x, const Weights& w, const Epilogue& e, View y) {
        Epilogue wrong = e;
        if (e.residual) wrong.activation = Activation::none;
        reference().conv2d(p, x, w, wrong, y);
      });
  expect_caught(results_of(backend, "conv2d"), "expected");
}

TEST(Planted, missing_epsilon) {
  auto backend = Planted::with<Op::batch_norm_frozen>([](Backend&, const BatchNorm& p, View x,
                                                         View weight, View bias, View mean,
                                                         View var, View residual, View y) {
    BatchNorm wrong = p;
    wrong.eps = 0;
    reference().batch_norm_frozen(wrong, x, weight, bias, mean, var, residual, y);
  });
  const auto results = results_of(backend, "batch_norm_frozen");
  EXPECT_EQ(failures(results), static_cast<int>(results.size()));
}

TEST(Planted, biased_running_variance) {
  auto backend = Planted::with<Op::batch_norm>([](Backend&, const BatchNorm& p, View x, View weight,
                                                  View bias, View residual, View mean, View var,
                                                  View saved_mean, View saved_rstd, View y) {
    const std::vector<float> before(var.as<float>(), var.as<float>() + var.count());
    reference().batch_norm(p, x, weight, bias, residual, mean, var, saved_mean, saved_rstd, y);
    const float n = static_cast<float>(x.count() / x.shape.back());
    for (size_t c = 0; c < before.size(); ++c) {
      const float kept = static_cast<float>(1 - p.momentum) * before[c];
      var.as<float>()[c] = kept + (var.as<float>()[c] - kept) * (n - 1) / n;
    }
  });
  expect_caught(results_of(backend, "batch_norm"), "running_var[0]: expected");
}

/// Variance as the difference of two large numbers.
TEST(Planted, cancellation_in_the_variance) {
  auto backend = Planted::with<Op::batch_norm>([](Backend&, const BatchNorm& p, View x, View weight,
                                                  View bias, View residual, View mean, View var,
                                                  View saved_mean, View saved_rstd, View y) {
    reference().batch_norm(p, x, weight, bias, residual, mean, var, saved_mean, saved_rstd, y);
    const int64_t channels = x.shape.back(), n = x.count() / channels;
    for (int64_t c = 0; c < channels; ++c) {
      float sum = 0, squares = 0;
      for (int64_t i = c; i < x.count(); i += channels) {
        sum += x.as<float>()[i];
        squares += x.as<float>()[i] * x.as<float>()[i];
      }
      const float average = sum / static_cast<float>(n);
      const float variance = squares / static_cast<float>(n) - average * average;
      saved_rstd.as<float>()[c] = 1 / std::sqrt(variance + static_cast<float>(p.eps));
    }
  });
  expect_caught(results_of(backend, "batch_norm"), "saved_rstd[0]: expected");
}

TEST(Planted, last_maximum_of_a_tie) {
  auto backend =
      Planted::with<Op::max_pool2d>([](Backend&, const Pool2d& p, View x, View y, View indices) {
        reference().max_pool2d(p, x, y, indices);
        if (!indices) return;
        const int64_t channels = x.shape[3], plane = x.shape[1] * x.shape[2];
        for (int64_t i = 0; i < y.count(); ++i) {
          const int64_t n = i / (y.shape[1] * y.shape[2] * channels), c = i % channels;
          const int64_t next = indices.as<int32_t>()[i] + 1;  // a tie with its right neighbour
          if (next % x.shape[2] != 0 &&
              x.as<float>()[(n * plane + next) * channels + c] == y.as<float>()[i]) {
            indices.as<int32_t>()[i] = static_cast<int32_t>(next);
          }
        }
      });
  expect_caught(results_of(backend, "max_pool2d"), "indices[");
}

TEST(Planted, nan_swallowed) {
  auto backend = Planted::with<Op::activation>([](Backend&, Activation kind, View x, View y) {
    reference().activation(kind, x, y);
    if (kind != Activation::relu) return;
    for (int64_t i = 0; i < y.count(); ++i) {
      if (std::isnan(y.as<float>()[i])) y.as<float>()[i] = 0;
    }
  });
  expect_caught(results_of(backend, "activation"), "y[0]: expected nan, got 0");
}

TEST(Planted, dropout_from_the_wrong_step) {
  auto backend =
      Planted::with<Op::dropout>([](Backend&, const Dropout& p, View x, View mask, View y) {
        Dropout wrong = p;
        wrong.random.step ^= 1;
        reference().dropout(wrong, x, mask, y);
      });
  expect_caught(results_of(backend, "dropout"), "mask[");
}

TEST(Planted, smoothing_ignored) {
  auto backend = Planted::with<Op::cross_entropy_backward>([](Backend&, const CrossEntropy&,
                                                              View probabilities, View labels,
                                                              View weights, View dloss, View dx) {
    reference().cross_entropy_backward({}, probabilities, labels, weights, dloss, dx);
  });
  expect_caught(results_of(backend, "cross_entropy_backward"), "dx[");
}

TEST(Planted, no_bias_correction) {
  auto backend = Planted::with<Op::adam>([](Backend&, const Adam& p, std::span<const View> params,
                                            std::span<const View> grads, std::span<const View> m,
                                            std::span<const View> v) {
    Adam wrong = p;
    wrong.step = 1000000;
    reference().adam(wrong, params, grads, m, v);
  });
  expect_caught(results_of(backend, "adam"), "params[");
}

TEST(Planted, nesterov_ignored) {
  auto backend =
      Planted::with<Op::sgd>([](Backend&, const Sgd& p, std::span<const View> params,
                                std::span<const View> grads, std::span<const View> buffers) {
        Sgd wrong = p;
        wrong.nesterov = false;
        reference().sgd(wrong, params, grads, buffers);
      });
  EXPECT_EQ(failures(results_of(backend, "sgd")), 2);
}

TEST(Planted, last_tensor_of_many_left_out) {
  auto backend =
      Planted::with<Op::sgd>([](Backend&, const Sgd& p, std::span<const View> params,
                                std::span<const View> grads, std::span<const View> buffers) {
        const size_t some = params.size() - 1;
        reference().sgd(p, params.first(some), grads.first(some), buffers.first(some));
      });
  const auto results = results_of(backend, "sgd");
  EXPECT_EQ(failures(results), static_cast<int>(results.size()));
}

TEST(Planted, cast_that_cuts_instead_of_rounding) {
  auto backend = Planted::with<Op::cast>([](Backend&, View x, View y) {
    reference().cast(x, y);
    if (y.dtype != DType::bf16) return;
    for (int64_t i = 0; i < x.count(); ++i) {
      y.as<bf16>()[i] = {static_cast<uint16_t>(std::bit_cast<uint32_t>(x.as<float>()[i]) >> 16)};
    }
  });
  expect_caught(results_of(backend, "cast"), "expected");
}

}  // namespace
}  // namespace tailor::verify
