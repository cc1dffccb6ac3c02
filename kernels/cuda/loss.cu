// The cross-entropy of softmax(x) and labels, fused so that no logarithm of a probability is taken.
#include "kernels/cuda/softmax.h"

namespace tailor::cuda {
namespace {

/// t_k c_k, with targets t_k = (1 - s) [k = label] + s / classes, s the smoothing and c the class
/// weights: a sample costs -sum_k t_k c_k log p_k.
struct Targets {
  const float* class_weights;  ///< nullptr: all 1
  int64_t classes;
  float hard, soft;

  Targets(const CrossEntropy& p, const View& weights, int64_t count)
      : class_weights(weights.as<float>()),
        classes(count),
        hard(static_cast<float>(1 - p.label_smoothing)),
        soft(static_cast<float>(p.label_smoothing / static_cast<double>(count))) {}

  __device__ bool is_class(int64_t label) const { return 0 <= label && label < classes; }
  __device__ float weight(int64_t k) const {
    return class_weights == nullptr ? 1.0F : class_weights[k];
  }
  __device__ float at(int64_t label, int64_t k) const {
    return weight(k) * (k == label ? hard + soft : soft);
  }
};

/// Of the class weights.
struct WeightSums {
  float labels;   ///< over the labels of the batch, which its loss is divided by
  float classes;  ///< over all classes
};

/// One block looks at all labels, and the first call that meets one which is no class tells the
/// host of the lowest such row. That costs no kernel more time: a label is compared, never used as
/// an index before it is known to be a class.
__device__ WeightSums survey(const Targets& targets, const int64_t* labels, int64_t rows,
                             Fault* fault) {
  __shared__ unsigned long long first_wrong;
  if (threadIdx.x == 0) first_wrong = kNoFault;
  __syncthreads();
  WeightSums sums{};
  for (int64_t row = threadIdx.x; row < rows; row += kRowThreads) {
    if (targets.is_class(labels[row])) {
      sums.labels += targets.weight(labels[row]);
    } else {
      atomicMin(&first_wrong, static_cast<unsigned long long>(row));
    }
  }
  for (int64_t k = threadIdx.x; k < targets.classes; k += kRowThreads) {
    sums.classes += targets.weight(k);
  }
  sums = {block_sum<kRowThreads>(sums.labels), block_sum<kRowThreads>(sums.classes)};
  if (threadIdx.x == 0 && first_wrong != kNoFault && fault->row == kNoFault) {
    *fault = {first_wrong, labels[first_wrong], targets.classes};
  }
  return sums;
}

/// A team to each row (rows.h says what each step buys): its probabilities and what it costs.
template <class Team, class T>
__global__ void costs_of_rows(const T* x, const int64_t* labels, Targets targets, int64_t rows,
                              T* probabilities, float* costs) {
  for (int64_t row = first_row<Team>(); row < rows; row += row_step<Team>()) {
    const int64_t at = row * targets.classes, label = labels[row];
    const Normalizer normalizer = normalizer_of<Team>(x + at, targets.classes);
    float cost = 0;
    for (int64_t k = Team::rank(); k < targets.classes; k += Team::kSize) {
      const float value = to_f32(x[at + k]), target = targets.at(label, k);
      if (target != 0) cost -= target * normalizer.log_probability(value);  // not 0 times infinity
      probabilities[at + k] = from_f32<T>(normalizer.probability(value));
    }
    cost = Team::sum(cost);
    if (Team::rank() == 0) costs[row] = cost;
  }
}

/// One block: rows are few beside the numbers in them.
__global__ void mean_cost(const float* costs, const int64_t* labels, Targets targets, int64_t rows,
                          float* loss, Fault* fault) {
  const WeightSums weights = survey(targets, labels, rows, fault);
  float sum = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kRowThreads) sum += costs[row];
  sum = block_sum<kRowThreads>(sum);
  if (threadIdx.x == 0) *loss = sum / weights.labels;
}

__global__ void sum_weights(const int64_t* labels, Targets targets, int64_t rows, WeightSums* sums,
                            Fault* fault) {
  const WeightSums weights = survey(targets, labels, rows, fault);
  if (threadIdx.x == 0) *sums = weights;
}

/// A team to each row: dx_k = dloss / W (p_k sum_j t_j c_j - t_k c_k), W the weights of all labels.
template <class Team, class T>
__global__ void gradients_of_rows(const T* probabilities, const int64_t* labels, Targets targets,
                                  const WeightSums* sums, const float* dloss, int64_t rows, T* dx) {
  const float scale = *dloss / sums->labels;
  for (int64_t row = first_row<Team>(); row < rows; row += row_step<Team>()) {
    const int64_t at = row * targets.classes, label = labels[row];
    const float weight = targets.is_class(label) ? targets.weight(label) : 0.0F;
    const float sum = targets.hard * weight + targets.soft * sums->classes;
    for (int64_t k = Team::rank(); k < targets.classes; k += Team::kSize) {
      const float p = to_f32(probabilities[at + k]);
      dx[at + k] = from_f32<T>(scale * (p * sum - targets.at(label, k)));
    }
  }
}

template <class Team, class T>
void cross_entropy(Backend& backend, const CrossEntropy& p, View x, View labels, View class_weights,
                   View loss, View probabilities) {
  const int64_t rows = x.shape[0];
  const Targets targets(p, class_weights, x.shape[1]);
  auto* costs = as_cuda(backend).scratch_of<float>(rows);
  launch(backend, grid_of_rows<Team>(rows), costs_of_rows<Team, T>)(
      x.as<T>(), labels.as<int64_t>(), targets, rows, probabilities.as<T>(), costs);
  launch(backend, {1, kRowThreads}, mean_cost)(costs, labels.as<int64_t>(), targets, rows,
                                               loss.as<float>(), as_cuda(backend).fault());
}

template <class Team, class T>
void cross_entropy_backward(Backend& backend, const CrossEntropy& p, View probabilities,
                            View labels, View class_weights, View dloss, View dx) {
  const int64_t rows = probabilities.shape[0];
  const Targets targets(p, class_weights, probabilities.shape[1]);
  auto* sums = as_cuda(backend).scratch_of<WeightSums>(1);
  launch(backend, {1, kRowThreads}, sum_weights)(labels.as<int64_t>(), targets, rows, sums,
                                                 as_cuda(backend).fault());
  launch(backend, grid_of_rows<Team>(rows), gradients_of_rows<Team, T>)(
      probabilities.as<T>(), labels.as<int64_t>(), targets, sums, dloss.as<float>(), rows,
      dx.as<T>());
}

bool short_rows(const CrossEntropy&, View x, View, View, View, View) {
  return x.shape.back() <= kMostColumnsOfWarp;
}

#define ROWS(op)                                                              \
  TAILOR_KERNEL(table(), op, f32, "naive", op<ThreadPerRow, float>);          \
  TAILOR_KERNEL(table(), op, f32, "block", op<BlockPerRow, float>);           \
  TAILOR_KERNEL(table(), op, f32, "warp", op<WarpPerRow, float>, short_rows); \
  TAILOR_KERNEL(table(), op, bf16, "naive", op<ThreadPerRow, tailor::bf16>);  \
  TAILOR_KERNEL(table(), op, bf16, "block", op<BlockPerRow, tailor::bf16>);   \
  TAILOR_KERNEL(table(), op, bf16, "warp", op<WarpPerRow, tailor::bf16>, short_rows)
ROWS(cross_entropy);
ROWS(cross_entropy_backward);
#undef ROWS

}  // namespace
}  // namespace tailor::cuda
