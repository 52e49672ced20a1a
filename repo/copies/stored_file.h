// Private to repo/copies: how the index keeps the tokens of a file, against which every match is verified, and who owned them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "repo/copies/first_seen.h"

namespace ain::repo {

// A table of the distinct hashes, then a number in it for each token: a file says most of its tokens often.
std::string pack_tokens(std::span<const uint64_t> tokens);
std::vector<uint64_t> unpack_tokens(std::string_view bytes);

struct PlaceRecord {
  std::string path;
  std::vector<OwnedRange> owners;
};
std::string pack_place(std::string_view path, std::span<const OwnedRange> owners);
PlaceRecord unpack_place(std::string_view bytes);

}  // namespace ain::repo
