// Pages quote the code: each block that names a file must stand in it, word for word.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tailor {
namespace {

const std::filesystem::path kRoot = std::filesystem::path(TAILOR_TEST_DATA) / ".." / "..";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// How many blocks the page quotes.
int expect_quotes(const std::string& name) {
  const std::string page = read(kRoot / "docs" / name);
  const std::string fence = "\n```cpp ";
  int blocks = 0;
  for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const size_t begin = at + fence.size(), code = page.find('\n', begin) + 1;
    const std::string path = page.substr(begin, code - 1 - begin);
    const std::string quoted = page.substr(code, page.find("\n```", code) + 1 - code);
    EXPECT_NE(read(kRoot / path).find(quoted), std::string::npos) << path << ":\n" << quoted;
    ++blocks;
  }
  return blocks;
}

TEST(Docs, adding_an_op_quotes_the_code) { EXPECT_GE(expect_quotes("adding-an-op.md"), 8); }

TEST(Docs, verify_your_kernel_quotes_its_sample) {
  EXPECT_EQ(expect_quotes("verify-your-kernel.md"), 1);
}

}  // namespace
}  // namespace tailor
