# A room is a folder of sources with one target, tailor_<room>, that joins libtailor.
# KNOWS: the rooms it may include (checked by tests/structure); LIBRARIES: what it links.
function(tailor_room name)
  cmake_parse_arguments(ROOM "" "" "KNOWS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cpp)
  if(TAILOR_BARE)
    list(FILTER sources EXCLUDE REGEX "/kernels/cpu/")
  endif()
  add_library(tailor_${name} OBJECT ${sources})
  target_include_directories(tailor_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  list(TRANSFORM ROOM_KNOWS PREPEND tailor_)
  target_link_libraries(tailor_${name} PUBLIC ${ROOM_KNOWS} tailor_text OpenMP::OpenMP_CXX
                        PRIVATE ${ROOM_LIBRARIES})
  # Objects, not archives: rows of the kernel tables register themselves and must not be dropped.
  target_sources(tailor PRIVATE $<TARGET_OBJECTS:tailor_${name}>)
  target_link_libraries(tailor PRIVATE ${ROOM_LIBRARIES} OpenMP::OpenMP_CXX)
endfunction()
