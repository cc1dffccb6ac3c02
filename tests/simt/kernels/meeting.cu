// Kernels whose threads do not all come to a barrier, a shuffle or a vote when their arguments say
// so.
#include "tests/simt/kernels/registry.h"

namespace tailor::test {
namespace {

__global__ void two_barriers(unsigned split) {
  if (threadIdx.x < split) {
    __syncthreads();  // @lower_barrier
  } else {
    __syncthreads();  // @upper_barrier
  }
}

__global__ void two_barriers_of_a_line(unsigned split) {
  threadIdx.x < split ? __syncthreads() : __syncthreads();  // @barriers_of_a_line
}

__global__ void some_leave(unsigned first) {
  if (threadIdx.x >= first) return;
  __syncthreads();  // @barrier_behind_return
}

/// Threads below `few` go round once less.
__global__ void loop_unevenly(unsigned few) {
  const int rounds = threadIdx.x < few ? 2 : 3;
  for (int i = 0; i < rounds; ++i) {
    __syncthreads();  // @barrier_in_loop
  }
}

/// Threads from `first` on leave, the others meet.
__global__ void meet_lanes(Between how, unsigned mask, unsigned first) {
  const unsigned t = threadIdx.x;
  if (t >= first) return;
  if (how == kShuffle) {
    __shfl_xor_sync(mask, t, 1);  // @meet_in_shuffle
  } else if (how == kVote) {
    __ballot_sync(mask, 1);  // @meet_in_vote
  } else {
    __syncwarp(mask);  // @meet_in_barrier
  }
}

/// A warp whose lower half shuffles from `lane`.
__global__ void shuffle_from(int lane, int* y) {
  if (threadIdx.x < 16) {
    y[threadIdx.x] = __shfl_sync(0x0000FFFF, lane, lane);  // @shuffle_from
  }
}

/// One warp.
__global__ void shuffle_in_parts(int width) {
  __shfl_sync(0xFFFFFFFF, 1, 0, width);  // @shuffle_in_parts
}

/// Both halves of a warp name all lanes.
__global__ void shuffle_or_vote(unsigned split) {
  if (threadIdx.x < split) {
    __shfl_sync(0xFFFFFFFF, 1, 0);  // @half_shuffles
  } else {
    __all_sync(0xFFFFFFFF, 1);  // @half_votes
  }
}

const Register kMeeting = {{"two_barriers", start<two_barriers>},
                           {"two_barriers_of_a_line", start<two_barriers_of_a_line>},
                           {"some_leave", start<some_leave>},
                           {"loop_unevenly", start<loop_unevenly>},
                           {"meet_lanes", start<meet_lanes>},
                           {"shuffle_from", start<shuffle_from>},
                           {"shuffle_in_parts", start<shuffle_in_parts>},
                           {"shuffle_or_vote", start<shuffle_or_vote>}};

}  // namespace
}  // namespace tailor::test
