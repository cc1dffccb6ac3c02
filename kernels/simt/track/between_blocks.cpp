#include "kernels/simt/track/between_blocks.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "kernels/simt/findings.h"
#include "kernels/simt/symbols.h"
#include "kernels/simt/track/arena.h"
#include "kernels/simt/track/block_tracker.h"

namespace tailor::simt {
namespace {

/// An access by some block to the bytes in question. turn is 0 when there was none.
struct Visit {
  uint32_t turn = 0;
  uint16_t thread = 0;
  uint32_t pc = 0;
};

/// The first and the last block that read, and that wrote, some bytes.
struct Visits {
  Visit first_read, last_read, first_write, last_write;

  void add(const GlobalCell& cell) {
    keep_first(first_read, {cell.first_read, cell.first_read_thread, cell.first_read_pc});
    keep_first(first_write, {cell.first_write, cell.first_write_thread, cell.first_write_pc});
    const bool set_reads = cell.set_kind == Access::read && cell.set_form != Cell::Form::extended;
    keep_last(last_read, set_reads && cell.last_read != cell.first_read
                             ? Visit{cell.last_read, cell.set_thread, cell.set_pc}
                             : Visit{cell.last_read, cell.first_read_thread, cell.first_read_pc});
    keep_last(last_write,
              cell.last_write != cell.first_write
                  ? Visit{cell.last_write, cell.write_thread, cell.write_pc}
                  : Visit{cell.last_write, cell.first_write_thread, cell.first_write_pc});
  }

 private:
  static void keep_first(Visit& kept, const Visit& other) {
    if (other.turn != 0 && (kept.turn == 0 || other.turn < kept.turn)) kept = other;
  }
  static void keep_last(Visit& kept, const Visit& other) {
    if (other.turn > kept.turn) kept = other;
  }
};

struct Conflict {
  size_t offset;
  Access kind, other_kind;
  Visit visit, other;

  auto key() const { return std::tie(offset, visit.turn, other.turn, kind, other_kind); }
  /// A total order, for logs come in the order of the host's threads.
  bool operator<(const Conflict& more) const {
    const auto places = [](const Conflict& c) {
      return std::tie(c.visit.thread, c.visit.pc, c.other.thread, c.other.pc);
    };
    return std::tuple(key(), places(*this)) < std::tuple(more.key(), places(more));
  }
};

const char* name_of(Access kind) {
  return kind == Access::read ? "read" : kind == Access::write ? "write" : "atomic";
}

class Judge {
 public:
  explicit Judge(const Launch& launch) : launch_(launch) {}

  void compare(const AllTrackers& trackers) {
    trackers_ = &trackers;
    for (BlockTracker* tracker : *trackers_) {
      for (const BlockAccess& access : tracker->log().atomics) {
        each_part(access, [&](size_t offset, unsigned, const Visits& visits) {
          against(access, offset, visits.first_write, Access::write);
          against(access, offset, visits.last_write, Access::write);
          against(access, offset, visits.first_read, Access::read);
          against(access, offset, visits.last_read, Access::read);
        });
      }
      for (const BlockAccess& access : tracker->log().late) judge_late(access);
    }
    judge_logged();
    for (BlockTracker* tracker : *trackers_) {
      for (const BlockAccess& access : tracker->log().unwritten) judge_unwritten(access);
    }
    for (BlockTracker* tracker : *trackers_) {
      for (const size_t granule : tracker->log().written) judge_granule(granule);
    }
    for (BlockTracker* tracker : *trackers_) tracker->end_launch();
  }

