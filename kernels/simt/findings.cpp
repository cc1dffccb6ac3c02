#include "kernels/simt/findings.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "kernels/simt/symbols.h"

namespace tailor::simt {
namespace {

/// Past this many different ones of a launch, more would help nobody.
constexpr size_t kMostOfLaunch = 64;

std::string position(unsigned index, const dim3& size) {
  if (size.y == 1 && size.z == 1) return std::to_string(index);
  std::string text =
      "(" + std::to_string(index % size.x) + "," + std::to_string(index / size.x % size.y);
  if (size.z != 1) text += "," + std::to_string(index / size.x / size.y);
  return text + ")";
}

std::string place_of(const Spot& spot) {
  if (spot.pc != 0) return source_place(spot.pc);
  if (spot.file == nullptr) return "";
  return plain_place(spot.file) + ":" + std::to_string(spot.line);
}

}  // namespace

Findings& findings() {
  static Findings all;
  return all;
}

void Findings::add(std::vector<Incident>& incidents) {
  if (incidents.empty()) return;
  const std::lock_guard lock(mutex_);
  std::move(incidents.begin(), incidents.end(), std::back_inserter(running_));
  incidents.clear();
}

void Findings::end_launch(const Launch& launch) {
  if (running_.empty()) return;
  const std::lock_guard lock(mutex_);
  std::stable_sort(running_.begin(), running_.end(), [](const Incident& a, const Incident& b) {
    return a.spot.block < b.spot.block;
  });
  const size_t first = entries_.size();
  for (Incident& incident : running_) {
    const auto same = [&](const Entry& entry) {
      const Incident& known = entry.incident;
      return known.kind == incident.kind && known.spot.same_place(incident.spot) &&
             known.other.same_place(incident.other);
    };
    const auto found =
        std::find_if(entries_.begin() + static_cast<ptrdiff_t>(first), entries_.end(), same);
    if (found != entries_.end()) {
      found->incident.count += incident.count;
    } else if (entries_.size() - first < kMostOfLaunch) {
      entries_.push_back({launch.call.kernel, launch.grid, launch.block, std::move(incident)});
    }
  }
  running_.clear();
}

/// "kernel: file.cu:12, block 0, thread 5: what it did [file.cu:10, block 0, thread 3]"
std::string Findings::text_of(const Entry& entry) {
  const auto spot = [&](const Spot& at) {
    if (at.pc == 0 && at.file == nullptr) return "block " + position(at.block, entry.grid);
    return place_of(at) + ", block " + position(at.block, entry.grid) + ", thread " +
           position(at.thread, entry.block);
  };
  const Incident& incident = entry.incident;
  std::string text = kernel_name(entry.kernel) + ": " + spot(incident.spot) + ": " + incident.note;
  if (incident.paired) text += " " + spot(incident.other);
  return text;
}

std::vector<Finding> Findings::take() {
  const std::lock_guard lock(mutex_);
  // Different instructions of one line are one finding.
  std::vector<Finding> all;
  std::map<std::string, size_t> known;
  const std::vector<Entry> entries = std::exchange(entries_, {});
  std::vector<uintptr_t> pcs;
  for (const Entry& entry : entries) {
    for (const Spot& spot : {entry.incident.spot, entry.incident.other}) {
      if (spot.pc != 0) pcs.push_back(spot.pc);
    }
  }
  load_source_places(pcs);
  for (const Entry& entry : entries) {
    const Incident& incident = entry.incident;
    const std::string key = std::string(incident.kind) + '\n' + kernel_name(entry.kernel) + '\n' +
                            place_of(incident.spot) + '\n' +
                            (incident.paired ? place_of(incident.other) : "");
    const auto [at, fresh] = known.try_emplace(key, all.size());
    if (fresh) {
      all.push_back({incident.kind, text_of(entry), incident.count});
    } else {
      all[at->second].count += incident.count;
    }
  }
  return all;
}

}  // namespace tailor::simt
