#include <algorithm>

#include "verify/cases.h"
#include "verify/numbers.h"

namespace tailor::verify {
namespace {

/// Parts that are alike but for their extents along `dim`.
void add_join(std::vector<Case>& cases, const std::string& name, int dim,
              const std::vector<Shape>& parts) {
  Shape whole = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) whole[dim] += parts[i][dim];
  const size_t count = parts.size();
  // Of 16 bytes in every dtype.
  const bool in_vectors = std::all_of(parts.begin(), parts.end(),
                                      [](const Shape& part) { return part.back() % 8 == 0; });

  Case forward{.op = Op::concat, .name = name, .arguments = {}, .call = [=](Backend& b, Views v) {
                 b.concat(v.first(count), dim, v[count]);
               }};
  Case backward{
      .op = Op::concat_backward,
      .name = name,
      .arguments = {in("dy", whole, reals())},
      .call = [=](Backend& b, Views v) { b.concat_backward(v[0], dim, v.subspan(1, count)); }};
  for (size_t i = 0; i < count; ++i) {
    forward.arguments.push_back(in(fmt::format("xs{}", i), parts[i], reals()));
    backward.arguments.push_back(out(fmt::format("dxs{}", i), parts[i]));
  }
  forward.arguments.push_back(out("y", whole));
  cases.push_back(std::move(forward));
  if (in_vectors) add_unaligned(cases);
  cases.push_back(std::move(backward));
  if (in_vectors) add_unaligned(cases);
}

}  // namespace

void add_join_cases(std::vector<Case>& cases) {
  add_join(cases, "one_part", 1, {{3, 4}});
  add_join(cases, "one_element_each", 0, {{1}, {1}});
  add_join(cases, "channels", 3, {{2, 3, 4, 5}, {2, 3, 4, 1}, {2, 3, 4, 8}});
  add_join(cases, "channels_of_one_pixel", 3, {{1, 1, 1, 3}, {1, 1, 1, 17}});
  add_join(cases, "batch", 0, {{1, 3, 2, 5}, {3, 3, 2, 5}});
  add_join(cases, "rows", 1, {{2, 3, 2, 5}, {2, 1, 2, 5}});
  add_join(cases, "columns", 2, {{2, 3, 2, 5}, {2, 3, 4, 5}});
  add_join(cases, "whole_vectors", 3, {{2, 8, 8, 16}, {2, 8, 8, 48}});
  cases.push_back(
      {.op = Op::concat,
       .name = "labels",
       .arguments = {in("xs0", {3}, labels(100)), in("xs1", {5}, labels(100)), out("y", {8})},
       .call = [](Backend& b, Views v) { b.concat(v.first(2), 0, v[2]); },
       .dtypes = {DType::i64}});
  cases.push_back(cases.back());
  cases.back().name = "labels_in_vectors";
  cases.back().arguments = {in("xs0", {4}, labels(100)), in("xs1", {6}, labels(100)),
                            out("y", {10})};
  // A gradient that nobody wants is not given.
  cases.push_back(
      {.op = Op::concat_backward,
       .name = "second_not_given",
       .arguments = {in("dy", {2, 3, 6}, reals()), out("dxs0", {2, 3, 1}), out("dxs2", {2, 3, 2})},
       .call = [](Backend& b, Views v) {
         const View parts[] = {v[1], {nullptr, v[1].dtype, {2, 3, 3}}, v[2]};
         b.concat_backward(v[0], 2, parts);
       }});
}

}  // namespace tailor::verify
