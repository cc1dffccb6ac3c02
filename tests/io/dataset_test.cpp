// Which photos a folder holds, how they are divided, and what is said when they cannot be meant.
#include "io/dataset.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "io/dataset_split.h"
#include "tests/support/errors.h"
#include "tests/support/idx_files.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

/// Empty files: reading a data set looks at names alone.
void touch(const test::TempDir& folder, const Names& names) {
  for (const std::string& name : names) test::write_file(folder / name, {});
}

void touch_many(const test::TempDir& folder, const std::string& stem, int count) {
  for (int i = 0; i < count; ++i) touch(folder, {stem + std::to_string(i) + ".jpg"});
}

/// "label:path below the folder" of each sample.
Names listing(const std::vector<Sample>& samples, const fs::path& folder) {
  Names names;
  for (const Sample& sample : samples) {
    names.push_back(std::to_string(sample.label) + ":" +
                    fs::relative(sample.path, folder).string());
  }
  return names;
}

std::map<int64_t, int> counts(const std::vector<Sample>& samples) {
  std::map<int64_t, int> result;
  for (const Sample& sample : samples) ++result[sample.label];
  return result;
}

std::set<std::string> names(const std::vector<Sample>& samples) {
  std::set<std::string> result;
  for (const Sample& sample : samples) result.insert(sample.name());
  return result;
}

TEST(Dataset, FoldersAreClassesSortedByName) {
  const test::TempDir data;
  touch(data, {"train/hat/b.jpg", "train/hat/a.png", "train/Bag/z.jpg", "train/hat/more/c.jpg",
               "train/hat/.DS_Store", "train/hat/Thumbs.db", "train/.git/x/y.jpg", "readme.txt",
               "validation/hat/1.jpg", "validation/Bag/2.jpg", "__MACOSX/train/._x"});
  const Dataset dataset = read_dataset(data.path(), {});
  EXPECT_EQ(dataset.classes, (Names{"Bag", "hat"}));
  EXPECT_EQ(listing(dataset.train, data.path()),
            (Names{"0:train/Bag/z.jpg", "1:train/hat/a.png", "1:train/hat/b.jpg",
                   "1:train/hat/more/c.jpg"}));
  EXPECT_EQ(listing(dataset.validation, data.path()),
            (Names{"0:validation/Bag/2.jpg", "1:validation/hat/1.jpg"}));
  EXPECT_FALSE(dataset.split_by_seed);
}

TEST(Dataset, ValidationHasManyNames) {
  for (const char* name : {"validation", "val", "valid", "test", "Test"}) {
    const test::TempDir data;
    touch(data, {"train/a/1.jpg", "train/b/2.jpg", std::string(name) + "/b/3.jpg"});
    const Dataset dataset = read_dataset(data.path(), {});
    EXPECT_EQ(listing(dataset.validation, data.path()),
              (Names{"1:" + std::string(name) + "/b/3.jpg"}));
  }
  const test::TempDir both;
  touch(both, {"train/a/1.jpg", "train/b/2.jpg", "test/b/3.jpg", "val/a/4.jpg"});
  EXPECT_EQ(listing(read_dataset(both.path(), {}).validation, both.path()), Names{"0:val/a/4.jpg"});
}

TEST(Dataset, TrainMayBeAClass) {
  const test::TempDir data;
  touch(data, {"bus/1.jpg", "bus/2.jpg", "train/3.jpg", "train/4.jpg"});
  EXPECT_EQ(read_dataset(data.path(), {}).classes, (Names{"bus", "train"}));
}

TEST(Dataset, TrainWithFoldersOfItsOwnMayBeAClassToo) {
  const test::TempDir data;
  touch(data, {"bus/1.jpg", "bus/2.jpg", "car/3.jpg", "train/steam/4.jpg", "train/diesel/5.jpg"});
  const Dataset dataset = read_dataset(data.path(), {});
  EXPECT_EQ(dataset.classes, (Names{"bus", "car", "train"}));
  EXPECT_EQ(dataset.train.size() + dataset.validation.size(), 5U);
}

