# What find_package(Tailor) finds. Headers keep their rooms: include/tailor/tensor/tensor.h.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Tailor)

install(TARGETS tailor EXPORT TailorTargets
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tailor)
install(FILES ${CMAKE_SOURCE_DIR}/kernels/api/operations.def
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tailor/kernels/api)
install(EXPORT TailorTargets NAMESPACE Tailor:: DESTINATION ${package_dir})
install(FILES ${CMAKE_SOURCE_DIR}/cmake/TailorConfig.cmake DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/TailorConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/TailorConfigVersion.cmake DESTINATION ${package_dir})
