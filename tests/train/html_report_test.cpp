// The page that a run leaves for people: what it says, that it stands alone, and how it renders.
#include "train/html_report.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/image_write.h"
#include "tests/support/photos.h"
#include "tests/support/program.h"
#include "train/calibration.h"
#include "train/html.h"
#include "train/report.h"

namespace tailor::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Names that would take over a page which trusts them.
const std::string kScript = "<script>alert('class')</script>";
const std::string kImage = "photos/\"><img src=http://example.org/x onerror=alert(1)>.jpg";

struct Example {
  json report;
  Showcase showcase;
  std::string page() const { return html_report(report, showcase); }
};

/// A run of two epochs. Of each class's photos one is taken for the next class, and `right` are
/// named rightly.
Example run_of(const std::vector<std::string>& classes, int64_t right) {
  std::vector<float> logits;
  std::vector<int64_t> labels;
  json parts = json::array();
  for (size_t label = 0; label < classes.size(); ++label) {
    parts.push_back({{"name", classes[label]}, {"train", 20}, {"validation", right + 1}});
    for (int64_t i = 0; i <= right; ++i) {
      const size_t answer = (label + (i == 0 ? 1 : 0)) % classes.size();
      for (size_t c = 0; c < classes.size(); ++c) logits.push_back(c == answer ? 9 : 0);
      labels.push_back(static_cast<int64_t>(label));
    }
  }
  const auto n = static_cast<int64_t>(classes.size());
  Epoch first{.number = 1, .lr = 0.001, .loss = 1.5, .accuracy = 0.4, .seconds = 3};
  first.validation = measure(logits, labels, n);
  Epoch second = first;
  second.number = 2;
  second.is_best = true;
  const std::vector<uint8_t> jpeg = io::encode_jpeg(test::shape_photo(0, 1), 80);
  const ShownPhoto photo{kImage, 0, 1, 0.875, jpeg, jpeg};
  const Showcase showcase{{photo, photo}, {photo}};
  const json report = {
      {"tailor", "1.2.3"},
      {"command", "tailor finetune 'a & b' --lr 0.001"},
      {"device", "cpu"},
      {"finished", "2026-03-14T15:09:26Z"},
      {"data",
       {{"path", "shop/<photos>/"},
        {"train", 20 * n},
        {"validation", (right + 1) * n},
        {"split_by_seed", true},
        {"classes", parts},
        {"skipped", {{{"photo", kImage}, {"reason", "expected a <JPEG>, got text"}}}}}},
      {"network", {{"model", "resnet50"}, {"weights", "none"}, {"image_size", 224}}},
      {"training", {{"lr", 0.001}, {"views", nullptr}, {"label_smoothing", 0.1}}},
      {"stopped", false},
      {"epochs", {to_json(first), to_json(second)}},
      {"best_epoch", 2},
      {"validation", to_json(second.validation, classes)},
      {"calibration", to_json(calibrate(logits, labels, n))},
      {"examples", to_json(showcase, classes)}};
  return {report, showcase};
}

std::vector<std::string> many_classes(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(fmt::format("a class called {}", i));
  return names;
}

/// What Python's parser has to say against a page.
std::string problems_of(const std::string& page) {
  const test::TempDir scratch;
  const fs::path file = scratch / "report.html";
  std::ofstream(file, std::ios::binary) << page;
  const fs::path checker = fs::path(TAILOR_TEST_DATA).parent_path() / "train" / "check_page.py";
  const test::Outcome outcome = test::run_program(
      {checker.string(), file.string()}, {.folder = scratch.path(), .program = "/usr/bin/python3"});
  return outcome.out + outcome.err;
}

