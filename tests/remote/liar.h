// A ledger's client that tells its log with lies in it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "remote/ledger_client.h"

namespace ain::remote {

class Liar : public LedgerClient {
 public:
  Liar(LedgerClient& honest, std::function<void(std::vector<ledger::LogEntry>&)> lie) : honest_(honest), lie_(std::move(lie)) {}
  ledger::Applied submit(const std::string& envelope) override { return honest_.submit(envelope); }
  std::vector<ledger::Applied> submit(const std::vector<std::string>& envelopes) override { return honest_.submit(envelopes); }
  ledger::AccountState account(const AccountId& account) override { return honest_.account(account); }
  std::optional<ledger::EscrowState> escrow(const Digest& id) override { return honest_.escrow(id); }
  std::vector<ledger::EscrowState> escrows_of(const AccountId& account) override { return honest_.escrows_of(account); }
  std::vector<ledger::OfferState> offers() override { return honest_.offers(); }
  ledger::ParametersState parameters() override { return honest_.parameters(); }
  std::optional<ledger::KeyState> key(const PublicKey& key) override { return honest_.key(key); }
  KeyStates keys_of(const AccountId& account) override { return honest_.keys_of(account); }
  ledger::BondState bond(const AccountId& account) override { return honest_.bond(account); }
  std::optional<ledger::RepositoryState> repository(const RepositoryId& id) override { return honest_.repository(id); }
  std::optional<ledger::FingerprintState> fingerprints(const RepositoryId& id, const std::string& commit) override {
    return honest_.fingerprints(id, commit);
  }
  int64_t published_newest(int64_t until) override { return honest_.published_newest(until); }
  std::optional<repo::Holders> holders(const HoldersQuery& query) override { return honest_.holders(query); }
  std::vector<std::string> leaves(std::span<const Digest> digests) override { return honest_.leaves(digests); }
  std::vector<int64_t> published_places(const RepositoryId& id, const std::string& commit) override { return honest_.published_places(id, commit); }
  std::optional<ledger::ClaimState> claim(const RepositoryId& id, const std::string& payee) override { return honest_.claim(id, payee); }
  Unclaimed unclaimed(const ledger::UnclaimedQuery& query) override { return honest_.unclaimed(query); }
  std::optional<Attribution> attribution(const Digest& digest) override { return honest_.attribution(digest); }
  std::optional<Attribution> attribution_of(const std::string& repository, const std::string& commit) override {
    return honest_.attribution_of(repository, commit);
  }
  std::vector<ledger::AttributionState> attributions_by(const AccountId& registrar, const std::string& repository,
                                                        const std::string& tree) override {
    return honest_.attributions_by(registrar, repository, tree);
  }
  Json history(const ledger::HistoryQuery& query) override { return honest_.history(query); }
  std::optional<Json> transaction(const Digest& txid) override { return honest_.transaction(txid); }
  std::vector<std::string> transactions_from(const std::string& prefix) override { return honest_.transactions_from(prefix); }
  std::vector<std::string> escrows_from(const std::string& prefix) override { return honest_.escrows_from(prefix); }
  std::vector<ledger::LogEntry> log(int64_t after_height) override {
    auto entries = honest_.log(after_height);
    lie_(entries);
    return entries;
  }
  Json await(const ledger::HistoryQuery& query, int64_t wait_ms) override { return honest_.await(query, wait_ms); }
  std::string checkpoint() override { return honest_.checkpoint(); }
  std::optional<std::string> cosigned() override { return honest_.cosigned(); }
  void hand_in(const std::string& checkpoint) override { honest_.hand_in(checkpoint); }
  std::vector<Digest> consistency(int64_t earlier, int64_t size) override { return honest_.consistency(earlier, size); }
  std::optional<std::string> receipt(const Digest& txid) override { return honest_.receipt(txid); }
  std::optional<std::string> balance_proof(const AccountId& account) override { return honest_.balance_proof(account); }

 private:
  LedgerClient& honest_;
  std::function<void(std::vector<ledger::LogEntry>&)> lie_;
};

}  // namespace ain::remote
