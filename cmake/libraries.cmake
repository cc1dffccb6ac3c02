# The libraries behind the rooms, all from Debian's packages.

# tailor_text: fmt, nlohmann-json and CLI11, header-only in the bare build.
add_library(tailor_text INTERFACE)
if(TAILOR_BARE)
  target_compile_definitions(tailor_text INTERFACE FMT_HEADER_ONLY TAILOR_BARE)
  if(TAILOR_HEADERS)
    target_include_directories(tailor_text SYSTEM INTERFACE ${TAILOR_HEADERS})
  endif()
  return()
endif()
find_package(fmt REQUIRED)
target_link_libraries(tailor_text INTERFACE fmt::fmt)

find_package(Threads REQUIRED)
find_package(dnnl REQUIRED)
find_package(JPEG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
set(TAILOR_KERNEL_LIBRARIES DNNL::dnnl)
set(TAILOR_IO_LIBRARIES PkgConfig::HDF5 PkgConfig::XXHASH JPEG::JPEG ZLIB::ZLIB Threads::Threads)
