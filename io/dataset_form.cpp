#include "io/dataset_form.h"

#include <cctype>
#include <system_error>

#include "kernels/api/error.h"

namespace tailor::io {

namespace fs = std::filesystem;

std::unique_ptr<DatasetForm> open_dataset(const fs::path& data) {
  std::error_code error;
  const fs::file_status status = fs::status(data, error);
  if (!fs::exists(status)) {
    const bool is_known = status.type() == fs::file_type::not_found;
    throw Error("{}: expected a folder with photos, got {}", data.string(),
                is_known ? "nothing there" : "'" + error.message() + "'");
  }
  if (fs::is_directory(status)) return is_idx_folder(data) ? open_idx(data) : open_folders(data);
  if (is_list(data)) return open_list(data);
  throw Error("{}: expected a folder with photos or a .csv list of them, got another file",
              data.string());
}

const std::vector<std::string>& validation_names() {
  static const std::vector<std::string> names = {"validation", "val", "valid", "test"};
  return names;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace tailor::io
