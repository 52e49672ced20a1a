// Private to the lexers: a cursor over a text, and the tokens found so far.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "repo/lexers/lexer.h"

namespace ain::repo {

enum class ByteKind : uint8_t { blank, mark, word, digit };  // is_wordy() leans on the order
constexpr bool is_wordy(ByteKind kind) { return kind >= ByteKind::word; }
using ByteKinds = std::array<ByteKind, 256>;

// Letters, '_' and every byte from 0x80 are of words, so that a letter of UTF-8 is never cut; `more` are too.
// Control bytes are blanks.
constexpr ByteKinds byte_kinds(std::string_view more = {}) {
  ByteKinds kinds{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    kinds[static_cast<size_t>(c)] = letter                  ? ByteKind::word
                                    : c >= '0' && c <= '9'  ? ByteKind::digit
                                    : c <= ' ' || c == 0x7f ? ByteKind::blank
                                                            : ByteKind::mark;
  }
  for (const char c : more) kinds[static_cast<unsigned char>(c)] = ByteKind::word;
  return kinds;
}
inline constexpr ByteKinds kPlainBytes = byte_kinds();
inline constexpr ByteKinds kDollarBytes = byte_kinds("$");

// A language's operators of two to four bytes; any other mark is an operator of one.
class Operators {
 public:
  // `list` has them in any order, separated by single blanks; it must be static.
  constexpr explicit Operators(std::string_view list) {
    heads_.fill(kNone);
    // Put in front of their list by growing length, the longest are met first.
    for (size_t length = 2; length <= 4; ++length) {
      for (size_t at = 0; at < list.size();) {
        const size_t blank = list.find(' ', at);
        const size_t end = blank == list.npos ? list.size() : blank;
        if (end - at == length) add(list.substr(at, length));
        at = end + 1;
      }
    }
  }

  // Bytes of the longest operator that `rest`, which is not empty, starts with.
  size_t length(std::string_view rest) const {
    for (uint8_t i = heads_[static_cast<unsigned char>(rest[0])]; i != kNone; i = nexts_[i]) {
      if (rest.starts_with(operators_[i])) return operators_[i].size();
    }
    return 1;
  }

 private:
  static constexpr uint8_t kNone = 0xff;

  constexpr void add(std::string_view text) {
    uint8_t& head = heads_[static_cast<unsigned char>(text[0])];
    operators_.at(count_) = text;
    nexts_.at(count_) = head;
    head = count_++;
  }

  std::array<std::string_view, 64> operators_{};
  std::array<uint8_t, 64> nexts_{};
  std::array<uint8_t, 256> heads_{};
  uint8_t count_ = 0;
};

class Scanner {
 public:
  // Reads `text` from `begin` to its end; the text before `begin` is not looked at.
  Scanner(std::string_view text, size_t begin, std::vector<CodeToken>& tokens,
          const ByteKinds& kinds = kPlainBytes)
      : text_(text), begin_(begin), at_(begin), kinds_(kinds), tokens_(tokens) {}

  std::string_view text() const { return text_; }
  std::vector<CodeToken>& tokens() { return tokens_; }
  size_t at() const { return at_; }
  bool done() const { return at_ >= text_.size(); }
  bool at_start() const { return at_ == begin_; }

  // 0 past the end, which no question below is asked about.
  unsigned char peek(size_t ahead = 0) const { return byte_at(at_ + ahead); }
  unsigned char byte_at(size_t place) const {
    return place < text_.size() ? static_cast<unsigned char>(text_[place]) : 0;
  }
  // The byte just read; a newline at the start.
  unsigned char before() const { return at_ > begin_ ? static_cast<unsigned char>(text_[at_ - 1]) : '\n'; }
  ByteKind kind(size_t ahead = 0) const { return kinds_[peek(ahead)]; }
  bool sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  // Onward without a token.
  void go_to(size_t place) { at_ = place; }
  void skip(size_t bytes = 1) { at_ += bytes; }
  void skip_blanks();  // also over newlines
  void skip_line() { at_ = line_end(at_); }

