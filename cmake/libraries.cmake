# The libraries behind the rooms, all from Debian's packages. CLI11 and nlohmann-json are headers
# that need no target; fmt is the one library that Tailor's own headers show.
if(TAILOR_BARE)
  # Everything links fmt, so its folder serves the other two as well.
  add_library(fmt::fmt INTERFACE IMPORTED)
  target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
  target_include_directories(fmt::fmt INTERFACE ${TAILOR_HEADERS})
  return()
endif()

find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_library(DNNL dnnl REQUIRED)  # its package file wants OpenCL, which nobody here uses
find_package(CURL 7.85 REQUIRED)
find_package(GIF REQUIRED)
find_package(JPEG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(EXIF REQUIRED IMPORTED_TARGET libexif)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
set(TAILOR_KERNEL_LIBRARIES ${DNNL})
set(TAILOR_IO_LIBRARIES PkgConfig::HWY PkgConfig::HDF5 PkgConfig::LIBZIP PkgConfig::XXHASH
    PkgConfig::EXIF PkgConfig::WEBP GIF::GIF JPEG::JPEG ZLIB::ZLIB CURL::libcurl OpenSSL::Crypto
    Threads::Threads)