  void tell() {
    std::sort(conflicts_.begin(), conflicts_.end());
    // One for two blocks and some bytes, however often they meet there.
    conflicts_.erase(
        std::unique(conflicts_.begin(), conflicts_.end(),
                    [](const Conflict& a, const Conflict& b) { return a.key() == b.key(); }),
        conflicts_.end());
    std::sort(unwritten_.begin(), unwritten_.end(), [](const BlockAccess& a, const BlockAccess& b) {
      return std::tie(a.turn, a.offset) < std::tie(b.turn, b.offset);
    });
    std::map<std::tuple<uint32_t, uint32_t>, Incident> told;  // one for each pair of places
    for (const Conflict& c : conflicts_) {
      Incident& incident = told[{c.visit.pc, c.other.pc}];
      if (incident.kind != nullptr) {
        ++incident.count;
        continue;
      }
      incident = {"race", spot(c.visit),
                  std::string(name_of(c.kind)) + " of " +
                      Arena::one().describe(Arena::one().base() + c.offset) + " races with the " +
                      name_of(c.other_kind) + " by another block at",
                  true, spot(c.other)};
    }
    std::map<uint32_t, Incident> reads;
    for (const BlockAccess& access : unwritten_) {
      Incident& incident = reads[access.pc];
      if (incident.kind != nullptr) {
        ++incident.count;
        continue;
      }
      incident = {"uninitialised", spot({access.turn, access.thread, access.pc}),
                  "reads " + Arena::one().describe(Arena::one().base() + access.offset) +
                      ", which was never written"};
    }
    std::vector<Incident> all;
    all.reserve(told.size() + reads.size());
    for (auto& [pcs, incident] : told) all.push_back(std::move(incident));
    for (auto& [pc, incident] : reads) all.push_back(std::move(incident));
    findings().add(all);
  }

 private:
  /// Calls each(offset, bytes, visits) for the parts of these bytes that all cells agree on.
  template <class Each>
  void each_part(const BlockAccess& access, const Each& each) const {
    for (size_t at = access.offset; at < access.offset + access.bytes;) {
      Visits visits;
      size_t end = access.offset + access.bytes;
      for (const BlockTracker* tracker : *trackers_) {
        const ShadowMap<GlobalCell>& cells = tracker->global_cells();
        const Granule& granule = cells.granule(at);
        const size_t begin = at - at % kGranule;
        end = std::min(end, begin + kGranule);
        if (granule.tag != tracker->launch_tag()) continue;
        const unsigned unit = cells.unit_begin(granule, at % kGranule);
        visits.add(cells.cell(begin + unit));
        end = std::min(end, begin + unit + cells.unit_bytes(granule, unit));
      }
      each(at, static_cast<unsigned>(end - at), visits);
      at = end;
    }
  }

  void against(const BlockAccess& access, size_t offset, const Visit& other, Access kind) {
    if (other.turn == 0 || other.turn == access.turn) return;
    if (access.after != nullptr && access.after->has(other.turn)) return;
    add(offset, access.kind, {access.turn, access.thread, access.pc}, kind, other);
  }

  /// Against what other blocks did before any fence of theirs, and not after an acquiring atomic.
  void judge_late(const BlockAccess& access) {
    each_part(access, [&](size_t offset, unsigned, const Visits& visits) {
      against(access, offset, visits.first_write, Access::write);
      against(access, offset, visits.last_write, Access::write);
      if (access.kind == Access::read) return;
      against(access, offset, visits.first_read, Access::read);
      against(access, offset, visits.last_read, Access::read);
    });
  }

  /// Accesses that were logged one by one, among themselves.
  void judge_logged() {
    for (const BlockTracker* tracker : *trackers_) {
      const BlockLog& log = tracker->log();
      logged_.insert(logged_.end(), log.late.begin(), log.late.end());
      logged_.insert(logged_.end(), log.atomics.begin(), log.atomics.end());
    }
    std::sort(logged_.begin(), logged_.end(), by_granule);
    for (auto begin = logged_.begin(); begin != logged_.end();) {
      const auto end = std::upper_bound(begin, logged_.end(), *begin, by_granule);
      const auto reads = std::partition(
          begin, end, [](const BlockAccess& access) { return access.kind == Access::write; });
      const auto atomics = std::partition(
          reads, end, [](const BlockAccess& access) { return access.kind == Access::read; });
      for (auto access = begin; access != atomics; ++access) {
        for (auto other = access < reads ? access + 1 : atomics; other != end; ++other) {
          judge_pair(*access, *other);
        }
      }
      begin = end;
    }
  }

