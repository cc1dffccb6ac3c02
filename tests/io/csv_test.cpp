// CSV as RFC 4180 has it, and as Excel writes it.
#include "io/csv.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/errors.h"
#include "tests/support/idx_files.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

using Record = std::vector<std::string>;

class Csv : public testing::Test {
 protected:
  CsvReader reader(const std::string& text) {
    test::write_file(path_, test::Bytes(text.begin(), text.end()));
    return CsvReader(path_);
  }
  std::vector<Record> records(const std::string& text) {
    CsvReader csv = reader(text);
    std::vector<Record> result;
    for (Record fields; csv.next(fields);) result.push_back(fields);
    return result;
  }
  std::string error(const std::string& text) {
    return test::error_of([&] { records(text); });
  }

  test::TempDir folder_;
  std::filesystem::path path_ = folder_ / "list.csv";
};

TEST_F(Csv, LinesEndInAnyWay) {
  const std::vector<Record> expected = {{"a", "b"}, {"c", ""}, {"", "d"}};
  EXPECT_EQ(records("a,b\nc,\n,d\n"), expected);
  EXPECT_EQ(records("a,b\r\nc,\r\n,d"), expected);
  EXPECT_EQ(records("a,b\rc,\r,d\r"), expected);
  EXPECT_EQ(records("\xEF\xBB\xBF"
                    "a,b\n\n\r\nc,\n,d\n\n"),
            expected);
  EXPECT_TRUE(records("").empty());
}

TEST_F(Csv, QuotedFieldsHoldAnything) {
  EXPECT_EQ(records("\"a,\"\"b\"\"\nc\",\"\"\nd\"e,f\n"),
            (std::vector<Record>{{"a,\"b\"\nc", ""}, {"d\"e", "f"}}));
}

TEST_F(Csv, PlaceIsWhereARecordBegins) {
  CsvReader csv = reader("a\r\n\r\n\"b\r\nc\"\r\nd\n");
  Record fields;
  for (const int line : {1, 3, 5}) {
    ASSERT_TRUE(csv.next(fields));
    EXPECT_EQ(csv.place(), path_.string() + ":" + std::to_string(line));
  }
  EXPECT_FALSE(csv.next(fields));
}

TEST_F(Csv, MistakesAreNamed) {
  EXPECT_EQ(error("a\n\"b\nc"),
            path_.string() + ":2: expected a closing quote, got the file's end");
  EXPECT_EQ(error("a\n\"b\"c\n"),
            path_.string() + ":2: expected a comma or the line's end after a closing quote, got c");
  EXPECT_EQ(error("\xFF\xFE"
                  "a"),
            path_.string() + ": expected text in UTF-8, got UTF-16 (try saving it as CSV UTF-8)");
  EXPECT_EQ(error(std::string("a\0b", 3)),
            path_.string() + ": expected text in UTF-8, got something that is not text");
  for (const char* text : {"a\n\xE9t\xE9,b\n", "a\n\"\xE9t\xE9\"", "a\nb\xC3"}) {
    EXPECT_EQ(error(text), path_.string() +
                               ":2: expected text in UTF-8, got another encoding (try saving it as "
                               "CSV UTF-8)");
  }
  EXPECT_EQ(test::error_of([&] { CsvReader csv(folder_ / "no.csv"); }),
            (folder_ / "no.csv").string() + ": cannot be read: No such file or directory");
}

TEST_F(Csv, WrittenFieldsAreReadAgain) {
  const Record fields = {"plain", "", "a,b", "say \"hi\"", "two\r\nlines", "été"};
  std::string line;
  for (const std::string& field : fields)
    line += (&field == fields.data() ? "" : ",") + csv_field(field);
  EXPECT_EQ(line, "plain,,\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\",été");
  EXPECT_EQ(records(line), std::vector<Record>{fields});
}

}  // namespace
}  // namespace tailor::io
