// Whose a repository is: identity revisions, anchors, fingerprints; and what waits for those whom nobody knew.
#include "base/encoding.h"
#include "base/merkle.h"
#include "ledger/state.h"
#include "ledger/store.h"
#include "tests/ledger/repository_world.h"

namespace ain::ledger {
namespace {

class Repositories : public RepositoryWorld {
 protected:
  Anchor anchor(int64_t sequence) const { return {id_, sequence, std::string(40, 'c'), std::string(40, 'd')}; }
  FingerprintRegister fingerprints(char commit) const { return {id_, std::string(40, commit), sha256("spec"), sha256("root"), 7}; }
};

TEST_F(Repositories, TheFounderRegistersTheFirstRevision) {
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D'}, 1, "D")), "none");  // whoever sends it
  const RepositoryState state = *world_.ledger->repository(id_);
  EXPECT_EQ(state.revision, 0);
  EXPECT_EQ(state.delegates, std::vector<AccountId>{Actor('D').account});
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D'}, 1, "D", 0)), "exists");
  EXPECT_EQ(world_.ledger->history({.subject = std::string(as_view(id_.bytes))}).size(), 1u);
  world_.expect_sound();
}

TEST_F(Repositories, ARevisionNeedsTheThresholdBeforeIt) {
  found();
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D', 'E', 'F'}, 2, "E")), "bad_identity");  // not yet a delegate
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D', 'E', 'F'}, 2, "")), "no_quorum");
  revise({'D', 'E', 'F'}, 2, "D");
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D', 'E'}, 1, "D")), "no_quorum");
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D', 'E'}, 1, "DD")), "no_quorum");  // one who signs twice counts once
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D', 'E'}, 1, "DX")), "bad_identity");
  revise({'E', 'F'}, 1, "EF");
  EXPECT_EQ(world_.ledger->repository(id_)->revision, 2);
  EXPECT_EQ(world_.ledger->repository(id_)->threshold, 1);
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D'}, 1, "D")), "bad_identity");  // no longer one
  world_.expect_sound();
}

TEST_F(Repositories, RevisionsFollowEachOther) {
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D'}, 1, "D", 1)), "unknown_repository");
  found();
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D', 'E'}, 1, "D", 2)), "bad_sequence");
  previous_ = std::string(64, '0');
  EXPECT_EQ(world_.answer(world_.stranger, revision({'D', 'E'}, 1, "D", 1)), "bad_identity");
}

TEST_F(Repositories, DocumentsThatDoNotHold) {
  const RepositoryRegister good = revision({'D'}, 1, "D", 0);
  const std::vector<std::pair<RepositoryRegister, const char*>> cases{
      {{"", good.signatures}, "bad_identity"},
      {{"{}", good.signatures}, "bad_identity"},
      {{good.document + " ", good.signatures}, "bad_identity"},
      {{good.document, {}}, "no_quorum"},
      {{good.document, {"-----BEGIN SSH SIGNATURE-----"}}, "bad_identity"},
      {{good.document, {sshsig_sign("git", good.document, *Actor('D').signer)}}, "bad_identity"},
      {{good.document, {sshsig_sign(kIdentityNamespace, good.document + "x", *Actor('D').signer)}}, "bad_identity"},
      {revision({'D', 'E'}, 1, "D", 0), "bad_identity"}};  // a founder is alone
  for (const auto& [body, expected] : cases) {
    if (!body.document.empty()) {
      EXPECT_EQ(world_.answer(world_.stranger, body), expected) << body.document;
    }
  }
}

TEST_F(Repositories, DelegatesAnchorHeadsInOrder) {
  EXPECT_EQ(world_.answer(Actor('D'), anchor(1)), "unknown_repository");
  found();
  EXPECT_EQ(world_.answer(world_.stranger, anchor(1)), "not_yours");
  EXPECT_EQ(world_.answer(Actor('D'), anchor(2)), "bad_sequence");
  world_.must(Actor('D'), anchor(1));
  EXPECT_EQ(world_.answer(Actor('D'), anchor(1)), "bad_sequence");
  world_.must(Actor('D'), anchor(2));
  revise({'E'}, 1, "D");
  EXPECT_EQ(world_.answer(Actor('D'), anchor(3)), "not_yours");
  world_.must(Actor('E'), anchor(3));
  const RepositoryState state = *world_.ledger->repository(id_);
  EXPECT_EQ(state.anchors, 3);
  EXPECT_EQ(state.commit, std::string(40, 'c'));
  EXPECT_EQ(state.tree, std::string(40, 'd'));
  world_.expect_sound();
}

TEST_F(Repositories, FingerprintsAreForEver) {
  EXPECT_EQ(world_.answer(Actor('D'), fingerprints('a')), "unknown_repository");
  found();
  EXPECT_EQ(world_.answer(world_.stranger, fingerprints('a')), "not_yours");
  world_.time_ms += 3;
  world_.must(Actor('D'), fingerprints('a'));
  EXPECT_EQ(world_.answer(Actor('D'), fingerprints('a')), "exists");
  world_.must(Actor('D'), fingerprints('b'));
  const FingerprintState state = *world_.ledger->fingerprints(id_, std::string(40, 'a'));
  EXPECT_EQ(state.registrar, Actor('D').account);
  EXPECT_EQ(state.registered_ms, world_.time_ms);
  EXPECT_EQ(state.registered.count, 7);
  world_.expect_sound();
}

// ---- leaves of fingerprints, published

class Leaves : public RepositoryWorld {
 protected:
  Leaves() {
    found();
    for (const std::string& leaf : leaves_) hashes_.push_back(merkle_leaf(leaf));
    register_root(commit_, merkle_root(hashes_), static_cast<int64_t>(leaves_.size()));
  }
  void register_root(const std::string& commit, const Digest& root, int64_t count) {
    world_.must(Actor('D'), FingerprintRegister{id_, commit, sha256("spec"), root, count});
  }
  FingerprintPublish leaf(size_t place) const {
    return {id_, commit_, leaves_[place], static_cast<int64_t>(place), merkle_path(hashes_, place)};
  }
  std::string told(const FingerprintPublish& body) { return world_.answer(world_.stranger, body); }
  // What the leaf at that place of commit_ came to, under the key that docs/ledger.md describes.
  std::optional<PublishedState> published(int64_t place) {
    Database db = open_store_readonly(world_.folder.path() / "ledger");
    return State(db).get<PublishedState>(fmt::format("published/{}{}{}", as_view(id_.bytes), commit_, place));
  }

