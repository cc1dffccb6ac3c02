// docs/adding-an-op.md quotes the code: each block that names a file must stand in it, word for
// word.
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

TEST(AddingAnOp, quotes_the_code) {
  const std::string page = read(kRoot / "docs" / "adding-an-op.md");
  const std::string fence = "\n```cpp ";
  int blocks = 0;
  for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const size_t name = at + fence.size(), code = page.find('\n', name) + 1;
    const std::string path = page.substr(name, code - 1 - name);
    const std::string quoted = page.substr(code, page.find("\n```", code) + 1 - code);
    EXPECT_NE(read(kRoot / path).find(quoted), std::string::npos) << path << ":\n" << quoted;
    ++blocks;
  }
  EXPECT_GE(blocks, 8);
}

}  // namespace
}  // namespace tailor
