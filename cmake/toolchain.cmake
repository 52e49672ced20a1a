# Compiler settings for every target: warnings are errors; ccache and mold are used when they are present.
find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header is compared by content, not by time stamp, so that a fresh clone hits the cache.
  # Paths count from this tree's root, so that another clone hits it too.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wnon-virtual-dtor
                    -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees overlaps and overruns in std::string's own code that are not there (GCC bugs 105329 and 105651).
  add_compile_options(-Wshadow=local -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow)
endif()
add_compile_options($<$<CONFIG:Release>:-O2> $<$<CONFIG:Debug>:-O1> -g1)
if(AIN_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(AIN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# A layer: its library carries its own folder's name, takes every .cc directly or one level below it, and sees headers from the root.
function(ain_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")
  add_library(ain_${name} STATIC ${sources})
  target_include_directories(ain_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_precompile_headers(ain_${name} REUSE_FROM ain_pch)
endfunction()
