// tailor augment: what a network sees of a photo while it is trained.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "apps/checks.h"
#include "apps/commands.h"
#include "apps/free_name.h"
#include "io/image_write.h"
#include "io/make_folder.h"
#include "io/photo.h"
#include "io/transform.h"
#include "layers/network.h"

namespace tailor::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string photo;
  fs::path out;
  std::string augment = "light";  ///< and the seed: as finetune has them
  uint64_t seed = 0;
  std::string model = "resnet50";
  int image_size = 0;
  int views = 12;
};

/// Square pictures of `size` on white, row by row, as many in a row as there are rows or one more.
class Sheet {
 public:
  Sheet(int pictures, int size)
      : columns_(static_cast<int>(std::ceil(std::sqrt(pictures)))), pitch_(size + kGap) {
    image_.width = columns_ * pitch_ + kGap;
    image_.height = (pictures + columns_ - 1) / columns_ * pitch_ + kGap;
    image_.rgb.assign(static_cast<size_t>(image_.width) * static_cast<size_t>(image_.height) * 3,
                      255);
  }

  void add(const io::Image& picture) {
    const int left = kGap + added_ % columns_ * pitch_, top = kGap + added_ / columns_ * pitch_;
    for (int y = 0; y < picture.height; ++y) {
      const auto* row = picture.rgb.data() + ptrdiff_t{y} * picture.width * 3;
      std::copy_n(row, ptrdiff_t{picture.width} * 3,
                  image_.rgb.data() + (ptrdiff_t{top + y} * image_.width + left) * 3);
    }
    ++added_;
  }

  const io::Image& image() const { return image_; }

 private:
  static constexpr int kGap = 4;
  int columns_;
  int pitch_;
  int added_ = 0;
  io::Image image_;
};

int image_size(const Options& options) {
  if (options.image_size > 0) return options.image_size;
  return layers::make_model(options.model, {}, open_backend("cpu"))->input_size();
}

void run(const Options& options) {
  const io::Photo photo = io::read_photo({.path = options.photo});
  const int size = image_size(options);
  constexpr Preprocessing kPreprocessing =
      Preprocessing::caffe;  // of the weights that are published
  const auto evaluation = io::Transform::evaluation(kPreprocessing, size);
  const auto training =
      io::Transform::training(options.augment, kPreprocessing, size, options.seed);
  Sheet sheet(options.views + 1, size);
  sheet.add(evaluation(photo.image, photo.content_hash, 0));
  for (int view = 0; view < options.views; ++view) {
    sheet.add(training(photo.image, photo.content_hash, static_cast<uint32_t>(view)));
  }

  constexpr int kQuality = 95;
  io::make_folder(options.out);
  const fs::path file = free_name(options.out, fs::path(options.photo).stem().string(), ".jpg");
  io::write_jpeg(file, sheet.image(), kQuality);
  fmt::print("{}: the photo as it is judged, then {} views of it with --augment {}\n",
             file.string(), options.views, options.augment);
}

}  // namespace

void add_augment(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("augment", "Show what a network sees of a photo in training");
  const auto options = std::make_shared<Options>();
  app->add_option("PHOTO", options->photo, "The photo")
      ->check(not_empty())
      ->type_name("")
      ->required();
  app->add_option("--out", options->out, "Where the sheet goes, by the photo's name")
      ->type_name("DIR")
      ->required();
  app->add_option("--augment", options->augment, "Set of random changes, as for finetune")
      ->check(one_of(io::augmentation_names()))
      ->type_name("NAME")
      ->capture_default_str();
  app->add_option("--views", options->views, "How many")
      ->transform(whole_number(1, 100))
      ->type_name("K")
      ->capture_default_str();
  app->add_option("--seed", options->seed, "As for finetune; another one gives other views")
      ->transform(whole_number(0))
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--model", options->model, "Network whose pictures are shown")
      ->check(one_of(layers::model_names()))
      ->type_name("NAME")
      ->capture_default_str();
  app->add_option("--image-size", options->image_size,
                  "Side of the pictures in pixels; by default the network's own")
      ->transform(whole_number(32, 1024))
      ->type_name("N");
  app->callback([options] { run(*options); });
}

}  // namespace tailor::apps
