#include "kernels/simt/track/releases.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tailor::simt {

void BlockSync::begin_block() {
  if (any_after_) std::fill(after_.begin(), after_.end(), nullptr);
  if (any_fence_) std::fill(fenced_.begin(), fenced_.end(), Time{0});
  any_after_ = any_fence_ = false;
  fenced_before_barrier_ = 0;
}

void BlockSync::join(std::shared_ptr<const Released>& into,
                     const std::shared_ptr<const Released>& from) {
  if (from == nullptr || from == into) return;
  if (into == nullptr) {
    into = from;
    return;
  }
  auto both = std::make_shared<Released>(*into);
  both->add(*from);
  into = std::move(both);
}

void BlockSync::barrier(unsigned threads) {
  if (any_fence_) {
    fenced_before_barrier_ = *std::max_element(fenced_.begin(), fenced_.begin() + threads);
  }
  if (!any_after_) return;
  std::shared_ptr<const Released> all;
  for (unsigned thread = 0; thread < threads; ++thread) join(all, after_[thread]);
  std::fill(after_.begin(), after_.begin() + threads, all);
}

void BlockSync::sync_warp(unsigned first_thread, unsigned mask) {
  if (!any_after_) return;
  std::shared_ptr<const Released> all;
  for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1) {
    join(all, after_[first_thread + static_cast<unsigned>(std::countr_zero(lanes))]);
  }
  for (unsigned lanes = mask; lanes != 0; lanes &= lanes - 1) {
    after_[first_thread + static_cast<unsigned>(std::countr_zero(lanes))] = all;
  }
}

void BlockSync::fence(unsigned thread, Time time) {
  fenced_[thread] = time;
  any_fence_ = true;
}

void BlockSync::atomic(unsigned thread, uintptr_t address, uint32_t turn) {
  Releases& all = releases();
  std::shared_ptr<const Released>& released = all.at[address];
  if (released != nullptr) {
    join(after_[thread], released);
    any_after_ = true;
  }
  const Time fenced = std::max(fenced_[thread], fenced_before_barrier_);
  if (fenced == 0) return;
  auto more = std::make_shared<Released>(released != nullptr ? *released : Released{});
  if (after_[thread] != nullptr) more->add(*after_[thread]);
  more->add(turn);
  released = std::move(more);
  all.time[turn] = fenced;
}

Releases& releases() {
  static Releases all;
  return all;
}

}  // namespace tailor::simt
