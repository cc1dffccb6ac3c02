#include "train/photo_checks.h"

#include <algorithm>
#include <vector>

#include "kernels/api/error.h"

namespace tailor::train {
namespace fs = std::filesystem;

void expect_outside(const fs::path& data, const fs::path& run) {
  if (!fs::is_directory(data)) return;  // a list, which names its photos
  const fs::path outer = fs::canonical(data);
  const fs::path inner = fs::weakly_canonical(fs::absolute(run));
  const auto differ = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  if (differ.first != outer.end()) return;
  throw Error("--out: expected a folder outside of the photos, got {} in {} (try --out DIR)",
              run.string(), data.string());
}

std::string photos_hash(const io::Dataset& data) {
  std::string names;
  for (const auto* part : {&data.train, &data.validation}) {
    for (const io::Sample& sample : *part) {
      names += fmt::format("{}\n{}\n", sample.name(), sample.label);
    }
    names += '\n';
  }
  return fmt::format(
      "{:016x}", io::content_hash({reinterpret_cast<const uint8_t*>(names.data()), names.size()}));
}

void expect_photos_of_each_class(const io::Dataset& data, const SkippedPhotos& left_out) {
  if (left_out.empty()) return;
  struct Class {
    int64_t photos = 0, left_out = 0;
    std::string reason;
  };
  std::vector<Class> classes(data.classes.size());
  for (const io::Sample& sample : data.train) {
    Class& its = classes[static_cast<size_t>(sample.label)];
    ++its.photos;
    const auto found = left_out.find(sample.name());
    if (found == left_out.end()) continue;
    ++its.left_out;
    its.reason = found->second;
  }
  for (size_t label = 0; label < classes.size(); ++label) {
    const Class& its = classes[label];
    if (its.photos == 0 || its.left_out < its.photos) continue;
    throw Error("class {}: expected photos that can be read, got none of {} (one of them: {})",
                data.classes[label], its.photos, its.reason);
  }
}

bool same_photos(const SkippedPhotos& a, const SkippedPhotos& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

}  // namespace tailor::train
