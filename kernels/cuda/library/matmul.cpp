// Matrix products by cuBLASLt. What follows a product is computed by the same kernel where cuBLASLt
// has one, else by ours.
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/api/lru.h"
#include "kernels/cuda/library/epilogue.h"
#include "kernels/cuda/library/errors.h"
#include "kernels/cuda/library/rows.h"

namespace tailor::cuda {
namespace {

constexpr uint64_t kMostWorkspace = 32 << 20;  ///< bytes, as NVIDIA advises for its largest cards
constexpr uint32_t kMostAligned = 256;         ///< the strictest that its kernels ask for

cudaDataType_t type_of(DType dtype) { return dtype == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

/// The largest power of two that divides an address, as far as it matters.
uint32_t alignment(const void* data) {
  const auto address = reinterpret_cast<uintptr_t>(data) | kMostAligned;
  return static_cast<uint32_t>(address & (~address + 1));
}

/// cuBLASLt adds a bias of y's dtype only, and its ReLU would make a NaN 0.
bool can_end(const Epilogue& e, DType dtype) {
  return e.activation == Activation::none && (!e.bias || dtype == DType::f32);
}

/// One product in cuBLASLt's words. It reads matrices column by column, and so sees ours
/// transposed: y' = op(b)' op(a)'. Thus b comes first, and a bias runs along the rows of y'.
class Call {
 public:
  /// e: bias and residual, computed with it; y: the result, or its sums where an epilogue of ours
  /// follows.
  Call(const Matmul& p, const View& a, const View& b, const Epilogue& e, const View& y)
      : a_data_(a.data),
        b_data_(b.data),
        c_data_(e.residual ? e.residual.data : y.data),
        y_data_(y.data),
        beta_(e.residual ? 1.0F : 0.0F) {
    check(cublasLtMatmulDescInit(&product_, CUBLAS_COMPUTE_32F, CUDA_R_32F),
          "cublasLtMatmulDescInit");
    set(CUBLASLT_MATMUL_DESC_TRANSA, p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, e.bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT);
    if (e.bias) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, e.bias.data);
    describe(a_, a);
    describe(b_, b);
    describe(y_, y);
  }

  /// What cuBLASLt expects to be fastest, without partial sums that are put together afterwards.
  /// Returns false where it has nothing.
  bool choose(cublasLtHandle_t handle, cublasLtMatmulHeuristicResult_t& chosen) {
    cublasLtMatmulPreferenceOpaque_t preference;
    check(cublasLtMatmulPreferenceInit(&preference), "cublasLtMatmulPreferenceInit");
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t name, auto value) {
      check(cublasLtMatmulPreferenceSetAttribute(&preference, name, &value, sizeof value),
            "cublasLtMatmulPreferenceSetAttribute");
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMostWorkspace);
    prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, uint32_t{CUBLASLT_REDUCTION_SCHEME_NONE});
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment(b_data_));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment(a_data_));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment(c_data_));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment(y_data_));
    int count = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
        handle, &product_, &b_, &a_, &y_, &y_, &preference, 1, &chosen, &count);
    return status == CUBLAS_STATUS_SUCCESS && count == 1 && chosen.state == CUBLAS_STATUS_SUCCESS;
  }

  void run(cublasLtHandle_t handle, const cublasLtMatmulHeuristicResult_t& chosen, void* workspace,
           cudaStream_t stream) {
    constexpr float kAlpha = 1;
    check(cublasLtMatmul(handle, &product_, &kAlpha, b_data_, &b_, a_data_, &a_, &beta_, c_data_,
                         &y_, y_data_, &y_, &chosen.algo, workspace, chosen.workspaceSize, stream),
          "cublasLtMatmul");
  }

 private:
  template <class T>
  void set(cublasLtMatmulDescAttributes_t name, T value) {
    check(cublasLtMatmulDescSetAttribute(&product_, name, &value, sizeof value),
          "cublasLtMatmulDescSetAttribute");
  }

  static void describe(cublasLtMatrixLayoutOpaque_t& layout, const View& stored) {
    const int rank = stored.shape.rank();
    const int64_t columns = stored.shape.back(), rows = stored.shape[rank - 2];
    check(cublasLtMatrixLayoutInit(&layout, type_of(stored.dtype), static_cast<uint64_t>(columns),
                                   static_cast<uint64_t>(rows), columns),
          "cublasLtMatrixLayoutInit");
    if (rank == 2) return;
    const auto batch = static_cast<int32_t>(stored.shape[0]);
    const int64_t apart = rows * columns;
    check(cublasLtMatrixLayoutSetAttribute(&layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch,
                                           sizeof batch),
          "cublasLtMatrixLayoutSetAttribute");
    check(cublasLtMatrixLayoutSetAttribute(&layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                           &apart, sizeof apart),
          "cublasLtMatrixLayoutSetAttribute");
  }

  cublasLtMatmulDescOpaque_t product_;
  cublasLtMatrixLayoutOpaque_t a_, b_, y_;
  void *a_data_, *b_data_, *c_data_, *y_data_;
  float beta_;
};

