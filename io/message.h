// Messages between Tailor and tailor-import: JSON, with its length before it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace tailor::io {

/// False when the other end of the socket is gone.
bool send_message(int socket, const nlohmann::json& message);

/// Waits for the next one; nothing when the other end is gone or did not send one, or within the
/// time that the socket allows (SO_RCVTIMEO; errno is EAGAIN then).
std::optional<nlohmann::json> receive_message(int socket);

}  // namespace tailor::io
