// Private to repo/: with whom the signer of a commit shares it, as the trailers in the last paragraph of its message say.
//   Co-authored-by: Name <e-mail>                            the whole commit, in equal parts
//   Co-authored-range: Name <e-mail> path:from-to[,from-to]  these lines of that commit's version of the file
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "repo/repository.h"

namespace ain::repo {

inline constexpr size_t kCoAuthorsMax = 64;          // Co-authored-by trailers of a commit
inline constexpr size_t kCoAuthorRangesMax = 1'000;  // of a commit
inline constexpr size_t kTrailerBytesMax = 64 << 10;  // of the last paragraph
inline constexpr int64_t kCoAuthorLineMax = 100'000'000;

struct CoAuthors {
  struct Lines {
    uint32_t to = 0;     // inclusive
    size_t ranger = 0;   // of `rangers`
  };
  using Ranges = std::map<std::string, std::map<uint32_t, Lines>>;  // path -> first line, from 1; none overlaps another

  std::vector<Person> sharers;  // in the order of the trailers
  std::vector<Person> rangers;
  Ranges ranges;
  size_t ignored = 0;  // trailers that are malformed, overlap an earlier one, or are too many
};

CoAuthors parse_co_authors(std::string_view message);

}  // namespace ain::repo
