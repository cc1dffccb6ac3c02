// Weights that somebody else wrote: any HDF5 file is read, or refused in words.
#include "io/hdf5.h"
#include "io/weights.h"
#include "tests/fuzz/hdf5_input.h"

namespace tailor {
namespace {

void read_everything(const io::Hdf5Reader& file, const test::Hdf5Input& input) {
  constexpr int64_t kMostElements = 1 << 16;
  for (const auto& [name, dataset] : file.datasets()) {
    input.attempt([&, &name = name, &dataset = dataset] {
      if (dataset.type == "string") file.read_strings(name);
      if (!dataset.dtype || dataset.shape.count() > kMostElements) return;
      std::vector<std::byte> bytes(static_cast<size_t>(dataset.shape.count()) *
                                   size_of(*dataset.dtype));
      file.read(name, bytes);
    });
  }
}

}  // namespace
}  // namespace tailor

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tailor;
  const test::Hdf5Input input(data, size);
  input.attempt([&] { read_everything(io::Hdf5Reader(input.file()), input); });
  input.attempt([&] { io::read_weights(input.file(), open_backend("reference")); });
  return 0;
}
