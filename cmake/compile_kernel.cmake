# lib/tailor/compile_kernel, by which `tailor verify --kernel` makes a device of one file: in the
# build tree, and installed, where it finds everything from its own place.
set(script_dir ${CMAKE_INSTALL_LIBDIR}/tailor)
if(TAILOR_BARE)
  set(TAILOR_SCRIPT_FMT_FLAGS "-DFMT_HEADER_ONLY -I '${TAILOR_HEADERS}'")
else()
  set(TAILOR_SCRIPT_FMT_LIBRARY -lfmt)
endif()

foreach(runtime tailor_simt_runtime tailor_simt_tracked_runtime tailor_cuda_runtime)
  if(TARGET ${runtime})
    set_target_properties(${runtime} PROPERTIES
                          ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
    install(TARGETS ${runtime} DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endforeach()
foreach(folder cuda simt)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/kernels/${folder}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tailor/kernels FILES_MATCHING PATTERN "*.h")
endforeach()

function(tailor_kernel_script file)
  if(NOT CMAKE_CUDA_COMPILER)
    set(CMAKE_CUDA_COMPILER "")  # rather than a word for "none"
  endif()
  configure_file(${CMAKE_SOURCE_DIR}/kernels/simt/compile_kernel.in ${file} @ONLY
                 FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                  WORLD_READ WORLD_EXECUTE)
endfunction()

set(TAILOR_SCRIPT_HEADERS ${CMAKE_SOURCE_DIR})
set(TAILOR_SCRIPT_LIBRARIES ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
tailor_kernel_script(${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/tailor/compile_kernel)

file(RELATIVE_PATH headers /${script_dir} /${CMAKE_INSTALL_INCLUDEDIR}/tailor)
set(TAILOR_SCRIPT_HEADERS "$here/${headers}")
set(TAILOR_SCRIPT_LIBRARIES "$here/..")
tailor_kernel_script(${CMAKE_BINARY_DIR}/installed/compile_kernel)
install(PROGRAMS ${CMAKE_BINARY_DIR}/installed/compile_kernel DESTINATION ${script_dir})

if(TARGET tailor_simt_tracked)
  set(tracked_compile ${CMAKE_SOURCE_DIR}/kernels/simt/tracked_compile)
  configure_file(${tracked_compile} ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/tailor COPYONLY)
  install(PROGRAMS ${tracked_compile} DESTINATION ${script_dir})
endif()
