# TAILOR_BUILD_ID: a word that changes with whatever the program and its plug-ins must agree on.
file(GLOB api CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/api/*.h
                                ${CMAKE_SOURCE_DIR}/kernels/api/*.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${api})
set(agreed "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${TAILOR_SANITIZE}")
foreach(header ${api})
  file(SHA256 ${header} digest)
  string(APPEND agreed ${digest})
endforeach()
string(SHA256 digest "${agreed}")
string(SUBSTRING ${digest} 0 12 digest)
set(TAILOR_BUILD_ID ${PROJECT_VERSION}-${digest})
