#include "train/run_folder.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "io/replace_file.h"
#include "kernels/api/error.h"

namespace tailor::train {
namespace fs = std::filesystem;

namespace {

void write_text(const fs::path& path, const std::string& text) {
  io::replace_file(path, [&](const fs::path& part) {
    std::ofstream file(part, std::ios::binary);
    file << text;
    file.close();
    if (!file)
      throw Error("{}: expected to write it, got '{}'", path.string(), std::strerror(errno));
  });
}

}  // namespace

RunFolder::RunFolder(fs::path path, bool overwrite) : path_(std::move(path)) {
  if (path_.filename().empty()) path_ = path_.parent_path();  // a slash at the end
  std::error_code error;
  if (!fs::exists(path_, error)) return;
  if (!fs::is_directory(path_, error)) {
    throw Error("--out: expected a folder, got the file {}", path_.string());
  }
  if (!overwrite && !fs::is_empty(path_, error)) {
    throw Error("--out: expected a new or empty folder, got {} with files in it (try --overwrite)",
                path_.string());
  }
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  for (const fs::path& folder : created_) fs::remove(folder, ignored);  // only when empty
}

void RunFolder::create() {
  std::error_code error;
  for (fs::path folder = path_; !folder.empty() && !fs::exists(folder, error);
       folder = folder.parent_path()) {
    created_.push_back(folder);
  }
  fs::create_directories(path_, error);
  if (error) {
    throw Error("{}: expected to make this folder, got '{}'", path_.string(), error.message());
  }
  for (const char* name : {"model.h5", "last.h5", "metrics.jsonl", "report.json"}) {
    fs::remove(path_ / name, error);
    if (error) {
      throw Error("{}: expected to replace it, got '{}'", (path_ / name).string(), error.message());
    }
  }
}

void RunFolder::add_metrics(const nlohmann::json& line) {
  metrics_ += to_text(line) + "\n";
  write_text(path_ / "metrics.jsonl", metrics_);
}

void RunFolder::write_report(const nlohmann::json& report) const {
  write_json(this->report(), report);
}

fs::path new_run_folder(const fs::path& data) {
  fs::path folder = fs::weakly_canonical(data);
  if (folder.filename().empty()) folder = folder.parent_path();
  const std::string name = folder.filename().empty() ? "run" : folder.filename().string();
  fs::path path = fs::path("runs") / name;
  for (int number = 2; fs::exists(path) && !fs::is_empty(path); ++number) {
    path = fs::path("runs") / fmt::format("{}-{}", name, number);
  }
  return path;
}

std::string to_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write_json(const fs::path& path, const nlohmann::json& value) {
  write_text(path, value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace tailor::train
