# libtailor: all rooms in one shared library, so that registries, errors and counters exist once.
add_library(tailor SHARED)
add_library(Tailor::tailor ALIAS tailor)
set_target_properties(tailor PROPERTIES VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_link_libraries(tailor PUBLIC fmt::fmt)
target_compile_features(tailor PUBLIC cxx_std_20)
