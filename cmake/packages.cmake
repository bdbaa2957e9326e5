# Packages from Debian 12.  ci/setup installs them all; when one is missing
# the message says which Debian package brings it.
find_package(PkgConfig REQUIRED)

function(holdfast_pkg prefix module debian)
  pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
  if(NOT ${prefix}_FOUND)
    message(FATAL_ERROR
      "holdfast needs ${module}; on Debian: apt-get install ${debian} (or run ci/setup)")
  endif()
endfunction()

holdfast_pkg(GLIB glib-2.0 libglib2.0-dev)
if(HOLDFAST_ANALYZER)
  holdfast_pkg(JSON_GLIB json-glib-1.0 libjson-glib-dev)
  holdfast_pkg(FYAML libfyaml libfyaml-dev)
  holdfast_pkg(XXHASH libxxhash libxxhash-dev)
  find_path(LIBCLANG_INCLUDE clang-c/Index.h
    PATHS /usr/lib/llvm-19/include NO_DEFAULT_PATH)
  find_library(LIBCLANG_LIBRARY NAMES clang-19 clang
    PATHS /usr/lib/llvm-19/lib NO_DEFAULT_PATH)
  if(NOT LIBCLANG_INCLUDE OR NOT LIBCLANG_LIBRARY)
    message(FATAL_ERROR
      "holdfast needs libclang 19; on Debian: apt-get install libclang-19-dev (or run ci/setup)")
  endif()
endif()
if(HOLDFAST_TESTS)
  holdfast_pkg(CMOCKA cmocka libcmocka-dev)
endif()
