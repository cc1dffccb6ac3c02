// The process in which files are read that may crash libhdf5.
#include "io/import_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "io/hdf5.h"
#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;

/// The processes named tailor-import that this one has started (proc(5), stat).
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    pid_t pid = 0;
    pid_t parent = 0;
    std::string name, state;
    if (file >> pid >> name >> state >> parent && name == "(tailor-import)" && parent == getpid()) {
      found.push_back(pid);
    }
  }
  return found;
}

class ImportProcessTest : public ::testing::Test {
 protected:
  ImportProcessTest() {
    Hdf5Writer file(path_);
    file.set("", "word", "here");
    file.write_strings("names", std::vector<std::string>{"a", "b"});
    file.close();
  }
  test::TempDir scratch_;
  fs::path path_ = scratch_ / "file.h5";
};

TEST_F(ImportProcessTest, LivesAsLongAsItsReader) {
  {
    const Hdf5Reader file(path_);
    EXPECT_EQ(children().size(), 1U);
  }
  EXPECT_TRUE(children().empty());
}

TEST_F(ImportProcessTest, ItsCrashIsADamagedFile) {
  for (const auto& [signal, words] : {std::pair(SIGKILL, "reading it ends with 'Killed'"),
                                      {SIGXCPU, "it takes over 120 s to read"}}) {
    const Hdf5Reader file(path_);
    kill(children().at(0), signal);
    EXPECT_EQ(test::error_of([&] { file.read_strings("names"); }),
              path_.string() + ": expected a whole HDF5 file, got a damaged one: " + words +
                  " (try to copy or download it again)");
    EXPECT_NE(test::error_of([&] { file.strings("", "word"); }).find("damaged"), std::string::npos)
        << "and stays one";
    EXPECT_TRUE(children().empty());
  }
}

TEST_F(ImportProcessTest, CtrlCIsNotForIt) {
  const Hdf5Reader file(path_);
  kill(children().at(0), SIGINT);
  EXPECT_EQ(file.read_strings("names"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ImportProcessTest, CtrlCIsNotForItFromItsFirstMomentOn) {
  const Hdf5Source source(path_.string());
  const ImportProcess process(source, "file");  // not yet asked: it may not have begun
  std::ifstream status(fmt::format("/proc/{}/status", children().at(0)));
  std::string blocked;
  while (status >> blocked && blocked != "SigBlk:") {
  }
  status >> blocked;
  EXPECT_NE(std::stoull(blocked, nullptr, 16) & (1U << (SIGINT - 1)), 0U) << blocked;
}

TEST_F(ImportProcessTest, IsNotWaitedForWithoutEnd) {
  const Hdf5Source source(path_.string());
  ImportProcess process(source, "file", std::chrono::milliseconds(50));
  kill(children().at(0), SIGSTOP);
  EXPECT_EQ(test::error_of([&] {
              process.ask({{"what", "datasets"}});
            }),
            "file: expected a whole HDF5 file, got a damaged one: reading it does not end (try to "
            "copy or download it again)");
  EXPECT_TRUE(children().empty());
}

TEST_F(ImportProcessTest, AFileThatWasRenamedAfterItWasOpenedIsStillRead) {
  const Hdf5Reader file(path_);
  fs::rename(path_, scratch_ / "elsewhere.h5");
  EXPECT_EQ(file.strings("", "word"), std::vector<std::string>{"here"});
}

TEST_F(ImportProcessTest, ManyAtOnce) {
  std::vector<std::unique_ptr<Hdf5Reader>> readers;
  readers.reserve(10);
  for (int i = 0; i < 10; ++i) readers.push_back(std::make_unique<Hdf5Reader>(path_));
  EXPECT_EQ(children().size(), 10U);
  for (const auto& file : readers) EXPECT_EQ(file->strings("", "word")->front(), "here");
}

}  // namespace
}  // namespace tailor::io
