// Devices that this build or this machine may lack.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "kernels/api/plugin.h"

namespace tailor::test {

/// Why a test on this device is to be skipped; empty when it can run.
inline std::string reason_without(const std::string& device) {
#ifdef __SANITIZE_ADDRESS__
  if (device == "simt-tracked") return "tracking takes the place of other sanitizers";
#endif
  if (device != "cuda") return "";
  if (!std::filesystem::exists(plugin_file(device))) return "built without nvcc";
  try {
    open_backend(device);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// "simt_tracked", as names of tests may be.
inline std::string name_for_test(std::string device) {
  std::replace(device.begin(), device.end(), '-', '_');
  return device;
}

}  // namespace tailor::test

/// GPU tests are skipped by name where there is no GPU.
#define SKIP_WITHOUT(device)                                                              \
  if (const std::string reason = ::tailor::test::reason_without(device); !reason.empty()) \
  GTEST_SKIP() << reason
