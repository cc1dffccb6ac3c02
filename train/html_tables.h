// The tables and lists of report.html, each from a part of report.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tailor::train {

/// "epochs"
std::string epoch_table(const nlohmann::json& epochs);

/// "validation": a row for each class that occurs.
std::string class_table(const nlohmann::json& validation);

/// "validation": who was taken for whom; a drawing where there are too many classes for numbers.
std::string confusion_matrix(const nlohmann::json& validation);

/// "validation": the most frequent mistakes, "" when there are none.
std::string mistake_table(const nlohmann::json& validation);

/// "calibration"
std::string calibration_table(const nlohmann::json& calibration);

/// "data": the photos of each class in each part.
std::string data_table(const nlohmann::json& data);

/// "data": what could not be read and why, "" when there is nothing.
std::string skipped_table(const nlohmann::json& data);

/// The plain values that are set, with their names.
std::string value_list(const nlohmann::json& values);

}  // namespace tailor::train
