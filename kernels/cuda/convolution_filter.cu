// The gradient of a convolution's w, by the ladder's steps.
#include "kernels/cuda/convolution_windows.h"

namespace tailor::cuda {

template <Step kStep, class T>
void backward_filter_step(Backend& backend, const Conv2d& p, View x, View dy, View dw) {
  if (dw.count() == 0) return;
  const Geometry g(p, x.shape, dw.shape, dy.shape);
  const int taps = g.taps() * g.group_in;
  const MatrixSource<T, false> a{dy.as<T>(), g.group_out, g.out};
  const WindowsByTap<T> b{windows_over_x<T>(x, p, g)};
  const MatrixSink<T> sink{Output<T>(dw), int64_t{g.group_out} * taps, taps, 0,
                           taps % kQuad == 0 && are_aligned(dw)};
  launch_product<kStep>(backend, a, b, extents_of(p.groups, g.group_out, taps, g.out_pixels()),
                        sink);
}

#define TAILOR_STEP(step, T) \
  template void backward_filter_step<Step::step, T>(Backend&, const Conv2d&, View, View, View);
TAILOR_EACH_STEP(TAILOR_STEP)
#undef TAILOR_STEP

}  // namespace tailor::cuda
