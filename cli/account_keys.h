// Which of an account's keys counts where: a rotation happens on one network, and its answer can get lost.
#pragma once

#include <functional>
#include <memory>

#include "cli/accounts.h"
#include "remote/ledger_client.h"

namespace ain::cli {

// The newest key of the account here that the ledger lets speak for it. An account that has had one key only is not asked about. Throws
// `bad_signature` when none may.
std::shared_ptr<const Signer> signer_on_ledger(const Account& account, const std::function<remote::LedgerClient&()>& reach);

// A key in words: its fingerprint ("SHA256:…"), "ssh-ed25519 AAAA…", or a file of either half. Nothing when the text is none of these; of a
// fingerprint the key among `known`.
std::optional<PublicKey> key_in_words(const std::string& text, const std::vector<PublicKey>& known);

}  // namespace ain::cli
