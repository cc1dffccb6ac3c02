// One launch over many tensors. A network has hundreds of parameters, most of them small: a launch
// for each would cost more time than the work, and a block for each would leave the large ones to a
// single block. So the tensors are cut into chunks of one size, and every block gets a chunk.
#pragma once

#include <array>
#include <span>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/wide.h"

namespace tailor::cuda {

constexpr int kChunkThreads = 256;
constexpr int kChunkWidth = kVecWidth<float>;
/// Elements of one block.
constexpr int kChunk = kChunkThreads * kChunkWidth;

/// Tensors of f32 in kArrays arrays each, such as parameter, gradient and momentum. It is passed to
/// kernels by value: their parameters may take 32 KB, and come with the launch, without a copy.
template <int kArrays>
struct TensorList {
  static constexpr int kMost = 320;

  int count = 0;
  int first_chunk[kMost + 1] = {};  ///< of each tensor; the last one is how many there are in all
  int64_t elements[kMost] = {};
  float* data[kArrays][kMost] = {};

  void add(const std::array<View, kArrays>& tensor) {
    const int64_t size = tensor[0].count();
    elements[count] = size;
    for (size_t array = 0; array < kArrays; ++array) {
      data[array][count] = tensor[array].template as<float>();
    }
    first_chunk[count + 1] = first_chunk[count] + static_cast<int>((size + kChunk - 1) / kChunk);
    ++count;
  }
  __host__ __device__ int chunks() const { return first_chunk[count]; }
  /// The tensor that a chunk belongs to, by halving.
  __device__ int tensor_of(int chunk) const {
    int low = 0, high = count;  // first_chunk[low] <= chunk < first_chunk[high]
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (first_chunk[middle] <= chunk ? low : high) = middle;
    }
    return low;
  }
};

/// An Update changes one element of each array: it has kArrays, `bool reads(int array)` and
/// `void operator()(float (&element)[kArrays])`. Array 1, the gradient, is only read.
constexpr int kGradient = 1;

/// The step "naive": a thread to each element of one tensor, a launch for each tensor.
template <class Update>
__global__ void update_elements(std::array<float*, Update::kArrays> data, int64_t count,
                                Update update) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    float element[Update::kArrays] = {};
    for (int array = 0; array < Update::kArrays; ++array) {
      if (update.reads(array)) element[array] = data[array][i];
    }
    update(element);
    for (int array = 0; array < Update::kArrays; ++array) {
      if (array != kGradient) data[array][i] = element[array];
    }
  }
}

/// kWidth neighbours from `at` on, in one access to each array.
template <int kWidth, class Update>
__device__ __forceinline__ void update_neighbours(const TensorList<Update::kArrays>& list,
                                                  int tensor, int64_t at, const Update& update) {
  Vec<float, kWidth> numbers[Update::kArrays] = {};
  for (int array = 0; array < Update::kArrays; ++array) {
    if (update.reads(array)) numbers[array] = load_vec<kWidth>(list.data[array][tensor] + at);
  }
  for (int k = 0; k < kWidth; ++k) {
    float element[Update::kArrays];
    for (int array = 0; array < Update::kArrays; ++array) element[array] = numbers[array].v[k];
    update(element);
    for (int array = 0; array < Update::kArrays; ++array) numbers[array].v[k] = element[array];
  }
  for (int array = 0; array < Update::kArrays; ++array) {
    if (array != kGradient) store_vec(list.data[array][tensor] + at, numbers[array]);
  }
}

/// The step "vector": one launch for all tensors, a block to each chunk, a thread to each four
/// elements: a quarter of the requests. Only the last few of a tensor are taken one by one.
template <class Update>
__global__ void update_chunks(TensorList<Update::kArrays> list, Update update) {
  for (int chunk = static_cast<int>(blockIdx.x); chunk < list.chunks();
       chunk += static_cast<int>(gridDim.x)) {
    const int tensor = list.tensor_of(chunk);
    const int64_t at = int64_t{chunk - list.first_chunk[tensor]} * kChunk +
                       static_cast<int64_t>(threadIdx.x) * kChunkWidth;
    const int64_t count = list.elements[tensor];
    if (at + kChunkWidth <= count) {
      update_neighbours<kChunkWidth>(list, tensor, at, update);
    } else {
      for (int64_t i = at; i < count; ++i) update_neighbours<1>(list, tensor, i, update);
    }
  }
}

/// The arrays of a call: spans of equal length, one view a tensor.
template <int kArrays>
using Arrays = std::array<std::span<const View>, kArrays>;

/// The views of one tensor.
template <size_t kArrays>
std::array<View, kArrays> tensor_at(const std::array<std::span<const View>, kArrays>& arrays,
                                    size_t number) {
  std::array<View, kArrays> views;
  for (size_t array = 0; array < kArrays; ++array) views[array] = arrays[array][number];
  return views;
}

/// A launch for each tensor.
template <class Update>
void update_one_by_one(Backend& backend, const Arrays<Update::kArrays>& arrays,
                       const Update& update) {
  for (size_t tensor = 0; tensor < arrays[0].size(); ++tensor) {
    const auto views = tensor_at(arrays, tensor);
    std::array<float*, Update::kArrays> data;
    for (size_t array = 0; array < data.size(); ++array)
      data[array] = views[array].template as<float>();
    const int64_t count = views[0].count();
    launch(backend, {blocks_for(count, kChunkThreads), kChunkThreads}, update_elements<Update>)(
        data, count, update);
  }
}

/// One launch for all tensors, or as many as it takes where they are more than a list holds.
template <class Update>
void update_together(Backend& backend, const Arrays<Update::kArrays>& arrays,
                     const Update& update) {
  using List = TensorList<Update::kArrays>;
  const size_t tensors = arrays[0].size();
  for (size_t tensor = 0; tensor < tensors;) {
    List list;
    while (tensor < tensors && list.count < List::kMost) list.add(tensor_at(arrays, tensor++));
    launch(backend, {blocks_for(list.chunks(), 1), kChunkThreads}, update_chunks<Update>)(list,
                                                                                          update);
  }
}

/// Whether every tensor can be read four elements at once.
template <class... Spans>
bool all_aligned(const Spans&... arrays) {
  const auto aligned = [](std::span<const View> views) {
    return std::all_of(views.begin(), views.end(),
                       [](const View& view) { return are_aligned(view); });
  };
  return (aligned(arrays) && ...);
}

}  // namespace tailor::cuda
