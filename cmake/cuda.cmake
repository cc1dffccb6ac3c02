# The device "cuda", where there is nvcc.
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER AND NOT TAILOR_SANITIZE)
  add_subdirectory(kernels/cuda)
endif()
