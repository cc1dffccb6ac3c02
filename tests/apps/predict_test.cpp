// tailor predict on folders: a line for each photo, whatever it holds and however it ends; and the
// ends that predict shares with evaluate and features.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "io/feature_file.h"
#include "io/image.h"
#include "io/model_file.h"
#include "tests/support/photos.h"
#include "tests/support/program.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Outcome;
using test::run_program;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// A model of random numbers, and a folder with four photos and two files that are none.
class PredictFolders : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch.emplace();
    const auto network = layers::make_model("resnet18", {.classes = 3}, open_backend("cpu"));
    network->initialize(0);
    io::save_model(place("model.h5"), *network,
                   {.classes = test::shape_classes(), .image_size = 32});
    fs::create_directories(photos() / "sub");
    for (const char* name : {"a.png", "c, \"third\".png", "sub/d.png", "z.png"}) {
      test::write_png(photos() / name, test::shape_photo(1, 3));
    }
    std::ofstream(photos() / "b.png") << "text";
    std::ofstream(photos() / "sub" / "e, empty.jpg");
  }
  static void TearDownTestSuite() { scratch.reset(); }

  static fs::path place(const std::string& name) { return *scratch / name; }
  static fs::path photos() { return place("photos"); }
  static std::string photo(const std::string& name) { return (photos() / name).string(); }
  static std::vector<std::string> predict(std::vector<std::string> more) {
    more.insert(more.begin(), {"predict", place("model.h5").string()});
    return more;
  }
  /// A data set of so many photos a class, all links to one.
  static fs::path data(int photos_of_a_class) {
    fs::path folder = place("data");
    for (const std::string& name : test::shape_classes()) {
      fs::create_directories(folder / name);
      for (int i = 0; i < photos_of_a_class; ++i) {
        fs::create_symlink(photo("a.png"), folder / name / fmt::format("{:05}.png", i));
      }
    }
    return folder;
  }

  static inline std::optional<test::TempDir> scratch;
};

TEST_F(PredictFolders, JsonHasALineForEachPhotoInOrder) {
  const Outcome outcome =
      run_program(predict({photos().string(), "--json", "--batch", "2", "--threads", "3"}));
  EXPECT_EQ(outcome.status, 0);
  const auto lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 6U) << outcome.out;
  const std::pair<const char*, bool> expected[] = {{"a.png", true},
                                                   {"b.png", false},
                                                   {"c, \"third\".png", true},
                                                   {"sub/d.png", true},
                                                   {"sub/e, empty.jpg", false},
                                                   {"z.png", true}};
  for (size_t i = 0; i < lines.size(); ++i) {
    const json line = json::parse(lines[i]);
    const auto& [name, good] = expected[i];
    EXPECT_EQ(line["path"], photo(name));
    EXPECT_EQ(line.contains("predictions"), good);
    EXPECT_EQ(line.contains("error"), !good);
    EXPECT_EQ(line.size(), 2U);
  }
  EXPECT_TRUE(std::string(json::parse(lines[1])["error"]).starts_with("expected an image"))
      << lines[1];
  EXPECT_EQ(outcome.err, "warning: 2 of 6 photos could not be read\n");
}

