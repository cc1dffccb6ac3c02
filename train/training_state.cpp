#include "train/training_state.h"

#include <nlohmann/json.hpp>

#include "kernels/api/error.h"

namespace tailor::train {
namespace {

using nlohmann::json;

/// The optimiser's states by the names of their parameters.
std::map<std::string, optim::ParameterState*> named_states(const layers::Network& network,
                                                           optim::Optimizer& optimizer) {
  std::map<uint64_t, std::string> names;
  for (const auto& [name, tensor] : network.named_parameters()) names[tensor.id()] = name;
  std::map<std::string, optim::ParameterState*> states;
  for (optim::ParameterState* state : optimizer.states()) {
    states[names.at(state->parameter.id())] = state;
  }
  return states;
}

std::string buffer_name(const std::string& parameter, size_t i) {
  return fmt::format("{}/{}", parameter, i);
}

json to_json(const Epoch& epoch) {
  return {{"number", epoch.number},
          {"lr", epoch.lr},
          {"loss", epoch.loss},
          {"accuracy", epoch.accuracy},
          {"validation_loss", epoch.validation.loss},
          {"confusion", epoch.validation.confusion}};
}

/// Throws Error unless these are numbers of photos for each pair of `classes`.
void check_confusion(const std::vector<std::vector<int64_t>>& confusion, size_t classes,
                     const std::string& file) {
  constexpr int64_t kMostPhotos = int64_t{1} << 40;
  int64_t photos = 0;
  bool good = confusion.size() == classes;
  for (const auto& row : confusion) {
    good = good && row.size() == classes;
    for (const int64_t count : row) {
      good = good && count >= 0 && count <= kMostPhotos - photos;
      if (good) photos += count;
    }
  }
  if (!good)
    throw Error("{}: expected photos for each pair of {} classes, got others", file, classes);
}

Epoch epoch_from(const json& value) {
  return {.number = value.at("number"),
          .lr = value.at("lr"),
          .loss = value.at("loss"),
          .accuracy = value.at("accuracy"),
          .validation = measure(value.at("confusion").get<std::vector<std::vector<int64_t>>>(),
                                value.at("validation_loss")),
          .is_best = true};
}

}  // namespace

io::TrainingState save_state(const layers::Network& network, const FitState& state,
                             const SkippedPhotos& skipped) {
  io::TrainingState saved;
  json steps = json::object();
  for (const auto& [name, one] : named_states(network, *state.optimizer)) {
    steps[name] = one->steps;
    for (size_t i = 0; i < one->buffers.size(); ++i) {
      if (one->buffers[i].defined()) saved.tensors[buffer_name(name, i)] = one->buffers[i];
    }
  }
  const json text = {{"steps", state.steps},
                     {"epochs", state.epochs},
                     {"best", state.best ? to_json(*state.best) : json()},
                     {"position", state.position},
                     {"photos", state.photos},
                     {"correct", state.correct},
                     {"loss", state.loss},
                     {"parameter_steps", steps},
                     {"skipped", skipped}};
  saved.text = text.dump(-1, ' ', false, json::error_handler_t::replace);
  return saved;
}

void restore_state(const io::TrainingState& saved, const layers::Network& network, FitState& state,
                   SkippedPhotos& skipped, const std::string& file) try {
  const json text = json::parse(saved.text);
  state.steps = text.at("steps");
  state.epochs = text.at("epochs");
  if (state.steps < 0 || state.epochs < 0) {
    throw Error("{}: expected the state of this training, got one before its start", file);
  }
  if (const json& best = text.at("best"); !best.is_null()) {
    check_confusion(best.at("confusion"), static_cast<size_t>(network.options().classes), file);
    state.best = epoch_from(best);
  }
  state.position = text.at("position");
  state.photos = text.at("photos");
  state.correct = text.at("correct");
  state.loss = text.at("loss");
  skipped = text.at("skipped").get<SkippedPhotos>();
  for (const auto& [name, one] : named_states(network, *state.optimizer)) {
    one->steps = text.at("parameter_steps").at(name);
    for (size_t i = 0; i < one->buffers.size(); ++i) {
      const auto buffer = saved.tensors.find(buffer_name(name, i));
      if (buffer == saved.tensors.end()) continue;
      if (buffer->second.shape() != one->parameter.shape()) {
        throw Error("{}: expected the optimiser's {} of shape {}, got {}", file, buffer->first,
                    to_string(one->parameter.shape()), to_string(buffer->second.shape()));
      }
      one->buffers[i] = buffer->second;
    }
  }
} catch (const json::exception& error) {
  throw Error("{}: expected the state of this training, got {}", file, error.what());
}

}  // namespace tailor::train
