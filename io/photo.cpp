#include "io/photo.h"

#include <array>

#include "kernels/api/error.h"

namespace tailor::io {
namespace {

std::string corners(const Box& box) {
  return fmt::format("{},{},{},{}", box.left, box.top, box.left + box.width, box.top + box.height);
}

Photo cut_out(const Photo& photo, const Sample& sample) {
  const Box& box = sample.box;
  const Image& image = photo.image;
  if (box.left < 0 || box.top < 0 || box.left + box.width > image.width ||
      box.top + box.height > image.height) {
    throw Error("{}: expected a box within its {}x{} pixels, got {}", sample.path, image.width,
                image.height, corners(box));
  }
  const std::array<int64_t, 5> key = {static_cast<int64_t>(photo.content_hash), box.left, box.top,
                                      box.width, box.height};
  const Frame itself{box, box.width, box.height, {0, 0, box.width, box.height}};
  return {resize(image, itself),  // to its own size: nothing is blurred
          content_hash({reinterpret_cast<const uint8_t*>(key.data()), sizeof(key)})};
}

}  // namespace

std::string Sample::name() const {
  if (idx) return fmt::format("{}#{}", path, index);
  return box.width > 0 ? fmt::format("{}#{}", path, corners(box)) : path;
}

Photo read_photo(const Sample& sample) {
  if (sample.idx) {
    return {sample.idx->image(sample.index), content_hash(sample.idx->pixels(sample.index))};
  }
  const std::vector<uint8_t> bytes = read_image_file(sample.path);
  Photo photo{decode_image(bytes, sample.path), content_hash(bytes)};
  return sample.box.width > 0 ? cut_out(photo, sample) : photo;
}

}  // namespace tailor::io
