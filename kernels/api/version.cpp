#include "kernels/api/version.h"

namespace tailor {

std::string_view version() { return TAILOR_VERSION; }

}  // namespace tailor
