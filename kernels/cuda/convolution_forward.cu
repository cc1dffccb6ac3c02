// y of a convolution, by the ladder's steps.
#include "kernels/cuda/convolution_windows.h"

namespace tailor::cuda {

template <Step kStep, class T>
void conv2d_step(Backend& backend, const Conv2d& p, View x, const Weights& w, const Epilogue& e,
                 View y) {
  if (y.count() == 0) return;
  const Geometry g(p, x.shape, w.plain.shape, y.shape);
  const int depth = g.taps() * g.group_in;
  const WindowsByPosition<T> a{windows_over_x<T>(x, p, g)};
  const MatrixSource<T, true> b{w.plain.as<T>(), int64_t{g.group_out} * depth, depth};
  const MatrixSink<T> sink{Output<T>(e, y), g.group_out, g.out, g.group_out,
                           g.group_out % kQuad == 0 && are_aligned(y, e.residual)};
  launch_product<kStep>(backend, a, b, extents_of(p.groups, g.out_pixels(), g.group_out, depth),
                        sink);
}

#define TAILOR_STEP(step, T)                                                              \
  template void conv2d_step<Step::step, T>(Backend&, const Conv2d&, View, const Weights&, \
                                           const Epilogue&, View);
TAILOR_EACH_STEP(TAILOR_STEP)
#undef TAILOR_STEP

}  // namespace tailor::cuda
