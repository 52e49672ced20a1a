// Private to the lexers: JSON read where it stands, without values being built, so that places in it stay
// known. It never throws and its depth is bounded; every question answers false where the text is no JSON,
// and then nothing read so far counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ain::repo {

// Bytes [begin, end) of the text.
struct JsonSpan {
  uint32_t begin = 0;
  uint32_t end = 0;
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view text);

  // The next byte that is no blank, not taken; 0 at the end.
  char next();
  bool at_end() { return next() == 0 && at_ >= text_.size(); }
  bool accept(char c);
  // A string; `inside` are the bytes between its quotes, escapes as they are written.
  bool string(JsonSpan& inside);
  bool skip_value();

  // `member(key)` takes the value of each member, or answers false.
  template <class Member>
  bool object(Member member) {
    if (!accept('{')) return false;
    if (accept('}')) return true;
    do {
      JsonSpan key;
      if (!string(key) || !accept(':') || !member(text_.substr(key.begin, key.end - key.begin))) return false;
    } while (accept(','));
    return accept('}');
  }
  // `item()` takes each item, or answers false.
  template <class Item>
  bool array(Item item) {
    if (!accept('[')) return false;
    if (accept(']')) return true;
    do {
      if (!item()) return false;
    } while (accept(','));
    return accept(']');
  }

 private:
  static constexpr int kDepthMax = 64;

  bool scalar();
  bool key();
  bool open(int& depth, uint64_t& objects, bool& empty);
  bool close(int& depth, uint64_t& objects);

  std::string_view text_;
  size_t at_ = 0;
};

// Bytes of the unit at `at` inside a string: a byte, an escape, or the two escapes of a surrogate pair.
size_t json_unit_bytes(std::string_view text, size_t at);
// Appends what the string inside `span` says, and for each byte of it the place of its unit.
void json_decode(std::string_view text, const JsonSpan& span, std::string& decoded,
                 std::vector<uint32_t>& places);

}  // namespace ain::repo
