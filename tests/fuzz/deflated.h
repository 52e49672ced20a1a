// A zlib stream, as git's objects are kept in.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include "tests/fuzz/harness.h"

namespace ain {

inline std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(bytes.size());
  std::string result(size, '\0');
  must(compress2(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), 1) == Z_OK);
  result.resize(size);
  return result;
}

}  // namespace ain
