// Offers and quotes, as people and programs see them.
#pragma once

#include <vector>

#include "cli/output.h"
#include "remote/run/run.h"

namespace ain::cli {

void print_candidates(Output& out, const std::vector<remote::Candidate>& candidates, bool with_total);
// Standing terms alone: nothing asked, nothing taken.
std::vector<remote::Candidate> candidates_of(const std::vector<ledger::OfferState>& offers);
// "2x H100-80GB, 1x A100-40GB", "-" for none
std::string gpus_text(const std::vector<std::string>& gpus);

}  // namespace ain::cli
