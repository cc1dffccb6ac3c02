#include "io/duplicates.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

/// Device and inode: the same for all links to a file.
using File = std::pair<uint64_t, uint64_t>;

/// A photo that may have an equal one: those with another key have been told apart from it.
struct Candidate {
  size_t sample;  ///< its position
  File file;
  uint64_t key;
};

std::vector<Candidate> candidates(const std::vector<Sample>& samples) {
  std::vector<Candidate> result;
  for (size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    struct stat status;
    if (sample.idx) {
      result.push_back({i, {}, content_hash(sample.idx->pixels(sample.index))});
    } else if (stat(sample.path.c_str(), &status) == 0 && status.st_size > 0) {
      result.push_back({i, {status.st_dev, status.st_ino}, static_cast<uint64_t>(status.st_size)});
    }
  }
  return result;
}

std::vector<uint64_t> sorted_keys(const std::vector<Candidate>& candidates) {
  std::vector<uint64_t> keys;
  keys.reserve(candidates.size());
  for (const Candidate& candidate : candidates) keys.push_back(candidate.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

void keep_with_keys(const std::vector<uint64_t>& keys, std::vector<Candidate>& candidates) {
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return !std::binary_search(keys.begin(), keys.end(), candidate.key);
  });
}

void keep_common(std::vector<Candidate>& a, std::vector<Candidate>& b) {
  keep_with_keys(sorted_keys(b), a);
  keep_with_keys(sorted_keys(a), b);
}

using Hash = std::optional<uint64_t> (*)(const std::string& path);

/// Of the last 4 KiB, which differ between most photos and cost one read.
std::optional<uint64_t> hash_of_end(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return std::nullopt;
  std::vector<uint8_t> bytes(static_cast<size_t>(std::clamp<int64_t>(file.tellg(), 0, 4096)));
  file.seekg(-static_cast<std::streamoff>(bytes.size()), std::ios::end);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) return std::nullopt;
  return content_hash(bytes);
}

std::optional<uint64_t> hash_of_all(const std::string& path) {
  try {
    return content_hash(read_image_file(path));
  } catch (const Error&) {
    return std::nullopt;  // the loader will tell
  }
}

/// Tells the candidates further apart; those that cannot be read drop out.
void refine(std::vector<Candidate>& candidates, const std::vector<Sample>& samples, Hash hash,
            std::map<File, std::optional<uint64_t>>& known) {
  std::erase_if(candidates, [&](Candidate& candidate) {
    const auto [at, is_new] = known.try_emplace(candidate.file);
    if (is_new) at->second = hash(samples[candidate.sample].path);
    candidate.key = at->second.value_or(0);
    return !at->second;
  });
}

}  // namespace

Duplicates find_duplicates(const std::vector<Sample>& train,
                           const std::vector<Sample>& validation) {
  std::vector<Candidate> to_train = candidates(train);
  std::vector<Candidate> to_judge = candidates(validation);
  keep_common(to_train, to_judge);
  const bool are_pixels = !train.empty() && train.front().idx;
  for (const Hash hash : {hash_of_end, hash_of_all}) {
    if (are_pixels) break;
    std::map<File, std::optional<uint64_t>> known;
    refine(to_train, train, hash, known);
    refine(to_judge, validation, hash, known);
    keep_common(to_train, to_judge);
  }
  if (to_judge.empty()) return {};
  const Candidate& first = to_judge.front();
  const auto equal = std::find_if(to_train.begin(), to_train.end(),
                                  [&](const Candidate& other) { return other.key == first.key; });
  return {to_judge.size(), first.sample, equal->sample};
}

}  // namespace tailor::io
