#include "io/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "io/shuffle.h"
#include "kernels/api/error.h"

namespace tailor::io {
namespace {

std::vector<size_t> own_order(size_t n) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

size_t at_least_one(const char* option, int value) {
  if (value < 1) throw Error("loader: expected {} of at least 1, got {}", option, value);
  return static_cast<size_t>(value);
}

}  // namespace

std::vector<size_t> shuffled_indices(size_t n, uint64_t seed, uint32_t epoch) {
  return random_order(n, seed, Stream::shuffle, 0, epoch);
}

/// Threads take photos one at a time from the front of the order and put their pixels into slots of
/// a window of batches; the caller takes finished batches from the window's front, which makes room
/// at its end.
struct Loader::State {
  /// A batch in the making: one place for each photo, also for those that turn out damaged.
  struct Slots {
    std::vector<uint8_t> pixels;
    std::vector<std::string> reasons;  ///< empty for a photo that could be read
    size_t unfinished = 0;
  };

  State(const std::vector<Sample>& all_samples, std::vector<size_t> pass_order,
        const Transform& pass_transform, const LoaderOptions& pass_options)
      : samples(all_samples),
        order(std::move(pass_order)),
        transform(pass_transform),
        options(pass_options),
        batch(at_least_one("batch", options.batch)),
        photo_bytes(static_cast<size_t>(transform.size()) * static_cast<size_t>(transform.size()) *
                    3) {
    const size_t wanted = at_least_one("threads", options.threads);
    max_window = 2 + wanted / batch;  // every thread has a photo while a finished batch waits
    for (size_t i = 0; i < std::min(wanted, order.size()); ++i) {
      threads.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }

  ~State() {
    for (std::jthread& thread : threads) thread.request_stop();
    threads.clear();  // joins while the members they use are alive
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  size_t size_of(size_t batch_index) const {
    return std::min(batch, order.size() - batch_index * batch);
  }

  /// Opens the batch of the next photo if need be; false when the window is full. Under the mutex.
  bool has_room() {
    const size_t wanted = next_photo / batch - first_batch;
    if (wanted < window.size()) return true;
    if (window.size() >= max_window) return false;
    const size_t n = size_of(first_batch + window.size());
    window.push_back({std::vector<uint8_t>(n * photo_bytes), std::vector<std::string>(n), n});
    return true;
  }

  struct Task {
    size_t photo;  ///< position in the order
    Slots* slots;  ///< stays where it is until its last photo is finished
  };

  /// The next photo, once there is room for it; nothing when there is no more to do.
  std::optional<Task> claim(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    room.wait(lock, stop, [&] { return failure || next_photo == order.size() || has_room(); });
    if (stop.stop_requested() || failure || next_photo == order.size()) return std::nullopt;
    const size_t photo = next_photo++;
    return Task{photo, &window[photo / batch - first_batch]};
  }

  void finish(Slots& slots) {
    const std::lock_guard lock(mutex);
    if (--slots.unfinished == 0) finished.notify_one();
  }

  void work(const std::stop_token& stop) {
    try {
      while (const std::optional<Task> task = claim(stop)) {
        fill(task->photo, *task->slots);
        finish(*task->slots);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      finished.notify_one();
      room.notify_all();
    }
  }

  /// Decodes one photo into its place. Only what is wrong with the photo itself is kept as a
  /// reason.
  void fill(size_t photo, Slots& slots) const {
    const size_t place = photo % batch;
    const Sample& sample = samples[order[photo]];
    try {
      const Photo read = read_photo(sample);
      const Image picture = transform(read.image, read.content_hash, options.view);
      std::copy(picture.rgb.begin(), picture.rgb.end(),
                slots.pixels.begin() + static_cast<ptrdiff_t>(place * photo_bytes));
    } catch (const Error& error) {
      slots.reasons[place] = error.what();
    }
  }

  /// The front of the window, once it is finished; nothing at the end.
  std::optional<Slots> take() {
    std::unique_lock lock(mutex);
    if (first_batch * batch >= order.size()) return std::nullopt;
    finished.wait(lock,
                  [&] { return failure || (!window.empty() && window.front().unfinished == 0); });
    if (failure) std::rethrow_exception(failure);
    Slots slots = std::move(window.front());
    window.pop_front();
    ++first_batch;
    room.notify_all();
    return slots;
  }

  /// The photos of batch `batch_index` that could be read; the others are listed.
  Batch collect(Slots slots, size_t batch_index) {
    Batch result;
    for (size_t place = 0; place < slots.reasons.size(); ++place) {
      const size_t index = order[batch_index * batch + place];
      const Sample& sample = samples[index];
      if (!slots.reasons[place].empty()) {
        skipped.push_back({sample.name(), slots.reasons[place], index});
        continue;
      }
      const auto from = slots.pixels.begin() + static_cast<ptrdiff_t>(place * photo_bytes);
      const auto to =
          slots.pixels.begin() + static_cast<ptrdiff_t>(result.labels.size() * photo_bytes);
      if (to != from) std::copy_n(from, photo_bytes, to);
      result.labels.push_back(sample.label);
      result.indices.push_back(index);
    }
    slots.pixels.resize(result.labels.size() * photo_bytes);
    result.pixels = std::move(slots.pixels);
    return result;
  }

  const std::vector<Sample>& samples;
  const std::vector<size_t> order;
  const Transform transform;
  const LoaderOptions options;
  const size_t batch;
  const size_t photo_bytes;
  size_t max_window = 0;
  std::vector<Skipped> skipped;  ///< the caller's

  std::mutex mutex;  ///< of all below, except the insides of slots whose photos are unfinished
  std::condition_variable_any room;
  std::condition_variable finished;
  std::deque<Slots> window;  ///< batches first_batch, first_batch + 1, ...
  size_t first_batch = 0;
  size_t next_photo = 0;
  std::exception_ptr failure;
  std::vector<std::jthread> threads;
};

Loader::Loader(const std::vector<Sample>& samples, std::vector<size_t> order,
               const Transform& transform, const LoaderOptions& options)
    : state_(std::make_unique<State>(samples, std::move(order), transform, options)) {}

Loader::Loader(const std::vector<Sample>& samples, const Transform& transform,
               const LoaderOptions& options)
    : Loader(samples, own_order(samples.size()), transform, options) {}

Loader::~Loader() = default;

std::optional<Batch> Loader::next() {
  for (;;) {
    const size_t batch_index = state_->first_batch;  // only take() changes it
    std::optional<State::Slots> slots = state_->take();
    if (!slots) break;
    Batch batch = state_->collect(std::move(*slots), batch_index);
    if (!batch.labels.empty()) return batch;
  }
  if (!skipped().empty() && skipped().size() == state_->samples.size()) {
    throw Error("no photo could be read: {}", skipped().front().reason);
  }
  return std::nullopt;
}

size_t Loader::position() const {  // only take() changes first_batch
  return std::min(state_->first_batch * state_->batch, state_->order.size());
}

const std::vector<Skipped>& Loader::skipped() const { return state_->skipped; }

}  // namespace tailor::io
