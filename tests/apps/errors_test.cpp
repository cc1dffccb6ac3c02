// Ways to get it wrong: each gives one clear line, exit status 1 or 2, and leaves nothing behind.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "io/model_file.h"
#include "tests/support/idx_files.h"
#include "tests/support/photos.h"
#include "tests/support/program.h"

namespace tailor {
namespace {

namespace fs = std::filesystem;

struct Mistake {
  std::string name;
  std::vector<std::string> arguments;  ///< run in the scratch folder
  int status;                          ///< 2: the command line cannot be meant
  std::string words;                   ///< part of the line
};

const std::vector<Mistake> kCommandLines = {
    {"NoCommand", {}, 2, "tailor: expected one of finetune, evaluate, "},
    {"UnknownCommand", {"finetoon"}, 2, ", got finetoon (try tailor --help)"},
    {"NoData", {"finetune"}, 2, "tailor finetune: expected DATA, got nothing"},
    {"TooManyArguments", {"finetune", "good", "more"}, 2, "expected no more arguments, got more"},
    {"UnknownOption",
     {"finetune", "good", "--epoch", "3"},
     2,
     "--epoch: expected an option of tailor finetune"},
    {"UnknownShortOption", {"finetune", "good", "-x"}, 2, "-x: expected an option"},
    {"MissingValue", {"finetune", "good", "--epochs"}, 2, "--epochs: expected a value, got none"},
    {"OptionForAValue",
     {"finetune", "good", "--epochs", "--quiet"},
     2,
     "--epochs: expected a whole number from 1 to 10000, got --quiet"},
    {"NoEpochs", {"finetune", "good", "--epochs", "0"}, 2, "expected a whole number from 1"},
    {"HalfAnEpoch",
     {"finetune", "good", "--epochs", "1.5"},
     2,
     "--epochs: expected a whole number"},
    {"NegativeRate", {"finetune", "good", "--lr", "-1"}, 2, "--lr: expected a number above 0"},
    {"RateIsNoNumber", {"finetune", "good", "--lr", "nan"}, 2, "--lr: expected a number above 0"},
    {"DecayOfZero",
     {"finetune", "good", "--layer-decay", "0"},
     2,
     "--layer-decay: expected a number"},
    {"NegativeClip",
     {"finetune", "good", "--clip-norm", "-1"},
     2,
     "--clip-norm: expected a number"},
    {"NegativeStop",
     {"finetune", "good", "--early-stop", "-1"},
     2,
     "--early-stop: expected a whole"},
    {"UnknownClassWeights",
     {"finetune", "good", "--class-weights", "equal"},
     2,
     "--class-weights: expected one of balanced, got equal"},
    {"ResumeWithData",
     {"finetune", "good", "--resume", "run"},
     2,
     "DATA: expected nothing but --threads and --quiet with --resume"},
    {"ResumeWithOptions",
     {"finetune", "--resume", "run", "--epochs", "3"},
     2,
     "--epochs: expected nothing but --threads and --quiet with --resume"},
    {"NoBatch", {"finetune", "good", "--batch", "0"}, 2, "--batch: expected a whole number from 1"},
    {"MomentumOfOne",
     {"finetune", "good", "--optimizer", "sgd", "--momentum", "1"},
     2,
     "--momentum: expected a number from 0 to below 1, got 1"},
    {"MomentumOfAdam",
     {"finetune", "good", "--momentum", "0.9"},
     2,
     "--momentum: expected --optimizer sgd"},
    {"NegativeDecay",
     {"finetune", "good", "--weight-decay", "-0.1"},
     2,
     "--weight-decay: expected a number from 0, got -0.1"},
    {"SmoothingOfOne", {"finetune", "good", "--label-smoothing", "1"}, 2, "from 0 to below 1"},
    {"NegativeSeed", {"finetune", "good", "--seed", "-1"}, 2, "--seed: expected a whole number"},
    {"UnknownOptimizer",
     {"finetune", "good", "--optimizer", "lion"},
     2,
     "--optimizer: expected one of adam, adamw, sgd, got lion"},
    {"UnknownSchedule",
     {"finetune", "good", "--schedule", "linear"},
     2,
     "--schedule: expected one of constant, step, cosine, onecycle, got linear"},
    {"UnknownAugmentation",
     {"finetune", "good", "--augment", "wild"},
     2,
     "--augment: expected one of none, light, standard, occlusion, got wild"},
    {"UnknownTrain",
     {"finetune", "good", "--train", "tail"},
     2,
     "--train: expected one of head, layer4, all, got tail"},
    {"ViewsOfAWholeNetwork",
     {"finetune", "good", "--train", "all", "--views", "2"},
     2,
     "--views: expected --train head"},
    {"UnknownNetwork",
     {"finetune", "good", "--model", "resnet51"},
     2,
     "--model: expected one of resnet18, resnet34, "},
    {"UnknownDevice", {"finetune", "good", "--device", "abacus"}, 2, "got abacus"},
    {"TinyPictures",
     {"finetune", "good", "--image-size", "8"},
     2,
     "--image-size: expected a whole number from 32 to 1024, got 8"},
    {"VariantWithoutWeights",
     {"finetune", "good", "--weights", "none", "--variant", "keras2015"},
     2,
     "--variant"},
    {"NoModel", {"predict"}, 2, "MODEL: expected a model file"},
    {"NoPhotos", {"predict", "model.h5"}, 2, "model.h5: expected photos, got none"},
    {"JsonAndCsv",
     {"predict", "model.h5", "photo.png", "--json", "--csv", "x.csv"},
     2,
     "expected one of the two, got both"},
    {"NegativeTop", {"predict", "model.h5", "photo.png", "--top", "-1"}, 2, "--top"},
    {"NetworkWithoutWeights",
     {"predict", "--model", "resnet18", "photo.png"},
     2,
     "--model: expected --weights with it"},
    {"RandomAnswers",
     {"predict", "--weights", "none", "photo.png"},
     2,
     "--weights: expected a file, got none"},
    {"NoDataToJudgeBy", {"evaluate", "model.h5"}, 2, "tailor evaluate: expected DATA"},
    {"FeaturesToNowhere", {"features", "model.h5", "photo.png"}, 2, "expected --out, got nothing"},
    {"ConvertOfNothing", {"convert"}, 2, "tailor convert: expected IN, got nothing"},
    {"ConvertToNowhere", {"convert", "model.h5"}, 2, "tailor convert: expected OUT, got nothing"},
    {"UnknownLayout", {"convert", "model.h5", "out.h5", "--layout", "onnx"}, 2, "got onnx"},
    {"ConvertToKerasArchive", {"convert", "model.h5", "out.keras"}, 2, "(try NAME.weights.h5"},
    {"Keras3UnderAnotherName",
     {"convert", "model.h5", "out.h5", "--layout", "keras3"},
     2,
     "expected a name that ends in .weights.h5"},
    {"AugmentNothing", {"augment"}, 2, "tailor augment: expected PHOTO, got nothing"},
    {"AugmentToNowhere", {"augment", "photo.png"}, 2, "expected --out, got nothing"},
    {"AugmentNoViews",
     {"augment", "photo.png", "--out", "sheet", "--views", "0"},
     2,
     "--views: expected a whole number from 1 to 100"},
    {"AugmentByAnUnknownSet",
     {"augment", "photo.png", "--out", "sheet", "--augment", "wild"},
     2,
     "expected one of none, light, standard, occlusion, got wild"},
    {"InfoOnNothing", {"info"}, 2, "tailor info: expected FILE, got nothing"},
    {"InfoOnTwo", {"info", "model.h5", "more"}, 2, "expected no more arguments, got more"},
    {"UnknownConvolutions", {"finetune", "good", "--conv", "mine"}, 2, "--conv: expected one of"},
    {"TooManyPhotosAtATime",
     {"evaluate", "model.h5", "good", "--batch", "5000"},
     2,
     "--batch: expected a whole number from 1 to 4096, got 5000"},
    {"NoThreads", {"predict", "model.h5", "good", "--threads", "0"}, 2, "--threads: expected"},
    {"UnknownBench", {"bench", "everything"}, 2, "expected one of forward, loader, kernels, got"},
    {"BenchNoRuns", {"bench", "kernels", "--runs", "0"}, 2, "--runs: expected a whole number"},
    {"BenchNoPhotos", {"bench", "kernels", "--batch", "0"}, 2, "--batch: expected a whole number"},
    {"BenchLoaderOfNothing", {"bench", "loader"}, 2, "--data: expected a data set"},
    {"BenchUnknownOperation", {"bench", "kernels", "--op", "convolve"}, 2, "got convolve"},
    {"BenchUnknownPrecision", {"bench", "kernels", "--precision", "f16"}, 2, "got f16"},
    {"VerifyUnknownOperation", {"verify", "--op", "convolve"}, 2, "got convolve"},
    {"VerifyUnknownVariant", {"verify", "--variant", "conv2d=magic"}, 2, "got conv2d=magic"},
    {"VerifyMissingFile", {"verify", "--kernel", "nowhere.cu"}, 2, "expected a file, found none"},
    {"VerifyUnknownDevice", {"verify", "--device", "tpu"}, 2, "--device: expected "},
    {"ProfileUnknownOperation", {"verify", "--profile", "nothing"}, 2, "got nothing"},
};

const std::vector<Mistake> kFiles = {
    {"DataMissing", {"finetune", "nowhere"}, 1, "nowhere: expected a folder with photos"},
    {"DataHasATooLongName",
     {"finetune", std::string(300, 'a')},
     1,
     "aaa: expected a file or a folder, got 'File name too long'"},
    {"JudgedByATooLongName",
     {"evaluate", "model.h5", std::string(300, 'a')},
     1,
     "aaa: expected a folder with photos, got 'File name too long'"},
    {"DataIsNoName", {"finetune", ""}, 2, "DATA: expected a name, got an empty one"},
    {"DataIsAFile", {"finetune", "photo.png"}, 1, "photo.png: expected a folder"},
    {"DataIsEmpty", {"finetune", "empty"}, 1, "empty: expected"},
    {"OneClass", {"finetune", "one"}, 1, "one: expected at least two classes, got only \"disc\""},
    {"ClassWithoutPhotos",
     {"finetune", "hollow"},
     1,
     "hollow: expected photos of every class, got none of \"square\""},
    {"ClassThatCannotBeRead",
     {"finetune", "torn", "--model", "resnet18", "--weights", "none", "--image-size", "32"},
     1,
     "class disc: expected photos that can be read, got none of 2 (one of them: "},
    {"RunAmongPhotos",
     {"finetune", "good", "--out", "good/../good/runs/x"},
     1,
     "--out: expected a folder outside of the photos, got good/../good/runs/x in good"},
    {"ValidationMissing",
     {"finetune", "good", "--val", "nowhere"},
     1,
     "nowhere: expected a folder"},
    {"ValidationOfOtherClasses", {"finetune", "good", "--val", "strange"}, 1, "got \"moon\""},
    {"LimitBelowClasses",
     {"finetune", "good", "--limit-train", "2"},
     1,
     "--limit-train: expected at least 3"},
    {"LabelsMissing", {"finetune", "unlabelled"}, 1, "got only the images"},
    {"IdxCutShort", {"finetune", "cut"}, 1, "cut/train-images-idx3-ubyte: expected"},
    {"IdxOfAnotherKind", {"finetune", "swapped"}, 1, "swapped/train-images-idx3-ubyte: expected"},
    {"IdxLabelTooLarge", {"finetune", "eleven"}, 1, "expected labels from 0 to 9, got 11"},
    {"NoPhotoCanBeRead",
     {"finetune", "broken", "--weights", "none", "--model", "resnet18", "--quiet"},
     1,
     "no photo could be read"},
    {"ListMissing", {"finetune", "nowhere.csv"}, 1, "nowhere.csv: expected "},
    {"ListIsEmpty", {"finetune", "empty.csv"}, 1, "empty.csv: expected a first line"},
    {"ListWithoutPhotos", {"finetune", "header.csv"}, 1, "header.csv: expected photos"},
    {"ListWithAnUnknownColumn", {"finetune", "column.csv"}, 1, "column.csv:1: expected columns"},
    {"ListWithTwoLabels", {"finetune", "twice.csv"}, 1, "twice.csv:1: expected one column label"},
    {"ListWithHalfABox", {"finetune", "half.csv"}, 1, "half.csv:1: expected a column x2"},
    {"ListWithAShortLine", {"finetune", "short.csv"}, 1, "short.csv:2: expected 2 fields"},
    {"ListWithoutALabel", {"finetune", "unnamed.csv"}, 1, "unnamed.csv:2: expected a label"},
    {"ListWithAnUnknownSplit", {"finetune", "split.csv"}, 1, "split.csv:2: expected the split"},
    {"ListWithAWordForANumber", {"finetune", "box.csv"}, 1, "box.csv:2: expected a whole number"},
    {"ListWithAnOpenQuote", {"finetune", "quote.csv"}, 1, "quote.csv:2: expected a closing quote"},
    {"ListInLatin1", {"finetune", "latin1.csv"}, 1, "latin1.csv:2: expected text in UTF-8"},
    {"ListInAnotherEncoding", {"finetune", "utf16.csv"}, 1, "utf16.csv: expected text in UTF-8"},
    {"ConvertOfText", {"convert", "text.h5", "out.h5"}, 1, "text.h5: expected an HDF5 file"},
    {"ConvertIntoNowhere", {"convert", "model.h5", "nowhere/out.h5"}, 1, "got no folder nowhere"},
    {"ConvertOntoItself", {"convert", "model.h5", "model.h5"}, 1, "model.h5: expected a new file"},
    {"ConvertToALayoutWithoutIt",
     {"convert", "model.h5", "out.h5", "--layout", "keras2"},
     1,
     "expected one of resnet50, resnet101, resnet152 in layout keras2, got resnet18"},
    {"AugmentText", {"augment", "text.h5", "--out", "sheet"}, 1, "text.h5: expected an image"},
    {"AugmentIntoAFile",
     {"augment", "photo.png", "--out", "photo.png"},
     1,
     "photo.png: expected to make this folder"},
    {"HeatMapsAmongPhotos",
     {"predict", "model.h5", "photo.png", "--heatmap", "good"},
     1,
     "--heatmap: expected a new or empty folder, got good"},
    {"CsvIntoAFolder",
     {"predict", "model.h5", "photo.png", "--quiet", "--csv", "good"},
     1,
     "good: expected to write it"},
    {"VariantOfAModel",
     {"finetune", "good", "--weights", "model.h5", "--variant", "keras2015"},
     2,
     "--variant keras2015: expected weights in layout keras1, got model"},
    {"InfoOnAFolder", {"info", "good"}, 1, "good: expected an HDF5 file, got a folder"},
    {"BenchJsonIntoNowhere",
     {"bench", "kernels", "--json", "nowhere/x.json"},
     1,
     "nowhere/x.json: expected to write it"},
    {"VerifyJsonIntoNowhere",
     {"verify", "--json", "nowhere/x.json"},
     1,
     "nowhere/x.json: expected to write it"},
    {"WeightsMissing", {"finetune", "good", "--weights", "nowhere.h5"}, 1, "nowhere.h5: expected"},
    {"WeightsAreText",
     {"finetune", "good", "--weights", "text.h5"},
     1,
     "text.h5: expected an HDF5 file"},
    {"WeightsAreEmpty", {"finetune", "good", "--weights", "empty.h5"}, 1, "empty.h5: expected"},
    {"WeightsAreAFolder", {"finetune", "good", "--weights", "empty"}, 1, "empty: expected"},
    {"WeightsAreCutShort", {"finetune", "good", "--weights", "cut.h5"}, 1, "cut.h5: "},
    {"WeightsOfAnotherNetwork",
     {"finetune", "good", "--weights", "model.h5", "--model", "resnet34"},
     1,
     "--model: expected resnet18, for which model.h5 was made, got resnet34"},
    {"NoNetwork", {"finetune", "good"}, 1, "--weights imagenet: http://127.0.0.1:0/resnet50_"},
    {"NothingPublished",
     {"finetune", "good", "--model", "resnet18"},
     1,
     "for which Keras publishes files, got resnet18"},
    {"RunIsNotEmpty",
     {"finetune", "good", "--out", "one"},
     1,
     "--out: expected a new or empty folder, got one with files in it (try --overwrite)"},
    {"RunIsAFile",
     {"finetune", "good", "--out", "photo.png", "--overwrite"},
     1,
     "--out: expected a folder, got the file photo.png"},
    {"RunCannotBeMade",
     {"finetune", "good", "--weights", "none", "--model", "resnet18", "--quiet", "--out",
      "photo.png/run"},
     1,
     "photo.png/run: expected to make this folder"},
    {"ResumeOfNothing", {"finetune", "--resume", "nowhere"}, 1, "got nowhere without a run.json"},
    {"ResumeOfPhotos", {"finetune", "--resume", "good"}, 1, "got good without a run.json"},
    {"ResumeOfDamage",
     {"finetune", "--resume", "torn"},
     1,
     "torn/run.json: expected what a run was"},
    {"ResumeOfAnotherVersion",
     {"finetune", "--resume", "old"},
     1,
     "--resume: expected a run of Tailor "},
    {"ModelMissing", {"evaluate", "nowhere.h5", "good"}, 1, "nowhere.h5: expected"},
    {"ModelIsText", {"predict", "text.h5", "photo.png"}, 1, "text.h5: expected an HDF5 file"},
    {"ModelIsCutShort", {"predict", "cut.h5", "photo.png"}, 1, "cut.h5: "},
    {"PhotoMissing", {"predict", "model.h5", "nowhere.png"}, 1, "nowhere.png: expected a photo"},
    {"FolderWithoutPhotos", {"predict", "model.h5", "empty"}, 1, "empty: expected photos"},
    {"JudgedByOtherClasses", {"evaluate", "model.h5", "strange"}, 1, "got \"moon\""},
    {"JsonIntoNowhere",
     {"evaluate", "model.h5", "good", "--quiet", "--json", "nowhere/x.json"},
     1,
     "nowhere/x.json: expected to write it"},
    {"CsvIntoNowhere",
     {"predict", "model.h5", "photo.png", "--csv", "nowhere/x.csv"},
     1,
     "nowhere/x.csv: expected to write it"},
    {"FeaturesIntoNowhere",
     {"features", "model.h5", "photo.png", "--quiet", "--out", "nowhere/x.h5"},
     1,
     "nowhere/x.h5: expected to write it"},
    {"InfoOnText", {"info", "text.h5"}, 1, "text.h5: expected an HDF5 file"},
};

/// The folder in which all mistakes are made.
class Errors : public ::testing::Test {
 protected:
  Errors() {
    const fs::path& root = scratch_.path();
    test::write_shapes(root / "good", 0, 5);
    test::write_png(root / "photo.png", test::shape_photo(0, 0));
    fs::create_directories(root / "empty");
    fs::create_directories(root / "cache" / "tailor");
    test::write_shapes(root / "one", 0, 2);
    fs::remove_all(root / "one" / "bar");
    fs::remove_all(root / "one" / "square");
    test::write_shapes(root / "hollow", 0, 2);
    fs::remove_all(root / "hollow" / "square");
    fs::create_directories(root / "hollow" / "square");
    test::write_shapes(root / "torn", 0, 3);  // of three photos each, one is to judge by
    for (const auto& photo : fs::directory_iterator(root / "torn" / "disc")) {
      std::ofstream(photo.path()) << "no photo";
    }
    test::write_shapes(root / "strange", 0, 2);
    fs::rename(root / "strange" / "bar", root / "strange" / "moon");
    write_idx(root);
    for (const char* name : {"a", "b"}) {
      fs::create_directories(root / "broken" / name);
      for (const char* photo : {"1.png", "2.png"}) {
        std::ofstream(root / "broken" / name / photo) << "no photo";
      }
    }
    std::ofstream(root / "text.h5") << "some text that is no HDF5";
    std::ofstream(root / "empty.h5") << "";
    for (const auto& [name, text] :
         {std::pair("torn", "{\"tail"), {"old", R"({"tailor": "0.0"})"}}) {
      fs::create_directory(root / name);
      std::ofstream(root / name / "run.json") << text;
    }
    write_lists(root);
    write_model(root / "model.h5");
    cut(root / "model.h5", root / "cut.h5");
  }

