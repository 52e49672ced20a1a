#include "repo/walk/nodes.h"

#include "base/varint.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

// A file's node of `origins` commits and `paths` paths, whose runs are `numbers`, four for each.
std::string file_node(const std::string& origins, const std::vector<std::string>& paths, const std::vector<uint64_t>& numbers) {
  std::string bytes = "F";
  put_varint(bytes, origins.size());
  for (const char origin : origins) bytes += std::string(GIT_OID_RAWSZ, origin);
  put_varint(bytes, paths.size());
  for (const std::string& path : paths) put_text(bytes, path);
  put_varint(bytes, numbers.size() / 4);
  for (const uint64_t number : numbers) put_varint(bytes, number);
  return bytes;
}

std::string said(const std::string& bytes, bool is_folder = false) {
  return error_of([&] {
    Names names;
    Nodes(names).parse(bytes, Node(is_folder));
  }).message();
}

TEST(Nodes, BytesAreReadAsTheyAreWritten) {
  for (const std::string& bytes : {file_node("", {}, {}), file_node("ab", {"p"}, {0, 0, 0, 2, 1, 0, 0, 3, 0, 0, 2, 1})}) {
    Names names;
    const Nodes nodes(names);
    const Node node(false);
    nodes.parse(bytes, node);
    EXPECT_EQ(nodes.bytes(node), bytes);
  }
}

// One text for one list: else one attribution would have two hashes.
TEST(Nodes, OtherBytesForTheSameListAreRefused) {
  using ::testing::HasSubstr;
  EXPECT_THAT(said(file_node("ab", {"p"}, {1, 0, 0, 1, 0, 0, 9, 1})), HasSubstr("that is next"));
  EXPECT_THAT(said(file_node("a", {"p"}, {0, 1, 0, 1})), HasSubstr("that is next"));
  EXPECT_THAT(said(file_node("ab", {"p"}, {0, 0, 0, 1})), HasSubstr("in vain"));
  EXPECT_THAT(said(file_node("aa", {"p"}, {0, 0, 0, 1, 1, 0, 9, 1})), HasSubstr("twice"));
  EXPECT_THAT(said(file_node("a", {"p", "p"}, {0, 0, 0, 1, 0, 1, 9, 1})), HasSubstr("twice"));
  EXPECT_THAT(said(file_node("a", {"p"}, {0, 0, 0, 1, 0, 0, 1, 1})), HasSubstr("runs are one"));
  EXPECT_THAT(said(file_node("a", {"p"}, {0, 0, 0, 0})), HasSubstr("is none"));
  EXPECT_THAT(said(file_node("a", {"p"}, {0, 0, 0, 1}) + "x"), HasSubstr("after its end"));
  EXPECT_THAT(said(file_node("a", {"p"}, {0, 0, 0, UINT32_MAX, 0, 0, 9, 1})), HasSubstr("too many units"));
  EXPECT_THAT(said(file_node("", {}, {}), true), HasSubstr("another kind"));
}

}  // namespace
}  // namespace ain::repo
