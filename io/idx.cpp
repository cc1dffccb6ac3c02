#include "io/idx.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr uint32_t kImagesMagic = 0x803;  // unsigned bytes, three dimensions
constexpr uint32_t kLabelsMagic = 0x801;
constexpr size_t kMaxBytes = size_t{1} << 32;  // 80 times MNIST

/// Reads a file through zlib, which hands plain files through as they are.
class GzipFile {
 public:
  explicit GzipFile(const std::filesystem::path& path) : name_(path.string()) {
    errno = 0;
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) throw Error("{}: cannot be read: {}", name_, std::strerror(errno));
    gzbuffer(file_.get(), 1 << 17);
  }

  const std::string& name() const { return name_; }

  /// Up to `size` bytes; fewer only at the end.
  size_t read(uint8_t* to, size_t size) {
    size_t used = 0;
    while (used < size) {
      const size_t step = std::min(size - used, size_t{1} << 30);
      const int got = gzread(file_.get(), to + used, static_cast<unsigned>(step));
      if (got < 0) throw damaged();
      if (got == 0) break;
      used += static_cast<size_t>(got);
    }
    if (used < size) {  // at the end of the file; gzip's own end may be missing
      int code = Z_OK;
      gzerror(file_.get(), &code);
      if (code != Z_OK) throw damaged();
    }
    return used;
  }

  uint32_t read_big_endian() {
    std::array<uint8_t, 4> b{};
    if (read(b.data(), b.size()) < b.size()) {
      throw Error("{}: expected an IDX file, got one that ends in its header", name_);
    }
    return uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | uint32_t{b[3]};
  }

 private:
  Error damaged() {
    int code = Z_OK;
    const std::string reason = gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR)
      return Error("{}: expected a whole gzip file, got a truncated one", name_);
    return Error("{}: damaged gzip file: {}", name_,
                 code == Z_ERRNO ? std::string(std::strerror(errno)) : reason);
  }

  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  std::string name_;
  std::unique_ptr<gzFile_s, Close> file_;
};

void check_magic(GzipFile& file, uint32_t expected, const char* what) {
  const uint32_t magic = file.read_big_endian();
  if (magic != expected) {
    throw Error("{}: expected the magic number 0x{:08x} of IDX {}, got 0x{:08x}", file.name(),
                expected, what, magic);
  }
}

std::vector<uint8_t> read_rest(GzipFile& file, size_t size) {
  // Grown as the bytes come, so that a header that lies costs no memory.
  constexpr size_t kStep = size_t{1} << 24;
  std::vector<uint8_t> bytes;
  while (bytes.size() < size) {
    const size_t used = bytes.size();
    const size_t step = std::min(size - used, kStep);
    bytes.resize(used + step);
    const size_t got = file.read(bytes.data() + used, step);
    if (got < step) {
      throw Error("{}: expected {} bytes after the header, got {}", file.name(), size, used + got);
    }
  }
  uint8_t extra = 0;
  if (file.read(&extra, 1) != 0) {
    throw Error("{}: expected {} bytes after the header, got more", file.name(), size);
  }
  return bytes;
}

}  // namespace

std::span<const uint8_t> IdxImages::pixels(size_t index) const {
  if (index >= count) throw std::out_of_range("IdxImages::pixels");
  const size_t size = static_cast<size_t>(width) * static_cast<size_t>(height);
  return std::span(grey).subspan(index * size, size);
}

Image IdxImages::image(size_t index) const {
  Image image{width, height, {}};
  const std::span<const uint8_t> from = pixels(index);
  image.rgb.reserve(from.size() * 3);
  for (const uint8_t value : from) image.rgb.insert(image.rgb.end(), 3, value);
  return image;
}

IdxImages read_idx_images(const std::filesystem::path& path) {
  GzipFile file(path);
  check_magic(file, kImagesMagic, "images");
  const uint32_t count = file.read_big_endian();
  const uint32_t height = file.read_big_endian();
  const uint32_t width = file.read_big_endian();
  constexpr uint32_t kMaxSide = 1 << 14;
  if (count == 0 || width == 0 || height == 0 || width > kMaxSide || height > kMaxSide ||
      count > kMaxBytes / (size_t{width} * height)) {
    throw Error("{}: expected pictures of up to {} MiB in all, got {} of {}x{}", file.name(),
                kMaxBytes >> 20, count, width, height);
  }
  const size_t size = size_t{count} * height * width;
  return {count, static_cast<int>(width), static_cast<int>(height), read_rest(file, size)};
}

std::vector<uint8_t> read_idx_labels(const std::filesystem::path& path) {
  GzipFile file(path);
  check_magic(file, kLabelsMagic, "labels");
  return read_rest(file, file.read_big_endian());
}

std::optional<std::filesystem::path> find_idx(const std::filesystem::path& folder,
                                              const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    std::filesystem::path path = folder / (name + ending);
    std::error_code none;
    if (std::filesystem::is_regular_file(path, none)) return path;
  }
  return std::nullopt;
}

}  // namespace tailor::io
