// Versions of files for the tests of the walk, without a repository.
#pragma once

#include <memory>
#include <string>

#include "repo/walk/token_text.h"

namespace ain::repo {

inline std::shared_ptr<const TokenText> token_text(std::string text) {
  return std::make_shared<const TokenText>(std::make_shared<const std::string>(std::move(text)));
}

inline std::string repeated(std::string_view text, size_t count) {
  std::string result;
  while (count-- > 0) result += text;
  return result;
}

}  // namespace ain::repo
