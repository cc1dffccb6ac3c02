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
    std::map<std::string, fs::path> folders;
    bool only_parts = true;
    for (const fs::path& folder : folders_in(data)) {
      const std::string name = lower_case(folder.filename().string());
      only_parts = only_parts &&
                   (name == "train" || std::find(names.begin(), names.end(), name) != names.end());
      folders[name] = folder;
    }
    const auto train = folders.find("train");
    if (train == folders.end()) return;
    // Photos right in `train`, beside other classes, are photos of trains.
    if (!only_parts && folders_in(train->second).empty()) return;
    train_ = train->second;
    for (const std::string& name : names) {
      const auto found = folders.find(name);
      if (!validation_ && found != folders.end()) validation_ = found->second;
    }
  }

  Part train() const override { return read_class_folders(train_); }
  bool has_validation() const override { return validation_.has_value(); }
  Part validation() const override { return read_class_folders(validation_.value()); }

 private:
  fs::path train_;
  std::optional<fs::path> validation_;
};

}  // namespace

std::unique_ptr<DatasetForm> open_folders(const fs::path& folder) {
  return std::make_unique<Folders>(folder);
}

}  // namespace tailor::io
