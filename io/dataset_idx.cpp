// Data sets as MNIST's IDX files.
#include "io/dataset_form.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

std::string images_name(std::string_view part) { return std::string(part) + "-images-idx3-ubyte"; }

bool has_part(const fs::path& folder, std::string_view part) {
  return find_idx(folder, images_name(part)).has_value();
}

class IdxFiles : public DatasetForm {
 public:
  explicit IdxFiles(fs::path folder) : folder_(std::move(folder)) {}

  Part train() const override { return read("train"); }
  bool has_validation() const override { return has_part(folder_, "t10k"); }
  Part validation() const override { return read("t10k"); }

 private:
  Part read(std::string_view name) const {
    const std::string labels_name = std::string(name) + "-labels-idx1-ubyte";
    const auto images_path = find_idx(folder_, images_name(name));
    const auto labels_path = find_idx(folder_, labels_name);
    if (!images_path || !labels_path) {
      throw Error("{}: expected {} and {} (or with .gz), got {}", folder_.string(),
                  images_name(name), labels_name,
                  images_path   ? "only the images"
                  : labels_path ? "only the labels"
                                : "neither");
    }
    const auto images = std::make_shared<const IdxImages>(read_idx_images(*images_path));
    const std::vector<uint8_t> labels = read_idx_labels(*labels_path);
    if (labels.size() != images->count) {
      throw Error("{}: expected {} labels, one for each image, got {}", labels_path->string(),
                  images->count, labels.size());
    }
    const std::string whole_path = fs::absolute(folder_).lexically_normal().string();
    const bool is_fashion = lower_case(whole_path).find("fashion") != std::string::npos;
    Part part{folder_.string(), is_fashion ? fashion_classes() : digit_classes(), {}, true};
    part.samples.reserve(labels.size());
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] >= part.classes.size()) {
        throw Error("{}: expected labels from 0 to {}, got {} at position {}",
                    labels_path->string(), part.classes.size() - 1, labels[i], i);
      }
      part.samples.push_back({images_path->string(), labels[i], images, i});
    }
    return part;
  }

  fs::path folder_;
};

}  // namespace

const std::vector<std::string>& digit_classes() {
  static const std::vector<std::string> names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  return names;
}

const std::vector<std::string>& fashion_classes() {
  static const std::vector<std::string> names = {"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                                 "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                                 "Bag",         "Ankle boot"};
  return names;
}

bool is_idx_folder(const fs::path& folder) {
  return has_part(folder, "train") || has_part(folder, "t10k");
}

std::unique_ptr<DatasetForm> open_idx(const fs::path& folder) {
  return std::make_unique<IdxFiles>(folder);
}

}  // namespace tailor::io
