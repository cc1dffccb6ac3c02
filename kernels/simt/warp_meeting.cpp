// Lanes of a warp that meet in a shuffle, a vote or __syncwarp, and what keeps them from it.
#include <bit>
#include <string>

#include "kernels/simt/block_runner.h"
#include "kernels/simt/hooks.h"
#include "kernels/simt/matrices.h"

namespace tailor::simt {
namespace {

const char* name_of(WarpOperation operation) {
  switch (operation) {
    case WarpOperation::sync:
      return "__syncwarp";
    case WarpOperation::ballot:
      return "a vote";
    case WarpOperation::load_matrices:
    case WarpOperation::load_matrices_transposed:
      return "load_matrices";
    case WarpOperation::multiply_matrices:
      return "multiply_matrices";
    default:
      return "a shuffle";
  }
}

/// The lane whose value a lane of a shuffle gets (CUDA C++ Programming Guide, warp shuffles). What
/// is no lane, or in a part behind its own, is the lane itself; distances have no sign.
int source_lane(const Thread& thread, int lane) {
  const int first = lane & ~(thread.width - 1);
  const auto distance = static_cast<unsigned>(thread.argument);
  const auto behind = static_cast<unsigned>(first + thread.width);
  switch (thread.operation) {
    case WarpOperation::from_lane:
      return first + (thread.argument & (thread.width - 1));
    case WarpOperation::from_below:
      return distance > static_cast<unsigned>(lane - first) ? lane : lane - thread.argument;
    case WarpOperation::from_above:
      return distance >= behind - static_cast<unsigned>(lane) ? lane : lane + thread.argument;
    case WarpOperation::from_xor:
      return static_cast<unsigned>(lane ^ thread.argument) >= behind ? lane
                                                                     : lane ^ thread.argument;
    default:
      return lane;
  }
}

bool is_on_matrices(WarpOperation operation) { return operation >= WarpOperation::load_matrices; }

bool meets(const Thread& thread, const Thread& other) {
  return other.state == ThreadState::in_warp && other.mask == thread.mask &&
         other.operation == thread.operation;
}

std::string in_hex(unsigned mask) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", mask);
  return text;
}

}  // namespace

uint64_t BlockRunner::meet_warp(WarpOperation operation, unsigned mask, uint64_t value,
                                int argument, int width, Place place) {
  Thread& self = *current_;
  self.operation = operation;
  self.mask = mask;
  self.value = value;
  self.argument = argument;
  self.width = width;
  self.place = place;
  if ((mask >> (self.id % kLanes) & 1) == 0) {
    const hooks::Quiet quiet;
    add(incident_at("lane mask", self,
                    std::string(name_of(operation)) + " with mask " + in_hex(mask) +
                        ", which leaves out lane " + std::to_string(self.id % kLanes) +
                        " that calls it"));
    stop_block();
  }
  if (width > static_cast<int>(kLanes) || !std::has_single_bit(static_cast<unsigned>(width))) {
    const hooks::Quiet quiet;
    add(incident_at(
        "lane mask", self,
        "a shuffle of width " + std::to_string(width) + ", which is no power of two up to 32"));
    stop_block();
  }
  self.state = ThreadState::in_warp;
  const unsigned first = self.id - self.id % kLanes;
  bool complete = true;
  for (unsigned lanes = mask; lanes != 0 && complete; lanes &= lanes - 1) {
    const unsigned id = first + static_cast<unsigned>(std::countr_zero(lanes));
    complete = id < launch_->threads && meets(self, threads_[id]);
  }
  if (complete) {
    exchange(first, mask);
    self.state = ThreadState::ready;
  } else {
    leave();
  }
  return self.result;
}

/// All lanes of the mask are there: gives each its result and lets it go on.
void BlockRunner::exchange(unsigned first, unsigned mask) {
  Thread* warp = &threads_[first];
  const WarpOperation operation = current_->operation;
  if (is_on_matrices(operation)) {
    std::array<const MatrixPart*, kLanes> parts;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      parts[lane] = std::bit_cast<const MatrixPart*>(warp[lane].value);
      if (&warp[lane] != current_) ready(warp[lane]);
    }
    return work_on_matrices(operation, parts.data());
  }
  unsigned ballot = 0;
  if (operation == WarpOperation::ballot) {
    for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1) {
      const int lane = std::countr_zero(lanes);
      if (warp[lane].value != 0) ballot |= 1U << lane;
    }
  }
  for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    Thread& thread = warp[lane];
    if (operation == WarpOperation::ballot) {
      thread.result = ballot;
    } else {
      const int source = source_lane(thread, lane);
      if ((mask >> source & 1) == 0) {
        const hooks::Quiet quiet;
        add(incident_at("lane mask", thread,
                        "a shuffle reads lane " + std::to_string(source) + ", which its mask " +
                            in_hex(mask) + " leaves out"));
        thread.result = thread.value;
      } else {
        thread.result = warp[source].value;
      }
    }
    if (&thread != current_) ready(thread);
  }
  if (operation == WarpOperation::sync) hooks::sync_warp(*this, first, mask);
}

/// Some threads wait for something that will not come: says what.
void BlockRunner::explain_stuck() {
  const hooks::Quiet quiet;
  const unsigned threads = launch_->threads;
  for (unsigned id = 0; id < threads; ++id) {
    if (threads_[id].state == ThreadState::in_warp && explain_warp(threads_[id])) return;
  }
  const Thread* waiting = nullptr;
  const Thread* gone = nullptr;
  for (unsigned id = threads; id-- > 0;) {
    if (threads_[id].state == ThreadState::at_barrier) waiting = &threads_[id];
    if (threads_[id].state == ThreadState::left) gone = &threads_[id];
  }
  if (waiting != nullptr && gone != nullptr) {
    add(incident_at("barrier", *waiting,
                    "waits at __syncthreads, which thread " + std::to_string(gone->id) +
                        " has left the kernel without reaching"));
  }
}

bool BlockRunner::explain_warp(const Thread& waiting) {
  const unsigned first = waiting.id - waiting.id % kLanes;
  const std::string what = std::string("waits in ") + name_of(waiting.operation) + " with mask " +
                           in_hex(waiting.mask) + " for lane ";
  for (unsigned lanes = waiting.mask; lanes != 0; lanes &= lanes - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
    const std::string who = what + std::to_string(lane);
    if (first + lane >= launch_->threads) {
      add(incident_at("lane mask", waiting, who + ", which the block does not have"));
      return true;
    }
    const Thread& other = threads_[first + lane];
    if (other.state == ThreadState::left) {
      add(incident_at("lane mask", waiting, who + ", which has left the kernel"));
      return true;
    }
    if (!meets(waiting, other)) {
      Incident incident = incident_at("lane mask", waiting, who + ", which waits at");
      incident.paired = true;
      incident.other = {block_, other.id, 0, other.place.file_name(), other.place.line()};
      add(std::move(incident));
      return true;
    }
  }
  return false;
}

}  // namespace tailor::simt
