#include "kernels/simt/block_runner.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <ranges>
#include <utility>

#include "kernels/simt/hooks.h"

namespace tailor::simt {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): a good number for each seed.
uint64_t mixed(uint64_t seed) {
  uint64_t x = seed + 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

template <class Array>
void order(Array& items, unsigned count, ThreadOrder how, uint64_t seed) {
  std::iota(items.begin(), items.begin() + count, uint8_t{0});
  if (how == ThreadOrder::descending) std::reverse(items.begin(), items.begin() + count);
  if (how != ThreadOrder::shuffled) return;
  for (unsigned left = count; left > 1; --left) {
    seed = mixed(seed);
    std::swap(items[left - 1], items[seed % left]);
  }
}

uint3 unflatten(unsigned index, const dim3& size) {
  return {index % size.x, index / size.x % size.y, index / size.x / size.y};
}

bool same(const Place& a, const Place& b) {
  return a.line() == b.line() && a.column() == b.column() && a.file_name() == b.file_name();
}

char* allocate_shared(size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 128, std::max<size_t>(bytes, 1)) != 0) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

}  // namespace

unsigned Launch::block_at(unsigned turn) const {
  if (order == ThreadOrder::ascending) return turn;
  if (order == ThreadOrder::descending) return blocks - 1 - turn;
  // A step without a common divisor reaches all.
  uint64_t step = seed % blocks;
  while (std::gcd(step, uint64_t{blocks}) != 1) ++step;
  return static_cast<unsigned>((seed / blocks + turn * step) % blocks);
}

BlockRunner::BlockRunner()
    : stacks_(kMaxThreads), dynamic_shared_(allocate_shared(kMaxSharedBytes), &std::free) {
  for (unsigned id = 0; id < kMaxThreads; ++id) threads_[id].id = id;
}

constinit thread_local BlockRunner* BlockRunner::t_here = nullptr;

BlockRunner& BlockRunner::of_host_thread() {
  thread_local BlockRunner runner;
  t_here = &runner;
  return runner;
}

void BlockRunner::begin(const Launch& launch) {
  launch_ = &launch;
  warps_ = (launch.threads + kLanes - 1) / kLanes;
#ifdef __SANITIZE_ADDRESS__
  dynamic_shared_.reset(allocate_shared(launch.shared_bytes));  // so that its end is guarded
#endif
  for (unsigned id = 0; id < launch.threads; ++id) {
    threads_[id].index = unflatten(id, launch.block);
  }
}

void BlockRunner::order_threads() {
  const uint64_t seed = launch_->seed ^ mixed(block_);
  order(warp_at_, warps_, launch_->order, seed);
  order(lane_at_, kLanes, launch_->order, ~seed);
  for (unsigned turn = 0; turn < warps_; ++turn)
    turn_of_warp_[warp_at_[turn]] = static_cast<uint8_t>(turn);
  for (unsigned turn = 0; turn < kLanes; ++turn)
    turn_of_lane_[lane_at_[turn]] = static_cast<uint8_t>(turn);
}

void BlockRunner::run_block(unsigned turn, unsigned block) {
  block_turn_ = turn;
  block_ = block;
  block_index_ = unflatten(block, launch_->grid);
  order_threads();
  left_ = at_barrier_ = 0;
  votes_ = 0;
  ready_ = {};
  for (unsigned id = 0; id < launch_->threads; ++id) {
    copies_[id].clear();
    ready(threads_[id]);
  }
  turn_ = {0, kLanes - 1};
  hooks::begin_block(*this);

  current_ = next();
  current_->fiber = take_fiber();
  Fiber::change(host_, *current_->fiber);

  current_ = nullptr;
  for (unsigned id = 0; id < launch_->threads; ++id) {  // what stop_block() left behind
    if (Fiber* fiber = std::exchange(threads_[id].fiber, nullptr)) {
      fiber->restart();
      idle_.push_back(fiber);
    }
  }
  hooks::end_block(*this);
}

/// The life of a fiber: one thread after another, as long as they need not wait for each other.
void BlockRunner::run_threads() {
  BlockRunner& runner = *t_here;
  for (;;) {
    runner.launch_->call.call(runner.launch_->call.frame);
    runner.finish();
  }
}

Fiber* BlockRunner::take_fiber() {
  if (idle_.empty()) {
    fibers_.push_back(std::make_unique<Fiber>(stacks_.stack(fibers_.size()), run_threads));
    return fibers_.back().get();
  }
  Fiber* fiber = idle_.back();
  idle_.pop_back();
  return fiber;
}

