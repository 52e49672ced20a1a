// One step of the attribution, in a file of its own: what a commit changes, its parents' attributed trees as far as they are looked at,
// and the root that is claimed to come of it. Whoever has the file can take the step again, without the repository; so a wrong claim is
// shown wrong by the first commit whose parents' roots both sides agree on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repo/walk_report.h"

namespace ain::repo {

inline constexpr size_t kStepProofBytesMax = size_t{512} << 20;

// `claimed`: somebody else's root for the commit (hex SHA-256); ours when there is none.
std::string prove_step(const Repository& repository, const ObjectId& commit, const std::optional<std::string>& claimed,
                       const WalkReport& report = {});

struct StepVerdict {
  ObjectId commit;
  std::vector<std::pair<ObjectId, std::string>> parents;  // with the roots that the step starts from
  std::string claimed;                                    // hex
  std::string computed;
  bool holds() const { return claimed == computed; }
};
// Trusts nothing in the file but the parents' roots. Throws `verification` for one that is damaged or lacks something.
StepVerdict check_step(std::string_view proof);
bool is_step_proof(std::string_view bytes);  // by how it begins

}  // namespace ain::repo
