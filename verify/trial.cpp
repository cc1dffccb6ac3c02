#include "verify/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verify/bounds.h"
#include "verify/guarded.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

using Bytes = std::vector<std::byte>;

/// One call in one order of threads.
class Trial {
 public:
  Trial(Backend& backend, const Truth& truth, DType dtype) : truth_(truth), dtype_(dtype) {
    for (size_t i = 0; i < arguments().size(); ++i) {
      const DType stored = dtype_of(arguments()[i], dtype);
      const bool written = arguments()[i].role == Role::out;
      before_.push_back(written ? poison(i, stored) : encode(truth.before[i], stored));
      buffers_.emplace_back(backend, stored, arguments()[i].shape, before_.back());
    }
    if (backend.watch() != nullptr) guard(*backend.watch());
    call(backend);
    for (Guarded& buffer : buffers_) buffer.fetch();
  }

  bool unsupported() const { return unsupported_; }
  std::span<const std::byte> content(size_t argument) const { return buffers_[argument].content(); }

  void judge(Result& result) const {
    for (const std::string& message : messages_) result.fail(message);
    for (const Finding& finding : findings_) {
      const std::string times = finding.count > 1 ? fmt::format(" ({} times)", finding.count) : "";
      result.fail(fmt::format("{}: {}{}", finding.kind, finding.text, times));
    }
    for (size_t i = 0; i < buffers_.size(); ++i) {
      if (!buffers_[i].view()) continue;  // not given
      judge_margins(arguments()[i], buffers_[i], result);
      if (arguments()[i].role == Role::in) {
        if (!std::equal(before_[i].begin(), before_[i].end(), content(i).begin())) {
          result.fail(fmt::format("{}: an input was changed", arguments()[i].name));
        }
      } else if (messages_.empty() && !truth_.after.empty()) {
        judge_numbers(i, result);
      }
    }
  }

 private:
  const std::vector<Argument>& arguments() const { return truth_.test.arguments; }

  /// What an output holds that nobody writes: NaN, but a number where NaN is right.
  Bytes poison(size_t argument, DType dtype) const {
    std::vector<double> numbers(truth_.before[argument].size());
    if (!is_real(dtype)) return Bytes(numbers.size() * size_of(dtype), std::byte{0xAB});
    for (size_t i = 0; i < numbers.size(); ++i) {
      const bool nan_is_right = !truth_.after.empty() && std::isnan(truth_.after[argument][i]);
      numbers[i] = nan_is_right ? -171 : std::nan("");
    }
    return encode(numbers, dtype);
  }

  void guard(Watch& watch) const {
    for (size_t i = 0; i < buffers_.size(); ++i) {
      for (const auto margin : buffers_[i].margins()) watch.forbid(margin.data(), margin.size());
      const View& view = buffers_[i].view();
      if (view && arguments()[i].role == Role::out) watch.forget(view.data, view.bytes());
    }
  }

  void call(Backend& backend) {
    std::vector<View> views;
    views.reserve(buffers_.size());
    for (const Guarded& buffer : buffers_) views.push_back(buffer.view());
    const std::string& expected = truth_.test.error;
    try {
      truth_.test.call(backend, views);
      take_findings(backend);  // those that nobody took would be an error of synchronize
      backend.synchronize();
      if (!expected.empty()) {
        messages_.push_back(fmt::format("expected the error \"{}...\", got none", expected));
      }
    } catch (const Unsupported&) {
      unsupported_ = true;
    } catch (const std::exception& error) {
      if (expected.empty() || !std::string_view(error.what()).starts_with(expected)) {
        messages_.push_back(fmt::format("threw \"{}\"", error.what()));
      }
    } catch (...) {  // out of somebody's kernel file
      messages_.emplace_back("threw \"something that is no std::exception\"");
    }
    take_findings(backend);
  }

  void take_findings(Backend& backend) {
    if (backend.watch() == nullptr) return;
    for (Finding& finding : backend.watch()->take_findings()) {
      findings_.push_back(std::move(finding));
    }
  }

  static void judge_margins(const Argument& argument, const Guarded& buffer, Result& result) {
    if (!buffer.before_is_whole()) {
      result.fail(fmt::format("{}: written to before its start", argument.name));
    }
    if (!buffer.behind_is_whole()) {
      result.fail(fmt::format("{}: written to beyond its end", argument.name));
    }
  }

  void judge_numbers(size_t i, Result& result) const {
    const Argument& argument = arguments()[i];
    const DType stored = dtype_of(argument, dtype_);
    const bool as_it_is = argument.bound || !is_real(stored);
    const auto expected = as_it_is ? truth_.after[i] : rounded(truth_.after[i], stored);
    add_comparison(compare(decode(content(i), stored), expected, allowed_errors(truth_, i, stored)),
                   argument.name, argument.shape, result);
  }

  const Truth& truth_;
  DType dtype_;
  std::vector<Bytes> before_;
  std::vector<Guarded> buffers_;
  bool unsupported_ = false;
  std::vector<std::string> messages_;
  std::vector<Finding> findings_;
};

std::string_view name_of(ThreadOrder order) {
  constexpr std::string_view kNames[] = {"ascending", "descending", "shuffled"};
  return kNames[static_cast<size_t>(order)];
}

}  // namespace

void try_case(Backend& backend, const Truth& truth, DType dtype,
              std::span<const ThreadOrder> orders, Result& result) {
  std::vector<Bytes> first;
  for (const ThreadOrder order : orders) {
    if (backend.watch() != nullptr) backend.watch()->set_order(order);
    const Trial trial(backend, truth, dtype);
    if (trial.unsupported()) {
      result.status = Status::unsupported;
      return;
    }
    const size_t said = result.messages.size();
    trial.judge(result);
    for (size_t i = 0; i < truth.test.arguments.size(); ++i) {
      const auto content = trial.content(i);
      if (order == orders.front()) {
        first.emplace_back(content.begin(), content.end());
      } else if (!std::equal(content.begin(), content.end(), first[i].begin())) {
        result.fail(fmt::format("{}: not what it is with {} threads", truth.test.arguments[i].name,
                                name_of(orders.front())));
      }
    }
    if (order == orders.front()) continue;
    for (size_t i = said; i < result.messages.size(); ++i) {
      result.messages[i] = fmt::format("{} threads: {}", name_of(order), result.messages[i]);
    }
  }
  if (backend.watch() != nullptr) backend.watch()->set_order(ThreadOrder::ascending);
}

}  // namespace tailor::verify
