# libtailor: all rooms in one shared library, so that registries, errors and counters exist once.
add_library(Tailor::tailor ALIAS tailor)
set_target_properties(tailor PROPERTIES VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_link_libraries(tailor PUBLIC tailor_text)
target_compile_features(tailor PUBLIC cxx_std_20)
target_include_directories(tailor PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/tailor>)
