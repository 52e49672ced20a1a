#include "exec/attribution.h"

#include "exec/royalty.h"
#include "repo/authorship.h"

namespace ain::exec {

Attribution attribution_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                           int64_t network_default_ppm, const repo::WalkReport& report) {
  const repo::ObjectId attributed = repo::attributed_commit(repository, identity, commit);
  return repo::to_attribution(repo::authorship(repository, identity, attributed, report), identity.id,
                              royalty_of(repository, identity, commit, network_default_ppm));
}

}  // namespace ain::exec
