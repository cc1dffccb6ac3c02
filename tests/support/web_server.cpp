#include "tests/support/web_server.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace tailor::test {
namespace {

std::vector<std::string> script(const TempDir& folder, const std::vector<std::string>& arguments) {
  setenv("no_proxy", "127.0.0.1", 1);
  std::vector<std::string> words = {TAILOR_TEST_SUPPORT "/web_server.py", folder.path().string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

WebServer::WebServer(const std::vector<std::string>& arguments)
    : server_(script(folder_, arguments), {.program = "/usr/bin/python3"}) {
  if (!server_.wait_for("ready")) throw std::runtime_error("web_server.py: " + server_.wait().err);
  std::ifstream(folder_ / "about") >> port_ >> size_ >> md5_;
}

std::string WebServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

io::RemoteFile WebServer::file(const std::string& manner) const {
  return {url("/" + manner), md5_, size_};
}

std::vector<std::string> WebServer::requests() const {
  std::ifstream log(folder_ / "log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

}  // namespace tailor::test
