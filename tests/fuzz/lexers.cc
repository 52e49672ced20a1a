// The first byte picks the language, the rest is the text.
#include "repo/lexers/lexer.h"
#include "tests/fuzz/tokens_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  if (size == 0) return 0;
  const auto language = static_cast<Language>(data[0] % kLanguages);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto tokens = code_tokens(language, text);
  check_tokens(text, tokens);
  if (code_tokens(language, text) != tokens) abort();
  return 0;
}
