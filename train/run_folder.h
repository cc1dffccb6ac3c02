// RUN: the folder in which a training run leaves its results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/file_descriptor.h"

namespace tailor::train {

/// What may be in the folder at the start.
enum class RunStart : uint8_t {
  fresh,      ///< nothing: it is new or empty
  overwrite,  ///< anything; an earlier run's files go when the new one has something to show
  resume,     ///< an interrupted run, which is continued
};

/// run.json (what was asked for), model.h5 (the best epoch), last.h5 (the last one), metrics.jsonl
/// (a line an epoch), report.json and report.html. Each file is written aside and renamed.
class RunFolder {
 public:
  /// Makes nothing yet. Throws Error when the folder is not as `start` expects it.
  RunFolder(std::filesystem::path path, RunStart start);
  /// Takes what open() made away again when no result was written, and puts back what was there.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Makes the folder for a run of which `run` tells what --resume must know; or, when resuming,
  /// reads which epochs there are. Throws Error when the folder cannot be written to, when another
  /// process is or has been at work in it, or when `needed_bytes` are more than are free on its
  /// disk.
  void open(const nlohmann::json& run, uint64_t needed_bytes);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path model() const { return path_ / "model.h5"; }
  std::filesystem::path last() const { return path_ / "last.h5"; }
  std::filesystem::path report() const { return path_ / "report.json"; }
  std::filesystem::path html() const { return path_ / "report.html"; }

  /// Adds the line of an epoch to metrics.jsonl, in the place of those that had come after it.
  void add_metrics(int epoch, const nlohmann::json& line);
  /// Forgets the lines after those of the first `epochs`.
  void cut_metrics(int epochs);
  /// The lines of metrics.jsonl.
  const std::vector<nlohmann::json>& metrics() const { return metrics_; }
  void write_report(const nlohmann::json& report) const;
  void write_html(const std::string& page) const;

 private:
  std::filesystem::path run() const;
  std::filesystem::path earlier(const char* name) const;
  void make();
  void lock();
  void expect_empty() const;
  void set_aside() const;
  void put_back() const;
  void drop_earlier() const;
  bool has_results() const;
  void check_free(uint64_t needed_bytes) const;
  void read_metrics();

  std::filesystem::path path_;
  RunStart start_;
  std::vector<nlohmann::json> metrics_;
  std::vector<std::filesystem::path> created_;  ///< folders, from the innermost
  io::FileDescriptor lock_;                     ///< of the folder, held while the run lives
  bool opened_ = false;
};

/// What open() was given when the run in this folder began. Throws Error when there is none.
nlohmann::json read_run(const std::filesystem::path& folder);

/// The first of runs/NAME, runs/NAME-2, runs/NAME-3, ... that is not there or empty, where NAME is
/// the data's folder.
std::filesystem::path new_run_folder(const std::filesystem::path& data);

/// One line; bytes that are no UTF-8 (in names of files) are replaced.
std::string to_text(const nlohmann::json& value);

/// Writes a JSON file aside and renames it. Throws Error when it cannot be written.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);

}  // namespace tailor::train
