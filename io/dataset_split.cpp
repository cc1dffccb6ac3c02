#include "io/dataset_split.h"

#include <algorithm>
#include <map>
#include <queue>
#include <utility>

#include "io/shuffle.h"

namespace tailor::io {
namespace {

/// Steps of Stream::split, so that the two draws are independent.
enum Draw : uint32_t { kValidation, kSubset };

using Positions = std::vector<size_t>;

/// Positions of each label's samples.
std::map<int64_t, Positions> by_label(const std::vector<Sample>& samples) {
  std::map<int64_t, Positions> groups;
  for (size_t i = 0; i < samples.size(); ++i) groups[samples[i].label].push_back(i);
  return groups;
}

/// Marks `quota` random samples of one class.
void draw(const Positions& group, size_t quota, uint64_t seed, int64_t label, Draw step,
          std::vector<bool>& chosen) {
  const auto order =
      random_order(group.size(), seed, Stream::split, static_cast<uint32_t>(label), step);
  for (size_t i = 0; i < quota; ++i) chosen[group[order[i]]] = true;
}

/// How many of `count` places each class gets: one each, the others by the method of Sainte-Lague,
/// always to the class with the largest n / (2 places + 1), which never exceeds n.
std::map<int64_t, size_t> quotas_of(const std::map<int64_t, Positions>& groups, size_t count) {
  struct Claim {
    int64_t label;
    size_t n;
    size_t places;
    bool operator<(const Claim& other) const {  // the queue's top is the largest
      const size_t mine = n * (2 * other.places + 1);
      const size_t theirs = other.n * (2 * places + 1);
      return mine != theirs ? mine < theirs : label > other.label;
    }
  };
  const size_t at_first = count >= groups.size() ? 1 : 0;
  std::priority_queue<Claim> claims;
  for (const auto& [label, positions] : groups) claims.push({label, positions.size(), at_first});
  for (size_t given = at_first * groups.size(); given < count; ++given) {
    Claim claim = claims.top();
    claims.pop();
    ++claim.places;
    claims.push(claim);
  }
  std::map<int64_t, size_t> quotas;
  for (; !claims.empty(); claims.pop()) quotas[claims.top().label] = claims.top().places;
  return quotas;
}

}  // namespace

void split_validation(Dataset& dataset, uint64_t seed) {
  std::vector<bool> chosen(dataset.train.size());
  for (const auto& [label, positions] : by_label(dataset.train)) {
    const size_t n = positions.size();
    const size_t quota = n < 2 ? 0 : std::max<size_t>(1, (n + 2) / 5);
    draw(positions, quota, seed, label, kValidation, chosen);
  }
  std::vector<Sample> train;
  for (size_t i = 0; i < chosen.size(); ++i) {
    (chosen[i] ? dataset.validation : train).push_back(std::move(dataset.train[i]));
  }
  dataset.train = std::move(train);
}

std::vector<Sample> stratified_subset(const std::vector<Sample>& samples, size_t count,
                                      uint64_t seed) {
  if (count >= samples.size()) return samples;
  const auto groups = by_label(samples);
  std::vector<bool> chosen(samples.size());
  for (const auto& [label, quota] : quotas_of(groups, count)) {
    draw(groups.at(label), quota, seed, label, kSubset, chosen);
  }
  std::vector<Sample> subset;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (chosen[i]) subset.push_back(samples[i]);
  }
  return subset;
}

}  // namespace tailor::io