TEST_F(PredictFolders, CsvHasALineForEachPhotoInOrder) {
  const fs::path file = place("answers.csv");
  const Outcome outcome =
      run_program(predict({photos().string(), "--csv", file.string(), "--top", "1", "--quiet"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto lines = lines_of(test::read_text(file));
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0], "path,class1,probability1,error");
  EXPECT_TRUE(lines[1].starts_with(photo("a.png") + ",")) << lines[1];
  EXPECT_TRUE(lines[1].ends_with(",")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with(photo("b.png") + ",,,\"expected an image")) << lines[2];
  EXPECT_TRUE(lines[3].starts_with("\"" + photo("c, \"\"third\"\".png") + "\",")) << lines[3];
  EXPECT_TRUE(lines[5].starts_with("\"" + photo("sub/e, empty.jpg") + "\",,,")) << lines[5];
  EXPECT_TRUE(lines[6].starts_with(photo("z.png") + ",")) << lines[6];
}

TEST_F(PredictFolders, ScreenHasALineForEachPhotoInOrder) {
  const Outcome outcome = run_program(predict({photos().string(), "--quiet"}));
  EXPECT_EQ(outcome.status, 0);
  const auto lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_NE(lines[0].find('%'), std::string::npos) << lines[0];
  EXPECT_TRUE(lines[1].starts_with(photo("b.png"))) << lines[1];
  EXPECT_NE(lines[1].find("  error: expected an image"), std::string::npos) << lines[1];
}

TEST_F(PredictFolders, HeatMapsMirrorTheFolders) {
  const fs::path maps = place("maps"), second = place("second");
  fs::create_directories(second);
  fs::copy(photo("a.png"), second / "a.png");
  fs::copy(photo("a.png"), second / "a.jpg");  // a PNG all the same
  const Outcome outcome = run_program(predict(
      {photos().string(), second.string(), "--json", "--top", "1", "--heatmap", maps.string()}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::vector<std::string> told;
  for (const std::string& line : lines_of(outcome.out)) {
    const json photo = json::parse(line);
    EXPECT_EQ(photo.contains("heatmap"), photo.contains("predictions"));
    if (photo.contains("heatmap")) told.push_back(photo["heatmap"]);
  }
  const std::vector<std::string> names = {"a.jpg", "c, \"third\".jpg", "sub/d.jpg",
                                          "z.jpg", "a-2.jpg",          "a-3.jpg"};
  ASSERT_EQ(told.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(told[i], (maps / names[i]).string());
    const io::Image picture = io::read_image(told[i]);
    EXPECT_EQ(picture.width, 32);
    EXPECT_EQ(picture.height, 32);
  }
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(maps)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, names.size());

  const Outcome again =
      run_program(predict({photo("a.png"), "--quiet", "--heatmap", photos().string()}));
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.err,
            "error: --heatmap: expected a new or empty folder, got " + photos().string() + "\n");
  EXPECT_EQ(again.out, "");
}

TEST_F(PredictFolders, HeatMapsAreInTheTable) {
  const fs::path file = place("maps.csv"), maps = place("maps-of-the-table");
  const Outcome outcome = run_program(predict({photos().string(), "--quiet", "--csv", file.string(),
                                               "--top", "1", "--heatmap", maps.string()}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto lines = lines_of(test::read_text(file));
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0], "path,class1,probability1,error,heatmap");
  EXPECT_TRUE(lines[1].ends_with(",," + (maps / "a.jpg").string())) << lines[1];
  EXPECT_TRUE(lines[2].ends_with("\",")) << lines[2];
}

TEST_F(PredictFolders, NothingButDamagedPhotosIsAnError) {
  const std::vector<std::string> bad = {photo("b.png"), photo("sub/e, empty.jpg")};
  const std::string words = "error: predict: expected photos that can be read, got 2 that cannot\n";
  const Outcome printed = run_program(predict({bad[0], bad[1], "--json", "--batch", "1"}));
  EXPECT_EQ(printed.status, 1);
  EXPECT_EQ(lines_of(printed.out).size(), 2U) << "each is told all the same";
  EXPECT_EQ(printed.err, words);

  const fs::path file = place("bad.csv");
  const Outcome written = run_program(predict({bad[0], bad[1], "--csv", file.string(), "--quiet"}));
  EXPECT_EQ(written.status, 1);
  EXPECT_EQ(written.err, words);
  EXPECT_EQ(lines_of(test::read_text(file)).size(), 3U);
}

TEST_F(PredictFolders, FullDiskIsAnError) {
  const std::string words =
      "error: standard output: expected to write it, got 'No space left on device'\n";
  const std::vector<std::vector<std::string>> commands = {
      {"--version"},
      {"predict", "--help"},
      {"info", place("model.h5").string()},
      predict({photo("a.png"), "--json"}),
      predict({photo("a.png")}),
  };
  for (const auto& command : commands) {
    const Outcome outcome = run_program(command, {.out = "/dev/full"});
    EXPECT_EQ(outcome.status, 1) << command[0];
    EXPECT_EQ(outcome.err, words) << command[0];
  }
}

TEST_F(PredictFolders, FullDiskEndsTheWorkAtOnce) {
  // With answers for all of these, the test would take minutes.
  std::vector<std::string> arguments = predict({"--json", "--batch", "1"});
  arguments.insert(arguments.end(), 20'000, photo("a.png"));
  EXPECT_EQ(run_program(arguments, {.out = "/dev/full"}).status, 1);
}

TEST_F(PredictFolders, FullDiskEndsTheTableAtOnce) {
  fs::create_symlink("/dev/full", place("full.csv"));
  std::vector<std::string> arguments =
      predict({"--csv", place("full.csv").string(), "--quiet", "--batch", "1"});
  arguments.insert(arguments.end(), 20'000, photo("a.png"));
  const Outcome outcome = run_program(arguments);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: " + place("full.csv").string() +
                             ": expected to write it, got 'No space left on device'\n");
}

TEST_F(PredictFolders, NamesInBracketsAreNames) {
  for (const char* folder : {"hat", "[hat]", "[a,b]"}) {
    fs::create_directories(place("brackets") / folder);
    fs::copy(photo("a.png"), place("brackets") / folder / "1.png");
  }
  const Outcome outcome = run_program(predict({"[hat]", "[a,b]", "--json", "--top", "08"}),
                                      {.folder = place("brackets")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 2U) << outcome.out;
  EXPECT_EQ(json::parse(lines[0])["path"], "./[hat]/1.png");
  EXPECT_EQ(json::parse(lines[1])["path"], "./[a,b]/1.png");
  EXPECT_EQ(json::parse(lines[0])["predictions"].size(), 3U) << "08 is a number, eight";
}

TEST_F(PredictFolders, NamesCannotCommandTheTerminal) {
  const fs::path folder = place("odd");
  fs::create_directories(folder);
  fs::copy(photo("a.png"), folder / "a\nb\x1B[31m.png");
  std::ofstream(folder / "c\r.png") << "text";
  const Outcome outcome = run_program(predict({folder.string()}));
  EXPECT_EQ(outcome.status, 0);
  const auto lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 2U) << outcome.out;
  EXPECT_TRUE(lines[0].starts_with((folder / "a?b?[31m.png ").string())) << lines[0];
  EXPECT_TRUE(lines[1].starts_with((folder / "c?.png ").string())) << lines[1];
}

TEST_F(PredictFolders, HeatMapsOfAnyNameFindAPlace) {
  const fs::path folder = place("names"), maps = place("maps-of-names");
  const std::string longest(255, 'n'), longer = std::string(250, 'm') + ".png";
  fs::create_directories(folder / "b.jpg");
  for (const std::string& name : {std::string("b.bmp"), std::string("b.jpg/x.png"),
                                  std::string("b.jpg/y.png"), longer, longest}) {
    fs::copy(photo("a.png"), folder / name);
  }
  const Outcome outcome =
      run_program(predict({folder.string(), "--json", "--heatmap", maps.string()}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::vector<std::string> told;
  for (const std::string& line : lines_of(outcome.out)) {
    told.push_back(json::parse(line)["heatmap"]);
    EXPECT_TRUE(fs::is_regular_file(told.back()));
  }
  const std::vector<std::string> expected = {"b.jpg", "b.jpg-2/x.jpg", "b.jpg-2/y.jpg",
                                             std::string(250, 'm') + ".jpg",
                                             std::string(251, 'n') + ".jpg"};
  ASSERT_EQ(told.size(), expected.size());
  for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], (maps / expected[i]).string());
}

TEST_F(PredictFolders, FeaturesAreOfEveryPhoto) {
  const fs::path folder = place("mixed"), heap = place("heap"), file = place("all.h5");
  const auto features_of = [&](const fs::path& data) {
    const Outcome outcome = run_program(
        {"features", place("model.h5").string(), data.string(), "--out", file.string(), "--quiet"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return io::read_features(file);
  };
  for (const char* name : {"bag/1.png", "hat/1.png", "hat/2.png", "loose.png"}) {
    fs::create_directories((folder / name).parent_path());
    fs::copy(photo("a.png"), folder / name);
  }
  const io::Features mixed = features_of(folder);
  EXPECT_EQ(mixed.classes, (std::vector<std::string>{"bag", "hat"}));
  EXPECT_EQ(mixed.labels, (std::vector<int64_t>{0, 1, 1, -1}));
  EXPECT_EQ(mixed.paths.back(), (folder / "loose.png").string());
  EXPECT_EQ(features_of(folder / "hat").labels, (std::vector<int64_t>{-1, -1}));

  fs::create_directories(heap / "__MACOSX");
  fs::create_directories(heap / "empty");
  fs::copy(photo("a.png"), heap / "1.png");
  fs::copy(photo("b.png"), heap / "__MACOSX/._1.png");
  EXPECT_EQ(features_of(heap).labels, std::vector<int64_t>{-1});
  EXPECT_TRUE(features_of(heap).classes.empty());

  fs::create_directories(place("single/hat"));
  fs::copy(photo("a.png"), place("single/hat/1.png"));
  EXPECT_EQ(features_of(place("single")).classes, std::vector<std::string>{"hat"});
}

TEST_F(PredictFolders, CtrlCKeepsWhatWasPrinted) {
  std::vector<std::string> arguments = predict({"--json", "--batch", "1"});
  arguments.insert(arguments.end(), 20'000, photo("a.png"));
  test::Program program(arguments);
  ASSERT_TRUE(program.wait_for("predictions"));
  program.send(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.status, 130);
  const size_t answers = lines_of(outcome.out).size();
  EXPECT_LT(answers, 20'000U);
  EXPECT_TRUE(outcome.out.ends_with("}\n"));
  EXPECT_EQ(outcome.err, fmt::format("warning: stopped after {} of 20000 photos\n", answers));
}

TEST_F(PredictFolders, CtrlCKeepsTheTable) {
  const fs::path file = place("stopped.csv");
  std::vector<std::string> arguments = predict({"--csv", file.string(), "--batch", "1"});
  arguments.insert(arguments.end(), 20'000, photo("a.png"));
  test::Program program(arguments);
  ASSERT_TRUE(program.wait_for("Device: "));
  program.send(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.status, 130);
  const size_t lines = lines_of(test::read_text(file)).size();
  EXPECT_GE(lines, 2U) << "the batch at hand is finished";
  EXPECT_NE(outcome.err.find(fmt::format("stopped after {} of 20000 photos\n", lines - 1)),
            std::string::npos)
      << outcome.err;
}

TEST_F(PredictFolders, CtrlCEndsEvaluateAndFeaturesCleanly) {
  const std::string folder = data(500).string();
  const std::string model = place("model.h5").string();
  const fs::path judged = place("judged.json"), features = place("features.h5");
  const std::vector<std::vector<std::string>> commands = {
      {"evaluate", model, folder, "--batch", "1", "--json", judged.string()},
      {"features", model, folder, "--batch", "1", "--out", features.string()}};
  for (const auto& command : commands) {
    test::Program program(command);
    ASSERT_TRUE(program.wait_for("Device: "));
    program.send(SIGINT);
    const Outcome outcome = program.wait();
    EXPECT_EQ(outcome.status, 130);
    EXPECT_NE(outcome.err.find("warning: stopped after "), std::string::npos) << outcome.err;
  }
  const json report = json::parse(test::read_text(judged));
  EXPECT_EQ(report["stopped"], true);
  EXPECT_GE(report["photos"].size(), 1U);
  EXPECT_LT(report["photos"].size(), 1500U);
  const size_t rows = io::read_features(features).paths.size();
  EXPECT_GE(rows, 1U);
  EXPECT_LT(rows, 1500U);
}

}  // namespace
}  // namespace tailor
