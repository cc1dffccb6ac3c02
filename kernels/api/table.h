// A device's table of kernels: for each operation, rows of {dtype, variant, when, launch}.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernels/api/parameters.h"

namespace tailor {

class Backend;

/// Weights in a layout that one device's kernels prefer; made by Backend::pack_conv2d.
class Packed {
 public:
  Packed() = default;
  Packed(const Packed&) = delete;
  Packed& operator=(const Packed&) = delete;
  virtual ~Packed() = default;
};

/// Convolution weights as a kernel takes them: plain [out, kh, kw, in / groups], or packed from it.
struct Weights {
  Weights(View plain_weights) : plain(plain_weights) {}  // NOLINT(google-explicit-constructor)
  Weights(View plain_weights, const Packed& packed_weights)
      : plain(plain_weights), packed(&packed_weights) {}

  View plain;  ///< data may be released once packed; dtype and shape stay
  const Packed* packed = nullptr;
};

enum class Op : uint8_t {
#define OPERATION(name, parameters, arguments) name,
#include "kernels/api/operations.def"
#undef OPERATION
  kCount
};

/// "conv2d_backward_data"
std::string_view name_of(Op op);

namespace detail {
template <class Signature>
struct RowOf;
template <class... Args>
struct RowOf<void(Args...)> {
  using Launch = void (*)(Backend&, Args...);
  using Supports = bool (*)(Args...);
};
template <Op op>
struct SignatureOf;
#define OPERATION(name, parameters, arguments) \
  template <>                                  \
  struct SignatureOf<Op::name> {               \
    using Type = void parameters;              \
  };
#include "kernels/api/operations.def"
#undef OPERATION
}  // namespace detail

/// One way to compute an operation.
template <Op op>
struct Row {
  using Launch = typename detail::RowOf<typename detail::SignatureOf<op>::Type>::Launch;
  using Supports = typename detail::RowOf<typename detail::SignatureOf<op>::Type>::Supports;

  DType dtype;               ///< of the operation's first view
  std::string_view variant;  ///< "naive", "onednn", "tiled"
  Launch launch;
  Supports supports = nullptr;  ///< whether it can take these arguments; nullptr: any
  bool library = false;         ///< another's kernel, left out for Products::handwritten
};

/// Rows are tried from the last one added: a file lists its variants from naive to best.
class Table {
 public:
  explicit Table(std::string_view device_name) : device(device_name) {}

  template <Op op>
  std::vector<Row<op>>& rows() {
#define OPERATION(name, parameters, arguments) \
  if constexpr (op == Op::name) return name##_;
#include "kernels/api/operations.def"
#undef OPERATION
  }

  std::string_view device;

 private:
#define OPERATION(name, parameters, arguments) std::vector<Row<Op::name>> name##_;
#include "kernels/api/operations.def"
#undef OPERATION
};

/// A static of this type beside a kernel adds its row: `const AddRow<Op::relu> row{table(),
/// {...}};`
template <Op op>
struct AddRow {
  AddRow(Table& table, Row<op> row) { table.rows<op>().push_back(row); }
};

#define TAILOR_JOIN_(a, b) a##b
#define TAILOR_JOIN(a, b) TAILOR_JOIN_(a, b)

/// TAILOR_KERNEL(reference_table(), softmax, f32, "naive", softmax<float>); `supports` may follow.
#define TAILOR_KERNEL(table, op, dtype, variant, ...)                      \
  const ::tailor::AddRow<::tailor::Op::op> TAILOR_JOIN(kRow, __COUNTER__)( \
      table, {::tailor::DType::dtype, variant, __VA_ARGS__})

}  // namespace tailor