  static void write_idx(const fs::path& root) {
    const test::Bytes grey(3 * 4 * 4, 7);
    const std::string images = "train-images-idx3-ubyte";
    const std::string labels = "train-labels-idx1-ubyte";
    test::write_file(root / "unlabelled" / images, test::idx_images(3, 4, 4, grey));
    test::Bytes part = test::idx_images(3, 4, 4, grey);
    part.pop_back();
    test::write_file(root / "cut" / images, part);
    test::write_file(root / "cut" / labels, test::idx_labels({0, 1, 2}));
    test::write_file(root / "swapped" / images, test::idx_labels({0, 1, 2}));
    test::write_file(root / "swapped" / labels, test::idx_images(3, 4, 4, grey));
    test::write_file(root / "eleven" / images, test::idx_images(3, 4, 4, grey));
    test::write_file(root / "eleven" / labels, test::idx_labels({0, 1, 11}));
  }
  static void write_lists(const fs::path& root) {
    const std::vector<std::pair<const char*, const char*>> lists = {
        {"empty.csv", ""},
        {"header.csv", "path,label\n"},
        {"column.csv", "path,class\nphoto.png,a\n"},
        {"twice.csv", "path,label,label\nphoto.png,a,b\n"},
        {"half.csv", "path,label,x1,y1\nphoto.png,a,0,0\n"},
        {"short.csv", "path,label\nphoto.png\n"},
        {"unnamed.csv", "path,label\nphoto.png,\n"},
        {"split.csv", "path,label,split\nphoto.png,a,maybe\n"},
        {"box.csv", "path,label,x1,y1,x2,y2\nphoto.png,a,0,0,ten,5\n"},
        {"quote.csv", "path,label\n\"photo.png,a\n"},
        {"latin1.csv", "path,label\nphoto.png,\xE9t\xE9\n"},
        {"utf16.csv", "\xFF\xFEpath,label\n"}};
    for (const auto& [name, text] : lists) std::ofstream(root / name) << text;
  }
  static void write_model(const fs::path& path) {
    const auto network = layers::make_model("resnet18", {.classes = 3}, open_backend("cpu"));
    network->initialize(0);
    io::save_model(path, *network, {.classes = test::shape_classes(), .image_size = 32});
  }
  /// The first half of a file.
  static void cut(const fs::path& from, const fs::path& to) {
    const std::string bytes = test::read_text(from);
    std::ofstream(to, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(scratch_.path())) {
      names.insert(entry.path().string());
    }
    return names;
  }

