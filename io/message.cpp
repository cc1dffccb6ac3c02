#include "io/message.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace tailor::io {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 30;

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

bool send_message(int socket, const nlohmann::json& message) {
  const std::vector<uint8_t> bytes = nlohmann::json::to_cbor(message);  // text of any encoding
  const uint64_t size = bytes.size();
  return send_all(socket, &size, sizeof size) && send_all(socket, bytes.data(), bytes.size());
}

std::optional<nlohmann::json> receive_message(int socket) {
  uint64_t size = 0;
  if (!receive_all(socket, &size, sizeof size) || size > kMostBytes) return std::nullopt;
  std::vector<uint8_t> bytes(size);
  if (!receive_all(socket, bytes.data(), bytes.size())) return std::nullopt;
  nlohmann::json message = nlohmann::json::from_cbor(bytes, true, false);
  if (message.is_discarded()) return std::nullopt;
  return message;
}

}  // namespace tailor::io
