#include "repo/lexers/json_reader.h"

namespace ain::repo {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number of the \uXXXX at `at`, or -1.
int32_t unicode_escape(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int32_t value = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high(int32_t unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low(int32_t unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

// A surrogate without its other half gets three bytes as any other unit does.
void append_utf8(int32_t letter, std::string& out) {
  const auto byte = [&](int32_t value) { out.push_back(static_cast<char>(value)); };
  if (letter < 0x80) return byte(letter);
  if (letter < 0x800) {
    byte(0xc0 | (letter >> 6));
  } else if (letter < 0x10000) {
    byte(0xe0 | (letter >> 12));
    byte(0x80 | ((letter >> 6) & 0x3f));
  } else {
    byte(0xf0 | (letter >> 18));
    byte(0x80 | ((letter >> 12) & 0x3f));
    byte(0x80 | ((letter >> 6) & 0x3f));
  }
  byte(0x80 | (letter & 0x3f));
}

void append_unit(std::string_view unit, std::string& out) {
  if (unit[0] != '\\') return out.push_back(unit[0]);
  switch (unit[1]) {
    case 'b':
      return out.push_back('\b');
    case 'f':
      return out.push_back('\f');
    case 'n':
      return out.push_back('\n');
    case 'r':
      return out.push_back('\r');
    case 't':
      return out.push_back('\t');
    case 'u':
      break;
    default:
      return out.push_back(unit[1]);
  }
  const int32_t first = unicode_escape(unit, 0);
  if (unit.size() == 6) return append_utf8(first, out);
  append_utf8(0x10000 + ((first - 0xd800) << 10) + (unicode_escape(unit, 6) - 0xdc00), out);
}

}  // namespace

size_t json_unit_bytes(std::string_view text, size_t at) {
  if (text[at] != '\\') return 1;
  const int32_t first = unicode_escape(text, at);
  if (first < 0) return 2;
  return is_high(first) && is_low(unicode_escape(text, at + 6)) ? 12 : 6;
}

void json_decode(std::string_view text, const JsonSpan& span, std::string& decoded,
                 std::vector<uint32_t>& places) {
  for (size_t at = span.begin; at < span.end;) {
    const size_t bytes = json_unit_bytes(text, at);
    append_unit(text.substr(at, bytes), decoded);
    places.resize(decoded.size(), static_cast<uint32_t>(at));
    at += bytes;
  }
}

JsonReader::JsonReader(std::string_view text) : text_(text) {
  if (text.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark
}

char JsonReader::next() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
    ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonReader::accept(char c) {
  if (next() != c || at_ >= text_.size()) return false;
  ++at_;
  return true;
}

bool JsonReader::string(JsonSpan& inside) {
  if (!accept('"')) return false;
  inside.begin = static_cast<uint32_t>(at_);
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      inside.end = static_cast<uint32_t>(at_++);
      return true;
    }
    if (static_cast<unsigned char>(c) < ' ') return false;
    if (c != '\\') continue;
    if (unicode_escape(text_, at_) >= 0) {
      at_ += 5;
    } else if (++at_ >= text_.size() ||
               std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
      return false;
    }
  }
  return false;
}

// A number or a name; NaN and Infinity are what Python writes.
bool JsonReader::scalar() {
  next();
  const size_t begin = at_;
  const auto is_of_scalar = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
  };
  while (at_ < text_.size() && is_of_scalar(text_[at_])) ++at_;
  return at_ > begin;
}

bool JsonReader::key() {
  JsonSpan unused;
  return string(unused) && accept(':');
}

// Takes the opening bracket that stands here, and the first key of an object. The bit of each depth says
// whether it is an object's.
bool JsonReader::open(int& depth, uint64_t& objects, bool& empty) {
  if (depth == kDepthMax) return false;
  const bool object = accept('{');
  if (!object) accept('[');
  objects = (objects << 1) | (object ? 1 : 0);
  ++depth;
  empty = next() == (object ? '}' : ']');
  return empty || !object || key();
}

// After a value: takes the brackets that close here and the comma, and key, before the next value.
bool JsonReader::close(int& depth, uint64_t& objects) {
  while (depth > 0) {
    const bool object = (objects & 1) != 0;
    if (accept(',')) return !object || key();
    if (!accept(object ? '}' : ']')) return false;
    objects >>= 1;
    --depth;
  }
  return true;
}

bool JsonReader::skip_value() {
  int depth = 0;
  uint64_t objects = 0;
  do {
    const char c = next();
    if (c == '{' || c == '[') {
      bool empty = false;
      if (!open(depth, objects, empty)) return false;
      if (!empty) continue;
    } else if (c == '"') {
      JsonSpan unused;
      if (!string(unused)) return false;
    } else if (!scalar()) {
      return false;
    }
    if (!close(depth, objects)) return false;
  } while (depth > 0);
  return true;
}

}  // namespace ain::repo
