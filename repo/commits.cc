#include "repo/commits.h"

#include <algorithm>
#include <cctype>
#include <queue>
#include <set>

#include "base/files.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "repo/commit_object.h"
#include "repo/libgit.h"

namespace ain::repo {
namespace {

constexpr const char* kNameSpace = "git";

GitSignature signature_of(const Person& person, const CommitTime& when) {
  GitSignature signature;
  check(git_signature_new(out(signature), person.name.c_str(), person.email.c_str(), when.time_s,
                          when.offset_minutes),
        fmt::format("'{} <{}>' cannot sign a commit", person.name, person.email));
  return signature;
}

std::filesystem::path allowed_signers_file(const Repository& repository) {
  return repository.ain_folder() / "allowed_signers";
}

// Principals are patterns there: only plain names may go in.
bool is_plain_principal(std::string_view principal) {
  constexpr std::string_view extra = "@._+-";
  return !principal.empty() && principal.size() <= 254 && principal.front() != '-' &&
         std::all_of(principal.begin(), principal.end(), [&](unsigned char c) {
           return std::isalnum(c) != 0 || c >= 0x80 ||
                  extra.find(static_cast<char>(c)) != std::string_view::npos;
         });
}

}  // namespace

std::optional<PublicKey> signer_of(const CommitObject& commit) {
  if (!commit.signature) return std::nullopt;
  return sshsig_verify(kNameSpace, commit.payload, *commit.signature + "\n");
}

ObjectId write_commit(Repository& repository, const CommitSpec& spec, const Signer* signer) {
  const CommitTime authored{spec.time_s, spec.offset_minutes};
  const GitSignature author = signature_of(spec.author, authored);
  const GitSignature committer = signature_of(spec.committer, spec.committed.value_or(authored));
  const git_oid tree_oid = to_oid(spec.tree);
  GitTree tree;
  check(git_tree_lookup(out(tree), repository.raw(), &tree_oid),
        fmt::format("cannot read tree '{}'", spec.tree));
  std::vector<GitCommit> parents;
  std::vector<const git_commit*> raw_parents;
  for (const ObjectId& id : spec.parents) {
    const git_oid oid = to_oid(id);
    check(git_commit_lookup(out(parents.emplace_back()), repository.raw(), &oid),
          fmt::format("cannot read commit '{}'", id));
    raw_parents.push_back(parents.back().get());
  }
  GitBuffer buffer;
  check(git_commit_create_buffer(&buffer.raw, repository.raw(), author.get(), committer.get(), nullptr,
                                 spec.message.c_str(), tree.get(), raw_parents.size(), raw_parents.data()),
        "cannot make a commit");
  git_oid oid;
  if (signer == nullptr) {
    const GitOdb odb = object_store(repository);
    check(git_odb_write(&oid, odb.get(), buffer.raw.ptr, buffer.raw.size, GIT_OBJECT_COMMIT),
          "cannot write a commit");
    return to_id(oid);
  }
  // The header's last line must not be followed by an empty continuation line.
  const std::string armored = sshsig_sign(kNameSpace, buffer.view(), *signer);
  const std::string signature(trim(armored));
  check(git_commit_create_with_signature(&oid, repository.raw(), buffer.raw.ptr, signature.c_str(), "gpgsig"),
        "cannot write a signed commit");
  return to_id(oid);
}

std::optional<PublicKey> commit_signer(const Repository& repository, const ObjectId& commit) {
  return signer_of(read_commit(object_store(repository).get(), to_oid(commit)));
}

std::vector<ObjectId> nearest_signed(const Repository& repository, const ObjectId& commit,
                                     const std::function<bool(const PublicKey&)>& by, size_t commits_max) {
  const GitOdb odb = object_store(repository);
  std::vector<ObjectId> found;
  std::queue<ObjectId> next({commit});
  std::set<ObjectId> known = {commit};
  for (size_t looked_at = 0; !next.empty() && looked_at < commits_max; ++looked_at) {
    const ObjectId at = next.front();
    next.pop();
    const CommitObject object = read_commit(odb.get(), to_oid(at));
    if (const auto signer = signer_of(object); signer && by(*signer)) {
      found.push_back(at);
      continue;
    }
    for (const git_oid& parent : object.parents) {
      // A shallow clone's history ends before its first commit.
      const bool is_here = git_odb_exists(odb.get(), &parent) != 0;
      if (is_here && known.insert(to_id(parent)).second) next.push(to_id(parent));
    }
  }
  return found;
}

void allow_signer(Repository& repository, const PublicKey& key, const std::string& principal) {
  if (!is_plain_principal(principal))
    fail(ErrorKind::failed, "'{}' cannot name a signer", sanitize(principal));
  const std::filesystem::path file = allowed_signers_file(repository);
  {
    const FileLock lock = FileLock::acquire(file.string() + ".lock");
    const std::string line = fmt::format("{} namespaces=\"git\" {}\n", principal, trim(key.openssh()));
    std::string text = read_file_if_exists(file).value_or("");
    if (("\n" + text).find("\n" + line) == std::string::npos) {
      if (!text.empty() && text.back() != '\n') text += '\n';
      write_file_atomic(file, text + line);
    }
  }
  if (!repository.config("gpg.ssh.allowedSignersFile"))
    repository.set_config("gpg.ssh.allowedSignersFile", file.string());
  if (!repository.config("gpg.format")) repository.set_config("gpg.format", "ssh");
}

std::vector<std::string> git_signing_arguments(const Repository& repository,
                                               const std::filesystem::path& key_file) {
  // ssh-keygen finds an agent's key by its public half.
  std::filesystem::path key = key_file;
  if (!std::filesystem::exists(key)) key += ".pub";
  return {"-c", "gpg.format=ssh",
          "-c", "commit.gpgSign=true",
          "-c", "user.signingKey=" + key.string(),
          "-c", "gpg.ssh.allowedSignersFile=" + allowed_signers_file(repository).string()};
}

}  // namespace ain::repo
