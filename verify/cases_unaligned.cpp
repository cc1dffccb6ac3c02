// Numbers need not begin where their memory does: those of an image inside a batch seldom do, and
// what moves 16 bytes at once must see that.
#include <memory>

#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

/// The case with argument number `which` one element behind the start of its memory.
Case moved(const std::shared_ptr<const Case>& test, size_t which) {
  Case copy = *test;
  Argument& argument = copy.arguments[which];
  const Shape shape = argument.shape;
  copy.name += "/unaligned_" + argument.name;
  argument.shape = {shape.count() + 1};
  if (argument.role == Role::out) {  // but its first element, which must stay
    argument.role = Role::inout;
    argument.fill = given({0});
  }

  const auto with_view = [which, shape](const Call& call) -> Call {
    if (!call) return {};
    return [=](Backend& b, Views v) {
      std::vector<View> views(v.begin(), v.end());
      const auto [data, dtype, flat] = v[which];
      views[which] = {static_cast<std::byte*>(data) + size_of(dtype), dtype, shape};
      call(b, views);
    };
  };
  copy.call = with_view(test->call);
  copy.prepare = with_view(test->prepare);

  for (Argument& bounded : copy.arguments) {
    if (!bounded.bound) continue;
    bounded.bound = [test, which, bound = bounded.bound](const Truth& truth, size_t number) {
      Truth inner{*test, truth.before, truth.after};
      for (auto* numbers : {&inner.before[which], &inner.after[which]}) {
        numbers->erase(numbers->begin());
      }
      std::vector<double> bounds = bound(inner, number);
      if (number == which) bounds.insert(bounds.begin(), 0);
      return bounds;
    };
  }
  return copy;
}

}  // namespace

void add_unaligned(std::vector<Case>& cases, size_t count) {
  const std::vector<Case> last(cases.end() - static_cast<std::ptrdiff_t>(count), cases.end());
  for (const Case& test : last) {
    const auto shared = std::make_shared<const Case>(test);
    const std::vector<Argument>& all = test.arguments;
    for (size_t i = 0; i < all.size(); ++i) {
      const bool last_of_list = i + 1 == all.size() || all[i].name != all[i + 1].name;
      if (all[i].shape.rank() > 0 && last_of_list) cases.push_back(moved(shared, i));
    }
  }
}

}  // namespace tailor::verify
