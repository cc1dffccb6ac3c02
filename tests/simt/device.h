// A simt device with the kernels of tests/simt/kernels, and what it found, as text.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "kernels/api/plugin.h"
#include "tests/simt/test_kernels.h"
#include "tests/support/devices.h"

namespace tailor::test {

class Device {
 public:
  /// "simt", "simt-tracked" or "cuda", with its settings as they are at first.
  explicit Device(const std::string& name) {
    const std::string file = plugin_file(name + "-test");
    backend_ = open_plugin(file, {});
    void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    kernels_ = static_cast<const TestKernels*>(dlsym(library, "tailor_test_kernels"));
    if (kernels_ == nullptr) throw Error("{}: expected test kernels, found none", file);
    if (backend_->watch() == nullptr) return;
    watch().set_order(ThreadOrder::ascending);
    watch().count(false);
    set_host_threads(0);
  }

  void run(std::string_view kernel, const Size& size, std::initializer_list<Argument> arguments) {
    kernels_->launch(*backend_, kernel, size, {arguments.begin(), arguments.size()});
  }
  void set_host_threads(int threads) { kernels_->set_host_threads(threads); }

  Backend& backend() { return *backend_; }
  Watch& watch() { return *backend_->watch(); }

  /// "kind: text" for each finding since the last call, with " (3 times)" behind those that were
  /// there more than once.
  std::vector<std::string> found() {
    std::vector<std::string> lines;
    for (const Finding& finding : watch().take_findings()) {
      lines.push_back(finding.kind + ": " + finding.text);
      if (finding.count > 1) lines.back() += " (" + std::to_string(finding.count) + " times)";
    }
    return lines;
  }

 private:
  std::unique_ptr<Backend> backend_;
  const TestKernels* kernels_ = nullptr;
};

/// Numbers in the memory of a device.
template <class T>
class Array {
 public:
  /// That nobody has written yet.
  Array(Device& device, size_t count)
      : memory_(device.backend().memory()), buffer_(memory_, count * sizeof(T)) {}
  Array(Device& device, const std::vector<T>& values) : Array(device, values.size()) {
    memory_->copy_from_host(buffer_.data(), values.data(), buffer_.bytes());
  }

  T* data() const { return static_cast<T*>(buffer_.data()); }
  /// Throws Error when there are findings that nobody took.
  std::vector<T> host() const {
    std::vector<T> values(buffer_.bytes() / sizeof(T));
    memory_->copy_to_host(values.data(), buffer_.data(), buffer_.bytes());
    return values;
  }
  void release() { buffer_ = Buffer(); }

 private:
  std::shared_ptr<Memory> memory_;
  Buffer buffer_;
};

/// Where a kernel file says "// @name" at the end of a line: "tests/simt/kernels/races.cu:12".
inline std::string place_of(const std::string& name) {
  const std::filesystem::path root = TAILOR_ROOT;
  for (const auto& file : std::filesystem::directory_iterator(root / "tests/simt/kernels")) {
    std::ifstream text(file.path());
    int number = 1;
    for (std::string line; std::getline(text, line); ++number) {
      if (line.ends_with("// @" + name)) {
        return relative(file.path(), root).string() + ":" + std::to_string(number);
      }
    }
  }
  throw Error("expected a kernel with a line marked @{}, found none", name);
}

/// With the places of marked lines instead of "@name", their numbers alone instead of "#name".
inline std::string with_places(const std::string& text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const char mark = text[at++];
    if (mark != '@' && mark != '#') {
      result += mark;
      continue;
    }
    const size_t end =
        std::min(text.size(), text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at));
    const std::string place = place_of(text.substr(at, end - at));
    result += mark == '@' ? place : place.substr(place.rfind(':') + 1);
    at = end;
  }
  return result;
}

/// What Device::found() is expected to give.
inline std::vector<std::string> lines(std::vector<std::string> texts) {
  for (std::string& text : texts) text = with_places(text);
  return texts;
}

/// Tests that need every access to be watched.
class Tracked : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT("simt-tracked");
    device_ = std::make_unique<Device>("simt-tracked");
  }
  Device& device() { return *device_; }

 private:
  std::unique_ptr<Device> device_;
};

/// Tests of what both devices do.
class Runner : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    SKIP_WITHOUT(GetParam());
    device_ = std::make_unique<Device>(GetParam());
  }
  Device& device() { return *device_; }

 private:
  std::unique_ptr<Device> device_;
};

inline auto both_devices() { return testing::Values("simt", "simt-tracked"); }
inline std::string name_of_device(const testing::TestParamInfo<const char*>& info) {
  return name_for_test(info.param);
}

}  // namespace tailor::test
