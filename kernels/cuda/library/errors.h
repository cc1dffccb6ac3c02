// What the libraries say when they cannot, as Error with the call, its place and the reason.
#pragma once

#include <cublasLt.h>
#include <cudnn_graph.h>

#include <source_location>

namespace tailor::cuda {

void check(cudnnStatus_t status, const char* call,
           std::source_location place = std::source_location::current());
void check(cublasStatus_t status, const char* call,
           std::source_location place = std::source_location::current());

}  // namespace tailor::cuda
