// Batches: the same for any number of threads, without the photos that cannot be read.
#include "io/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/support/csv.h"
#include "tests/support/errors.h"
#include "tests/support/idx_files.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

const std::filesystem::path kOdd = std::filesystem::path(TAILOR_TEST_DATA) / "images/odd";

/// 1x1 pictures with label = grey = position, up to 256 of them.
std::vector<Sample> dots(size_t count) {
  auto images = std::make_shared<IdxImages>();
  images->count = count;
  images->width = 1;
  images->height = 1;
  images->grey.resize(count);
  std::iota(images->grey.begin(), images->grey.end(), uint8_t{0});
  std::vector<Sample> samples;
  for (size_t i = 0; i < count; ++i) {
    samples.push_back({"dots", static_cast<int64_t>(i), images, i});
  }
  return samples;
}

Sample file(const std::filesystem::path& path, int64_t label) {
  return {path.string(), label, nullptr, 0};
}

/// Readable photos of several sizes with damaged ones between them.
std::vector<Sample> mixed() {
  std::vector<Sample> samples;
  for (const char* name :
       {"jpeg_420.jpg", "empty.jpg", "png_rgb.png", "png_grey.png", "jpeg_truncated.jpg",
        "html_named.jpg", "jpeg_2000x2.jpg", "png_1x1.png", "png_16bit_rgb.png"}) {
    samples.push_back(file(kOdd / name, static_cast<int64_t>(samples.size())));
  }
  samples.push_back(file("/nowhere/gone.jpg", 9));
  return samples;
}

const Transform kSquash2 = Transform::evaluation(Preprocessing::tf, 2);

std::vector<Batch> all_batches(Loader& loader) {
  std::vector<Batch> batches;
  while (std::optional<Batch> batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

TEST(Loader, HandsOutTheOrderItWasGiven) {
  const std::vector<Sample> samples = dots(7);
  Loader loader(samples, {6, 0, 3, 3, 1}, kSquash2, {.batch = 2, .threads = 3});
  const std::vector<Batch> batches = all_batches(loader);
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0].labels, (std::vector<int64_t>{6, 0}));
  EXPECT_EQ(batches[1].indices, (std::vector<size_t>{3, 3}));
  EXPECT_EQ(batches[2].labels, (std::vector<int64_t>{1}));
  EXPECT_EQ(batches[2].pixels, test::Bytes(2 * 2 * 3, 1));
  test::Bytes first(2 * 2 * 2 * 3);
  std::fill_n(first.begin(), 2 * 2 * 3, uint8_t{6});
  EXPECT_EQ(batches[0].pixels, first);
  EXPECT_FALSE(loader.next());  // and stays at the end
  EXPECT_TRUE(loader.skipped().empty());
}

TEST(Loader, EmptyOrderHasNoBatch) {
  const std::vector<Sample> samples;
  Loader loader(samples, kSquash2, {});
  EXPECT_FALSE(loader.next());
}

TEST(Loader, SameBytesForAnyNumberOfThreads) {
  std::vector<Sample> samples = mixed();
  const std::vector<Sample> more = dots(200);
  samples.insert(samples.end(), more.begin(), more.end());
  const std::vector<size_t> order = shuffled_indices(samples.size(), 1, 2);
  const Transform transform = Transform::training("occlusion", Preprocessing::torchvision, 24, 7);
  Loader alone(samples, order, transform, {.batch = 9, .threads = 1, .view = 5});
  const std::vector<Batch> expected = all_batches(alone);
  for (const int threads : {2, 4, 16}) {
    Loader loader(samples, order, transform, {.batch = 9, .threads = threads, .view = 5});
    const std::vector<Batch> batches = all_batches(loader);
    ASSERT_EQ(batches.size(), expected.size());
    for (size_t i = 0; i < batches.size(); ++i) {
      EXPECT_TRUE(batches[i].pixels == expected[i].pixels) << i;
      EXPECT_EQ(batches[i].labels, expected[i].labels);
      EXPECT_EQ(batches[i].indices, expected[i].indices);
    }
    ASSERT_EQ(loader.skipped().size(), alone.skipped().size());
    for (size_t i = 0; i < alone.skipped().size(); ++i) {
      EXPECT_EQ(loader.skipped()[i].name, alone.skipped()[i].name);
    }
  }
}

TEST(Loader, DamagedPhotosAreLeftOutAndListed) {
  const std::vector<Sample> samples = mixed();
  Loader loader(samples, kSquash2, {.batch = 2, .threads = 2});
  std::vector<int64_t> labels;
  for (const Batch& batch : all_batches(loader)) {
    EXPECT_FALSE(batch.labels.empty());
    EXPECT_EQ(batch.pixels.size(), batch.labels.size() * 12);
    for (size_t i = 0; i < batch.labels.size(); ++i) {
      // Each kept photo's own pixels, moved up to the place of the damaged one before it.
      const Photo photo = read_photo(samples[batch.indices[i]]);
      const Image expected = kSquash2(photo.image, 0, 0);
      EXPECT_TRUE(std::equal(expected.rgb.begin(), expected.rgb.end(),
                             batch.pixels.begin() + static_cast<ptrdiff_t>(i * 12)));
      labels.push_back(batch.labels[i]);
    }
  }
  EXPECT_EQ(labels, (std::vector<int64_t>{0, 2, 3, 6, 7, 8}));
  ASSERT_EQ(loader.skipped().size(), 4U);
  EXPECT_EQ(loader.skipped()[0].name, (kOdd / "empty.jpg").string());
  EXPECT_EQ(loader.skipped()[0].reason,
            (kOdd / "empty.jpg").string() + ": expected an image, got an empty file");
  EXPECT_EQ(loader.skipped()[3].name, "/nowhere/gone.jpg");
}