  const std::string commit_ = std::string(40, 'c');
  const std::vector<std::string> leaves_{"one", std::string("\0\xff", 2), "three", "four", "three"};
  std::vector<Digest> hashes_;
};

TEST_F(Leaves, ArePublishedByAnybodyAndOnce) {
  for (size_t place = 0; place < leaves_.size(); ++place) {
    SCOPED_TRACE(place);
    EXPECT_FALSE(published(static_cast<int64_t>(place)));
    world_.time_ms += 5;
    EXPECT_EQ(told(leaf(place)), "none");
    const int64_t published_ms = world_.time_ms;
    world_.time_ms += 5;
    EXPECT_EQ(told(leaf(place)), "exists");
    EXPECT_EQ(world_.answer(Actor('D'), leaf(place)), "exists");  // its author comes too late as well
    const auto row = published(static_cast<int64_t>(place));
    ASSERT_TRUE(row);
    EXPECT_EQ(row->leaf, sha256(leaves_[place]));
    EXPECT_EQ(row->publisher, world_.stranger.account);
    EXPECT_EQ(row->published_ms, published_ms);
  }
  EXPECT_EQ(world_.ledger->history({.type = "fingerprint_publish", .subject = std::string(as_view(id_.bytes))}).size(), leaves_.size());
  world_.expect_sound();
}

TEST_F(Leaves, AreOfWhatIsRegistered) {
  FingerprintPublish elsewhere = leaf(0);
  elsewhere.commit = std::string(40, 'd');
  EXPECT_EQ(told(elsewhere), "unknown_fingerprints");
  elsewhere = leaf(0);
  elsewhere.repository = RepositoryId{sha256("none")};
  EXPECT_EQ(told(elsewhere), "unknown_fingerprints");
  // The same leaves under two commits are published under each.
  register_root(std::string(40, 'd'), merkle_root(hashes_), static_cast<int64_t>(leaves_.size()));
  elsewhere = leaf(0);
  elsewhere.commit = std::string(40, 'd');
  EXPECT_EQ(told(elsewhere), "none");
  EXPECT_EQ(told(leaf(0)), "none");
  world_.expect_sound();
}

TEST_F(Leaves, ProveTheirPlace) {
  for (size_t place = 0; place < leaves_.size(); ++place) {
    SCOPED_TRACE(place);
    for (int64_t other : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{3}, int64_t{4}, int64_t{5}, int64_t{8}, kFingerprintsMax}) {
      FingerprintPublish moved = leaf(place);
      moved.index = other;
      if (other == static_cast<int64_t>(place)) continue;
      EXPECT_EQ(told(moved), "bad_proof") << other;
    }
    FingerprintPublish bad = leaf(place);
    bad.leaf += "x";
    EXPECT_EQ(told(bad), "bad_proof");
    bad = leaf(place);
    bad.path.pop_back();
    EXPECT_EQ(told(bad), "bad_proof");
    bad = leaf(place);
    bad.path.push_back(bad.path.back());
    EXPECT_EQ(told(bad), "bad_proof");
    bad = leaf(place);
    bad.path.clear();
    EXPECT_EQ(told(bad), "bad_proof");
    bad = leaf(place);
    bad.path.insert(bad.path.begin(), hashes_[place]);
    EXPECT_EQ(told(bad), "bad_proof");
    bad = leaf(place);
    bad.path.back()[31] ^= 1;
    EXPECT_EQ(told(bad), "bad_proof");
    EXPECT_FALSE(published(static_cast<int64_t>(place)));
    EXPECT_EQ(told(leaf(place)), "none");
  }
  FingerprintPublish turned = leaf(0);
  std::reverse(turned.path.begin(), turned.path.end());
  EXPECT_EQ(told(turned), "bad_proof");  // and not "exists": it shows nothing
  world_.expect_sound();
}

// What two leaves hash to is no leaf, though it leads to the same root.
TEST_F(Leaves, AreNoInnerNodes) {
  const std::string commit(40, 'd');
  const std::string pair = std::string(as_view(hashes_[0])) + std::string(as_view(hashes_[1]));
  register_root(commit, merkle_node(merkle_node(hashes_[0], hashes_[1]), hashes_[2]), 2);
  EXPECT_EQ(told({id_, commit, pair, 0, {hashes_[2]}}), "bad_proof");
  EXPECT_EQ(told({id_, commit, "\1" + pair, 0, {hashes_[2]}}), "bad_proof");
}

TEST_F(Leaves, OfOneAndOfNone) {
  const std::string one(40, 'd'), none(40, 'e');
  register_root(one, merkle_leaf("alone"), 1);
  register_root(none, merkle_empty(), 0);
  EXPECT_EQ(told({id_, one, "alone", 0, {hashes_[0]}}), "bad_proof");
  EXPECT_EQ(told({id_, one, "another", 0, {}}), "bad_proof");
  EXPECT_EQ(told({id_, one, "alone", 0, {}}), "none");
  EXPECT_EQ(told({id_, none, "alone", 0, {}}), "bad_proof");
  world_.expect_sound();
}

// The last of as many as there may be, as large as it may be: its path is the longest.
TEST_F(Leaves, TheLargestIsTaken) {
  const std::string commit(40, 'd');
  FingerprintPublish largest{id_, commit, std::string(kLeafBytesMax, '\xff'), kFingerprintsMax - 1, {}};
  Digest root = merkle_leaf(largest.leaf);
  for (size_t i = 0; i < kFingerprintPathMax; ++i) {
    largest.path.push_back(sha256(fmt::format("{}", i)));
    root = merkle_node(largest.path.back(), root);
  }
  register_root(commit, root, kFingerprintsMax);
  EXPECT_EQ(told(largest), "none");
  EXPECT_EQ(world_.ledger->history({.type = "fingerprint_publish"}).size(), 1u);
  world_.expect_sound();
}

// ---- claims

class Claims : public RepositoryWorld {
 protected:
  Claims() {
    found();
    revise({'D', 'E', 'F'}, 2, "D");
  }
  Claim claim(int64_t sequence, std::string_view by, const Actor& to = Actor('O')) const {
    return world_.approved(kClaimType, Claim{id_, email_, to.account, sequence, {}}, by);
  }
  // Pays the e-mail's owner 100 of `repository`'s code.
  void run(const std::string& payee, const RepositoryId& repository) {
    Attribution attribution = world_.attribution({{payee, 1}});
    attribution.repository = repository.text();
    const Digest id = world_.open_escrow(attribution, true);
    world_.must(world_.provider, Settle{id, world_.voucher(id, 10'000'000), ""});
    EXPECT_EQ(to_json(escrow_state_from_json(to_json(*world_.ledger->escrow(id)))), to_json(*world_.ledger->escrow(id)));
  }
  int64_t waiting() const { return world_.ledger->supply().unclaimed.micro(); }

