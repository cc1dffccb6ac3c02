// How does a file come here from the net: whole and checked, or not at all?
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "kernels/api/error.h"

namespace tailor::io {

struct RemoteFile {
  std::string url;              ///< http or https
  std::string md5;              ///< 32 hex digits
  std::optional<int64_t> size;  ///< bytes, where the publisher says so
};

struct DownloadOptions {
  /// Bytes that are here, of how many (0: nobody says). `done` falls when all is fetched anew.
  std::function<void(int64_t done, int64_t total)> progress = [](int64_t, int64_t) {};
  /// What a person who waits should know: "the connection was cut...".
  std::function<void(const std::string&)> note = [](const std::string&) {};
  std::function<bool()> stop = [] { return false; };  ///< asked about once a second
  int retries = 4;                                    ///< after connections that were cut
  std::chrono::milliseconds pause{1000};              ///< before the first retry; each is doubled
  std::chrono::milliseconds stall{30000};             ///< so much silence is a cut connection
};

/// The net did not give the file: no network, another status than success, other bytes.
class DownloadError : public Error {
 public:
  using Error::Error;
};

/// options.stop said so.
class DownloadStopped : public Error {
 public:
  using Error::Error;
};

/// Fetches into "<file>.part", which gets the name `file` when size and MD5 are right; folders are
/// made. A part that is there, left by a run that was stopped or cut off, is continued (RFC 9110,
/// section 14); a server that cannot do so sends all. Of several processes that want the same file
/// one fetches it, the others wait. Redirections are followed to https, from http to http too.
/// Throws DownloadError, DownloadStopped, and Error when the folder or the disk refuse. Bytes that
/// are wrong are removed; others are kept.
void download(const RemoteFile& remote, const std::filesystem::path& file,
              const DownloadOptions& options = {});

}  // namespace tailor::io
