#include "cli/first_seen.h"

#include "base/encoding.h"
#include "base/files.h"
#include "cli/walk_progress.h"
#include "repo/authorship.h"

namespace ain::cli {
namespace {

std::filesystem::path index_file(const Paths& paths) { return paths.data / "first-seen.db"; }

}  // namespace

std::unique_ptr<repo::FirstSeen> first_seen_if_any(const Paths& paths) {
  if (!std::filesystem::exists(index_file(paths))) return nullptr;
  return std::make_unique<repo::FirstSeen>(index_file(paths));
}

std::optional<repo::FingerprintClaim> register_first_seen(Context& context, const repo::Repository& repository, const repo::Identity& identity,
                                                          const repo::ObjectId& commit) {
  try {
    make_private_folder(context.paths.data);
    repo::FirstSeen index(index_file(context.paths));
    WalkProgress progress(context.out);
    const repo::FingerprintClaim claim =
        repo::register_fingerprints(repository, identity, commit, &index, progress.report());
    if (context.out.verbose()) {
      context.out.say("{} fingerprints, root {}, specification {}", claim.count, to_hex(claim.root),
                      to_hex(claim.specification));
    }
    return claim;
  } catch (const Error& error) {
    context.out.say("not in the index of what was seen first: {}", error.message());
    return std::nullopt;
  }
}

}  // namespace ain::cli
