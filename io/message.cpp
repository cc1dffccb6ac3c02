#include "io/message.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace tailor::io {
namespace {

// The names of some million photos; and a data set's shape, in its description, in a list, in an
// answer, are four levels.
constexpr uint64_t kMostBytes = uint64_t{1} << 28;
constexpr int kMostLevels = 8;

using nlohmann::json;

/// Takes no value of more levels than messages have, since it is read by a function that calls
/// itself for each.
class Parser : public nlohmann::detail::json_sax_dom_parser<json> {
 public:
  explicit Parser(json& value) : json_sax_dom_parser(value, false) {}
  bool start_object(size_t size) { return ++level_ <= kMostLevels && Base::start_object(size); }
  bool end_object() { return --level_ >= 0 && Base::end_object(); }
  bool start_array(size_t size) { return ++level_ <= kMostLevels && Base::start_array(size); }
  bool end_array() { return --level_ >= 0 && Base::end_array(); }

 private:
  using Base = json_sax_dom_parser;
  int level_ = 0;
};

/// Calls transfer(bytes, count) until all are through; false when it cannot go on.
template <class Byte, class Transfer>
bool transfer_all(Byte* bytes, size_t count, const Transfer& transfer) {
  while (count > 0) {
    const ssize_t n = transfer(bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes += n;
    count -= static_cast<size_t>(n);
  }
  return true;
}

bool send_all(int socket, const void* bytes, size_t count) {
  return transfer_all(static_cast<const char*>(bytes), count, [&](const char* from, size_t n) {
    return ::send(socket, from, n, MSG_NOSIGNAL);
  });
}

bool receive_all(int socket, void* bytes, size_t count) {
  return transfer_all(static_cast<char*>(bytes), count,
                      [&](char* to, size_t n) { return ::recv(socket, to, n, 0); });
}

}  // namespace

// MessagePack holds text of any encoding; unlike CBOR's, only its lists and objects have levels.
bool send_message(int socket, const json& message) {
  const std::vector<uint8_t> bytes = json::to_msgpack(message);
  const uint64_t size = bytes.size();
  return send_all(socket, &size, sizeof size) && send_all(socket, bytes.data(), bytes.size());
}

std::optional<json> receive_message(int socket) {
  uint64_t size = 0;
  if (!receive_all(socket, &size, sizeof size) || size > kMostBytes) return std::nullopt;
  std::vector<uint8_t> bytes(size);
  if (!receive_all(socket, bytes.data(), bytes.size())) return std::nullopt;
  json message;
  Parser parser(message);
  if (!json::sax_parse(bytes, &parser, json::input_format_t::msgpack)) return std::nullopt;
  return message;
}

}  // namespace tailor::io