TEST(Dataset, FoldersBesideThePartsAreNamed) {
  const test::TempDir data;
  touch(data, {"Train/a/1.jpg", "Train/b/2.jpg", "extra/3.jpg", "train/a/4.jpg", "val/a/5.jpg",
               "val/b/6.jpg", "test/a/7.jpg"});
  const Dataset dataset = read_dataset(data.path(), {});
  EXPECT_EQ(listing(dataset.train, data.path()), (Names{"0:Train/a/1.jpg", "1:Train/b/2.jpg"}));
  EXPECT_EQ(dataset.warnings,
            Names{"only train and the part to judge by are read, not extra, train"});
}

TEST(Dataset, LabelledPhotosAreAllThereAre) {
  const test::TempDir data;
  touch(data, {"one/a/1.jpg", "few/a/1.jpg", "few/b/2.jpg", "parts/train/a/1.jpg",
               "parts/train/b/2.jpg", "parts/val/b/3.jpg"});
  EXPECT_EQ(read_labelled(data / "one").classes, Names{"a"});
  EXPECT_EQ(listing(read_labelled(data / "few").samples, data / "few"),
            (Names{"0:a/1.jpg", "1:b/2.jpg"}));
  EXPECT_EQ(listing(read_labelled(data / "parts").samples, data / "parts"),
            (Names{"0:train/a/1.jpg", "1:train/b/2.jpg", "1:val/b/3.jpg"}));
}

TEST(Dataset, LinksAreFollowedToPhotosAndClasses) {
  const test::TempDir data;
  touch(data, {"store/1.jpg", "store/2.jpg", "set/b/3.jpg", "set/b/4.jpg"});
  fs::create_directory_symlink(data / "store", data / "set/a");
  fs::create_symlink(data / "gone.jpg", data / "set/b/dangling.jpg");
  fs::create_directory_symlink(data / "set", data / "set/b/loop");
  const Dataset dataset = read_dataset(data / "set", {});
  EXPECT_EQ(dataset.classes, (Names{"a", "b"}));
  EXPECT_EQ(dataset.train.size() + dataset.validation.size(), 5U);
}

TEST(Dataset, SplitTakesAFifthOfEveryClassBySeed) {
  const test::TempDir data;
  touch_many(data, "a/", 50);
  touch_many(data, "b/", 7);
  touch_many(data, "c/", 2);
  touch_many(data, "d/", 1);
  const Dataset one = read_dataset(data.path(), {.seed = 1});
  EXPECT_TRUE(one.split_by_seed);
  EXPECT_EQ(counts(one.validation), (std::map<int64_t, int>{{0, 10}, {1, 1}, {2, 1}}));
  EXPECT_EQ(counts(one.train), (std::map<int64_t, int>{{0, 40}, {1, 6}, {2, 1}, {3, 1}}));
  std::set<std::string> all = names(one.train);
  all.merge(names(one.validation));
  EXPECT_EQ(all.size(), 60U);  // none twice

  EXPECT_EQ(names(read_dataset(data.path(), {.seed = 1}).validation), names(one.validation));
  EXPECT_NE(names(read_dataset(data.path(), {.seed = 2}).validation), names(one.validation));
  EXPECT_TRUE(std::is_sorted(one.train.begin(), one.train.end(),
                             [](const auto& x, const auto& y) { return x.path < y.path; }));
}

TEST(Dataset, ValidationFolderOfItsOwn) {
  const test::TempDir data;
  touch(data, {"photos/a/1.jpg", "photos/b/2.jpg", "other/b/3.jpg", "strange/c/4.jpg"});
  const Dataset dataset = read_dataset(data / "photos", {.validation = data / "other"});
  EXPECT_EQ(dataset.train.size(), 2U);
  EXPECT_EQ(listing(dataset.validation, data.path()), Names{"1:other/b/3.jpg"});
  EXPECT_EQ(
      test::error_of([&] { read_dataset(data / "photos", {.validation = data / "strange"}); }),
      (data / "strange").string() + ": expected photos of the 2 classes a, b, got \"c\"");
}

