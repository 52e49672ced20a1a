// A follower as a witness: it cosigns checkpoints of the log that it has replayed itself (C2SP tlog-witness and tlog-cosignature). So its
// word says more than the standard asks of one: not only that the log has grown, but that everything in it holds.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ledger/ledger.h"
#include "remote/http/message.h"

namespace ain::remote {

class Witness {
 public:
  Witness(ledger::Ledger& ledger, std::shared_ptr<const Signer> key) : ledger_(ledger), key_(std::move(key)) {}

  // Cosigns a checkpoint that the ledger here has come to and keeps it, so that the ledger serves it. Nothing when it is the last one, or
  // shorter, or says anything else than what was replayed here.
  std::optional<std::string> take(const std::string& checkpoint);
  // POST add-checkpoint: "old SIZE", a proof of consistency a line in base64, an empty line, the checkpoint. Answers with the cosignature.
  HttpResponse add_checkpoint(const std::string& body);

 private:
  int64_t cosigned_size() const;
  bool holds(const ledger::Checkpoint& checkpoint) const;
  std::string cosign(const std::string& checkpoint);

  ledger::Ledger& ledger_;
  const std::shared_ptr<const Signer> key_;
  std::mutex mutex_;  // the last size is compared and replaced in one step
};

}  // namespace ain::remote
