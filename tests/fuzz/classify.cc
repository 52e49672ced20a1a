// The first line is the path, the rest is the text.
#include <algorithm>
#include <cstdlib>

#include "repo/lexers/classify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view path = input.substr(0, input.find('\n'));
  const std::string_view text = input.substr(std::min(path.size() + 1, size));
  const FileClass result = classify(path, text);
  // Both have a name, which throws for a number out of range.
  if (language_name(result.language)[0] == '\0' || weightless_reason(result.why)[0] == '\0') abort();
  if (result.why == Weightless::link || classify(path, text) != result) abort();
  return 0;
}
