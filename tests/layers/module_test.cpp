// Names, freezing, loading and starting values of modules, on a small part of a network.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "layers/basic.h"
#include "layers/network.h"

namespace tailor::layers {
namespace {

class ModuleTest : public ::testing::Test {
 protected:
  std::unique_ptr<Network> make(const std::string& name, int64_t classes = 1000) {
    return make_model(name, {.classes = classes}, backend_);
  }
  static StateDict copy_of(const Network& network) {
    StateDict tensors;
    for (const auto& [name, tensor] : network.state()) tensors[name] = tensor.clone();
    return tensors;
  }
  std::shared_ptr<Backend> backend_ = open_backend("reference");
};

TEST_F(ModuleTest, ParameterCountsAreTorchvisions) {
  const std::pair<const char*, int64_t> expected[] = {{"resnet18", 11689512},
                                                      {"resnet34", 21797672},
                                                      {"resnet50", 25557032},
                                                      {"resnet101", 44549160},
                                                      {"resnet152", 60192808}};
  for (const auto& [name, count] : expected) {
    int64_t sum = 0;
    for (const auto& [parameter, tensor] : make(name)->named_parameters()) sum += tensor.count();
    EXPECT_EQ(sum, count) << name;
  }
}

TEST_F(ModuleTest, KerasConvolutionsHaveBiases) {
  const Variant keras{.stride_on = StrideOn::conv1x1, .conv_bias = true};
  const auto network = make_model("resnet50", {.variant = keras}, backend_);
  int64_t sum = 0;
  for (const auto& [name, tensor] : network->named_parameters()) sum += tensor.count();
  for (const auto& [name, tensor] : network->state()) {
    if (name.ends_with("running_mean") || name.ends_with("running_var")) sum += tensor.count();
  }
  EXPECT_EQ(sum, 25636712);  // as Keras counts
}

TEST_F(ModuleTest, NamesAreTorchvisionsInTheirOrder) {
  const auto state = make("resnet50")->state();
  EXPECT_EQ(state.size(), 267U);  // 320 with num_batches_tracked
  const auto at = [&](size_t i) { return state.at(i).first + to_string(state[i].second.shape()); };
  EXPECT_EQ(at(0), "conv1.weight[64, 7, 7, 3]");
  EXPECT_EQ(at(4), "bn1.running_var[64]");
  EXPECT_EQ(at(5), "layer1.0.conv1.weight[64, 1, 1, 64]");
  EXPECT_EQ(at(20), "layer1.0.downsample.0.weight[256, 1, 1, 64]");
  EXPECT_EQ(at(21), "layer1.0.downsample.1.weight[256]");
  EXPECT_EQ(at(265), "fc.weight[1000, 2048]");
  EXPECT_EQ(at(266), "fc.bias[1000]");
}

TEST_F(ModuleTest, FreezingByPrefix) {
  const auto network = make("resnet18", 7);
  network->freeze_except({"layer4", "fc"});
  std::set<std::string> starts;
  for (const auto& [name, tensor] : network->trainable_parameters()) {
    starts.insert(name.substr(0, name.find('.')));
  }
  EXPECT_EQ(starts, (std::set<std::string>{"layer4", "fc"}));
  network->freeze_except({""});
  EXPECT_EQ(network->trainable_parameters().size(), network->named_parameters().size());
  EXPECT_THROW(network->freeze_except({"layer"}), UsageError) << "a prefix is whole words";
}

TEST_F(ModuleTest, LoadingListsEveryMismatchAndChangesNothing) {
  const auto network = make("resnet18", 7);
  network->initialize(1);
  StateDict tensors = copy_of(*network);
  const std::vector<float> before = tensors["bn1.weight"].to_vector<float>();
  tensors["bn1.weight"] = Tensor::zeros({64}, DType::f32, backend_);
  tensors.erase("conv1.weight");
  tensors["layer1.0.bn1.bias"] = Tensor::zeros({65}, DType::f32, backend_);
  tensors["stranger"] = Tensor::zeros({3}, DType::f32, backend_);
  try {
    network->load_state_dict(tensors);
    FAIL() << "loaded";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("conv1.weight [64, 7, 7, 3] is missing"), std::string::npos) << what;
    EXPECT_NE(what.find("layer1.0.bn1.bias has shape [65], expected [64]"), std::string::npos);
    EXPECT_NE(what.find("stranger [3] is unknown"), std::string::npos) << what;
  }
  EXPECT_EQ(copy_of(*network)["bn1.weight"].to_vector<float>(), before);
}

TEST_F(ModuleTest, BackboneLoadsUnderANewHead) {
  const auto source = make("resnet18", 1000);
  source->initialize(1);
  const auto network = make("resnet18", 3);
  network->initialize(2);
  const StateDict before = copy_of(*network);
  EXPECT_THROW(network->load_state_dict(copy_of(*source)), Error);
  network->load_state_dict(copy_of(*source), Match::backbone, network->head_name());
  const StateDict after = copy_of(*network);
  const StateDict wanted = copy_of(*source);
  for (const auto& [name, tensor] : after) {
    const Tensor& expected = name.starts_with("fc.") ? before.at(name) : wanted.at(name);
    EXPECT_EQ(tensor.to_vector<float>(), expected.to_vector<float>()) << name;
  }
}

TEST_F(ModuleTest, StartingValuesFollowSeedAndName) {
  const auto a = make("resnet18", 7);
  const auto b = make("resnet34", 7);
  a->initialize(5);
  b->initialize(5);
  const StateDict first = copy_of(*a);
  const StateDict second = copy_of(*b);
  const auto values = [](const StateDict& s, const char* name) {
    return s.at(name).to_vector<float>();
  };
  EXPECT_EQ(values(first, "fc.weight"), values(second, "fc.weight"));
  EXPECT_NE(values(first, "layer1.0.conv1.weight"), values(first, "layer1.0.conv2.weight"));
  a->initialize(6);
  EXPECT_NE(values(copy_of(*a), "fc.weight"), values(first, "fc.weight"));
  EXPECT_EQ(values(first, "bn1.weight"), std::vector<float>(64, 1.0F));
  EXPECT_EQ(values(first, "bn1.running_mean"), std::vector<float>(64, 0.0F));
}

TEST_F(ModuleTest, StartingValuesHaveTheirTheoreticalSpread) {
  const auto network = make("resnet18", 7);
  network->initialize(5);
  const std::vector<float> w = copy_of(*network)["layer2.0.conv2.weight"].to_vector<float>();
  double sum = 0;
  double squares = 0;
  for (const float value : w) {
    sum += value;
    squares += double{value} * value;
  }
  const double n = static_cast<double>(w.size());
  const double deviation = std::sqrt(2.0 / (128 * 9));  // He: 2 / fan out
  EXPECT_NEAR(sum / n, 0, 4 * deviation / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(squares / n) / deviation, 1, 4 / std::sqrt(2 * n));
}

TEST_F(ModuleTest, FrozenBatchNormKeepsItsStatisticsInTraining) {
  BatchNorm2d norm(3, 1e-5, DType::f32, backend_);
  norm.initialize(0);
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 5, 8, 13}, {1, 1, 2, 3}, backend_);
  const auto statistics = [&] { return norm.state().at(2).second.to_vector<float>(); };
  const std::vector<float> before = statistics();
  norm.freeze_except({});
  norm.forward(x);
  EXPECT_EQ(statistics(), before);
  norm.freeze_except({"weight"});  // one of the two is enough to return to batch statistics
  norm.forward(x);
  EXPECT_NE(statistics(), before);
  const std::vector<float> trained = statistics();
  norm.eval();
  norm.forward(x);
  EXPECT_EQ(statistics(), trained);
}

TEST_F(ModuleTest, DropoutOnlyInTrainingAndAnewEachTime) {
  Dropout layer(0.5, 1);
  const Tensor x = Tensor::from(std::vector<float>(64, 1.0F), {1, 64}, backend_);
  const auto first = layer.forward(x).to_vector<float>();
  EXPECT_NE(first, layer.forward(x).to_vector<float>());
  layer.eval();
  EXPECT_EQ(layer.forward(x).to_vector<float>(), x.to_vector<float>());
}

TEST_F(ModuleTest, UnknownNetworksAreNamed) {
  try {
    make("resnet51");
    FAIL() << "made";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "--model: expected one of resnet18, resnet34, resnet50, resnet101, resnet152, got "
                 "resnet51");
  }
}

}  // namespace
}  // namespace tailor::layers
