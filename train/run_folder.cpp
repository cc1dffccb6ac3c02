#include "train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <ranges>
#include <system_error>

#include "io/make_folder.h"
#include "io/replace_file.h"
#include "kernels/api/error.h"
#include "kernels/api/version.h"

namespace tailor::train {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;

/// What a run leaves: what was asked for, then results.
constexpr std::array kFiles = {"run.json",      "model.h5",    "last.h5",
                               "metrics.jsonl", "report.json", "report.html"};
/// Ends the names of an earlier run's files until the new run has something to show.
constexpr const char* kEarlier = ".earlier";

/// Anything but what a run leaves that was killed in its first moment.
bool holds_files(const fs::path& folder) {
  return std::any_of(fs::directory_iterator(folder), {}, [](const fs::directory_entry& entry) {
    return entry.path().filename() != ".run.json.part";
  });
}

}  // namespace

RunFolder::RunFolder(fs::path path, RunStart start) : path_(std::move(path)), start_(start) {
  if (path_.filename().empty()) path_ = path_.parent_path();  // a slash at the end
  std::error_code error;
  if (start == RunStart::resume) {
    read_run(path_);
    return;
  }
  if (!fs::exists(path_, error)) return;
  if (!fs::is_directory(path_, error)) {
    throw Error("--out: expected a folder, got the file {}", path_.string());
  }
  if (start == RunStart::fresh) expect_empty();
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (opened_ && start_ != RunStart::resume) {
    if (has_results()) {
      drop_earlier();
    } else {
      fs::remove(run(), ignored);
      put_back();
    }
  }
  for (const fs::path& folder : created_) fs::remove(folder, ignored);  // only when empty
}

fs::path RunFolder::run() const { return path_ / kFiles.front(); }

fs::path RunFolder::earlier(const char* name) const {
  return path_ / (std::string(name) + kEarlier);
}

void RunFolder::open(const json& run, uint64_t needed_bytes) {
  if (start_ != RunStart::resume) make();
  lock();
  if (start_ == RunStart::resume) {
    read_metrics();
    check_free(needed_bytes);
    return;
  }
  // Another run may have been here since the constructor looked.
  if (start_ == RunStart::fresh) expect_empty();
  check_free(needed_bytes);
  opened_ = true;
  if (start_ == RunStart::overwrite) set_aside();
  write_json(this->run(), run);
}

void RunFolder::expect_empty() const {
  if (!holds_files(path_)) return;
  std::error_code error;
  throw Error("--out: expected a new or empty folder, got {} with files in it (try --overwrite{})",
              path_.string(),
              fs::exists(run(), error) ? ", or --resume to go on with the run" : "");
}

bool RunFolder::has_results() const {
  std::error_code ignored;
  return std::any_of(std::next(kFiles.begin()), kFiles.end(),
                     [&](const char* name) { return fs::exists(path_ / name, ignored); });
}

void RunFolder::set_aside() const {
  // Files that are aside already, because a run was killed, are of the last run that had something
  // to show, unless the one that was to replace it had something as well.
  std::error_code ignored;
  if (has_results() && fs::exists(run(), ignored)) {
    drop_earlier();
  } else {
    put_back();
  }
  for (const char* name : kFiles) {
    std::error_code error;
    fs::rename(path_ / name, earlier(name), error);
    if (error && error != std::errc::no_such_file_or_directory) {
      throw Error("{}: expected to replace it, got '{}'", (path_ / name).string(), error.message());
    }
  }
}

void RunFolder::put_back() const {
  std::error_code ignored;
  // run.json last, as it is the first to be set aside: without it an end in between is seen.
  for (const char* name : std::ranges::reverse_view(kFiles)) {
    fs::rename(earlier(name), path_ / name, ignored);
  }
}

void RunFolder::drop_earlier() const {
  std::error_code ignored;
  for (const char* name : kFiles) fs::remove(earlier(name), ignored);
}

void RunFolder::make() {
  std::error_code error;
  for (fs::path folder = path_; !folder.empty() && !fs::exists(folder, error);
       folder = folder.parent_path()) {
    created_.push_back(folder);
  }
  io::make_folder(path_);
}

void RunFolder::lock() {
  lock_ = io::FileDescriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw Error("{}: expected a run that nobody works on, got one that another process has open",
                path_.string());
  }
}

void RunFolder::check_free(uint64_t needed_bytes) const {
  std::error_code error;
  const fs::space_info space = fs::space(path_, error);
  uint64_t there = 0;
  if (start_ == RunStart::resume) {  // else what is there stays for a while
    for (const fs::path& file : {model(), last()}) {
      const uint64_t size = fs::file_size(file, error);
      if (!error) there += size;
    }
  }
  if (needed_bytes > there && space.available < needed_bytes - there) {
    throw Error("{}: expected {} MB free for the model and its checkpoints, got {} MB",
                path_.string(), (needed_bytes - there + 999'999) / 1'000'000,
                space.available / 1'000'000);
  }
}

void RunFolder::read_metrics() {
  std::ifstream file(path_ / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    json value = json::parse(line, nullptr, false);
    // A power cut leaves a broken line, a disk that was full a gap.
    if (!value.is_object() || !value.contains("epoch") || value["epoch"] != metrics_.size() + 1) {
      break;
    }
    metrics_.push_back(std::move(value));
  }
}

void RunFolder::cut_metrics(int epochs) {
  metrics_.resize(std::min(metrics_.size(), static_cast<size_t>(epochs)));
}

void RunFolder::add_metrics(int epoch, const json& line) {
  drop_earlier();
  cut_metrics(epoch - 1);
  metrics_.push_back(line);
  std::string text;
  for (const json& one : metrics_) text += to_text(one) + "\n";
  io::write_file(path_ / "metrics.jsonl", text);
}

json read_run(const fs::path& folder) {
  const fs::path path = folder / kFiles.front();
  std::ifstream file(path);
  if (!file) {
    throw Error("--resume: expected the folder of a run, got {} without a run.json",
                folder.string());
  }
  json run = json::parse(file, nullptr, false);
  if (!run.is_object() || !run.contains("tailor") || !run["tailor"].is_string()) {
    throw Error("{}: expected what a run was asked for, got a damaged file", path.string());
  }
  if (run["tailor"] != version()) {
    throw Error("--resume: expected a run of Tailor {}, got one of {}", version(),
                run["tailor"].get<std::string>());
  }
  return run;
}

void RunFolder::write_report(const json& report) const { write_json(this->report(), report); }

void RunFolder::write_html(const std::string& page) const { io::write_file(html(), page); }

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
  io::write_file(path, value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace tailor::train
