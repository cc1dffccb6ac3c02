#include "kernels/simt/track/counters.h"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "kernels/simt/symbols.h"

namespace tailor::simt {
namespace {

constexpr unsigned kSector = 32;
constexpr unsigned kBanks = 32;
constexpr unsigned kBank = 4;

struct Totals {
  std::mutex mutex;
  // By kernel, instruction, kind and memory.
  std::map<std::tuple<const void*, uint32_t, Access, bool>, SiteCounters> sites;
  std::map<std::tuple<const void*, std::string>, uint64_t> barriers;
};

Totals& totals() {
  static Totals all;
  return all;
}

void add(SiteCounters& to, const SiteCounters& more) {
  to.requests += more.requests;
  to.bytes += more.bytes;
  to.sectors += more.sectors;
  to.ideal_sectors += more.ideal_sectors;
  to.wavefronts += more.wavefronts;
  to.divergent += more.divergent;
}

/// How many different numbers there are; sorts them.
template <class Iterator>
size_t distinct(Iterator begin, Iterator end) {
  std::sort(begin, end);
  return static_cast<size_t>(std::unique(begin, end) - begin);
}

const char* kind_name(Access kind, bool shared) {
  static constexpr const char* kNames[2][3] = {{"global read", "global write", "global atomic"},
                                               {"shared read", "shared write", "shared atomic"}};
  return kNames[shared ? 1 : 0][static_cast<int>(kind)];
}

}  // namespace

void Counters::begin_block(const BlockRunner& runner) {
  end_requests();  // of a block that was stopped
  const unsigned threads = runner.launch().threads;
  for (unsigned warp = 0; warp * kLanes < threads; ++warp) {
    const unsigned lanes = std::min(kLanes, threads - warp * kLanes);
    living_[warp] = lanes == kLanes ? ~0U : (1U << lanes) - 1;
  }
}

Counters::Site& Counters::site_of(const Now& access) {
  const uint64_t key =
      uint64_t{access.pc} << 3 | static_cast<uint64_t>(access.kind) << 1 | (access.shared ? 1 : 0);
  const auto [at, fresh] = index_.try_emplace(key, sites_.size());
  if (fresh) sites_.push_back({access.pc, access.kind, access.shared, {}, {}, {}});
  if (sites_[at->second].requests.empty()) active_.push_back(at->second);
  return sites_[at->second];
}

void Counters::add(const Now& access, unsigned size, uintptr_t offset) {
  Site& site = site_of(access);
  warp_ = access.thread / kLanes;
  const unsigned lane = access.thread % kLanes;
  const uint32_t nth = site.accesses[lane]++;
  if (site.requests.size() <= nth) site.requests.resize(nth + 1);
  Request& request = site.requests[nth];
  request.size = size;
  request.lanes |= 1U << lane;
  request.address[lane] = offset;
}

void Counters::end_requests() {
  for (const size_t index : active_) {
    Site& site = sites_[index];
    sum(site, living_[warp_]);
    site.requests.clear();
    site.accesses = {};
  }
  active_.clear();
}

void Counters::end_warp(BlockRunner& runner, unsigned warp) {
  end_requests();
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const unsigned id = warp * kLanes + lane;
    if (id < runner.launch().threads && runner.thread(id).state == ThreadState::left) {
      living_[warp] &= ~(1U << lane);
    }
  }
}