  void expect_one_clear_line(const Mistake& mistake) const;

  test::TempDir scratch_;
};

void Errors::expect_one_clear_line(const Mistake& mistake) const {
  SCOPED_TRACE(mistake.name);
  const std::set<std::string> before = files();
  const test::Outcome outcome = test::run_program(
      mistake.arguments, {.folder = scratch_.path(),
                          .variables = {{"XDG_CACHE_HOME", (scratch_.path() / "cache").string()},
                                        {"TAILOR_WEIGHTS_URL", "http://127.0.0.1:0"}}});
  EXPECT_EQ(outcome.status, mistake.status);
  EXPECT_EQ(outcome.out, "");
  const size_t at = outcome.err.rfind("error: ");
  ASSERT_NE(at, std::string::npos) << outcome.err;
  const std::string line = outcome.err.substr(at);
  EXPECT_NE(line.find(mistake.words), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line, the last one";
  EXPECT_EQ(outcome.err.find("error: "), at) << "only one: " << outcome.err;
  EXPECT_FALSE(line.ends_with(".\n")) << line;
  EXPECT_EQ(files(), before) << "nothing is left behind";
}

TEST_F(Errors, InCommandLinesGiveOneClearLine) {
  for (const Mistake& mistake : kCommandLines) expect_one_clear_line(mistake);
}

TEST_F(Errors, InFilesGiveOneClearLine) {
  for (const Mistake& mistake : kFiles) expect_one_clear_line(mistake);
}

}  // namespace
}  // namespace tailor
