#include "repo/walk/store.h"

#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

constexpr Variant kVariant = {Unit::token, true};

git_oid oid_of(unsigned char first) {
  git_oid oid{};
  oid.id[0] = first;
  return oid;
}

// A folder of `files` files below "d", all of the blob `blob`.
NodePtr wide_tree(Names& names, int files, unsigned char blob) {
  auto folder = std::make_shared<Node>(true);
  for (int i = 0; i < files; ++i) {
    folder->entries.push_back({names.file_name(fmt::format("{:06}", i)), oid_of(blob), EntryKind::file, nullptr});
  }
  auto root = std::make_shared<Node>(true);
  root->entries.push_back({names.file_name("d"), {}, EntryKind::folder, std::move(folder)});
  return root;
}

// As many differences as entries: a copy of the folder for each would take hours.
TEST(NodeStore, AWideFolderThatChangesIsToldInOnePass) {
  const TemporaryFolder folder("ain-store");
  const fs::path file = folder.path() / "authorship.db";
  const git_oid first = oid_of(1);
  Digest expected{};
  {
    Names names;
    NodeStore store(file, kVariant);
    const Nodes nodes(names, &store);
    const NodePtr before = wide_tree(names, 100'000, 7);
    const NodePtr after = wide_tree(names, 99'999, 8);
    store.save_state(nodes, first, before, nullptr, nullptr);
    store.save_state(nodes, oid_of(2), after, &first, before);
    expected = nodes.hash(*after);
  }
  Names names;
  NodeStore store(file, kVariant);
  const Nodes nodes(names, &store);
  EXPECT_EQ(nodes.hash(*store.state(nodes, oid_of(2))), expected);
}

// Who takes it for damaged removes it from under the other.
TEST(NodeStore, OneThatAnotherProgramHoldsIsNotDamaged) {
  const auto kind_of = [](ErrorKind thrown) {
    try {
      NodeStore::guarded([&] { throw Error(thrown, "cannot"); });
    } catch (const DamagedStore&) {
      return std::string("damaged");
    } catch (const Error& error) {
      return std::string(kind_name(error.kind()));
    }
    return std::string();
  };
  EXPECT_EQ(kind_of(ErrorKind::timed_out), "timed_out");
  EXPECT_EQ(kind_of(ErrorKind::exhausted), "exhausted");
  EXPECT_EQ(kind_of(ErrorKind::failed), "damaged");
}

}  // namespace
}  // namespace ain::repo