  const std::string email_ = unclaimed_payee("ada@example.org");
};

TEST_F(Claims, PayWhatWaitsAndWhatComes) {
  run(email_, id_);
  run(payee_of_dependency(email_, id_.text()), RepositoryId{sha256("who builds on it")});
  EXPECT_EQ(waiting(), 200);
  ASSERT_EQ(world_.ledger->unclaimed().size(), 1u);  // one place, whichever way it came
  EXPECT_EQ(world_.answer(world_.stranger, claim(1, "DE")), "none");
  EXPECT_EQ(world_.available(world_.other), 200);
  EXPECT_EQ(waiting(), 0);
  run(email_, id_);
  run(payee_of_dependency(email_, id_.text()), RepositoryId{sha256("who builds on it")});
  EXPECT_EQ(world_.available(world_.other), 400);
  // The same address elsewhere is another matter.
  run(email_, RepositoryId{sha256("elsewhere")});
  EXPECT_EQ(waiting(), 100);
  world_.expect_sound();
}

TEST_F(Claims, WhatWaitsIsListedByRepositoryAndPage) {
  // Ids at the end of a range, where the next one carries.
  RepositoryId last, before_last;
  last.bytes.fill(0xff);
  before_last = last;
  before_last.bytes[31] = 0xfe;
  for (const RepositoryId& repository : {id_, before_last, last}) {
    for (const char* email : {"a@example.org", "b@example.org"}) run(unclaimed_payee(email), repository);
  }
  EXPECT_EQ(world_.ledger->unclaimed().size(), 6u);
  for (const RepositoryId& repository : {id_, before_last, last}) {
    const auto all = world_.ledger->unclaimed({.repository = repository});
    ASSERT_EQ(all.size(), 2u);
    for (const auto& [holder, amount] : all) EXPECT_TRUE(holder.text().ends_with(repository.text()));
    const auto rest = world_.ledger->unclaimed({.repository = repository, .after = all.front().first});
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest.front(), all.back());
    EXPECT_TRUE(world_.ledger->unclaimed({.repository = repository, .after = all.back().first}).empty());
  }
}

