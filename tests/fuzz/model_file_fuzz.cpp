// model.h5 and checkpoints: any HDF5 file is loaded, or refused in words.
#include "io/model_file.h"
#include "layers/network.h"
#include "tests/fuzz/hdf5_input.h"
#include "train/training_state.h"

namespace tailor {
namespace {

/// What the corpus's checkpoint trained.
const layers::Network& network() {
  static const auto made = [] {
    auto resnet = layers::make_model("resnet18", {.classes = 2}, open_backend("reference"));
    resnet->freeze_except({"fc"});
    return resnet;
  }();
  return *made;
}

void restore(const std::filesystem::path& file) {
  train::FitState state = train::start_fit(network(), {});
  train::SkippedPhotos skipped;
  train::restore_state(io::load_training_state(file, open_backend("reference")), network(), state,
                       skipped, file);
}

}  // namespace
}  // namespace tailor

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tailor;
  const test::Hdf5Input input(data, size);
  input.attempt([&] { io::load_model(input.file(), open_backend("reference")); });
  input.attempt([&] { restore(input.file()); });
  return 0;
}
