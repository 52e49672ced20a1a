#include "repo/copies/stored_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {
namespace {

TEST(StoredFile, IsReadAsItIsWritten) {
  for (const Tokens& tokens : {Tokens(), own_tokens("a", 300), periodic_tokens(300, 7)}) EXPECT_EQ(unpack_tokens(pack_tokens(tokens)), tokens);
  const std::vector<OwnedRange> owners = {{0, 3, "ada"}, {5, 1, "bob"}, {6, 2, "ada"}};
  const PlaceRecord place = unpack_place(pack_place("a/b.py", owners));
  EXPECT_EQ(place.path, "a/b.py");
  EXPECT_EQ(place.owners, owners);
}

TEST(StoredFile, TokensAndOwnersOfNothingAreErrors) {
  EXPECT_THROW(unpack_tokens(std::string("\0\1\0", 3)), Error);
  EXPECT_THROW(unpack_tokens(std::string("\0\1\x7f", 3)), Error);
  EXPECT_THROW(unpack_place(std::string("\1a\0\1\0\1\0", 7)), Error);
}

TEST(StoredFile, WhatIsCutOffIsAnError) {
  const std::string tokens = pack_tokens(own_tokens("a", 20));
  const std::string place = pack_place("a/b.py", std::vector<OwnedRange>{{0, 3, "ada"}, {5, 1, "bob"}});
  for (size_t size = 0; size < tokens.size(); ++size) EXPECT_THROW(unpack_tokens(tokens.substr(0, size)), Error) << size;
  for (size_t size = 0; size < place.size(); ++size) EXPECT_THROW(unpack_place(place.substr(0, size)), Error) << size;
}

}  // namespace
}  // namespace ain::repo