  void judge_pair(const BlockAccess& a, const BlockAccess& b) {
    if (a.turn == b.turn || !overlap(a, b)) return;
    const BlockAccess& before = a.turn < b.turn ? a : b;
    const BlockAccess& after = a.turn < b.turn ? b : a;
    // An atomic that was seen by a later one is before what follows that, whatever it released.
    if (after.after != nullptr && after.after->has(before.turn) &&
        (before.kind == Access::atomic || before.time < releases().time[before.turn])) {
      return;
    }
    add(std::max(a.offset, b.offset), after.kind, {after.turn, after.thread, after.pc}, before.kind,
        {before.turn, before.thread, before.pc});
  }

  static bool by_granule(const BlockAccess& a, const BlockAccess& b) {
    return a.offset / kGranule < b.offset / kGranule;
  }
  static bool overlap(const BlockAccess& a, const BlockAccess& b) {
    return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  }

  /// What another block wrote in this launch is a race, or in order; either way it is told there.
  void judge_unwritten(const BlockAccess& access) {
    bool by_other = false;
    each_part(access, [&](size_t, unsigned, const Visits& visits) {
      for (const Visit& write : {visits.first_write, visits.last_write}) {
        by_other |= write.turn != 0 && write.turn != access.turn;
      }
    });
    const auto [first, last] = std::equal_range(logged_.begin(), logged_.end(), access, by_granule);
    by_other |= std::any_of(first, last, [&](const BlockAccess& other) {
      return other.kind != Access::read && other.turn != access.turn && overlap(access, other);
    });
    if (!by_other) unwritten_.push_back(access);
  }

  void judge_granule(size_t index) {
    const size_t begin = index * kGranule;
    bool judged = true;
    for (const BlockTracker* tracker : *trackers_) {
      judged &= tracker->global_cells().granule(begin).tag != tracker->launch_tag();
    }
    if (judged) return;
    const BlockAccess whole{begin, kGranule, Access::write, 0, 0, 0, 0, nullptr};
    each_part(whole, [&](size_t offset, unsigned, const Visits& v) {
      if (v.first_write.turn == 0) return;
      if (v.first_write.turn != v.last_write.turn) {
        add(offset, Access::write, v.last_write, Access::write, v.first_write);
      } else if (v.first_read.turn != 0 && v.first_read.turn != v.first_write.turn) {
        add(offset, Access::read, v.first_read, Access::write, v.first_write);
      } else if (v.last_read.turn != 0 && v.last_read.turn != v.first_write.turn) {
        add(offset, Access::read, v.last_read, Access::write, v.first_write);
      }
    });
    for (const BlockTracker* tracker : *trackers_) {
      tracker->global_cells().granule(begin).tag = 0;  // so that it is judged once
    }
  }

  void add(size_t offset, Access kind, const Visit& visit, Access other_kind, const Visit& other) {
    if (visit.turn < other.turn) {
      conflicts_.push_back({offset, other_kind, kind, other, visit});
    } else {
      conflicts_.push_back({offset, kind, other_kind, visit, other});
    }
  }

  Spot spot(const Visit& visit) const {
    return {launch_.block_at(visit.turn - 1), visit.thread, own_module().base + visit.pc};
  }

  const Launch& launch_;
  const AllTrackers* trackers_ = nullptr;
  std::vector<Conflict> conflicts_;
  std::vector<BlockAccess> logged_;  ///< sorted by granule
  std::vector<BlockAccess> unwritten_;
};

}  // namespace

void BlockLog::clear() {
  atomics.clear();
  late.clear();
  unwritten.clear();
  written.clear();
}

void judge_between_blocks(const Launch& launch) {
  Judge judge(launch);
  {
    const AllTrackers trackers;
    judge.compare(trackers);
  }
  judge.tell();  // names memory, whose lock must not be taken behind that of the trackers
  releases() = {};
}

}  // namespace tailor::simt