void BlockRunner::ready(Thread& thread) {
  thread.state = ThreadState::ready;
  ready_[turn_of_warp_[thread.id / kLanes]] |= 1U << turn_of_lane_[thread.id % kLanes];
}

Thread* BlockRunner::next() {
  for (;;) {
    for (; turn_.warp < warps_; ++turn_.warp, turn_.lane = kLanes - 1) {
      uint32_t& lanes = ready_[turn_.warp];
      if (lanes == 0) {
        hooks::warp_waits(*this, warp_at_[turn_.warp]);
        continue;
      }
      const uint32_t after = lanes & ~((2U << turn_.lane) - 1);
      turn_.lane = static_cast<unsigned>(std::countr_zero(after != 0 ? after : lanes));
      lanes &= ~(1U << turn_.lane);
      return &threads_[warp_at_[turn_.warp] * kLanes + lane_at_[turn_.lane]];
    }
    if (!settle()) return nullptr;
    turn_ = {0, kLanes - 1};
  }
}

/// Nobody can go on: opens the barrier if all threads are there. False when the block has ended.
bool BlockRunner::settle() {
  const unsigned threads = launch_->threads;
  if (left_ == threads) return false;
  if (at_barrier_ != threads) {
    explain_stuck();
    return false;
  }
  const Thread& first = threads_[0];
  for (unsigned id = 1; id < threads; ++id) {
    const Place& place = threads_[id].place;
    if (!same(place, first.place)) {
      const hooks::Quiet quiet;
      add(incident_at("barrier", first,
                      "waits at __syncthreads while thread " + std::to_string(id) +
                          " waits at another one, line " + std::to_string(place.line())));
      return false;
    }
  }
  for (unsigned id = 0; id < threads; ++id) {
    threads_[id].result = static_cast<uint64_t>(votes_);
    ready(threads_[id]);
  }
  at_barrier_ = 0;
  votes_ = 0;
  hooks::barrier(*this);
  return true;
}

/// Lets others run until the current thread is ready again.
void BlockRunner::leave() {
  Thread& self = *current_;
  Thread* successor = next();
  if (successor == &self) return;
  if (successor == nullptr) {
    Fiber::change(*self.fiber, host_);
    return;
  }
  if (successor->fiber == nullptr) successor->fiber = take_fiber();
  current_ = successor;
  Fiber::change(*self.fiber, *successor->fiber);
}

/// The current thread has returned from the kernel; its fiber goes to a thread not yet started, or
/// rests.
void BlockRunner::finish() {
  Thread& self = *current_;
  if (!self.fiber->intact()) {
    std::fputs("error: a kernel's thread needs more than 64 KiB of stack\n", stderr);
    std::abort();
  }
  self.state = ThreadState::left;
  ++left_;
  Fiber* fiber = std::exchange(self.fiber, nullptr);
  Thread* successor = next();
  current_ = successor;
  if (successor != nullptr && successor->fiber == nullptr) {
    successor->fiber = fiber;
    return;
  }
  idle_.push_back(fiber);
  Fiber::change(*fiber, successor != nullptr ? *successor->fiber : host_);
}

void BlockRunner::stop_block() {
  Fiber::change(*current_->fiber, host_);
  std::abort();
}

int BlockRunner::meet_block(bool vote, Place place) {
  Thread& self = *current_;
  self.state = ThreadState::at_barrier;
  self.place = place;
  ++at_barrier_;
  votes_ += vote ? 1 : 0;
  leave();
  return static_cast<int>(self.result);
}

bool BlockRunner::count_again(const char* kind, const Spot& spot, const Spot& other) {
  for (Incident& known : std::views::reverse(incidents_)) {
    if (known.spot.block != spot.block) break;
    if (known.kind == kind && known.spot.same_place(spot) && known.other.same_place(other)) {
      ++known.count;
      return true;
    }
  }
  return false;
}

void BlockRunner::add(Incident incident) {
  if (count_again(incident.kind, incident.spot, incident.other)) return;
  incidents_.push_back(std::move(incident));
}

Incident BlockRunner::incident_at(const char* kind, const Thread& thread, std::string note) const {
  return {
      kind, {block_, thread.id, 0, thread.place.file_name(), thread.place.line()}, std::move(note)};
}

}  // namespace tailor::simt
