// Random users, mostly sensible and often wrong or hostile. They see the model's world, as anybody sees a ledger, and so try what is due
// next, what is not due yet, and what is somebody else's.
#pragma once

#include <deque>
#include <random>

#include "tests/sim/ledger/model.h"

namespace ain::ledger::sim {

// What all histories of one thread draw from.
struct Catalogue {
  Catalogue(const Cast& cast, const Papers& papers);

  std::vector<Attribution> attributions;
  std::vector<Digest> digests;  // of them
  Pools pools;                  // by root
  std::map<Digest, std::vector<std::string>> leaves;  // of fingerprints, by root
  std::vector<Digest> txids;    // of the first transactions of every history: so what was signed for one serves the next
};

class Generator {
 public:
  Generator(uint64_t seed, const Cast& cast, Papers& papers, const Catalogue& catalogue);

  Setup setup();                // of the history; first
  void watch(const Model& model) { model_ = &model; }
  Transaction opening(int64_t now);  // the treasury gives everybody something, mostly
  Transaction next(int64_t now);
  void send_again(Transaction tx) { if (!one_in(3)) held_back_.push_back(std::move(tx)); }
  int64_t next_time(int64_t now);
  int block_size() { return one_in(3) ? 1 : static_cast<int>(1 + pick(8)); }
  bool one_in(uint64_t n) { return pick(n) == 0; }
  uint64_t pick(uint64_t below) { return random_() % below; }

 private:
  // A transaction in the making; a body may choose who sends it.
  struct Draft {
    AccountId account;
    std::optional<PublicKey> key;
  };

  template <typename T>
  const T& any(const std::vector<T>& of) { return of[pick(of.size())]; }
  template <typename Map>
  auto any_of(const Map& map) { return std::next(map.begin(), static_cast<std::ptrdiff_t>(pick(map.size()))); }
  const AccountId& user() { return cast_.account(pick(Cast::kUsers)); }
  int64_t money_of(const AccountId& account) const { return model_->money(of_account(account)); }
  int64_t some(int64_t held);   // of so much, now and then too much or nothing
  PublicKey key_for(const AccountId& account);
  std::string spoiled(std::string text);

  Transaction make(int64_t now);
  Transaction bonded(int64_t now);
  Transaction crowd(int64_t now);
  Transaction envelope(const Draft& draft, std::vector<Body> bodies, bool batch, int64_t now);
  Body body(Draft& draft);
  Body money(Draft& draft);
  Body keys(Draft& draft);
  Body offers(Draft& draft);
  Body repository(Draft& draft);
  Body register_repository();
  Body claim();
  Body draw();
  Body register_fingerprints(const RepositoryId& id);
  Body publish();
  Body change_parameters();
  Parameters parameters();
  template <typename What>
  std::vector<std::string> approvals(const What& body, const std::vector<AccountId>& members, int64_t quorum);

  Body open(Draft& draft);
  Body about_an_escrow(Draft& draft);
  Body useful(Draft& draft, const Digest& id, const ModelEscrow& escrow);
  Body useless(const Digest& id, const ModelEscrow& escrow);
  Body settle(const Digest& id, const ModelEscrow& escrow, bool agreed);
  std::string voucher(const Digest& id, const ModelEscrow& escrow, int64_t run_us, bool final);
  std::string lease_paper(Paper paper, const ModelEscrow& escrow);
  Body resolve(const Digest& id, const ModelEscrow& escrow);
  int64_t run_of(const ModelEscrow& escrow);

  std::mt19937_64 random_;
  const Cast& cast_;
  Papers& papers_;
  const Catalogue& catalogue_;
  const Model* model_ = nullptr;
  std::vector<Transaction> sent_;
  std::deque<Transaction> held_back_;  // overtaken by others
  int64_t count_ = 0;
  bool crowded_ = false;               // the history of one who wants as many of everything as there may be
  uint64_t crowds_ = 0;
};

}  // namespace ain::ledger::sim
