#include "tensor/checks.h"
#include "tensor/ops.h"

namespace tailor {
namespace {

void expect_change(const PhotoChange& change, const Shape& x) {
  for (const ColourStep& step : change.colours) {
    const bool hue = step.kind == ColourStep::Kind::hue;
    const float least = hue ? -0.5F : 0;
    if (step.kind != ColourStep::Kind::none &&
        !(step.factor >= least && step.factor <= (hue ? 0.5F : 1e6F))) {
      throw Error("augment: expected a factor from {}, got {}", hue ? "-0.5 to 0.5" : "0 to 1e6",
                  step.factor);
    }
  }
  const Rectangle& erase = change.erase;
  if (erase.top < 0 || erase.left < 0 || erase.height < 0 || erase.width < 0 ||
      int64_t{erase.top} + erase.height > x[1] || int64_t{erase.left} + erase.width > x[2]) {
    throw Error("augment: expected to erase within {}x{}, got {}x{} at {}, {}", x[1], x[2],
                erase.height, erase.width, erase.top, erase.left);
  }
}

}  // namespace

Tensor augment(const Tensor& x, const Augment& p, DType dtype) {
  expect_rank("augment", "x", x, 4);
  if (x.dtype() != DType::u8 || x.shape()[3] != 3) {
    throw Error("augment: expected x u8 [N, H, W, 3], got {} {}", name_of(x.dtype()),
                to_string(x.shape()));
  }
  if (dtype != DType::u8 && dtype != DType::f32 && dtype != DType::bf16) {
    throw Error("augment: expected a result in u8, f32 or bf16, got {}", name_of(dtype));
  }
  if (p.photos.size() != static_cast<size_t>(x.shape()[0])) {
    throw Error("augment: expected changes of {} photos, got {}", x.shape()[0], p.photos.size());
  }
  for (const PhotoChange& change : p.photos) expect_change(change, x.shape());
  Tensor y = Tensor::empty(x.shape(), dtype, x.backend());
  x.backend()->augment(p, x.view(), y.view());
  return y;
}

}  // namespace tailor