  // Onward with one token. An empty one is none.
  void take_to(size_t end);
  void take(size_t bytes) { take_to(at_ + bytes); }
  // A run of word bytes and digits, as the cursor stands on one. One of nothing but invisible letters is no
  // token.
  std::string_view take_word();
  size_t word_end() const;
  std::string_view take_word_to(size_t end);
  // A number, as the cursor stands on a digit or on '.' and a digit. `dot_wants_digit`: 1.max and 0..2 end
  // before the dot.
  void take_number(bool dot_wants_digit = false);
  bool at_number() const {
    return kind() == ByteKind::digit || (peek() == '.' && kind(1) == ByteKind::digit);
  }
  void take_operator(const Operators& operators) { take(operators.length(text_.substr(at_))); }

  // Where the newline is that ends the line of `from`, or the text's end.
  size_t line_end(size_t from) const;
  // One past the `quote` that closes a string whose inside begins at `from`, a backslash hiding the next
  // byte; the line's end, or the text's, where none does.
  size_t quoted_end(size_t from, char quote) const;

  // A search for the end of something that may span lines. `find(from)` gives the place, or npos; then the
  // thing ends with its line. So that hostile text costs no more than kFailedSearchesMax readings of it,
  // nothing is sought after as many searches in vain.
  template <class Find>
  size_t end_or_line_end(size_t from, Find find) {
    const size_t end = search(from, find);
    return end == std::string_view::npos ? line_end(from) : end;
  }
  template <class Find>
  size_t search(size_t from, Find find) {
    if (failed_searches_ == kFailedSearchesMax) return std::string_view::npos;
    const size_t end = find(from);
    if (end == std::string_view::npos) ++failed_searches_;
    return end;
  }
  // One past the next `close`; with `escapes`, a backslash hides the next byte.
  size_t close_of(size_t from, std::string_view close);
  size_t escaped_close_of(size_t from, std::string_view close);

  // One past a string whose inside begins at `from` and where what stands between '$' `open` and `close` is
  // code, with strings and brackets of its own; npos where none ends.
  size_t interpolated_end(size_t from, char quote, char open, char close) const;

  // Comments as C has them: true when one stood here and is passed.
  bool skip_c_comment();

 private:
  static constexpr int kFailedSearchesMax = 16;
  static constexpr int kInterpolationsMax = 32;  // one in the other

  std::string_view text_;
  size_t begin_;
  size_t at_;
  const ByteKinds& kinds_;
  std::vector<CodeToken>& tokens_;
  int failed_searches_ = 0;
};

inline void Scanner::skip_blanks() {
  while (!done() && kind() == ByteKind::blank) ++at_;
}

inline void Scanner::take_to(size_t end) {
  if (end > at_) tokens_.push_back({static_cast<uint32_t>(at_), static_cast<uint32_t>(end)});
  at_ = end;
}

// Whether `run`, in UTF-8, would not be seen on a screen: spaces, joiners and marks of width nothing.
bool is_invisible(std::string_view run);

inline size_t Scanner::word_end() const {
  size_t end = at_;
  while (end < text_.size() && is_wordy(kinds_[static_cast<unsigned char>(text_[end])])) ++end;
  return end;
}

inline std::string_view Scanner::take_word() { return take_word_to(word_end()); }

inline std::string_view Scanner::take_word_to(size_t end) {
  const std::string_view word = text_.substr(at_, end - at_);
  if (peek() >= 0x80 && is_invisible(word)) {
    at_ = end;
  } else {
    take_to(end);
  }
  return word;
}

inline void take_word(Scanner& scanner) { scanner.take_word(); }
inline void take_number(Scanner& scanner) { scanner.take_number(); }
inline void take_number_dot_wants_digit(Scanner& scanner) { scanner.take_number(true); }

// Reads the text to its end, as most languages want it: blanks are passed, the rest is taken by the one for its kind.
template <auto word, auto number, auto mark>
void scan(Scanner& scanner) {
  while (!scanner.done()) {
    switch (scanner.kind()) {
      case ByteKind::blank: scanner.skip_blanks(); break;
      case ByteKind::word: word(scanner); break;
      case ByteKind::digit: number(scanner); break;
      case ByteKind::mark: mark(scanner); break;
    }
  }
}

}  // namespace ain::repo
