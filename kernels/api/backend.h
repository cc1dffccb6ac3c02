// One stream of execution on a device: a set of CPU threads, a CUDA stream.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/api/error.h"
#include "kernels/api/memory.h"
#include "kernels/api/table.h"
#include "kernels/api/watch.h"

namespace tailor {

/// Whose convolutions and matrix products a device uses.
enum class Products : uint8_t { best, handwritten, cudnn };

struct StreamOptions {
  int threads = 0;  ///< 0: as many as the machine has cores
  Products products = Products::best;
};

/// Calls run in order. One host thread uses a backend at a time; fork() makes more of them.
class Backend {
 public:
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// "cpu", "reference"
  std::string_view device() const { return table_.device; }
  const StreamOptions& options() const { return options_; }
  const std::shared_ptr<Memory>& memory() const { return memory_; }

  /// How many streams of one thread each compute at once: the cores, or 1 where one call has the
  /// whole device.
  virtual int streams() const { return 1; }
  /// Another stream over the same memory.
  virtual std::unique_ptr<Backend> fork(const StreamOptions& options) const = 0;
  /// Waits until all calls have finished.
  virtual void synchronize() {}
  /// What it sees of its kernels; nullptr where nobody watches.
  virtual Watch* watch() { return nullptr; }
  /// Convolution weights reordered once for repeated use; nullptr where the plain layout is best.
  /// x: the shape of the input they will meet.
  virtual std::unique_ptr<Packed> pack_conv2d(const Conv2d& p, View w, const Shape& x);

  /// From now on `op` runs on the rows called `variant` only ("" takes the choice back). Throws
  /// Error when there is none.
  void prefer(Op op, std::string_view variant);
  /// The variants that `op` has for this dtype, from the first row to the best.
  std::vector<std::string_view> variants(Op op, DType dtype) const;

  // The operations (operations.def has their contracts). Each throws Unsupported when no row fits.
#define OPERATION(name, parameters, arguments) \
  void name parameters { run<Op::name> arguments; }
#include "kernels/api/operations.def"
#undef OPERATION

 protected:
  Backend(Table& table, std::shared_ptr<Memory> memory, const StreamOptions& options = {})
      : table_(table), memory_(std::move(memory)), options_(options) {}

 private:
  template <Op op, class... Args>
  void run(const Args&... args) {
    const DType dtype = first_dtype(args...);
    const std::string& wanted = preferred_[static_cast<size_t>(op)];
    const auto& rows = table_.rows<op>();
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      if (row->dtype != dtype || (!wanted.empty() && row->variant != wanted)) continue;
      if (row->library && options_.products == Products::handwritten) continue;
      if (row->supports != nullptr && !row->supports(args...)) continue;
      return row->launch(*this, args...);
    }
    throw_unsupported(op, dtype);
  }

  static DType first_dtype(const View& view, const auto&...) { return view.dtype; }
  static DType first_dtype(std::span<const View> views, const auto&...) {
    return views.empty() ? DType::f32 : views.front().dtype;
  }
  template <class First, class... Rest>
  static DType first_dtype(const First&, const Rest&... rest) {
    return first_dtype(rest...);
  }

  [[noreturn]] void throw_unsupported(Op op, DType dtype) const;

  Table& table_;
  std::shared_ptr<Memory> memory_;
  StreamOptions options_;
  std::array<std::string, static_cast<size_t>(Op::kCount)> preferred_;
};

/// Opens "cpu", "reference", "cuda", "simt", "simt-tracked", or a device's own library by its path;
/// "auto" takes cuda where a card answers, else cpu. Throws UsageError on another name, Error when
/// the device cannot be used.
std::shared_ptr<Backend> open_backend(std::string_view device, const StreamOptions& options = {});

/// A device announces itself with a static of this type.
struct RegisterDevice {
  using Open = std::unique_ptr<Backend> (*)(const StreamOptions&);
  RegisterDevice(std::string_view name, Open open);
};

}  // namespace tailor
