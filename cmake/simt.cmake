# tailor_simt(simt) and tailor_simt(simt-tracked): devices that run the .cu files on the CPU. They
# need no CUDA: kernels/simt/cuda_runtime.h stands in for it.
file(GLOB simt_kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/cuda/*.cu)
file(GLOB simt_host CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/cuda/*.cpp
                                      ${CMAKE_SOURCE_DIR}/kernels/cuda/card.cu)
list(REMOVE_ITEM simt_kernels ${simt_host})
file(GLOB simt_runner CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/simt/*.cpp)
set_source_files_properties(${CMAKE_SOURCE_DIR}/kernels/cuda/card.cu PROPERTIES LANGUAGE CXX)

# How everything that is part of a simt device is compiled.
function(tailor_simt_options target device)
  # -fno-strict-aliasing: as nvcc compiles, where vectors of numbers are read as one.
  # -Wno-unknown-pragmas: #pragma unroll is nvcc's alone.
  target_compile_options(${target} PRIVATE -fvisibility=hidden -fno-gnu-unique -fno-strict-aliasing
                                           -Wno-unknown-pragmas -Wno-psabi)
  # For the source lines of findings, from the repository's root on wherever that and the build are.
  target_compile_options(${target} PRIVATE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
                                           -ffile-prefix-map=${CMAKE_BINARY_DIR}=.)
  target_compile_definitions(${target} PRIVATE TAILOR_SIMT)
  target_include_directories(${target} BEFORE PRIVATE ${CMAKE_SOURCE_DIR}/kernels/simt
                                                      ${CMAKE_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE fmt::fmt OpenMP::OpenMP_CXX)
  if(device STREQUAL simt-tracked)
    target_compile_definitions(${target} PRIVATE TAILOR_TRACKED)
  endif()
endfunction()

# The plug-in `name`: the kernel files that follow, on the runner of `device`.
function(tailor_simt_plugin name device)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX)
  add_library(${name}_kernels OBJECT ${ARGN})
  tailor_simt_options(${name}_kernels ${device})
  if(device STREQUAL simt-tracked)
    set(launcher ${CMAKE_SOURCE_DIR}/kernels/simt/tracked_compile)
    target_compile_options(${name}_kernels PRIVATE -g)
    set_target_properties(${name}_kernels PROPERTIES CXX_COMPILER_LAUNCHER ${launcher})
    set_source_files_properties(${ARGN} PROPERTIES OBJECT_DEPENDS ${launcher})
  endif()
  string(REPLACE - _ runtime tailor_${device}_runtime)
  add_library(${name} MODULE $<TARGET_OBJECTS:${name}_kernels>)
  target_link_libraries(${name} PRIVATE -Wl,--whole-archive ${runtime} -Wl,--no-whole-archive
                                        tailor OpenMP::OpenMP_CXX)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
endfunction()

function(tailor_simt device)
  string(REPLACE - _ name tailor_${device})
  if(device STREQUAL simt-tracked)
    file(GLOB memory CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/simt/track/*.cpp)
  else()
    file(GLOB memory CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/simt/plain/*.cpp)
  endif()
  # The device without kernels, for those of others too.
  add_library(${name}_runtime STATIC ${simt_runner} ${memory} ${simt_host})
  tailor_simt_options(${name}_runtime ${device})
  target_compile_definitions(${name}_runtime PRIVATE TAILOR_DEVICE="${device}"
                                                     TAILOR_BUILD_ID="${TAILOR_BUILD_ID}")
  tailor_simt_plugin(${name} ${device} ${simt_kernels})
  install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_LIBDIR})
  if(device STREQUAL simt-tracked)  # what `tailor verify --planted` must catch
    file(GLOB planted CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/verify/planted/*.cu)
    tailor_simt_plugin(${name}_planted ${device} ${planted})
    install(TARGETS ${name}_planted DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endfunction()
