// A file that only this boot needs: whole or absent like write_file_atomic, but without waiting for the disk, which a start cannot afford.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "exec/shim/files.h"

namespace ain::exec {

inline void write_working_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0600) {
  if (!shim::replace_file(AT_FDCWD, path.c_str(), bytes, shim::Durable::no, mode))
    fail_errno("cannot write '" + path.string() + "'");
}

}  // namespace ain::exec