TEST(Dataset, LimitsKeepProportionsAndEveryClass) {
  const test::TempDir data;
  touch_many(data, "train/a/", 60);
  touch_many(data, "train/b/", 30);
  touch_many(data, "train/c/", 1);
  touch_many(data, "val/a/", 20);
  touch_many(data, "val/b/", 10);
  const Dataset dataset =
      read_dataset(data.path(), {.seed = 3, .limit_train = 31, .limit_validation = 6});
  EXPECT_EQ(counts(dataset.train), (std::map<int64_t, int>{{0, 20}, {1, 10}, {2, 1}}));
  EXPECT_EQ(counts(dataset.validation), (std::map<int64_t, int>{{0, 4}, {1, 2}}));
  const auto again = read_dataset(data.path(), {.seed = 3, .limit_train = 31});
  EXPECT_EQ(names(again.train), names(dataset.train));
  EXPECT_EQ(again.validation.size(), 30U);
  EXPECT_NE(names(read_dataset(data.path(), {.seed = 4, .limit_train = 31}).train),
            names(dataset.train));
  EXPECT_EQ(read_dataset(data.path(), {.limit_train = 1000}).train.size(), 91U);
}

TEST(Dataset, SubsetNeverAsksAClassForMoreThanItHas) {
  std::vector<Sample> samples;
  for (int label = 0; label < 8; ++label) {
    for (int i = 0; i < 1 + label * label * 3; ++i) samples.push_back({"x", label, nullptr, 0});
  }
  const auto all = counts(samples);
  for (size_t count = 1; count <= samples.size(); ++count) {
    const auto subset = stratified_subset(samples, count, count);
    ASSERT_EQ(subset.size(), count);
    for (const auto& [label, n] : counts(subset)) ASSERT_LE(n, all.at(label));
    ASSERT_TRUE(count < 8 || counts(subset).size() == 8);
  }
}

TEST(Dataset, MistakesAreNamed) {
  const test::TempDir data;
  fs::create_directories(data / "empty");
  fs::create_directories(data / "hollow/a");
  fs::create_directories(data / "hollow/b");
  fs::create_directories(data / "gap/b");
  touch(data, {"flat/1.jpg", "single/a/1.jpg", "gap/a/1.jpg", "lonely/a/1.jpg", "lonely/b/1.jpg",
               "few/train/1.jpg", "few/val/2.jpg", "new/train/a/1.jpg", "new/train/b/1.jpg",
               "new/val/c/1.jpg"});
  const std::pair<const char*, const char*> cases[] = {
      {"missing", "missing: expected a folder with photos, got nothing there"},
      {"flat/1.jpg",
       "flat/1.jpg: expected a folder with photos or a .csv list of them, got another file"},
      {"empty", "empty: expected one folder for each class, got no folders"},
      {"flat", "flat: expected one folder for each class, got no folders"},
      {"few", "few/train: expected one folder for each class, got no folders"},
      {"hollow", "hollow: expected photos in its folders, got none"},
      {"single", "single: expected at least two classes, got only \"a\""},
      {"gap", "gap: expected photos of every class, got none of \"b\""},
      {"lonely",
       "lonely: expected at least two photos of a class, to judge by one, got one of each"},
      {"new", "new/val: expected photos of the 2 classes a, b, got \"c\""},
  };
  for (const auto& [name, message] : cases) {
    const fs::path folder = data / name;
    EXPECT_EQ(test::error_of([&] { read_dataset(folder, {}); }),
              data.path().string() + "/" + message);
  }
  touch_many(data, "three/a/", 9);
  touch_many(data, "three/b/", 9);
  touch_many(data, "three/c/", 9);
  EXPECT_EQ(test::error_of([&] { read_dataset(data / "three", {.limit_train = 2}); }),
            "--limit-train: expected at least 3, a photo of every class, got 2");
}

