#include "io/image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "io/file_descriptor.h"
#include "io/image_formats.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

constexpr uint64_t kMaxPixels = 100'000'000;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;  // a film, not a photo

using Decoder = Image (*)(std::span<const uint8_t>, const std::string&);

struct Format {
  std::string_view name;
  Decoder decode;  ///< null: known by its first bytes, but not read
};

std::string_view text_of(std::span<const uint8_t> bytes, size_t offset, size_t size) {
  if (bytes.size() < offset + size) return {};
  return {reinterpret_cast<const char*>(bytes.data()) + offset, size};
}

/// The format that the first bytes tell; an empty name when they tell none.
Format detect(std::span<const uint8_t> bytes) {
  using namespace std::string_view_literals;
  const auto starts_with = [&](std::string_view magic) {
    return text_of(bytes, 0, magic.size()) == magic;
  };
  if (starts_with("\xFF\xD8\xFF"sv)) return {"JPEG", decode_jpeg};
  if (starts_with("\x89PNG\r\n\x1A\n"sv)) return {"PNG", decode_png};
  if (starts_with("GIF87a"sv) || starts_with("GIF89a"sv)) return {"GIF", decode_gif};
  if (starts_with("RIFF"sv) && text_of(bytes, 8, 4) == "WEBP"sv) return {"WebP", decode_webp};
  for (const auto tiff : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (starts_with(tiff)) return {"TIFF", nullptr};
  }
  if (starts_with("BM"sv) && text_of(bytes, 6, 4) == "\0\0\0\0"sv) return {"BMP", decode_bmp};
  if (text_of(bytes, 4, 4) == "ftyp"sv) {
    const std::string_view brand = text_of(bytes, 8, 4);
    if (brand == "avif"sv || brand == "avis"sv) return {"AVIF", nullptr};
    for (const auto heic : {"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "mif1"sv, "msf1"sv}) {
      if (brand == heic) return {"HEIC", nullptr};
    }
  }
  return {};
}

/// An error page saved under a photo's name.
bool is_html(std::span<const uint8_t> bytes) {
  std::string head;
  for (const uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 256))) {
    head += static_cast<char>(std::tolower(byte));
  }
  const size_t start = head.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (start == std::string::npos) return false;
  const std::string_view text = std::string_view(head).substr(start);
  return text.starts_with("<!doctype html") || text.starts_with("<html");
}

/// Whether it starts like text in ASCII or UTF-8.
bool is_text(std::span<const uint8_t> bytes) {
  const auto head = bytes.first(std::min<size_t>(bytes.size(), 256));
  return std::all_of(head.begin(), head.end(), [](uint8_t byte) {
    const bool is_layout = byte == '\t' || byte == '\n' || byte == '\r';
    return is_layout || (byte >= ' ' && byte != 0x7F && byte < 0xF5);
  });
}

void check_file_size(uint64_t bytes, const std::string& name) {
  if (bytes > kMaxFileBytes) {
    throw Error("{}: expected an image, got a file of over {} MiB", name, kMaxFileBytes >> 20);
  }
}

}  // namespace

void check_pixel_count(uint64_t width, uint64_t height, const std::string& name) {
  if (width == 0 || height == 0) {
    throw Error("{}: expected a picture, got one of {}x{} pixels", name, width, height);
  }
  if (width > kMaxPixels / height) {
    throw Error("{}: expected at most {} megapixels, got {}x{}", name, kMaxPixels / 1'000'000,
                width, height);
  }
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& name) {
  if (bytes.empty()) throw Error("{}: expected an image, got an empty file", name);
  check_file_size(bytes.size(), name);
  const Format format = detect(bytes);
  if (format.decode != nullptr) return format.decode(bytes, name);
  if (!format.name.empty()) {
    throw Error(
        "{}: expected JPEG, PNG, WebP, GIF or BMP, got {}, which is not supported (try converting "
        "it)",
        name, format.name);
  }
  if (is_html(bytes)) {
    throw Error("{}: expected an image, got HTML, which is not an image (try downloading it again)",
                name);
  }
  throw Error("{}: expected an image, got {} that is not an image", name,
              is_text(bytes) ? "text" : "something");
}

std::vector<uint8_t> read_image_file(const std::filesystem::path& path) {
  const auto check = [&](bool good) {
    if (!good) throw Error("{}: cannot be read: {}", path.string(), std::strerror(errno));
  };
  // A pipe's other end is not waited for.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  check(file.get() >= 0 && fstat(file.get(), &status) == 0);
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    throw Error("{}: expected an image, got something that is no file", path.string());
  }
  check_file_size(static_cast<uint64_t>(status.st_size), path.string());
  std::vector<uint8_t> bytes(static_cast<size_t>(status.st_size) + 1);  // asks a folder, too
  const ssize_t got = read_at(file.get(), 0, std::as_writable_bytes(std::span(bytes)));
  check(got >= 0);
  bytes.resize(static_cast<size_t>(got));
  return bytes;
}

Image read_image(const std::filesystem::path& path) {
  return decode_image(read_image_file(path), path.string());
}

uint64_t content_hash(std::span<const uint8_t> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace tailor::io
