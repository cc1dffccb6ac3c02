// A server on this machine that gives one file, well or badly.
#pragma once

#include <string>
#include <vector>

#include "io/download.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace tailor::test {

/// web_server.py, which says how each path is answered.
class WebServer {
 public:
  /// arguments: more for the script, after its folder.
  explicit WebServer(const std::vector<std::string>& arguments = {});

  std::string url(const std::string& path) const;
  /// The server's file, asked for in this manner; its MD5 is Python's.
  io::RemoteFile file(const std::string& manner) const;
  /// Path and range of each request: "/cut bytes=1000-".
  std::vector<std::string> requests() const;

 private:
  TempDir folder_;
  Program server_;
  int port_ = 0;
  int64_t size_ = 0;
  std::string md5_;
};

}  // namespace tailor::test
