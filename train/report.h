// What a person and a program are told about a model.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/fit.h"
#include "train/metrics.h"

namespace tailor::train {

/// A table with a row for each class that occurs, what its columns mean, and the worst mistakes.
std::string describe(const Metrics& metrics, const std::vector<std::string>& classes);

/// All figures by name: {"photos", "accuracy", "loss", "macro", "classes", "confusion"}.
nlohmann::json to_json(const Metrics& metrics, const std::vector<std::string>& classes);

/// A line of metrics.jsonl.
nlohmann::json to_json(const Epoch& epoch);

}  // namespace tailor::train
