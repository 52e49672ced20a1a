# Every library ain links, by the name its layer uses. All are Debian 12 packages; scripts/install-packages names them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(ssl REQUIRED IMPORTED_TARGET libssl)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(git2 REQUIRED IMPORTED_TARGET libgit2)
pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(cli11 REQUIRED IMPORTED_TARGET CLI11)

# Start-up is a feature: what a short command would spend on loading shared libraries (some 5 ms for the dozen below, where `git --version`
# takes 1.3) is spent at link time. Each target keeps its name and takes the archive of the same development package.
option(AIN_STATIC "Link the libraries' archives where they are there" ON)

# The archives ARGN, found by name, in place of TARGET's shared library; none is used unless all are there.
function(ain_prefer_archives target)
  if(NOT AIN_STATIC)
    return()
  endif()
  set(archives)
  foreach(name ${ARGN})
    if(TARGET ${name})
      list(APPEND archives ${name})
      continue()
    endif()
    find_library(AIN_ARCHIVE_${name} NAMES lib${name}.a)
    mark_as_advanced(AIN_ARCHIVE_${name})
    if(NOT AIN_ARCHIVE_${name})
      message(STATUS "lib${name}.a is not there: ${target} stays shared")
      return()
    endif()
    list(APPEND archives ${AIN_ARCHIVE_${name}})
  endforeach()
  set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${archives}")
endfunction()

ain_prefer_archives(PkgConfig::sodium sodium Threads::Threads)
ain_prefer_archives(PkgConfig::crypto crypto Threads::Threads)
ain_prefer_archives(PkgConfig::ssl ssl PkgConfig::crypto)
ain_prefer_archives(PkgConfig::sqlite3 sqlite3 z Threads::Threads)
ain_prefer_archives(PkgConfig::seccomp seccomp)
ain_prefer_archives(PkgConfig::deflate deflate)
set(ZLIB_USE_STATIC_LIBS ${AIN_STATIC})

# libgit2's archive would bring TLS, SSH and Kerberos, and its start-up parses the CA bundle. git itself does ain's transport, so
# repo/git2_local.c stands in for those members, and the rest of the archive is local. It knows the members of 1.5 only.
if(AIN_STATIC AND git2_VERSION VERSION_GREATER_EQUAL 1.5 AND git2_VERSION VERSION_LESS 1.6)
  add_library(ain_git2_local OBJECT repo/git2_local.c)
  ain_prefer_archives(PkgConfig::git2 git2 mbedcrypto http_parser pcre2-8 z Threads::Threads)
  get_target_property(git2_libraries PkgConfig::git2 INTERFACE_LINK_LIBRARIES)
  if(git2_libraries MATCHES "libgit2\\.a")
    set(AIN_XDIFF ON)  # repo/walk/xdiff.h
    # The objects themselves, not an archive: they must be there before the linker looks for their names in libgit2.a.
    set_target_properties(PkgConfig::git2 PROPERTIES
      INTERFACE_LINK_LIBRARIES "$<TARGET_OBJECTS:ain_git2_local>;${git2_libraries}")
  endif()
endif()

# Debian's fmt has headers and a shared library; this compiles the library's one unit from the headers.
add_library(ain_fmt STATIC cmake/fmt.cc)
add_library(fmt::fmt ALIAS ain_fmt)

# A walk of history allocates and frees texts of all sizes from several threads: with jemalloc in glibc's place it takes an eighth less.
# Programs that want it link ain_malloc, which is empty where the archive is not there or a sanitizer has an allocator of its own.
add_library(ain_malloc INTERFACE)
find_library(AIN_JEMALLOC libjemalloc.a)
if(AIN_STATIC AND AIN_JEMALLOC AND NOT AIN_SANITIZE AND NOT AIN_FUZZ)
  target_link_libraries(ain_malloc INTERFACE ${AIN_JEMALLOC} m Threads::Threads ${CMAKE_DL_LIBS})
endif()

# No shared library of the above is left, so the C++ runtime need not be shared with any.
if(AIN_STATIC AND NOT AIN_SANITIZE AND NOT AIN_FUZZ)
  add_link_options(-static-libstdc++ -static-libgcc)
endif()
