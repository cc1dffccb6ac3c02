// Whether there is a card that this build can use.
#pragma once

#include "kernels/api/backend.h"

namespace tailor::cuda {

/// Adds the rows of cuDNN and cuBLASLt as options.products asks. Throws Error when there is no
/// driver, no card, none of an architecture this build has code for, or no cuDNN where it is asked
/// for.
void prepare_card(const StreamOptions& options);

}  // namespace tailor::cuda
