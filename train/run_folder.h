// RUN: the folder in which a training run leaves its results.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tailor::train {

/// model.h5 (the best epoch), last.h5 (the last one), metrics.jsonl (a line an epoch), report.json.
/// Each file is written aside and renamed.
class RunFolder {
 public:
  /// Makes nothing yet. Throws Error when the folder holds anything and `overwrite` is false, or
  /// when it is a file.
  RunFolder(std::filesystem::path path, bool overwrite);
  /// Takes the folders that create() made away again when nothing was written.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Makes the folder, and removes what an earlier run left there under the names above.
  void create();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path model() const { return path_ / "model.h5"; }
  std::filesystem::path last() const { return path_ / "last.h5"; }
  std::filesystem::path report() const { return path_ / "report.json"; }

  /// Adds a line to metrics.jsonl.
  void add_metrics(const nlohmann::json& line);
  void write_report(const nlohmann::json& report) const;

 private:
  std::filesystem::path path_;
  std::string metrics_;
  std::vector<std::filesystem::path> created_;  ///< folders, from the innermost
};

/// The first of runs/NAME, runs/NAME-2, runs/NAME-3, ... that is not there or empty, where NAME is
/// the data's folder.
std::filesystem::path new_run_folder(const std::filesystem::path& data);

/// One line; bytes that are no UTF-8 (in names of files) are replaced.
std::string to_text(const nlohmann::json& value);

/// Writes a JSON file aside and renames it. Throws Error when it cannot be written.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);

}  // namespace tailor::train
