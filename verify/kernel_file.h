// Verifies a file of kernels that somebody else wrote.
#pragma once

#include <filesystem>
#include <vector>

#include "verify/run.h"

namespace tailor::verify {

/// Compiles a .cu file outside this repository against the installed headers and runs every case of
/// the operations that its TAILOR_KERNEL rows have on them, and nothing else. options.device is
/// "simt-tracked" (also for "auto"), "simt" or "cuda". What the compiler says goes to stderr.
/// Throws UsageError for another device or operation and when there is no such file; Error when
/// there is no compiler, the file does not compile, it has no rows for these options, or the device
/// cannot be used.
std::vector<Result> run_kernel_file(const std::filesystem::path& file, const Options& options);

}  // namespace tailor::verify
