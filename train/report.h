// What a person and a program are told about a model.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/dataset.h"
#include "train/calibration.h"
#include "train/fit.h"
#include "train/metrics.h"
#include "train/pretrained.h"

namespace tailor::train {

/// A table with a row for each class that occurs, what its columns mean, and the worst mistakes.
std::string describe(const Metrics& metrics, const std::vector<std::string>& classes);

/// All figures by name: {"photos", "accuracy", "loss", "macro", "classes", "confusion"}.
nlohmann::json to_json(const Metrics& metrics, const std::vector<std::string>& classes);

/// {"bins": [{"from", "to", "photos", "confidence", "accuracy"}], "confidence", "expected_error"}
nlohmann::json to_json(const Calibration& calibration);

/// A line of metrics.jsonl.
nlohmann::json to_json(const Epoch& epoch);

/// {"path", "train", "validation", "split_by_seed", "classes", "skipped"}; skipped: photo to
/// reason.
nlohmann::json data_report(const std::filesystem::path& path, const io::Dataset& data,
                           const std::map<std::string, std::string>& skipped);

/// {"model", "weights", "layout", "image_size", "variant"}
nlohmann::json network_report(const layers::Network& network, const Pretrained& start,
                              int image_size);

/// "2026-03-14T15:09:26Z"
std::string utc_now();

}  // namespace tailor::train
