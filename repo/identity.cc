#include "repo/identity.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "base/time.h"
#include "repo/commit_object.h"
#include "repo/libgit.h"

namespace ain::repo {
namespace {

constexpr const char* kDocumentName = "identity.json";
constexpr const char* kSignaturesName = "signatures";
constexpr size_t kSignatureBytesMax = 4 << 10;
constexpr std::string_view kUrlScheme = "ain://";
constexpr const char* kAgain =
    "the repository's identity cannot be trusted; clone it again from a node you know";

// One revision as it lies in git, before it is judged.
struct Revision {
  std::string document;
  std::map<std::string, std::string> signatures;  // account text -> armored signature
};

[[noreturn]] void fail_revision(int64_t revision, std::string_view why) {
  fail_with_hint(ErrorKind::bad_signature, kAgain, "identity revision {}: {}", revision, why);
}

IdentityDocument parse_document(const std::string& document, int64_t revision) {
  try {
    return read_identity_document(document);
  } catch (const Error& error) {
    fail_revision(revision, error.message());
  }
}

// Every signature must be by a delegate of `judges`, under the file name of its account, and valid; the
// threshold must be met.
void check_signatures(const Revision& revision, const Identity& judges, int64_t number) {
  std::set<PublicKey> signers;
  for (const auto& [account, signature] : revision.signatures) {
    const auto key = sshsig_verify(kIdentityNamespace, revision.document, signature);
    if (!key) fail_revision(number, fmt::format("the signature of '{}' is not valid", sanitize(account)));
    if (account_of(*key).text() != account) {
      fail_revision(number, fmt::format("the signature of '{}' is by another key", sanitize(account)));
    }
    if (!judges.is_delegate(account_of(*key)))
      fail_revision(number, fmt::format("'{}' is no delegate", account));
    signers.insert(*key);
  }
  if (static_cast<int64_t>(signers.size()) < judges.threshold) {
    fail_revision(number, fmt::format("{} of {} signatures are there", signers.size(), judges.threshold));
  }
}

Identity judge(const Revision& revision, int64_t number, const Identity* previous,
               const std::string& previous_hash) {
  const IdentityDocument parsed = parse_document(revision.document, number);
  const Identity& identity = parsed.identity;
  if (identity.revision != number)
    fail_revision(number, fmt::format("it calls itself revision {}", identity.revision));
  if (previous == nullptr) {
    if (identity.delegates.size() != 1)
      fail_revision(number, "the first revision must have its founder as the only delegate");
    check_signatures(revision, identity, number);
    return identity;
  }
  if (identity.id != previous->id) fail_revision(number, "it belongs to another repository");
  if (identity.salt != previous->salt) fail_revision(number, "its salt differs");
  if (parsed.previous != previous_hash) fail_revision(number, "it does not follow the revision before it");
  check_signatures(revision, *previous, number);
  return identity;
}

GitTree tree_at(const Repository& repository, const git_oid& oid) {
  GitTree tree;
  check(git_tree_lookup(out(tree), repository.raw(), &oid), fmt::format("cannot read tree '{}'", to_id(oid)));
  return tree;
}

Revision read_revision(const Repository& repository, git_odb* odb, const git_oid& tree_oid, int64_t number) {
  Revision revision;
  const GitTree tree = tree_at(repository, tree_oid);
  if (git_tree_entrycount(tree.get()) != 2)
    fail_revision(number, "its tree holds other things than an identity");
  const git_tree_entry* document = git_tree_entry_byname(tree.get(), kDocumentName);
  const git_tree_entry* folder = git_tree_entry_byname(tree.get(), kSignaturesName);
  if (document == nullptr || git_tree_entry_filemode(document) != GIT_FILEMODE_BLOB || folder == nullptr ||
      git_tree_entry_filemode(folder) != GIT_FILEMODE_TREE) {
    fail_revision(number, "its tree holds other things than an identity");
  }
  revision.document = read_object(odb, *git_tree_entry_id(document), GIT_OBJECT_BLOB, kIdentityDocumentBytesMax);
  const GitTree signatures = tree_at(repository, *git_tree_entry_id(folder));
  if (git_tree_entrycount(signatures.get()) > kDelegatesMax)
    fail_revision(number, "it has too many signatures");
  for (size_t i = 0; i < git_tree_entrycount(signatures.get()); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(signatures.get(), i);
    if (git_tree_entry_filemode(entry) != GIT_FILEMODE_BLOB)
      fail_revision(number, "a signature is not a file");
    const bool added =
        revision.signatures
            .emplace(git_tree_entry_name(entry),
                     read_object(odb, *git_tree_entry_id(entry), GIT_OBJECT_BLOB, kSignatureBytesMax))
            .second;
    if (!added) fail_revision(number, "a signature is there twice");
  }
  return revision;
}

// The trees of the chain, revision 0 first.
std::vector<git_oid> chain_of(git_odb* odb, const ObjectId& tip) {
  std::vector<git_oid> trees;
  git_oid at = to_oid(tip);
  for (;;) {
    const CommitObject commit = read_commit(odb, at);
    trees.push_back(commit.tree);
    if (trees.size() > static_cast<size_t>(kIdentityRevisionsMax)) {
      fail(ErrorKind::bad_signature, "the identity has more than {} revisions", kIdentityRevisionsMax);
    }
    if (commit.parents.empty()) break;
    if (commit.parents.size() > 1) fail(ErrorKind::bad_signature, "the identity's history has a merge");
    at = commit.parents.front();
  }
  std::reverse(trees.begin(), trees.end());
  return trees;
}

struct Judged {
  Identity identity;
  std::string hash;  // of its document
};

Judged read_chain(const Repository& repository, const ObjectId& tip) {
  const GitOdb odb = object_store(repository);
  std::optional<Judged> last;
  int64_t number = 0;
  for (const git_oid& tree : chain_of(odb.get(), tip)) {
    const Revision revision = read_revision(repository, odb.get(), tree, number);
    Identity identity = judge(revision, number, last ? &last->identity : nullptr, last ? last->hash : "");
    last = Judged{std::move(identity), identity_document_hash(revision.document)};
    ++number;
  }
  AIN_ASSERT(last.has_value());
  return *last;
}

ObjectId write_tree(Repository& repository,
                    const std::vector<std::tuple<std::string, git_oid, git_filemode_t>>& entries) {
  GitTreeBuilder builder;
  check(git_treebuilder_new(out(builder), repository.raw(), nullptr), "cannot write the identity");
  for (const auto& [name, oid, mode] : entries) {
    check(git_treebuilder_insert(nullptr, builder.get(), name.c_str(), &oid, mode),
          "cannot write the identity");
  }
  git_oid oid;
  check(git_treebuilder_write(&oid, builder.get()), "cannot write the identity");
  return to_id(oid);
}

git_oid write_blob(Repository& repository, std::string_view bytes) {
  git_oid oid;
  check(git_blob_create_from_buffer(&oid, repository.raw(), bytes.data(), bytes.size()),
        "cannot write the identity");
  return oid;
}

void write_revision(Repository& repository, const Identity& identity, const Revision& revision,
                    const std::optional<ObjectId>& parent) {
  std::vector<std::tuple<std::string, git_oid, git_filemode_t>> signatures;
  for (const auto& [account, signature] : revision.signatures) {
    signatures.emplace_back(account, write_blob(repository, signature), GIT_FILEMODE_BLOB);
  }
  const ObjectId folder = write_tree(repository, signatures);
  const ObjectId tree =
      write_tree(repository, {{kDocumentName, write_blob(repository, revision.document), GIT_FILEMODE_BLOB},
                              {kSignaturesName, to_oid(folder), GIT_FILEMODE_TREE}});
  CommitSpec spec{.tree = tree,
                  .author = {"ain", "ain@localhost"},
                  .committer = {"ain", "ain@localhost"},
                  .time_s = now_ms() / 1000,
                  .message = fmt::format("Identity of {}, revision {}\n", identity.name, identity.revision)};
  if (parent) spec.parents.push_back(*parent);
  const git_oid commit = to_oid(write_commit(repository, spec, nullptr));
  const git_oid old = parent ? to_oid(*parent) : git_oid{};
  GitReference moved;
  const int code =
      parent ? git_reference_create_matching(out(moved), repository.raw(), kIdentityRef, &commit, 1, &old,
                                             "ain: identity")
             : git_reference_create(out(moved), repository.raw(), kIdentityRef, &commit, 0, "ain: identity");
  if (code == GIT_EMODIFIED || code == GIT_EEXISTS) {
    fail(ErrorKind::failed, "the repository's identity was changed by another program meanwhile");
  }
  check(code, "cannot write the identity");
}

}  // namespace

std::optional<Identity> read_identity(const Repository& repository) {
  const auto tip = repository.reference(kIdentityRef);
  if (!tip) return std::nullopt;
  return read_identity_at(repository, *tip);
}

std::optional<Identity> read_identity_at(const Repository& repository, const ObjectId& tip) {
  return read_chain(repository, tip).identity;
}

std::vector<SignedRevision> identity_revisions(const Repository& repository, int64_t from) {
  std::vector<SignedRevision> revisions;
  const auto tip = repository.reference(kIdentityRef);
  if (!tip) return revisions;
  const GitOdb odb = object_store(repository);
  int64_t number = 0;
  for (const git_oid& tree : chain_of(odb.get(), *tip)) {
    if (number >= from) {
      const Revision read = read_revision(repository, odb.get(), tree, number);
      SignedRevision& revision = revisions.emplace_back(SignedRevision{read.document, {}});
      for (const auto& [account, signature] : read.signatures) revision.signatures.push_back(signature);
    }
    ++number;
  }
  return revisions;
}

void check_identity_update(const Repository& repository, const std::optional<ObjectId>& before,
                           const ObjectId& after) {
  const Identity next = read_chain(repository, after).identity;
  if (!before || *before == after) return;
  const GitOdb odb = object_store(repository);
  git_oid at = to_oid(after);
  const git_oid old = to_oid(*before);
  while (git_oid_equal(&at, &old) == 0) {
    const CommitObject commit = read_commit(odb.get(), at);
    if (commit.parents.empty()) {
      fail_with_hint(ErrorKind::refused, "git fetch the identity and revise that",
                     "identity revision {} does not continue the one that is here", next.revision);
    }
    at = commit.parents.front();
  }
}

Identity create_identity(Repository& repository, const std::string& name, const Delegate& founder,
                         const Signer& signer) {
  if (repository.reference(kIdentityRef)) fail(ErrorKind::failed, "the repository has an identity already");
  if (signer.public_key() != founder.key)
    fail(ErrorKind::failed, "the founder's key is not the one that signs");
  Identity identity{.id = {},
                    .revision = 0,
                    .name = name,
                    .salt = to_hex(random_bytes(16)),
                    .delegates = {founder},
                    .threshold = 1};
  if (const auto problem = identity_problem(identity))
    fail(ErrorKind::usage, "the identity cannot be made: {}", *problem);
  Revision revision{write_identity_document(identity, ""), {}};
  identity.id = RepositoryId{sha256(revision.document)};
  revision.signatures[account_of(founder.key).text()] = sshsig_sign(kIdentityNamespace, revision.document, signer);
  judge(revision, 0, nullptr, "");
  write_revision(repository, identity, revision, std::nullopt);
  return identity;
}

Identity revise_identity(Repository& repository, const Identity& next,
                         const std::vector<const Signer*>& signers) {
  const auto tip = repository.reference(kIdentityRef);
  if (!tip) fail_with_hint(ErrorKind::failed, "ain init", "the repository has no identity yet");
  const Judged current = read_chain(repository, *tip);
  if (next.id != current.identity.id || next.revision != current.identity.revision) {
    fail(ErrorKind::failed, "the repository's identity is at revision {} by now", current.identity.revision);
  }
  Identity identity = next;
  identity.revision += 1;
  identity.salt = current.identity.salt;
  if (const auto problem = identity_problem(identity))
    fail(ErrorKind::usage, "the identity cannot be revised: {}", *problem);
  if (identity.revision >= kIdentityRevisionsMax)
    fail(ErrorKind::failed, "the identity has too many revisions");
  Revision revision{write_identity_document(identity, current.hash), {}};
  for (const Signer* signer : signers) {
    const AccountId account = account_of(signer->public_key());
    if (!current.identity.is_delegate(account))
      fail(ErrorKind::failed, "'{}' is no delegate of the repository", account.text());
    revision.signatures[account.text()] = sshsig_sign(kIdentityNamespace, revision.document, *signer);
  }
  if (static_cast<int64_t>(revision.signatures.size()) < current.identity.threshold) {
    std::vector<std::string> missing;
    for (const Delegate& delegate : current.identity.delegates) {
      if (!revision.signatures.contains(account_of(delegate.key).text())) missing.push_back(delegate.name);
    }
    fail(ErrorKind::failed, "{} of {} signatures are there; {} more of these are needed: {}",
         revision.signatures.size(), current.identity.threshold,
         current.identity.threshold - static_cast<int64_t>(revision.signatures.size()), join(missing, ", "));
  }
  judge(revision, identity.revision, &current.identity, current.hash);
  write_revision(repository, identity, revision, tip);
  return identity;
}

std::string repository_url(const RepositoryId& id) { return std::string(kUrlScheme) + id.text(); }

std::optional<RepositoryId> parse_repository_url(std::string_view url) {
  if (!url.starts_with(kUrlScheme)) return std::nullopt;
  url.remove_prefix(kUrlScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  return RepositoryId::from_text(url);
}

RepositoryId repository_named(const std::string& text) {
  const auto of_url = parse_repository_url(text);
  return of_url ? *of_url : RepositoryId::parse(text);
}

}  // namespace ain::repo
