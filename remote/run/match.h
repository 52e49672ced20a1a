// Matching: which offers could do a job, what each asks for it, and why the others are not taken.
#pragma once

#include <vector>

#include "remote/run/run.h"

namespace ain::remote {

struct Quoted {
  Candidate candidate;
  std::string quote;      // JWS, when one came
  Endpoint endpoint;
};

// Why an offer is not asked for a job without a sandbox.
inline constexpr const char* kOtherMachine = "is another machine";

// Asks every fitting offer for a quote, in parallel; the cheapest first among those that answered, ties by account and node; the
// rest after them with their reasons. Each lease locks as much bond as the payer deposits, at most `bond_max`; who has not so much free is
// not taken.
std::vector<Quoted> ask_offers(const RunContext& context, LedgerClient& ledger, const RunRequest& request,
                               const exec::JobSpec& spec, const ledger::LeaseTerms& terms, Amount bond_max);

// Where to reach an offer's node: this machine's own over its Unix socket.
Endpoint endpoint_of(const RunContext& context, const std::string& url, const NodeId& node);

}  // namespace ain::remote
