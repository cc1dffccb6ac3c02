// Data sets as CSV lists: columns, splits, boxes, and what is wrong with some.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "io/dataset.h"
#include "io/loader.h"
#include "tests/support/errors.h"
#include "tests/support/photos.h"
#include "tests/support/program.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class ListDataset : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(list_, std::ios::binary) << text; }
  Dataset read(const std::string& text) {
    write(text);
    return read_dataset(list_, {});
  }
  std::string error(const std::string& text) {
    return test::error_of([&] { read(text); });
  }
  /// "class:name" of each sample, with names relative to the list's folder.
  Names listing(const Dataset& dataset, const std::vector<Sample>& samples) const {
    Names names;
    for (const Sample& sample : samples) {
      names.push_back(dataset.classes[static_cast<size_t>(sample.label)] + ":" +
                      fs::path(sample.name()).lexically_relative(folder_.path()).string());
    }
    return names;
  }

  test::TempDir folder_;
  fs::path list_ = folder_ / "photos.csv";
};

TEST_F(ListDataset, SplitsAsItSays) {
  const Dataset dataset = read(
      "split,label,path\n"
      "Train,hat,b.jpg\n"
      ",bag,deep/a.jpg\n"
      "valid,hat,c.jpg\n"
      "train,\"hat\",\"a, b.jpg\"\n"
      "test,hat,d.jpg\n");
  EXPECT_EQ(dataset.classes, (Names{"bag", "hat"}));
  EXPECT_EQ(listing(dataset, dataset.train),
            (Names{"bag:deep/a.jpg", "hat:a, b.jpg", "hat:b.jpg"}));
  EXPECT_EQ(listing(dataset, dataset.validation),
            Names{"hat:c.jpg"});  // as with folders, before test
  EXPECT_FALSE(dataset.split_by_seed);
  EXPECT_EQ(listing(dataset, read_evaluation(list_, {"bag", "hat"}).samples), Names{"hat:c.jpg"});
}

TEST_F(ListDataset, WithoutASplitAFifthIsDrawn) {
  std::string text = "\xEF\xBB\xBFPath,Label\r\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("{}.jpg,{}\r\n", i, i % 2 == 0 ? "a" : "b");
  const Dataset dataset = read(text);
  EXPECT_TRUE(dataset.split_by_seed);
  EXPECT_EQ(dataset.train.size(), 16U);
  EXPECT_EQ(dataset.validation.size(), 4U);
  const Evaluation all = read_evaluation(list_, dataset.classes);
  EXPECT_EQ(all.samples.size(), 20U);
  EXPECT_FALSE(all.is_part);
}

TEST_F(ListDataset, OrderOfLinesIsIrrelevant) {
  const Dataset one = read("path,label\n1,b\n2,a\n3,b\n4,a\n5,a\n");
  const Dataset other = read("path,label\n5,a\n4,a\n3,b\n1,b\n2,a\n");
  EXPECT_EQ(listing(one, one.train), listing(other, other.train));
  EXPECT_EQ(listing(one, one.validation), listing(other, other.validation));
}

TEST_F(ListDataset, ListsAndFoldersGoTogether) {
  fs::create_directories(folder_ / "judge/hat");
  test::write_png(folder_ / "judge/hat/1.jpg", {1, 1, {1, 2, 3}});
  write("path,label\n1,bag\n2,hat\n");
  const Dataset dataset = read_dataset(list_, {.validation = folder_ / "judge"});
  EXPECT_EQ(listing(dataset, dataset.validation), Names{"hat:judge/hat/1.jpg"});
}

TEST_F(ListDataset, AbsolutePathsStayAsTheyAre) {
  const Dataset dataset =
      read("path,label,split\n/photos/1.jpg,a,\n/photos/2.jpg,b,\n/3.jpg,b,test\n");
  EXPECT_EQ(dataset.train.front().path, "/photos/1.jpg");
}

