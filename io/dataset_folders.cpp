// Data sets as folders of photos.
#include <algorithm>
#include <map>
#include <optional>

#include "io/dataset_form.h"
#include "io/photo_files.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

Part read_class_folders(const fs::path& folder) {
  Part part{folder.string(), {}, {}};
  for (const fs::path& class_folder : folders_in(folder)) {
    const auto label = static_cast<int64_t>(part.classes.size());
    part.classes.push_back(class_folder.filename().string());
    for (std::string& file : files_below(class_folder)) {
      part.samples.push_back({std::move(file), label});
    }
  }
  if (part.classes.empty()) {
    throw Error("{}: expected one folder for each class, got no folders", part.place);
  }
  if (part.samples.empty()) {
    throw Error("{}: expected photos in its folders, got none", part.place);
  }
  return part;
}

class Folders : public DatasetForm {
 public:
  explicit Folders(const fs::path& data) : train_(data) {
    const std::vector<std::string>& names = validation_names();
    std::map<std::string, fs::path> parts;  // by their names in lower case
    std::vector<std::string> others;
    for (const fs::path& folder : folders_in(data)) {
      const std::string name = lower_case(folder.filename().string());
      const bool is_part =
          name == "train" || std::find(names.begin(), names.end(), name) != names.end();
      if (!is_part || !parts.emplace(name, folder).second) {
        others.push_back(folder.filename().string());
      }
    }
    const auto train = parts.find("train");
    if (train == parts.end()) return;
    const bool has_validation = parts.size() > 1;
    // Beside other classes, photos of `train` are photos of trains.
    if (!others.empty() && (!has_validation || folders_in(train->second).empty())) return;
    train_ = train->second;
    ignored_ = std::move(others);
    for (const std::string& name : names) {
      const auto found = parts.find(name);
      if (!validation_ && found != parts.end()) validation_ = found->second;
    }
  }

  Part train() const override { return read_class_folders(train_); }
  bool has_validation() const override { return validation_.has_value(); }
  Part validation() const override { return read_class_folders(validation_.value()); }
  std::vector<std::string> ignored() const override { return ignored_; }

 private:
  fs::path train_;
  std::optional<fs::path> validation_;
  std::vector<std::string> ignored_;
};

}  // namespace

std::unique_ptr<DatasetForm> open_folders(const fs::path& folder) {
  return std::make_unique<Folders>(folder);
}

}  // namespace tailor::io
