// What an action complains of.
#pragma once

#include <string>

#include "kernels/api/error.h"

namespace tailor::test {

/// The message of the Error that `action` throws; "no error" when it throws none.
template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace tailor::test
