// Which row of a table a backend takes.
#include "kernels/api/backend.h"

#include <gtest/gtest.h>

#include "kernels/api/host_memory.h"
#include "kernels/api/plugin.h"
#include "tests/support/errors.h"

namespace tailor {
namespace {

/// A device of this test.
class Toy final : public Backend {
 public:
  explicit Toy(Table& table) : Backend(table, make_host_memory()) {}
  std::unique_ptr<Backend> fork(const StreamOptions&) const override { return nullptr; }
};

/// A softmax that leaves a mark.
template <int mark>
void marking(Backend&, View, View y) {
  *y.as<float>() = mark;
}

bool fits_two_rows(View x, View) { return x.shape[0] == 2; }

class Dispatch : public ::testing::Test {
 protected:
  Dispatch() : backend_(table_) {
    table_.rows<Op::softmax>() = {{DType::f32, "naive", marking<1>},
                                  {DType::f32, "better", marking<2>},
                                  {DType::f32, "two_rows", marking<3>, fits_two_rows},
                                  {DType::f64, "doubled", marking<4>}};
  }

  float run(int64_t rows, DType dtype = DType::f32) {
    float x[8] = {}, y[8] = {};  // enough bytes for every dtype
    const Shape shape{rows, 1};
    backend_.softmax({x, dtype, shape}, {y, dtype, shape});
    return y[0];
  }

  Table table_{"toy"};
  Toy backend_;
};

TEST_F(Dispatch, takes_the_last_row_that_fits) {
  EXPECT_EQ(run(2), 3);
  EXPECT_EQ(run(1), 2);
  EXPECT_EQ(run(1, DType::f64), 4);
}

TEST_F(Dispatch, preferred_variant) {
  backend_.prefer(Op::softmax, "naive");
  EXPECT_EQ(run(2), 1);
  backend_.prefer(Op::softmax, "");
  EXPECT_EQ(run(2), 3);
}

TEST_F(Dispatch, preferred_variant_that_does_not_fit_is_unsupported) {
  backend_.prefer(Op::softmax, "two_rows");
  EXPECT_EQ(run(2), 3);
  EXPECT_EQ(test::error_of([&] { run(1); }),
            "softmax: not supported on device toy (dtype f32, variant two_rows)");
}

TEST_F(Dispatch, unknown_variant_is_a_usage_error) {
  EXPECT_EQ(test::error_of([&] { backend_.prefer(Op::softmax, "magic"); }),
            "--variant softmax=magic: device toy has no such variant");
  EXPECT_THROW(backend_.prefer(Op::matmul, "naive"), UsageError);
}

TEST_F(Dispatch, missing_row_is_unsupported) {
  EXPECT_EQ(test::error_of([&] { run(1, DType::bf16); }),
            "softmax: not supported on device toy (dtype bf16)");
  try {
    backend_.argmax({}, {});
    ADD_FAILURE() << "expected Unsupported";
  } catch (const Unsupported& error) {
    EXPECT_EQ(error.operation, "argmax");
    EXPECT_EQ(error.device, "toy");
  }
}

TEST_F(Dispatch, variants_are_told_from_naive_to_best) {
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(backend_.variants(Op::softmax, DType::f32), (Names{"naive", "better", "two_rows"}));
  EXPECT_EQ(backend_.variants(Op::softmax, DType::f64), Names{"doubled"});
  EXPECT_EQ(backend_.variants(Op::argmax, DType::f32), Names{});
}

TEST(Devices, open_by_name) {
  EXPECT_EQ(open_backend("reference")->device(), "reference");
  EXPECT_EQ(open_backend("cpu")->device(), "cpu");
  EXPECT_EQ(open_backend("simt")->device(), "simt");
}

TEST(Devices, auto_takes_the_gpu_or_else_the_cpu) {
  const auto device = open_backend("auto")->device();
  EXPECT_TRUE(device == "cuda" || device == "cpu") << device;
}

TEST(Devices, a_library_that_is_no_device_is_refused) {
  const std::string file = plugin_file("simt");
  EXPECT_EQ(test::error_of([&] { open_backend(file + ".no"); }),
            file + ".no: expected the library of a device, found none (was it built?)");
  const std::string other = file.substr(0, file.rfind('/')) + "/libtailor.so";
  EXPECT_EQ(test::error_of([&] { open_backend(other); }),
            other + ": expected the library of a device, got another");
}

TEST(Devices, cudnn_is_cudas_alone) {
  EXPECT_EQ(test::error_of([] { open_backend("cpu", {.products = Products::cudnn}); }),
            "--conv cudnn: expected --device cuda, got cpu");
}

TEST(Devices, unknown_name_is_a_usage_error) {
  EXPECT_EQ(test::error_of([] { open_backend("abacus"); }),
            "--device: expected cpu, reference, cuda, simt, simt-tracked, auto, got abacus");
  EXPECT_THROW(open_backend(""), UsageError);
}

TEST(Devices, names_of_operations) {
  EXPECT_EQ(name_of(Op::conv2d), "conv2d");
  EXPECT_EQ(name_of(Op::conv2d_backward_filter), "conv2d_backward_filter");
  EXPECT_EQ(name_of(Op::adam), "adam");
}

}  // namespace
}  // namespace tailor