TEST(Dataset, WarnsOfWhatMakesFiguresWorthLess) {
  const test::TempDir data;
  touch_many(data, "train/a/", 50);
  touch_many(data, "train/b/", 10);
  touch_many(data, "train/c/", 11);
  touch(data, {"val/b/1.jpg"});
  test::write_file(data / "train/b/same.jpg", {1, 2, 3});
  test::write_file(data / "val/b/photo.jpg", {1, 2, 3});
  fs::remove(data / "train/b/0.jpg");
  EXPECT_EQ(read_dataset(data.path(), {}).warnings,
            (Names{"no photos to judge by of 2 of the 3 classes: a, c",
                   "50 photos to train on of \"a\", but 10 of \"b\", so rare classes may be named "
                   "too seldom (try --class-weights balanced)",
                   "1 of the photos to judge by is among those to train on too, so figures look "
                   "better than they are (the first: " +
                       (data / "val/b/photo.jpg").string() + " is " +
                       (data / "train/b/same.jpg").string() + ")"}));
  fs::remove(data / "train/a/0.jpg");
  fs::remove(data / "train/b/same.jpg");
  touch(data, {"train/b/0.jpg", "val/a/1.jpg", "val/c/1.jpg"});
  EXPECT_EQ(read_dataset(data.path(), {}).warnings, Names());
  EXPECT_EQ(read_dataset(data / "train", {}).warnings, Names());
}

TEST(Dataset, EvaluationTakesValidationOrAll) {
  const test::TempDir data;
  touch(data,
        {"parts/train/a/1.jpg", "parts/train/b/2.jpg", "parts/test/b/3.jpg", "plain/b/4.jpg"});
  const Names classes = {"a", "b", "c"};
  EXPECT_EQ(listing(read_evaluation(data / "parts", classes).samples, data.path()),
            Names{"1:parts/test/b/3.jpg"});
  EXPECT_EQ(listing(read_evaluation(data / "plain", classes).samples, data.path()),
            Names{"1:plain/b/4.jpg"});
  EXPECT_TRUE(read_evaluation(data / "parts", classes).is_part);
  EXPECT_FALSE(read_evaluation(data / "plain", classes).is_part);
}

TEST(Dataset, FindPhotosGivesAFileOrAllBelow) {
  const test::TempDir data;
  touch(data, {"b.jpg", "a/x.png", "a/.hidden", ".git/y.jpg"});
  fs::create_directories(data / "none");
  EXPECT_EQ(find_photos(data / "b.jpg"), std::vector{data / "b.jpg"});
  EXPECT_EQ(find_photos(data.path()), (std::vector{data / "a/x.png", data / "b.jpg"}));
  EXPECT_EQ(test::error_of([&] { find_photos(data / "none"); }),
            (data / "none").string() + ": expected photos, got none");
  EXPECT_EQ(test::error_of([&] { find_photos(data / "no"); }),
            (data / "no").string() + ": expected a photo or a folder, got nothing there");
}

TEST(Dataset, LoopsAreReportedAndPipesPassedOver) {
  const test::TempDir data;
  touch(data, {"a.jpg", "bag/b.jpg"});
  fs::create_symlink("loop.png", data / "bag/loop.png");
  ASSERT_EQ(mkfifo((data / "pipe").c_str(), 0600), 0);
  fs::create_symlink(data / "pipe", data / "bag/z.png");
  EXPECT_EQ(find_photos(data.path()),
            (std::vector{data / "a.jpg", data / "bag/b.jpg", data / "bag/loop.png"}));
  EXPECT_EQ(files_in(data / "bag"),
            (Names{(data / "bag/b.jpg").string(), (data / "bag/loop.png").string()}));
  EXPECT_EQ(folders_in(data.path()), std::vector{data / "bag"});
}

class IdxDataset : public testing::Test {
 protected:
  /// Pictures of 1x1 whose grey is their position.
  void write(const std::string& part, const test::Bytes& labels, size_t count) {
    test::Bytes grey(count);
    for (size_t i = 0; i < count; ++i) grey[i] = static_cast<uint8_t>(i);
    test::write_file(data() / (part + "-images-idx3-ubyte"),
                     test::idx_images(static_cast<uint32_t>(count), 1, 1, grey));
    test::write_file(data() / (part + "-labels-idx1-ubyte"), test::idx_labels(labels));
  }
  fs::path data() const { return folder_ / folder_name_; }

