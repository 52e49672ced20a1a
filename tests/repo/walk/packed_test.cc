#include "repo/walk/packed.h"

#include "repo/libgit.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

class PackedTest : public GitTest {
 protected:
  // Versions that differ a little, so that git tells them from each other.
  void SetUp() override {
    sh(work(), "seq 1 3000 >a.txt; for i in $(seq 1 30); do sed -i \"$((i * 90))s/.*/changed $(echo $i | sha256sum)/\" a.txt; "
               "cp a.txt b.txt; seq $i 20000 >>b.txt; git add .; git commit -q -m $i; done");
  }
  std::vector<ObjectId> all_objects() const {
    return split(git_line("cat-file --batch-all-objects --batch-check='%(objectname)'"), '\n');
  }
  static git_object_t type_of(git_odb* odb, const git_oid& oid) {
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    check(git_odb_read_header(&size, &type, odb, &oid), "cannot read");
    return type;
  }
  // As libgit2 reads them.
  void expect_all(PackReader& reader) const {
    const GitOdb odb = object_store(repository_);
    for (const ObjectId& id : all_objects()) {
      const git_oid oid = to_oid(id);
      const auto read = reader.read(oid);
      ASSERT_TRUE(read) << id;
      EXPECT_EQ(read->type, type_of(odb.get(), oid));
      EXPECT_EQ(*read->bytes, read_object(odb.get(), oid, read->type, kPackedBytesMax));
    }
  }
  fs::path only(const std::string& extension) const {
    for (const auto& file : fs::directory_iterator(work() / ".git/objects/pack")) {
      if (file.path().extension() == extension) return file.path();
    }
    return {};
  }

  Repository repository_ = make_work();
};

// fast-import tells each version from the one before it.
TEST_F(PackedTest, EachObjectIsReadAsLibgit2Does) {
  sh(work(), "git init -q ../chained && git fast-export HEAD | git -C ../chained -c fastimport.unpackLimit=1 fast-import --quiet --depth=250");
  ASSERT_NE(sh(root() / "chained", "git verify-pack -v .git/objects/pack/*.idx").find("chain length = 40:"), std::string::npos);
  PackReader reader(std::make_shared<PackedObjects>(*Repository::discover(root() / "chained")));
  expect_all(reader);
  expect_all(reader);
}

TEST_F(PackedTest, SoIsADeltaThatNamesItsBase) {
  sh(work(), "git config repack.useDeltaBaseOffset false && git repack -q -a -d -f");
  PackReader reader(std::make_shared<PackedObjects>(repository_));
  expect_all(reader);
}

TEST_F(PackedTest, AndAPackOfAStoreThatIsBorrowed) {
  sh(work(), "git repack -q -a -d && git clone -q --shared . ../borrower");
  const auto borrower = Repository::discover(work() / "../borrower");
  PackReader reader(std::make_shared<PackedObjects>(*borrower));
  expect_all(reader);
}

TEST_F(PackedTest, WhatIsNotPackedIsNotFound) {
  sh(work(), "git repack -q -a -d && git commit -q --allow-empty -m later");
  PackReader reader(std::make_shared<PackedObjects>(repository_));
  EXPECT_FALSE(reader.read(to_oid(*repository_.head_commit())));
}

// libgit2 then says what is wrong.
TEST_F(PackedTest, WhatIsDamagedIsNotFound) {
  sh(work(), "git repack -q -a -d -f");
  const std::string index = read_file(only(".idx"));
  const std::string pack = read_file(only(".pack"));
  size_t lost = 0;
  for (size_t at = 0; at < pack.size(); at += 1 + pack.size() / 100) {
    std::string damaged = pack;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const auto objects = std::make_shared<PackedObjects>();
    objects->add(index, damaged);
    PackReader reader(objects);
    bool all = true;
    for (const ObjectId& id : all_objects()) {
      const auto read = reader.read(to_oid(id));
      all = all && read;
    }
    lost += all ? 0 : 1;
  }
  EXPECT_GT(lost, 90U);  // a zlib stream carries a sum of what it holds; a changed distance may lead to another object
  for (size_t size = 0; size < index.size(); size += 1009) {
    const auto objects = std::make_shared<PackedObjects>();
    objects->add(std::string_view(index).substr(0, size), pack);
    PackReader reader(objects);
    for (const ObjectId& id : all_objects()) reader.read(to_oid(id));  // within the bytes that are there
  }
}

}  // namespace
}  // namespace ain::repo
