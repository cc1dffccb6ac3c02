#include "io/download.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <span>
#include <system_error>
#include <thread>

#include "io/make_folder.h"
#include "io/md5.h"
#include "io/part_file.h"
#include "kernels/api/version.h"

namespace tailor::io {
namespace fs = std::filesystem;

namespace {

constexpr long kConnectSeconds = 15;
constexpr long kMostRedirections = 5;
constexpr auto kSlice = std::chrono::milliseconds(50);

using Clock = std::chrono::steady_clock;

double in_seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

enum class Answer { whole, no_ranges, cut };

class Download {
 public:
  Download(const RemoteFile& remote, const fs::path& file, const DownloadOptions& options)
      : remote_(remote), file_(file), options_(options), part_(file), curl_(open_curl()) {}

  void run() {
    make_folder();
    if (!lock_part()) return;
    const bool has_old_bytes = part_.size() > 0;
    fetch();
    std::string fault = find_fault();
    if (!fault.empty() && has_old_bytes) {
      options_.note("the part that was there did not fit: fetching all of it");
      part_.clear();
      fetch();
      fault = find_fault();
    }
    if (!fault.empty()) throw wrong_bytes(fault);
    part_.finish();
  }

 private:
  using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

  // --- this side ---

  void make_folder() const {
    if (file_.has_parent_path()) io::make_folder(file_.parent_path());
  }

  /// False when the file is there: another process has just fetched it.
  bool lock_part() {
    for (bool is_told = false; !part_.try_lock(); is_told = true) {
      if (!is_told) options_.note("another process is fetching the same file: waiting for it");
      wait(2 * kSlice);
    }
    return !fs::exists(file_);
  }

  void expect_space(int64_t bytes) const {
    std::error_code error;
    const fs::path folder = file_.has_parent_path() ? file_.parent_path() : ".";
    const fs::space_info space = fs::space(folder, error);
    if (!error && bytes > 0 && space.available < static_cast<uintmax_t>(bytes)) {
      throw Error("{}: expected {} bytes of free space for {}, got {}", folder.string(), bytes,
                  file_.filename().string(), space.available);
    }
  }

  /// What is wrong with the complete part; empty: nothing.
  std::string find_fault() const {
    if (remote_.size && part_.size() != *remote_.size) {
      return fmt::format("expected {} bytes, got {}", *remote_.size, part_.size());
    }
    const std::string md5 = md5_of(part_.path());
    return md5 == remote_.md5 ? "" : fmt::format("expected MD5 {}, got {}", remote_.md5, md5);
  }

  DownloadError wrong_bytes(const std::string& fault) {
    part_.discard();
    return DownloadError("{}: {}", remote_.url, fault);
  }

  void check_stop() const {
    if (options_.stop()) {
      throw DownloadStopped("{}: {} bytes are kept for the next time", remote_.url, part_.size());
    }
  }

  void wait(std::chrono::milliseconds duration) const {
    const auto end = std::chrono::steady_clock::now() + duration;
    for (auto now = end - duration; now < end; now = std::chrono::steady_clock::now()) {
      check_stop();
      std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(kSlice, end - now));
    }
  }

  // --- the other side ---