bool holds(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

TEST(HtmlReport, SaysWhatTheFiguresSay) {
  const std::string page = run_of({"dress", "skirt"}, 3).page();
  EXPECT_TRUE(holds(page, "<div class=\"great\">75.0%</div>"));
  EXPECT_TRUE(holds(page, "6 of 8 photos were named rightly. It learnt from none of them."));
  EXPECT_TRUE(holds(page, "the same answer would be right for 50.0% at best (“dress”)."));
  EXPECT_TRUE(holds(page, "It knows all classes equally well."));
  EXPECT_TRUE(holds(page, "Its most frequent mistake: 1 of 4 “dress” were taken for “skirt”."));
  EXPECT_TRUE(
      holds(page, "Of 8 of the 8 photos it was more than 90% sure; 75.0% of those answers"));
  EXPECT_TRUE(holds(
      page, "resnet50, fine-tuned on 40 photos of 2 classes and judged by 8 others, 2026-03-14."));
  EXPECT_TRUE(holds(page, "tailor finetune &#39;a &amp; b&#39; --lr 0.001"));
  EXPECT_TRUE(holds(page, "<dt>label smoothing</dt><dd>0.1</dd>"));
  EXPECT_FALSE(holds(page, "<dt>views</dt>")) << "not set";
  // Sure: e^9 / (e^9 + 1) = 99.988%, right: 75%.
  EXPECT_TRUE(holds(page, "The expected calibration error is 25.0%"));
}

TEST(HtmlReport, PathsAreToldFromTheDataOn) {
  Example run = run_of({"dress", "skirt"}, 3);
  run.report["examples"]["unsure"][0]["photo"] = "shop/<photos>/val/1.jpg";
  run.report["data"]["skipped"][0]["photo"] = "elsewhere/shop/2.jpg";
  EXPECT_TRUE(holds(run.page(), "<span>val/1.jpg</span>"));
  EXPECT_TRUE(holds(run.page(), ">elsewhere/shop/2.jpg<"));
}

TEST(HtmlReport, NamesAreTextWhateverTheyHold) {
  Example run = run_of({kScript, "skirt\xE9"}, 3);
  const std::string page = run.page();
  EXPECT_FALSE(holds(page, "<script"));
  EXPECT_FALSE(holds(page, "<img src=http"));
  EXPECT_TRUE(holds(page, "&lt;script&gt;alert(&#39;class&#39;)&lt;/script&gt;"));
  EXPECT_TRUE(holds(page, "skirt\uFFFD")) << "what is no UTF-8 is replaced";
  EXPECT_TRUE(holds(page, "<title>Report: &lt;photos&gt;</title>"));
  EXPECT_EQ(problems_of(page), "");
}

TEST(HtmlReport, IsWellFormedForAnyNumberOfClasses) {
  for (const size_t count : {2, 10, 100}) {
    const std::string page = run_of(many_classes(count), 4).page();
    EXPECT_EQ(problems_of(page), "") << count;
    EXPECT_LT(page.size(), 300'000U) << count;
  }
}

TEST(HtmlReport, TheCheckerFindsWhatIsWrong) {
  const std::string good = run_of({"dress", "skirt"}, 3).page();
  const auto with = [&](const std::string& html) {
    std::string page = good;
    page.insert(page.find("</main>"), html);
    return problems_of(page);
  };
  EXPECT_TRUE(holds(with("<p>"), "closes another element"));
  EXPECT_TRUE(holds(with("<img alt=\"x\" src=\"http://example.org/x.jpg\">"), "loads something"));
  EXPECT_TRUE(holds(with("<script></script>"), "does not belong here"));
  EXPECT_TRUE(holds(with("<img src=\"data:image/jpeg;base64,\">"), "without alt"));
}

TEST(HtmlReport, ARunWhoseMetricsAreLostHasNoCurves) {
  Example run = run_of({"dress", "pants"}, 3);
  run.report["epochs"] = json::array();
  const std::string page = run.page();
  EXPECT_EQ(page.find("How it learnt"), std::string::npos);
  EXPECT_NE(page.find("In short"), std::string::npos);
}

TEST(HtmlReport, AStoppedRunHasWhatThereIs) {
  Example run = run_of({"dress", "skirt"}, 3);
  run.report["stopped"] = true;
  run.report.erase("calibration");
  run.report.erase("examples");
  run.showcase = {};
  EXPECT_EQ(problems_of(run.page()), "");
  EXPECT_TRUE(holds(run.page(), "This run was stopped before its end"));
  EXPECT_TRUE(holds(run.page(), "75.0%"));

  run.report["epochs"] = json::array();
  run.report["best_epoch"] = nullptr;
  run.report["validation"] = nullptr;
  EXPECT_EQ(problems_of(run.page()), "");
  EXPECT_FALSE(holds(run.page(), "75.0%"));
  EXPECT_TRUE(holds(run.page(), "Photos of each class"));
}

/// Chromium shows the page in frames as wide as a phone and as a desk's screen, and tells how wide
/// its content is.
class HtmlReportInBrowserSlow : public ::testing::Test {
 protected:
  static constexpr const char* kChromium = "/usr/bin/chromium";
  void SetUp() override {
    if (!fs::exists(kChromium)) GTEST_SKIP() << "chromium is not installed";
  }
  test::Outcome browse(const std::string& html, const std::string& how) const {
    const fs::path file = scratch_ / "page.html";
    std::ofstream(file, std::ios::binary) << html;
    return test::run_program(
        {"--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--virtual-time-budget=10000", "--user-data-dir=" + (scratch_ / "profile").string(), how,
         "file://" + file.string()},
        {.folder = scratch_.path(), .program = kChromium});
  }
  test::TempDir scratch_;
};

TEST_F(HtmlReportInBrowserSlow, NeedsNoMoreWidthThanThereIs) {
  for (const size_t count : {2, 10, 100}) {
    Example run = run_of(many_classes(count), 4);
    run.showcase.mistakes[0].name = std::string(300, 'x');
    run.report["examples"] = to_json(run.showcase, many_classes(count));
    std::string frames;
    for (const int width : {390, 1280}) {
      frames += fmt::format(
          "<iframe width=\"{}\" height=\"900\" style=\"border:0\" srcdoc=\"{}\">"
          "</iframe>\n",
          width, escaped(run.page()));
    }
    const test::Outcome outcome =
        browse("<!DOCTYPE html><html><body>" + frames +
                   "<p id=\"widths\"></p><script>onload = () => {"
                   "for (const frame of document.querySelectorAll('iframe')) {"
                   "const root = frame.contentDocument.documentElement;"
                   "widths.textContent += root.clientWidth + ' holds ' + root.scrollWidth + '; ';"
                   "}};</script></body></html>",
               "--dump-dom");
    // A page that fits is as wide as its frame less the bar at its side.
    const size_t at = outcome.out.find("<p id=\"widths\">");
    ASSERT_NE(at, std::string::npos) << outcome.err;
    const std::string text = outcome.out.substr(at, 80);
    std::istringstream stream(text.substr(text.find('>') + 1));
    for (const int width : {390, 1280}) {
      int there = 0, needed = 0;
      std::string word;
      stream >> there >> word >> needed >> word;
      EXPECT_GT(there, width - 30) << text;
      EXPECT_LE(there, width) << text;
      EXPECT_EQ(needed, there) << text;
    }
  }
}

TEST_F(HtmlReportInBrowserSlow, ShowsWithoutComplaintsAndLoadsNothing) {
  // The page forbids all loading: an attempt would be an error on the console.
  const test::Outcome outcome = browse(run_of({kScript, "skirt"}, 4).page(), "--dump-dom");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(holds(outcome.out, "were named rightly")) << outcome.err;
  EXPECT_FALSE(holds(outcome.err, "CONSOLE")) << outcome.err;
  // Proof that complaints would be seen.
  std::string page = run_of({"dress", "skirt"}, 4).page();
  page.insert(page.find("</main>"), "<img alt=\"x\" src=\"http://localhost:9/x.jpg\">");
  EXPECT_TRUE(holds(browse(page, "--dump-dom").err, "CONSOLE"));
}

}  // namespace
}  // namespace tailor::train
