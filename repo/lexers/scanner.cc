#include "repo/lexers/scanner.h"

namespace ain::repo {
namespace {

// Bytes of the invisible letter at the start of `text`, or 0. Two or three bytes of UTF-8 each.
size_t invisible_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const int a = byte(0);
  const int b = byte(1);
  const int c = byte(2);
  if (a == 0xc2)
    return b == 0x85 || b == 0xa0 || b == 0xad ? 2 : 0;  // next line, no-break space, soft hyphen
  if (a == 0xe1) return b == 0xa0 && c == 0x8e ? 3 : 0;  // U+180E
  if (a == 0xe2 && b == 0x80) return (c >= 0x80 && c <= 0x8f) || (c >= 0xa8 && c <= 0xaf) ? 3 : 0;
  if (a == 0xe2 && b == 0x81) return c >= 0x9f && c <= 0xaf ? 3 : 0;                   // U+205F to U+206F
  if (a == 0xe3) return (b == 0x80 && c == 0x80) || (b == 0x85 && c == 0xa4) ? 3 : 0;  // U+3000, U+3164
  if (a == 0xef && b == 0xb8) return c >= 0x80 && c <= 0x8f ? 3 : 0;                   // variation selectors
  if (a == 0xef && b == 0xbb) return c == 0xbf ? 3 : 0;                                // byte order mark
  return 0;
}

}  // namespace

bool is_invisible(std::string_view run) {
  while (!run.empty()) {
    const size_t length = invisible_length(run);
    if (length == 0) return false;
    run.remove_prefix(length);
  }
  return true;
}

void Scanner::take_number(bool dot_wants_digit) {
  const bool hex = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
  const auto is_exponent = [&](unsigned char c) { return hex ? c == 'p' || c == 'P' : c == 'e' || c == 'E'; };
  bool dotted = false;
  size_t end = at_;
  const auto kind_at = [&](size_t place) { return kinds_[byte_at(place)]; };
  while (end < text_.size()) {
    const unsigned char c = byte_at(end);
    const bool sign_follows = byte_at(end + 1) == '+' || byte_at(end + 1) == '-';
    if (is_exponent(c) && sign_follows && kind_at(end + 2) == ByteKind::digit) {
      end += 2;
    } else if (is_wordy(kind_at(end))) {
      ++end;
    } else if (c == '.' && !dotted && byte_at(end + 1) != '.' &&
               (!dot_wants_digit || kind_at(end + 1) != ByteKind::word)) {
      dotted = true;
      ++end;
    } else {
      break;
    }
  }
  take_to(end);
}

size_t Scanner::line_end(size_t from) const {
  if (from >= text_.size()) return text_.size();
  const size_t end = text_.find('\n', from);
  return end == text_.npos ? text_.size() : end;
}

size_t Scanner::quoted_end(size_t from, char quote) const {
  for (size_t i = from; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == quote) return i + 1;
    if (c == '\n') return i;
    if (c != '\\') continue;
    ++i;
    // A line that ends in backslash, carriage return, newline goes on as well.
    if (byte_at(i) == '\r' && byte_at(i + 1) == '\n') ++i;
  }
  return text_.size();
}

size_t Scanner::close_of(size_t from, std::string_view close) {
  return end_or_line_end(from, [&](size_t start) {
    const size_t found = text_.find(close, start);
    return found == text_.npos ? found : found + close.size();
  });
}

size_t Scanner::escaped_close_of(size_t from, std::string_view close) {
  return end_or_line_end(from, [&](size_t start) {
    for (size_t i = start; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == close[0] && text_.substr(i).starts_with(close)) {
        return i + close.size();
      }
    }
    return text_.npos;
  });
}

size_t Scanner::interpolated_end(size_t from, char quote, char open, char close) const {
  std::array<int64_t, kInterpolationsMax> brackets{};  // open in the code of each string
  size_t depth = 0;                                    // of strings in strings
  bool in_code = false;
  for (size_t i = from; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == quote) {
      if (!in_code && depth == 0) return i + 1;
      if (in_code && depth + 1 == kInterpolationsMax) return text_.npos;
      depth = in_code ? depth + 1 : depth - 1;
      in_code = !in_code;
    } else if (c == '\\') {
      ++i;
    } else if (!in_code) {
      if (c != '$' || byte_at(i + 1) != static_cast<unsigned char>(open)) continue;
      ++i;
      in_code = true;
      brackets.at(depth) = 0;
    } else if (c == '"' || c == '\'') {
      i = quoted_end(i + 1, c) - 1;
    } else if (c == open) {
      ++brackets.at(depth);
    } else if (c == close && brackets.at(depth)-- == 0) {
      in_code = false;
    }
  }
  return text_.npos;
}

bool Scanner::skip_c_comment() {
  if (peek() != '/') return false;
  if (peek(1) == '/') {
    skip_line();
    return true;
  }
  if (peek(1) != '*') return false;
  at_ = close_of(at_ + 2, "*/");
  return true;
}

}  // namespace ain::repo
