// A program of somebody else: it sees an installed Tailor and nothing of its source tree.
#include <fmt/format.h>

#include <vector>

#include "tensor/ops.h"

int main() {
  const auto backend = tailor::open_backend("reference");
  const auto x = tailor::Tensor::from(std::vector<float>{-1, 0, 2}, {3}, backend);
  const auto y = tailor::relu(x).to_vector<float>();
  fmt::print("{}\n", fmt::join(y, " "));
  return y == std::vector<float>{0, 0, 2} ? 0 : 1;
}