void Counters::sum(Site& site, uint32_t living) const {
  for (const Request& request : site.requests) {
    SiteCounters& sums = site.sums;
    ++sums.requests;
    sums.bytes += static_cast<uint64_t>(std::popcount(request.lanes)) * request.size;
    sums.divergent += request.lanes != living ? 1 : 0;
    std::array<uintptr_t, kLanes * 16 / kBank + kLanes> units;
    if (!site.shared) {
      size_t count = 0;
      std::array<uintptr_t, kLanes> starts;
      size_t lanes = 0;
      for (uint32_t left = request.lanes; left != 0; left &= left - 1) {
        const uintptr_t address = request.address[static_cast<unsigned>(std::countr_zero(left))];
        starts[lanes++] = address;
        units[count++] = address / kSector;  // no access crosses a sector: all are aligned
      }
      sums.sectors += distinct(units.begin(), units.begin() + count);
      const size_t bytes = distinct(starts.begin(), starts.begin() + lanes) * request.size;
      sums.ideal_sectors += (bytes + kSector - 1) / kSector;
      continue;
    }
    // 8- and 16-byte accesses go by halves and quarters of the warp.
    const unsigned step = kLanes / std::max(1U, request.size / kBank);
    for (unsigned first = 0; first < kLanes; first += step) {
      size_t count = 0;
      for (unsigned lane = first; lane < first + step; ++lane) {
        if ((request.lanes >> lane & 1) == 0) continue;
        const uintptr_t begin = request.address[lane] / kBank;
        const uintptr_t end = (request.address[lane] + request.size - 1) / kBank;
        for (uintptr_t word = begin; word <= end; ++word) units[count++] = word;
      }
      const size_t words = distinct(units.begin(), units.begin() + count);
      std::array<unsigned, kBanks> in_bank{};
      unsigned most = 0;
      for (size_t i = 0; i < words; ++i) most = std::max(most, ++in_bank[units[i] % kBanks]);
      sums.wavefronts += most;
    }
  }
}

void Counters::barrier(BlockRunner& runner) {
  const Place place = runner.thread(0).place;
  const uint64_t warps = (runner.launch().threads + kLanes - 1) / kLanes;
  for (auto& [known, requests] : barriers_) {
    if (known.line() == place.line() && known.file_name() == place.file_name()) {
      requests += warps;
      return;
    }
  }
  barriers_.emplace_back(place, warps);
}

void Counters::end_share(const BlockRunner& runner) {
  end_requests();
  Totals& all = totals();
  const std::lock_guard lock(all.mutex);
  const void* kernel = runner.launch().call.kernel;
  for (const Site& site : sites_) {
    simt::add(all.sites[{kernel, site.pc, site.kind, site.shared}], site.sums);
  }
  for (const auto& [place, requests] : barriers_) {
    all.barriers[{kernel, plain_place(place.file_name()) + ":" + std::to_string(place.line())}] +=
        requests;
  }
  sites_.clear();
  index_.clear();
  barriers_.clear();
}

std::vector<LineCounters> take_line_counters() {
  Totals& all = totals();
  const std::lock_guard lock(all.mutex);
  std::vector<uintptr_t> pcs;
  pcs.reserve(all.sites.size());
  for (const auto& [key, sums] : all.sites) {
    pcs.push_back(own_module().base + std::get<uint32_t>(key));
  }
  load_source_places(pcs);
  // Instructions of one line are one row.
  std::map<std::tuple<std::string, std::string, std::string>, LineCounters> lines;
  for (const auto& [key, sums] : all.sites) {
    const auto& [kernel, pc, kind, shared] = key;
    LineCounters line{kernel_name(kernel), source_line(own_module().base + pc),
                      kind_name(kind, shared)};
    LineCounters& row = lines.try_emplace({line.kernel, line.place, line.kind}, line).first->second;
    row.requests += sums.requests;
    row.bytes += sums.bytes;
    row.sectors += sums.sectors;
    row.ideal_sectors += sums.ideal_sectors;
    row.wavefronts += sums.wavefronts;
    row.divergent += sums.divergent;
  }
  for (const auto& [key, requests] : all.barriers) {
    const auto& [kernel, place] = key;
    LineCounters line{kernel_name(kernel), place, "barrier"};
    lines.try_emplace({line.kernel, line.place, line.kind}, line).first->second.requests +=
        requests;
  }
  all.sites.clear();
  all.barriers.clear();
  std::vector<LineCounters> rows;
  rows.reserve(lines.size());
  for (auto& [key, row] : lines) rows.push_back(std::move(row));
  return rows;
}

}  // namespace tailor::simt
