# The device "cuda", where there is nvcc.
set(TAILOR_CUDA_ARCHITECTURES "80-real;90-real;90-virtual" CACHE STRING
    "What GPUs the kernels are compiled for, as CMAKE_CUDA_ARCHITECTURES")
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER OR TAILOR_SANITIZE)
  return()
endif()
set(CMAKE_CUDA_ARCHITECTURES ${TAILOR_CUDA_ARCHITECTURES})
enable_language(CUDA)
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # CMake 3.25 does not know that nvcc has it
# Nor that g++ behind it searches /usr/include anyway, and last: to name it would break <cmath>.
list(APPEND CMAKE_CUDA_IMPLICIT_INCLUDE_DIRECTORIES /usr/include)
find_package(CUDAToolkit REQUIRED)

# How everything that is part of the device is compiled.
function(tailor_cuda_options target)
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden
                                             CUDA_VISIBILITY_PRESET hidden)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  # constexpr functions are the device's too; fmt would not use constexpr under nvcc, and then fail.
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-Xcompiler=-Wall,-Wextra,-fno-gnu-unique>")
  target_compile_definitions(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:FMT_USE_CONSTEXPR=1>)
endfunction()

# The plug-in `name`: the kernel files that follow, with the device itself.
function(tailor_cuda_plugin name)
  add_library(${name} MODULE ${ARGN})
  tailor_cuda_options(${name})
  target_link_libraries(${name} PRIVATE -Wl,--whole-archive tailor_cuda_runtime
                                        -Wl,--no-whole-archive tailor CUDA::cudart_static)
endfunction()

add_subdirectory(kernels/cuda)
