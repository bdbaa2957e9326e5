# One libFuzzer program for each SOURCE, linked with all libraries of the part
# (analyzer, reference-vmm) that it is about, where that part is built; the
# preset "fuzz" instruments the libraries for it.  The target "fuzzers" builds
# them all.
add_custom_target(fuzzers)
function(holdfast_fuzzers part) # SOURCE...
  set(directory ${PROJECT_SOURCE_DIR}/${part})
  get_property(parts DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
  if(NOT directory IN_LIST parts)
    return()
  endif()

  set(libraries)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL STATIC_LIBRARY)
      list(APPEND libraries ${target})
    endif()
  endforeach()

  foreach(source ${ARGN})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${libraries})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    # LLVMFuzzerTestOneInput has no header
    target_compile_options(${name} PRIVATE -Wno-missing-prototypes)
    add_dependencies(fuzzers ${name})
    set_target_properties(${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzzers)
  endforeach()
endfunction()