TEST_F(ListDataset, MistakesNameTheLine) {
  const std::string file = list_.string();
  const std::pair<const char*, const char*> cases[] = {
      {"", ": expected a first line that names the columns, got an empty file"},
      {"path,label\n", ": expected photos below its first line, got none"},
      {"path,label,colour\n",
       ":1: expected columns among path, label, split, x1, y1, x2, y2, separated by commas, got "
       "\"colour\""},
      {"path;label\n",
       ":1: expected columns among path, label, split, x1, y1, x2, y2, separated by commas, got "
       "\"path;label\""},
      {"path,split\n", ":1: expected a column label, got path, split"},
      {"path,label,x1,y1,x2\n", ":1: expected a column y2, got path, label, x1, y1, x2"},
      {"path,label,path\n", ":1: expected one column path, got two"},
      {"path,label\na,b\n\na,b,c\n", ":4: expected 2 fields, as the first line has, got 3"},
      {"path,label\na\n", ":2: expected 2 fields, as the first line has, got 1"},
      {"path,label\n,b\n", ":2: expected a path, got an empty field"},
      {"path,label\na,\n", ":2: expected a label, got an empty field"},
      {"path,label,split\na,b,dev\n",
       ":2: expected the split train, validation, val, valid, test or nothing, got \"dev\""},
      {"path,label,x1,y1,x2,y2\na,b,0,0,9,9\na,b,0,0,9.5,9\n",
       ":3: expected a whole number of pixels as x2, got \"9.5\""},
      {"path,label,x1,y1,x2,y2\na,b,,0,9,9\n",
       ":2: expected a whole number of pixels as x1, got \"\""},
      {"path,label,x1,y1,x2,y2\na,b,0,0,99999999999,9\n",
       ":2: expected a whole number of pixels as x2, got \"99999999999\""},
      {"path,label,x1,y1,x2,y2\na,b,5,0,5,9\n",
       ":2: expected a box with x1 < x2 and y1 < y2, got 5,0,5,9"},
      {"path,label,split\na,b,test\n", ": expected photos of the split train, got none"},
      {"path,label\na,b\n", ": expected at least two classes, got only \"b\""},
      {"path,label,split\na,b,\na,c,\na,d,val\n",
       ": expected photos of the 2 classes b, c, got \"d\""},
      {"path,label\n\"a,b\n", ":2: expected a closing quote, got the file's end"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(error(text), file + message) << text;
}

class Boxes : public ListDataset {
 protected:
  /// A picture of 4x3 whose red is 10 * row + column.
  Boxes() {
    Image image{4, 3, std::vector<uint8_t>(36)};
    for (size_t i = 0; i < 12; ++i) image.rgb[i * 3] = static_cast<uint8_t>(10 * (i / 4) + i % 4);
    test::write_png(folder_ / "a.png", image);
  }
};

TEST_F(Boxes, AreCutOutAndKeyTheAugmentation) {
  const Dataset dataset = read(
      "path,label,split,x1,y1,x2,y2\n"
      "a.png,part,train,1,1,4,3\n"
      "a.png,part,train,0,0,4,3\n"
      "a.png,whole,train,,,,\n"
      "a.png,whole,val,003,002,004,003\n");
  EXPECT_EQ(listing(dataset, dataset.train),
            (Names{"part:a.png#0,0,4,3", "part:a.png#1,1,4,3", "whole:a.png"}));
  const Photo part = read_photo(dataset.train[1]);
  EXPECT_EQ(part.image.width, 3);
  EXPECT_EQ(part.image.height, 2);
  EXPECT_EQ(part.image.rgb, (std::vector<uint8_t>{11, 0, 0, 12, 0, 0, 13, 0, 0,  //
                                                  21, 0, 0, 22, 0, 0, 23, 0, 0}));
  const Photo whole = read_photo(dataset.train[2]);
  const Photo all = read_photo(dataset.train[0]);
  EXPECT_EQ(all.image.rgb, whole.image.rgb);
  EXPECT_EQ(whole.content_hash, content_hash(read_image_file(folder_ / "a.png")));
  EXPECT_NE(part.content_hash, whole.content_hash);
  EXPECT_NE(part.content_hash, all.content_hash);
  EXPECT_EQ(read_photo(dataset.validation[0]).image.rgb, (std::vector<uint8_t>{23, 0, 0}));
}

TEST_F(Boxes, LieInTheUprightPicture) {
  const fs::path turned =
      fs::path(TAILOR_TEST_DATA) / "images/odd/jpeg_exif_6.jpg";  // stored 40x56
  const Photo photo = read_photo({.path = turned.string(), .box = {40, 0, 16, 40}});
  const Image upright = read_image(turned);
  ASSERT_EQ(upright.width, 56);
  EXPECT_EQ(photo.image.rgb[0], upright.rgb[40 * 3]);
  EXPECT_EQ(photo.image.rgb.back(), upright.rgb.back());
}

TEST_F(Boxes, OutsideOfThePictureArePhotosLeftOut) {
  const Dataset dataset = read(
      "path,label,split,x1,y1,x2,y2\n"
      "a.png,a,train,1,1,5,3\n"
      "a.png,b,train,-1,0,2,2\n"
      "a.png,b,train,1,0,2,2\n"
      "a.png,b,val,1,0,2,2\n");
  const Transform light = Transform::training("light", Preprocessing::torchvision, 2, 0);
  Loader loader(dataset.train, light, {.batch = 3, .threads = 2});
  EXPECT_EQ(loader.next()->indices, std::vector<size_t>{2});
  EXPECT_FALSE(loader.next());
  ASSERT_EQ(loader.skipped().size(), 2U);
  const std::string file = (folder_ / "a.png").string();
  EXPECT_EQ(loader.skipped()[0].reason,
            file + ": expected a box within its 4x3 pixels, got 1,1,5,3");
  EXPECT_EQ(loader.skipped()[1].name, file + "#-1,0,2,2");
}

/// The commands of docs/data.md for DeepFashion's lists, run on lists of three photos.
TEST_F(ListDataset, DeepFashionsListsConvertAsTheDocsSay) {
  const std::string docs = test::read_text(fs::path(TAILOR_TEST_DATA) / "../../docs/data.md");
  const size_t start = docs.find("awk '");
  const size_t end = docs.find("> photos.csv", start);
  ASSERT_NE(end, std::string::npos);
  const auto write_list = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  };
  write_list(
      "list_category_img.txt",
      "3\nimage_name  category_label\nimg/Blouse/1.jpg   3\nimg/Tee/2.jpg  18\nimg/Tee/3.jpg 18\n");
  write_list("list_bbox.txt",
             "3\nimage_name  x_1  y_1  x_2  y_2\nimg/Tee/3.jpg 001 002 101 302\n"
             "img/Blouse/1.jpg   072 079 232 273\nimg/Tee/2.jpg  067 059 155 161\n");
  write_list("list_eval_partition.txt",
             "3\nimage_name  evaluation_status\nimg/Blouse/1.jpg train\nimg/Tee/2.jpg train\n"
             "img/Tee/3.jpg val\n");
  const std::string command =
      "cd '" + folder_.path().string() + "' && " + docs.substr(start, end - start) + "> photos.csv";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const Dataset dataset = read_dataset(list_, {});
  EXPECT_EQ(dataset.classes, (Names{"18", "3"}));
  EXPECT_EQ(listing(dataset, dataset.train),
            (Names{"18:img/Tee/2.jpg#67,59,155,161", "3:img/Blouse/1.jpg#72,79,232,273"}));
  EXPECT_EQ(listing(dataset, dataset.validation), Names{"18:img/Tee/3.jpg#1,2,101,302"});
}

}  // namespace
}  // namespace tailor::io
