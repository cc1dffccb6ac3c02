// From a recognised file to the tensors of a network: which network it is, whether everything fits,
// and the numbers.
#pragma once

#include <memory>
#include <string>

#include "io/import.h"
#include "layers/network.h"

namespace tailor::io {

struct FittedNetwork {
  std::unique_ptr<layers::Network> network;  ///< tensors without values
  bool has_head = false;  ///< whether the file has the head's tensors; if not, it has 1000 classes
};

/// The network that the file's tensors make, in shape and number. Throws Error that lists each
/// missing, misshapen and unknown tensor.
FittedNetwork fit_network(const Hdf5Reader& file, const Import& import,
                          const std::shared_ptr<Backend>& backend);

/// Fills the network's tensors from the file, those of a missing head excepted.
void fill_network(const Hdf5Reader& file, const Import& import, const FittedNetwork& fitted);

}  // namespace tailor::io
