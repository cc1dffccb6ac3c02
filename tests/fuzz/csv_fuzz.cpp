// Tables as text: what is read, written again and read once more is the same; and as a list of
// photos it is understood, or refused in words.
#include <cstdlib>

#include "io/csv.h"
#include "io/dataset_form.h"
#include "kernels/api/error.h"
#include "tests/fuzz/input_file.h"

namespace tailor {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records read(const std::filesystem::path& file) {
  io::CsvReader csv(file);
  Records records;
  for (std::vector<std::string> fields; csv.next(fields);) records.push_back(fields);
  return records;
}

std::string text_of(const Records& records) {
  std::string text;
  for (const auto& fields : records) {
    for (size_t i = 0; i < fields.size(); ++i) {
      text += (i == 0 ? "" : ",") + io::csv_field(fields[i]);
    }
    text += "\n";
  }
  return text;
}

/// A record of one empty field is an empty line, which readers skip.
bool is_empty_line(const std::vector<std::string>& fields) {
  return fields.size() == 1 && fields.front().empty();
}

}  // namespace
}  // namespace tailor

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tailor;
  const auto file = test::input_file("list.csv", data, size);
  try {
    Records records = read(file);
    std::erase_if(records, is_empty_line);
    const std::string text = text_of(records);
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    if (read(test::input_file("again.csv", bytes, text.size())) != records) std::abort();
  } catch (const Error&) {
  }
  try {
    const auto list = io::open_list(file);
    if (list->has_validation()) list->validation();
    list->train();
  } catch (const Error&) {
  }
  return 0;
}