  Curl open_curl() {
    static const CURLcode library = curl_global_init(CURL_GLOBAL_DEFAULT);
    Curl curl(curl_easy_init(), curl_easy_cleanup);
    if (library != CURLE_OK || !curl) throw Error("libcurl: expected it to start, got an error");
    const auto set = [&](CURLoption option, auto value) {
      if (curl_easy_setopt(curl.get(), option, value) != CURLE_OK) {
        throw Error("libcurl: expected an option of 7.85 or later, got an error");
      }
    };
    set(CURLOPT_URL, remote_.url.c_str());
    set(CURLOPT_USERAGENT, agent_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMostRedirections);
    set(CURLOPT_REDIR_PROTOCOLS_STR, remote_.url.starts_with("http:") ? "http,https" : "https");
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, complaint_.data());
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, on_progress);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_WRITEFUNCTION, on_bytes);
    set(CURLOPT_WRITEDATA, this);
    return curl;
  }

  /// Fills the part. A connection that is cut is taken up again where it was cut.
  void fetch() {
    if (remote_.size && part_.size() > *remote_.size) part_.clear();
    bool from_start = false;
    int cuts = 0;
    while (part_.size() != remote_.size) {
      switch (request(from_start ? 0 : part_.size())) {
        case Answer::whole:
          return;
        case Answer::no_ranges:
          from_start = true;
          break;
        case Answer::cut:
          from_start = false;
          if (++cuts > options_.retries) throw failure(fmt::format("{} {} times", reason_, cuts));
          pause_after(cuts);
      }
    }
  }

  void pause_after(int cuts) const {
    const auto pause = options_.pause * (1 << (cuts - 1));
    options_.note(
        fmt::format("the connection was cut ({}): again in {} s", reason_, in_seconds(pause)));
    wait(pause);
  }

  /// Asks for everything from byte `start` on and appends it to the part.
  Answer request(int64_t start) {
    if (remote_.size) expect_space(*remote_.size - start);
    start_ = start;
    has_begun_ = is_silent_ = false;
    last_sign_ = Clock::now();
    complaint_.front() = '\0';
    curl_easy_setopt(curl_.get(), CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(start));
    const CURLcode code = curl_easy_perform(curl_.get());
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    const long status = get_status();
    has_answered_ = has_answered_ || status != 0;
    if (code == CURLE_RANGE_ERROR || (start > 0 && status == 416)) return Answer::no_ranges;
    if (code == CURLE_OK) return Answer::whole;
    reason_ = code == CURLE_HTTP_RETURNED_ERROR ? fmt::format("HTTP status {}", status)
              : is_silent_ ? fmt::format("silence for {} s", in_seconds(options_.stall))
              : complaint_.front() != '\0' ? fmt::format("'{}'", complaint_.data())
                                           : fmt::format("'{}'", curl_easy_strerror(code));
    if (!can_pass(code, status)) throw failure(reason_);
    return Answer::cut;
  }

  /// Whether the next request may fare better.
  bool can_pass(CURLcode code, long status) const {
    switch (code) {
      case CURLE_HTTP_RETURNED_ERROR:
        return status >= 500 || status == 408 || status == 429;
      case CURLE_PARTIAL_FILE:
      case CURLE_RECV_ERROR:
      case CURLE_SEND_ERROR:
      case CURLE_GOT_NOTHING:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM:
        return true;
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_CONNECT:
      case CURLE_OPERATION_TIMEDOUT:
      case CURLE_ABORTED_BY_CALLBACK:  // silence
        return has_answered_;          // before the first answer: there is no network
      default:
        return false;
    }
  }

  DownloadError failure(const std::string& reason) const {
    const std::string kept =
        part_.size() == 0 ? "" : fmt::format("; {} bytes are kept for the next time", part_.size());
    return DownloadError("{}: expected the file, got {}{}", remote_.url, reason, kept);
  }

  long get_status() const {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  /// Before the first bytes of an answer: are they what was asked for?
  void begin() {
    const long status = get_status();
    if (status != (start_ == 0 ? 200 : 206)) throw failure(fmt::format("HTTP status {}", status));
    curl_off_t coming = -1;
    curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &coming);
    if (coming >= 0) {
      if (remote_.size && start_ + coming != *remote_.size) {
        throw failure(fmt::format("one of {} bytes instead of {}", start_ + coming, *remote_.size));
      }
      expect_space(coming);
    }
    total_ = coming < 0 ? remote_.size.value_or(0) : start_ + coming;
    if (start_ == 0) part_.clear();
  }

  void take(std::span<const char> bytes) {
    last_sign_ = Clock::now();
    if (!std::exchange(has_begun_, true)) begin();
    if (remote_.size && part_.size() + static_cast<int64_t>(bytes.size()) > *remote_.size) {
      throw wrong_bytes(fmt::format("expected {} bytes, got more", *remote_.size));
    }
    part_.append(bytes);
    options_.progress(part_.size(), total_);
  }

  // --- what libcurl calls: exceptions wait until it has returned ---

  template <class Action>
  bool succeeds(Action action) {
    try {
      action();
      return true;
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  static size_t on_bytes(char* bytes, size_t one, size_t count, void* self) {
    auto& download = *static_cast<Download*>(self);
    return download.succeeds([&] { download.take({bytes, one * count}); }) ? count : 0;
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& download = *static_cast<Download*>(self);
    if (!download.succeeds([&] { download.check_stop(); })) return 1;
    download.is_silent_ = Clock::now() - download.last_sign_ > download.options_.stall;
    return download.is_silent_ ? 1 : 0;
  }

  const RemoteFile& remote_;
  const fs::path& file_;
  const DownloadOptions& options_;
  const std::string agent_ = fmt::format("tailor/{}", version());
  PartFile part_;
  std::array<char, CURL_ERROR_SIZE> complaint_{};
  Curl curl_;
  int64_t start_ = 0;       ///< of the request: its first byte
  bool has_begun_ = false;  ///< bytes of its answer have come
  bool is_silent_ = false;  ///< so long that its connection was given up
  Clock::time_point last_sign_;
  bool has_answered_ = false;  ///< a server, at any time
  int64_t total_ = 0;
  std::string reason_;  ///< why the last connection ended
  std::exception_ptr failure_;
};

}  // namespace

void download(const RemoteFile& remote, const fs::path& file, const DownloadOptions& options) {
  Download(remote, file, options).run();
}

}  // namespace tailor::io
