# tailor-import, which reads HDF5 files for libtailor and lies in a folder beside it. It needs none of
# libtailor's code, so it starts at once.
add_executable(tailor_import io/import_program/main.cpp io/import_program/hdf5_file.cpp
                             io/message.cpp)
set_target_properties(tailor_import PROPERTIES
  OUTPUT_NAME tailor-import RUNTIME_OUTPUT_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/tailor)
target_include_directories(tailor_import PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(tailor_import PRIVATE PkgConfig::HDF5 fmt::fmt)
if(TAILOR_SANITIZE)
  target_compile_definitions(tailor_import PRIVATE TAILOR_SANITIZED)
endif()
target_compile_features(tailor_import PRIVATE cxx_std_20)
add_dependencies(tailor tailor_import)
install(TARGETS tailor_import DESTINATION ${CMAKE_INSTALL_LIBDIR}/tailor)
