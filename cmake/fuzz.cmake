# One libFuzzer program fuzz_NAME for each NAME.c (or fuzz_NAME.c) in a
# directory; the preset "fuzz" instruments the libraries for it. A fuzzer may
# use any library of the project: those it does not call cost nothing.  The
# target "fuzzers" builds them all.
function(holdfast_fuzzers directory)
  set(libraries)
  foreach(part analyzer reference-vmm)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${part}/CMakeLists.txt)
      continue()
    endif()
    get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR}/${part}
      PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target ${targets})
      get_target_property(type ${target} TYPE)
      if(type STREQUAL STATIC_LIBRARY)
        list(APPEND libraries ${target})
      endif()
    endforeach()
  endforeach()

  add_custom_target(fuzzers)
  file(GLOB sources CONFIGURE_DEPENDS ${directory}/*.c)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" name ${name})
    add_executable(fuzz_${name} ${source})
    target_link_libraries(fuzz_${name} PRIVATE ${libraries})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    # LLVMFuzzerTestOneInput has no header
    target_compile_options(fuzz_${name} PRIVATE -Wno-missing-prototypes)
    add_dependencies(fuzzers fuzz_${name})
    set_target_properties(fuzz_${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzzers)
  endforeach()
endfunction()