TEST_F(Claims, CanBeMadeBeforeThereIsMoney) {
  world_.must(world_.stranger, claim(1, "EF"));
  run(email_, id_);
  EXPECT_EQ(world_.available(world_.other), 100);
  // And changed by the delegates.
  world_.must(world_.stranger, claim(2, "DF", world_.author));
  run(email_, id_);
  EXPECT_EQ(world_.available(world_.author), 100);
  EXPECT_EQ(world_.ledger->claim(id_, email_)->sequence, 2);
  EXPECT_EQ(world_.ledger->claim(id_, email_)->to, world_.author.account);
  world_.expect_sound();
}

TEST_F(Claims, NeedTheDelegates) {
  const auto told = [&](const Claim& body) { return world_.answer(world_.stranger, body); };
  EXPECT_EQ(told(claim(1, "")), "no_quorum");
  EXPECT_EQ(told(claim(1, "D")), "no_quorum");
  EXPECT_EQ(told(claim(1, "DD")), "no_quorum");
  EXPECT_EQ(told(claim(1, "DX")), "no_quorum");
  EXPECT_EQ(told(claim(1, "DEX")), "no_quorum");
  EXPECT_EQ(told(claim(2, "DE")), "bad_sequence");
  // What was signed for one claim is worth nothing for another.
  Claim moved = claim(1, "DE");
  moved.to = world_.stranger.account;
  EXPECT_EQ(told(moved), "no_quorum");
  Claim other = claim(1, "DE");
  other.payee = unclaimed_payee("eve@example.org");
  EXPECT_EQ(told(other), "no_quorum");
  Claim garbage = claim(1, "D");
  garbage.approvals.push_back("a.b.c");
  EXPECT_EQ(told(garbage), "no_quorum");
  Claim elsewhere = world_.approved(kClaimType, Claim{RepositoryId{sha256("none")}, email_, world_.other.account, 1, {}}, "DE");
  EXPECT_EQ(told(elsewhere), "unknown_repository");
  Claim named = world_.approved(kClaimType, Claim{id_, payee_of_dependency(email_, id_.text()), world_.other.account, 1, {}}, "DE");
  EXPECT_EQ(told(named), "malformed");
  EXPECT_EQ(told(claim(1, "DE")), "none");
  EXPECT_EQ(told(claim(1, "DE")), "bad_sequence");  // once
  world_.expect_sound();
}

// A delegate who has changed keys approves by the new one.
TEST_F(Claims, ApprovalsAreByKeysInForce) {
  const Actor delegate('D'), fresh('d'), runs('r');
  world_.must(delegate, world_.registration(delegate, runs, {false, micro(1)}));
  world_.must(delegate, KeyRotate{fresh.key(), sign_key_proof(world_.ledger->network(), delegate.account, *fresh.signer)});
  EXPECT_EQ(world_.answer(world_.stranger, claim(1, "DE")), "no_quorum");
  for (const auto& [key, expected] : {std::pair{&runs, "no_quorum"}, std::pair{&fresh, "none"}}) {
    Claim body = claim(1, "E");
    body.approvals.push_back(sign_approval(kClaimType, agreed(world_.ledger->network(), body), delegate.account, *key->signer));
    EXPECT_EQ(world_.answer(world_.stranger, body), expected);
  }
}

}  // namespace
}  // namespace ain::ledger
