// One step of training a whole ResNet-50, against PyTorch's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "io/hdf5.h"
#include "io/transform.h"
#include "io/weights.h"
#include "layers/network.h"
#include "optim/optimizer.h"
#include "tests/support/python.h"

namespace tailor {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(TAILOR_TEST_DATA) / "networks";
constexpr int64_t kClasses = 5;

using Values = std::vector<double>;

class Golden {
 public:
  Values values(const std::string& name) const {
    Values values(static_cast<size_t>(file_.datasets().at(name).shape.count()));
    file_.read(name, std::as_writable_bytes(std::span(values)));
    return values;
  }
  std::vector<std::string> names(const std::string& group) const {
    return file_.read_strings(group + "/name");
  }
  std::vector<int64_t> labels() const {
    std::vector<int64_t> labels(4);
    file_.read("labels", std::as_writable_bytes(std::span(labels)));
    return labels;
  }

 private:
  io::Hdf5Reader file_{kGolden / "train_step.h5"};
};

/// What one step computes; tensors by name, in our layout.
struct Step {
  double loss = 0;
  std::map<std::string, Values> gradients;
  std::map<std::string, Values> after;
  std::map<std::string, Shape> shapes;
};

Values to_doubles(const Tensor& tensor) {
  if (tensor.dtype() == DType::f64) return tensor.to_vector<double>();
  const std::vector<float> values = tensor.to_vector<float>();
  return {values.begin(), values.end()};
}

/// Photos 0-3 as torchvision prepares them: computed in f32, then converted.
Tensor photos(DType dtype, const std::shared_ptr<Backend>& backend) {
  const io::Transform transform = io::Transform::evaluation(Preprocessing::torchvision, 224);
  const size_t pixels = 224 * 224 * 3;
  std::vector<float> values(4 * pixels);
  for (size_t i = 0; i < 4; ++i) {
    const io::Image photo = io::read_image(kGolden / "photos" / fmt::format("photo{}.png", i));
    io::normalize(transform(photo, 0, 0).rgb, Preprocessing::torchvision,
                  std::span(values).subspan(i * pixels, pixels));
  }
  const Tensor x = Tensor::from(values, {4, 224, 224, 3}, backend);
  return dtype == DType::f32 ? x : cast(x, dtype);
}

/// The formula's head of five classes is the first five rows of the one in the file.
layers::StateDict weights_with_small_head(const std::shared_ptr<Backend>& backend) {
  layers::StateDict tensors =
      io::read_weights(test::golden_weights("torchvision"), backend).tensors;
  for (const std::string name : {"fc.weight", "fc.bias"}) {
    Shape shape = tensors.at(name).shape();
    shape[0] = kClasses;
    std::vector<float> values = tensors.at(name).to_vector<float>();
    values.resize(static_cast<size_t>(shape.count()));
    tensors[name] = Tensor::from(values, shape, backend);
  }
  return tensors;
}

Step train_one_step(const std::string& device, DType dtype, const std::vector<int64_t>& labels) {
  const auto backend = open_backend(device);
  const auto network =
      layers::make_model("resnet50", {.classes = kClasses, .dtype = dtype}, backend);
  network->load_state_dict(weights_with_small_head(backend));
  network->train();
  optim::ParameterGroup group;
  for (const auto& [name, tensor] : network->named_parameters()) group.parameters.push_back(tensor);
  optim::Sgd sgd({group}, {.momentum = 0.9, .weight_decay = 1e-4});

  const Tensor loss =
      cross_entropy(network->forward(photos(dtype, backend)), Tensor::from(labels, {4}, backend));
  loss.backward();
  Step step;
  step.loss = to_doubles(loss).front();
  for (const auto& [name, tensor] : network->named_parameters()) {
    step.gradients[name] = to_doubles(tensor.grad());
  }
  sgd.step(0.01);
  for (const auto& [name, tensor] : network->state()) {
    step.after[name] = to_doubles(tensor);
    step.shapes[name] = tensor.shape();
  }
  return step;
}

double norm(const Values& values) {
  double squares = 0;
  for (const double v : values) squares += v * v;
  return std::sqrt(squares);
}

/// norm(a - b) / norm(b)
double relative_error(const Values& a, const Values& b) {
  Values difference(a.size());
  for (size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b.at(i);
  return norm(difference) / norm(b);
}

/// The first eight values in torchvision's order (OIHW for convolutions), filled up with zeros.
Values first8(const Values& values, const Shape& shape) {
  Values first(8);
  for (size_t i = 0; i < std::min<size_t>(first.size(), values.size()); ++i) {
    size_t from = i;
    if (shape.rank() == 4) {  // ours is [out, h, w, in]; the eight lie within the first output
      const auto area = static_cast<size_t>(shape[1] * shape[2]);
      const auto in = static_cast<size_t>(shape[3]);
      from = i % area * in + i / area;
    }
    first[i] = values[from];
  }
  return first;
}

void expect_first8(const Values& actual, const Values& table, size_t row, double bound,
                   const std::string& what) {
  const Values expected(table.begin() + static_cast<ptrdiff_t>(8 * row),
                        table.begin() + static_cast<ptrdiff_t>(8 * row + 8));
  EXPECT_LE(relative_error(actual, expected), bound) << what;
}

void expect_golden(const Step& step, const Golden& golden) {
  constexpr double kBound = 1e-9;
  EXPECT_NEAR(step.loss, golden.values("loss").front(), kBound);
  const auto names = golden.names("parameters");
  ASSERT_EQ(names.size(), step.gradients.size());
  const Values gradient_norm = golden.values("parameters/gradient_norm");
  const Values gradient_first = golden.values("parameters/gradient_first8");
  const Values updated_norm = golden.values("parameters/updated_norm");
  const Values updated_first = golden.values("parameters/updated_first8");
  for (size_t row = 0; row < names.size(); ++row) {
    const std::string& name = names[row];
    const Shape& shape = step.shapes.at(name);
    EXPECT_NEAR(norm(step.gradients.at(name)) / gradient_norm[row], 1, kBound) << name;
    EXPECT_NEAR(norm(step.after.at(name)) / updated_norm[row], 1, kBound) << name;
    expect_first8(first8(step.gradients.at(name), shape), gradient_first, row, kBound, name);
    expect_first8(first8(step.after.at(name), shape), updated_first, row, kBound, name);
  }
  const auto statistics = golden.names("statistics");
  ASSERT_EQ(statistics.size() + names.size(), step.after.size());
  const Values statistics_norm = golden.values("statistics/updated_norm");
  const Values statistics_first = golden.values("statistics/updated_first8");
  for (size_t row = 0; row < statistics.size(); ++row) {
    const Values& values = step.after.at(statistics[row]);
    EXPECT_NEAR(norm(values) / statistics_norm[row], 1, kBound) << statistics[row];
    expect_first8(first8(values, {1}), statistics_first, row, kBound, statistics[row]);
  }
}

// One test, since the run in f64 that the second half is measured against takes most of the time.
TEST(GoldenTrainStepSlow, ReferenceInDoubleIsTorchsAndCpuInFloatIsNearIt) {
  const Golden golden;
  const Step exact = train_one_step("reference", DType::f64, golden.labels());
  expect_golden(exact, golden);

  const Step cpu = train_one_step("cpu", DType::f32, golden.labels());
  EXPECT_NEAR(cpu.loss, exact.loss, 1e-5);
  const auto names = golden.names("parameters");
  const Values torch_error = golden.values("parameters/torch_f32_relative_error");
  double worst = 0;
  for (size_t row = 0; row < names.size(); ++row) {
    const double error =
        relative_error(cpu.gradients.at(names[row]), exact.gradients.at(names[row]));
    EXPECT_LE(error, std::max(3 * torch_error[row], 1e-6)) << names[row];
    worst = std::max(worst, error / torch_error[row]);
  }
  RecordProperty("worst_ratio_to_torch", fmt::format("{:.2f}", worst));
  double worst_statistics = 0;
  for (const std::string& name : golden.names("statistics")) {
    const double error = relative_error(cpu.after.at(name), exact.after.at(name));
    EXPECT_LE(error, 1e-5) << name;
    worst_statistics = std::max(worst_statistics, error);
  }
  RecordProperty("worst_statistics", fmt::format("{:.1e}", worst_statistics));
}

}  // namespace
}  // namespace tailor
