# A room is a folder of sources with one target, tailor_<room>, that joins libtailor.
# KNOWS: the rooms it may include (tests/structure checks it); LIBRARIES: what it links;
# INTERNAL: files, as a pattern, whose headers show such a library and so are not installed;
# WITHOUT: files, as a pattern, that are left to others.
function(tailor_room name)
  cmake_parse_arguments(ROOM "" "INTERNAL;WITHOUT" "KNOWS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${name}/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${name}/*.h)
  if(ROOM_WITHOUT)
    list(FILTER sources EXCLUDE REGEX ${ROOM_WITHOUT})
    list(FILTER headers EXCLUDE REGEX ${ROOM_WITHOUT})
  endif()

  # Objects, not archives: rows of the kernel tables register themselves and must not be dropped.
  add_library(tailor_${name} OBJECT ${sources})
  list(TRANSFORM ROOM_KNOWS PREPEND tailor_)
  target_link_libraries(tailor_${name} PUBLIC ${ROOM_KNOWS} ${ROOM_LIBRARIES} fmt::fmt
                                              OpenMP::OpenMP_CXX)
  target_link_libraries(tailor PRIVATE tailor_${name})

  # Installed headers belong to libtailor, the others to the room.
  if(NOT ROOM_INTERNAL)
    set(ROOM_INTERNAL "^$")
  endif()
  set(internal ${headers})
  list(FILTER internal INCLUDE REGEX ${ROOM_INTERNAL})
  list(FILTER headers EXCLUDE REGEX ${ROOM_INTERNAL})
  target_sources(tailor_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}
                                       FILES ${internal})
  target_sources(tailor PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR} FILES ${headers})
endfunction()
