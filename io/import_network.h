// From a recognised file to the tensors of a network: which network it is, whether everything fits,
// and the numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/import.h"
#include "layers/network.h"

namespace tailor::io {

struct FittedNetwork {
  std::unique_ptr<layers::Network> network;  ///< tensors without values
  int64_t classes = 0;  ///< outputs of the head in the file; 0 without one, and then the network's
                        ///< head stands for nothing

  /// The network's tensors that the file has.
  layers::Module::Named state() const;
};

/// The network that the file's tensors make, in shape and number. Throws Error that lists each
/// missing, misshapen and unknown tensor.
FittedNetwork fit_network(const Hdf5Reader& file, const Import& import,
                          const std::shared_ptr<Backend>& backend);

/// Reads the file's numbers into fitted.state().
void fill_network(const Hdf5Reader& file, const Import& import, const FittedNetwork& fitted);

}  // namespace tailor::io
