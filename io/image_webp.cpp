// WebP by libwebp: a still picture, or the first frame of an animation.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <vector>

#include "io/image_exif.h"
#include "io/image_formats.h"
#include "io/image_upright.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)>;

Error webp_error(VP8StatusCode status, const std::string& name) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return Error("{}: expected a whole WebP, got a truncated one", name);
    case VP8_STATUS_OUT_OF_MEMORY:
      return Error("{}: not enough memory for this WebP", name);
    default:
      return Error("{}: damaged WebP", name);
  }
}

int orientation_of(const WebPDemuxer* demuxer) {
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) == 0) return 1;
  const std::unique_ptr<WebPChunkIterator, decltype(&WebPDemuxReleaseChunkIterator)> release(
      &chunk, &WebPDemuxReleaseChunkIterator);
  return exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
}

/// The first frame on a white canvas, [height, width, channels].
struct Canvas {
  uint32_t width;
  uint32_t height;
  int channels;  ///< 3, or 4 when the frame may be transparent
  std::vector<uint8_t> pixels;

  size_t stride() const { return size_t{width} * static_cast<size_t>(channels); }
};

void draw(const WebPIterator& frame, Canvas& canvas, const std::string& name) {
  WebPDecoderConfig config;
  WebPInitDecoderConfig(&config);
  const VP8StatusCode found =
      WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input);
  if (found != VP8_STATUS_OK) throw webp_error(found, name);
  const int64_t right = int64_t{frame.x_offset} + config.input.width;
  const int64_t bottom = int64_t{frame.y_offset} + config.input.height;
  if (right > canvas.width || bottom > canvas.height) {
    throw Error("{}: damaged WebP: a frame beyond the picture", name);
  }
  const size_t start = static_cast<size_t>(frame.y_offset) * canvas.stride() +
                       static_cast<size_t>(frame.x_offset) * static_cast<size_t>(canvas.channels);
  config.output.colorspace = canvas.channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {canvas.pixels.data() + start, static_cast<int>(canvas.stride()),
                          canvas.pixels.size() - start};
  const VP8StatusCode drawn = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  if (drawn != VP8_STATUS_OK) throw webp_error(drawn, name);
}

}  // namespace

Image decode_webp(std::span<const uint8_t> bytes, const std::string& name) {
  const WebPData data{bytes.data(), bytes.size()};
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  const Demuxer demuxer(WebPDemuxPartial(&data, &state), &WebPDemuxDelete);
  if (!demuxer || state != WEBP_DEMUX_DONE) {
    throw webp_error(
        state == WEBP_DEMUX_PARSE_ERROR ? VP8_STATUS_BITSTREAM_ERROR : VP8_STATUS_NOT_ENOUGH_DATA,
        name);
  }
  Canvas canvas{WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH),
                WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT),
                3,
                {}};
  check_pixel_count(canvas.width, canvas.height, name);
  WebPIterator frame;
  if (WebPDemuxGetFrame(demuxer.get(), 1, &frame) == 0) {
    throw webp_error(VP8_STATUS_BITSTREAM_ERROR, name);
  }
  const std::unique_ptr<WebPIterator, decltype(&WebPDemuxReleaseIterator)> release(
      &frame, &WebPDemuxReleaseIterator);
  if (frame.has_alpha != 0) canvas.channels = 4;
  canvas.pixels.assign(canvas.stride() * canvas.height, 255);
  draw(frame, canvas, name);

  UprightImage image(static_cast<int>(canvas.width), static_cast<int>(canvas.height),
                     orientation_of(demuxer.get()));
  for (uint32_t y = 0; y < canvas.height; ++y) {
    image.put_row(static_cast<int>(y), canvas.pixels.data() + y * canvas.stride(), canvas.channels);
  }
  return image.take();
}

}  // namespace tailor::io