  test::TempDir folder_;
  std::string folder_name_ = "mnist";
};

TEST_F(IdxDataset, DigitsAndTheirTestPart) {
  write("train", {9, 0, 1}, 3);
  write("t10k", {7, 3}, 2);
  const Dataset dataset = read_dataset(data(), {});
  EXPECT_EQ(dataset.classes.size(), 10U);
  EXPECT_EQ(dataset.classes[7], "7");
  ASSERT_EQ(dataset.train.size(), 3U);
  EXPECT_EQ(dataset.train[0].label, 9);
  EXPECT_EQ(dataset.train[2].name(), (data() / "train-images-idx3-ubyte").string() + "#2");
  const Photo photo = read_photo(dataset.train[2]);
  EXPECT_EQ(photo.image.rgb, test::Bytes(3, 2));
  EXPECT_EQ(photo.content_hash, content_hash(test::Bytes{2}));
  ASSERT_EQ(dataset.validation.size(), 2U);
  EXPECT_EQ(dataset.validation[1].label, 3);
  EXPECT_EQ(read_evaluation(data(), dataset.classes).samples.size(), 2U);
}

TEST_F(IdxDataset, FashionIsKnownByItsFolder) {
  folder_name_ = "Fashion-MNIST";
  write("train", {9, 0}, 2);
  write("t10k", {7}, 1);
  const Dataset dataset = read_dataset(data(), {});
  EXPECT_EQ(dataset.classes.front(), "T-shirt/top");
  EXPECT_EQ(dataset.classes.back(), "Ankle boot");

  // A copy in a folder of another name still suits a model that knows those classes.
  folder_name_ = "copy";
  write("t10k", {7}, 1);
  EXPECT_EQ(read_evaluation(data(), dataset.classes).samples.front().label, 7);
  EXPECT_NE(test::error_of([&] {
              read_evaluation(data(), {"cat", "dog"});
            }).find("expected photos of the 2 classes cat, dog, got \"7\""),
            std::string::npos);
}

TEST_F(IdxDataset, BrokenOnesAreNamed) {
  write("train", {1, 2}, 3);
  EXPECT_EQ(test::error_of([&] { read_dataset(data(), {}); }),
            (data() / "train-labels-idx1-ubyte").string() +
                ": expected 3 labels, one for each image, got 2");
  write("train", {1, 10, 2}, 3);
  EXPECT_EQ(test::error_of([&] { read_dataset(data(), {}); }),
            (data() / "train-labels-idx1-ubyte").string() +
                ": expected labels from 0 to 9, got 10 at position 1");
  fs::remove(data() / "train-labels-idx1-ubyte");
  EXPECT_EQ(test::error_of([&] { read_dataset(data(), {}); }),
            data().string() +
                ": expected train-images-idx3-ubyte and train-labels-idx1-ubyte (or with .gz), got "
                "only the images");
}

TEST_F(IdxDataset, DebiansFashionMnist) {
  const fs::path debian = "/usr/share/datasets/fashion-mnist";
  if (!fs::exists(debian)) GTEST_SKIP() << "needs the package dataset-fashion-mnist";
  const Dataset dataset = read_dataset(debian, {.limit_train = 2000, .limit_validation = 500});
  EXPECT_EQ(dataset.classes.back(), "Ankle boot");
  std::map<int64_t, int> expected;
  for (int label = 0; label < 10; ++label) expected[label] = 200;
  EXPECT_EQ(counts(dataset.train), expected);
  EXPECT_EQ(dataset.validation.size(), 500U);
  EXPECT_EQ(dataset.train.front().idx->count, 60000U);
  EXPECT_EQ(read_photo(dataset.validation.front()).image.width, 28);
}

}  // namespace
}  // namespace tailor::io
