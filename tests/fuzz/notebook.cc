// A notebook as it is; and the input as the source of a cell, which must give the tokens of its language at
// the places of the JSON.
#include <string>

#include "repo/lexers/lexer.h"
#include "tests/fuzz/tokens_check.h"

namespace {

std::string json_string(std::string_view text) {
  static const char* kHex = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && c != '"' && c != '\\') {
      result += c;
    } else {
      result += "\\u00";
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result + "\"";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_tokens(text, code_tokens(Language::notebook, text));
  const std::string cell = "{\"cells\":[{\"cell_type\":\"code\",\"source\":" + json_string(text) +
                           "}],\"metadata\":{\"kernelspec\":{\"language\":\"rust\"}}}";
  const auto tokens = code_tokens(Language::notebook, cell);
  check_tokens(cell, tokens);
  if (tokens.size() != code_tokens(Language::rust, text).size()) abort();
  return 0;
}
