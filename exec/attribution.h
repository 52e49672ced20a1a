// Who is paid, and how much, when a commit runs: what author, executor and provider each reckon for themselves.
#pragma once

#include "base/attribution.h"
#include "repo/identity.h"
#include "repo/walk_report.h"

namespace ain::exec {

// The table of the newest work that a delegate has signed, `commit` itself included (repo::attributed_commit): what an executor adds
// before a run takes nothing from the authors. With the royalty of the same delegates (exec/royalty.h).
Attribution attribution_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                           int64_t network_default_ppm, const repo::WalkReport& report = {});

}  // namespace ain::exec
