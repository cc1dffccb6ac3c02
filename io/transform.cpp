#include "io/transform.h"

#include <array>
#include <cmath>

#include "kernels/api/error.h"
#include "tensor/ops.h"

namespace tailor::io {
namespace {

Normalize normalization(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return {.mean = {103.939F, 116.779F, 123.68F}, .bgr = true};
    case Preprocessing::tf:
      return {.scale = 127.5F, .mean = {1, 1, 1}};
    case Preprocessing::torchvision:
      break;
  }
  return {.scale = 255, .mean = {0.485F, 0.456F, 0.406F}, .std = {0.229F, 0.224F, 0.225F}};
}

/// Red, green and blue that become 0, or nearly.
std::array<uint8_t, 3> mean_colour(const Normalize& normalize) {
  std::array<uint8_t, 3> colour{};
  for (size_t c = 0; c < 3; ++c) {
    colour[normalize.bgr ? 2 - c : c] =
        static_cast<uint8_t>(std::lround(normalize.mean[c] * normalize.scale));
  }
  return colour;
}

/// `change` made to `image` by the CPU's kernel: each thread that decodes photos has a stream.
void apply(const PhotoChange& change, const std::array<uint8_t, 3>& fill, Image& image) {
  thread_local const std::shared_ptr<Backend> stream = open_backend("cpu", {.threads = 1});
  const Tensor photo = Tensor::from(image.rgb, {1, image.height, image.width, 3}, stream);
  image.rgb = augment(photo, {.photos = {&change, 1}, .fill = fill}).to_vector<uint8_t>();
}

/// The float of each of the 256 values in each channel of the output.
using Table = std::array<std::array<float, 256>, 3>;

Table table_of(const Normalize& normalize) {
  Table table;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t value = 0; value < 256; ++value) {
      table[c][value] = normalize(c, static_cast<uint8_t>(value));
    }
  }
  return table;
}

}  // namespace

Transform::Transform(const Augmentation& set, Preprocessing preprocessing, int size, uint64_t seed)
    : set_(set), fill_(mean_colour(normalization(preprocessing))), size_(size), seed_(seed) {
  if (set_.framing == nullptr) {
    set_.framing = preprocessing == Preprocessing::torchvision ? centre : whole;
  }
}

Transform Transform::evaluation(Preprocessing preprocessing, int size) {
  return training("none", preprocessing, size, 0);
}

Transform Transform::training(std::string_view set, Preprocessing preprocessing, int size,
                              uint64_t seed) {
  return {find_augmentation(set), preprocessing, size, seed};
}

Image Transform::operator()(const Image& photo, uint64_t content_hash, uint32_t view) const {
  RandomStream random(seed_, Stream::augment, content_hash, view);
  Image image = resize(photo, set_.framing(photo.width, photo.height, size_, random));
  const PhotoChange change = draw_change(set_, size_, random);
  if (change != PhotoChange{}) apply(change, fill_, image);
  return image;
}

void normalize(std::span<const uint8_t> pixels, Preprocessing preprocessing, std::span<float> out) {
  if (pixels.size() % 3 != 0 || out.size() != pixels.size()) {
    throw Error("normalize: expected as many floats as bytes, three a pixel, got {} for {}",
                out.size(), pixels.size());
  }
  const Normalize normalize_channel = normalization(preprocessing);
  const Table table = table_of(normalize_channel);
  const size_t first = normalize_channel.bgr ? 2 : 0;
  const size_t last = 2 - first;
  for (size_t i = 0; i < pixels.size(); i += 3) {
    out[i] = table[0][pixels[i + first]];
    out[i + 1] = table[1][pixels[i + 1]];
    out[i + 2] = table[2][pixels[i + last]];
  }
}

}  // namespace tailor::io