/// How a product is computed.
struct Solution {
  std::optional<cublasLtMatmulHeuristicResult_t> chosen;  ///< none: cuBLASLt has no kernel for it
  bool ended = true;  ///< whether that kernel computes the epilogue too
};

std::vector<int64_t> key_of(const Matmul& p, const View& a, const View& b, const Epilogue& e,
                            const View& y) {
  std::vector<int64_t> key = {static_cast<int64_t>(a.dtype),
                              p.transpose_a,
                              p.transpose_b,
                              static_cast<int64_t>(e.activation),
                              e.bias ? alignment(e.bias.data) : 0,
                              e.residual ? alignment(e.residual.data) : 0,
                              alignment(a.data),
                              alignment(b.data),
                              alignment(y.data)};
  for (const Shape* shape : {&a.shape, &b.shape}) {
    key.insert(key.end(), shape->begin(), shape->end());
  }
  return key;
}

/// cuBLASLt on one host thread, with what was chosen for its products. It computes on the card that
/// was current when the thread came here first.
class CublasLt {
 public:
  static CublasLt& of_this_thread() {
    static thread_local CublasLt cublaslt;
    return cublaslt;
  }

  cublasLtHandle_t handle() const { return handle_.get(); }

  /// Holds until the next call.
  const Solution& solve(const Matmul& p, const View& a, const View& b, const Epilogue& e,
                        const View& y) {
    const std::vector<int64_t> key = key_of(p, a, b, e, y);
    if (const Solution* found = solutions_.find(key)) return *found;
    return solutions_.insert(key, find(p, a, b, e, y));
  }

 private:
  struct Destroy {
    void operator()(cublasLtHandle_t handle) const { cublasLtDestroy(handle); }
  };

  static cublasLtHandle_t create() {
    cublasLtHandle_t handle = nullptr;
    check(cublasLtCreate(&handle), "cublasLtCreate");
    return handle;
  }

  Solution find(const Matmul& p, const View& a, const View& b, const Epilogue& e,
                const View& y) const {
    cublasLtMatmulHeuristicResult_t chosen{};
    if (can_end(e, y.dtype) && Call(p, a, b, e, y).choose(handle(), chosen)) return {chosen};
    const View sums{y.data, DType::f32, y.shape};  // so that the result is rounded once
    if (Call(p, a, b, {}, sums).choose(handle(), chosen)) return {chosen, false};
    return {};
  }

  static constexpr size_t kSolutions = 512;

  std::unique_ptr<cublasLtContext, Destroy> handle_{create()};
  Lru<std::vector<int64_t>, Solution> solutions_{kSolutions};
};

/// Whether a view has this dtype and is neither empty nor too large.
bool fits(const View& view, DType dtype) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  return view && view.dtype == dtype && view.count() > 0 &&
         std::all_of(view.shape.begin(), view.shape.end(),
                     [](int64_t extent) { return extent <= kMost; });
}

bool matmul_supports(const Matmul& p, View a, View b, const Epilogue& e, View y) {
  return fits(a, a.dtype) && fits(b, a.dtype) && fits(y, a.dtype) &&
         (!e.bias || fits(e.bias, DType::f32)) && (!e.residual || fits(e.residual, a.dtype)) &&
         CublasLt::of_this_thread().solve(p, a, b, e, y).chosen.has_value();
}

void matmul(Backend& backend, const Matmul& p, View a, View b, const Epilogue& e, View y) {
  CudaBackend& cuda = as_cuda(backend);
  CublasLt& cublaslt = CublasLt::of_this_thread();
  const Solution& solution = cublaslt.solve(p, a, b, e, y);
  const cublasLtMatmulHeuristicResult_t& chosen = solution.chosen.value();
  const size_t workspace = (chosen.workspaceSize + kMostAligned - 1) / kMostAligned * kMostAligned;
  if (solution.ended) {
    Call(p, a, b, e, y).run(cublaslt.handle(), chosen, cuda.scratch(workspace), cuda.stream());
    return;
  }
  auto* const scratch = static_cast<std::byte*>(
      cuda.scratch(workspace + static_cast<size_t>(y.count()) * sizeof(float)));
  const View sums{scratch + workspace, DType::f32, y.shape};
  Call(p, a, b, {}, sums).run(cublaslt.handle(), chosen, scratch, cuda.stream());
  apply_epilogue(cuda, sums, e, y);
}

}  // namespace

void open_cublaslt() { CublasLt::of_this_thread(); }

void add_cublaslt_rows(Table& table) {
  constexpr bool kLibrary = true;
  for (const DType dtype : {DType::f32, DType::bf16}) {
    AddRow<Op::matmul>(table, {dtype, "cublaslt", matmul, matmul_supports, kLibrary});
  }
}

}  // namespace tailor::cuda