/// All odd files that users have, as they lie in their folder.
TEST(Loader, OddFilesAreReadOrListed) {
  std::set<std::string> refused = {"expected.csv", "quadrants.csv"};
  size_t readable = 0;
  for (auto& row : test::read_csv(kOdd / "expected.csv")) {
    if (row["outcome"] == "error") refused.insert(row["file"]);
    if (row["outcome"] == "ok") ++readable;
  }
  std::vector<Sample> samples;
  for (const auto& path : find_photos(kOdd)) {  // without hidden files and Thumbs.db
    samples.push_back(file(path, static_cast<int64_t>(samples.size())));
  }
  ASSERT_EQ(samples.size(), readable + refused.size());
  const Transform transform = Transform::training("light", Preprocessing::torchvision, 24, 7);
  std::vector<Batch> expected;
  for (const int threads : {1, 2, 3, 8}) {
    Loader loader(samples, transform, {.batch = 4, .threads = threads});
    const std::vector<Batch> batches = all_batches(loader);
    std::set<std::string> skipped;
    for (const Skipped& photo : loader.skipped()) {
      EXPECT_TRUE(photo.reason.starts_with(photo.name + ": ")) << photo.reason;
      skipped.insert(std::filesystem::path(photo.name).filename().string());
    }
    EXPECT_EQ(skipped, refused);
    if (expected.empty()) expected = batches;
    ASSERT_EQ(batches.size(), expected.size());
    for (size_t i = 0; i < batches.size(); ++i) {
      EXPECT_TRUE(batches[i].pixels == expected[i].pixels) << threads << ' ' << i;
      EXPECT_EQ(batches[i].labels, expected[i].labels);
    }
  }
}

TEST(Loader, OnlyDamagedPhotosAreAnError) {
  const std::vector<Sample> samples = {file(kOdd / "empty.jpg", 0),
                                       file(kOdd / "text_named.jpg", 1)};
  Loader loader(samples, kSquash2, {.batch = 1, .threads = 2});
  EXPECT_EQ(test::error_of([&] { loader.next(); }),
            "no photo could be read: " + (kOdd / "empty.jpg").string() +
                ": expected an image, got an empty file");
}

TEST(Loader, CarriesWhatStoppedAThread) {
  std::vector<Sample> samples = dots(40);
  samples[20].index = 40;  // not a damaged photo but a broken program
  for (const int threads : {1, 4}) {
    Loader loader(samples, kSquash2, {.batch = 4, .threads = threads});
    EXPECT_THROW(all_batches(loader), std::out_of_range);
    EXPECT_THROW(loader.next(), std::out_of_range);
  }
}

TEST(Loader, MayBeDroppedAtAnyTime) {
  const std::vector<Sample> samples = dots(256);
  for (int taken = 0; taken < 20; ++taken) {
    Loader loader(samples, kSquash2, {.batch = 8, .threads = 4});
    for (int i = 0; i < taken; ++i) ASSERT_TRUE(loader.next());
    if (taken % 3 == 0) std::this_thread::yield();
  }
}

TEST(Loader, RefusesSenselessOptions) {
  const std::vector<Sample> samples = dots(1);
  EXPECT_EQ(test::error_of([&] { Loader(samples, kSquash2, {.batch = 0}); }),
            "loader: expected batch of at least 1, got 0");
  EXPECT_EQ(test::error_of([&] { Loader(samples, kSquash2, {.threads = -1}); }),
            "loader: expected threads of at least 1, got -1");
}

TEST(ShuffledIndices, ArePermutationsBySeedAndEpoch) {
  std::vector<size_t> order = shuffled_indices(1000, 1, 2);
  EXPECT_EQ(order, shuffled_indices(1000, 1, 2));
  EXPECT_NE(order, shuffled_indices(1000, 1, 3));
  EXPECT_NE(order, shuffled_indices(1000, 2, 2));
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i);
  EXPECT_TRUE(shuffled_indices(0, 1, 2).empty());
  EXPECT_EQ(shuffled_indices(1, 1, 2), std::vector<size_t>{0});
}

TEST(ShuffledIndices, EveryOrderIsEquallyLikely) {
  std::map<std::vector<size_t>, int> seen;
  constexpr int kDraws = 24000;
  for (uint32_t epoch = 0; epoch < kDraws; ++epoch) ++seen[shuffled_indices(4, 9, epoch)];
  EXPECT_EQ(seen.size(), 24U);
  for (const auto& [order, count] : seen) {  // five standard deviations of a binomial
    EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000.0));
  }
}

}  // namespace
}  // namespace tailor::io
