#include "tests/sim/root/stream.h"

#include <random>

#include "base/hash.h"
#include "ledger/approval.h"
#include "ledger/voucher.h"

namespace ain::ledger::root {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr size_t kLanes = 16, kPeople = 6, kPhases = 12;
constexpr int64_t kPhaseMs = kHourMs, kEachGets = 100'000'000'000;

struct Person {
  explicit Person(const std::string& name) : signer(key_from_seed(as_view(sha256(name)))), id(account_of(signer->public_key())) {}
  std::shared_ptr<const Signer> signer;
  AccountId id;
  int64_t nonce = 0, available = 0;
  bool had_faucet = false;
};

Genesis genesis_of_stream() {
  Genesis genesis;
  genesis.name = "root";
  genesis.created_ms = kStartMs;
  genesis.sequencer = Person("sequencer").signer->public_key();
  genesis.treasury = Person("treasury").signer->public_key();
  genesis.supply = Amount::micro(kAmountMax);
  genesis.faucet = Amount::micro(1'000);
  genesis.parameters.fee_ppm = 20'000;
  genesis.parameters.bond_min = Amount::micro(1000);
  return genesis;
}

// What a few people do. It knows beforehand what the ledger will say to it.
class Lane {
 public:
  Lane(uint64_t seed, size_t number, const Genesis& genesis)
      : random_(seed * 1000 + number), network_(network_id(genesis)), fee_ppm_(genesis.parameters.fee_ppm), faucet_(genesis.faucet.micro()) {
    for (size_t i = 0; i < kPeople; ++i) people_.emplace_back(fmt::format("lane {} person {}", number, i));
    RepositoryId repository;
    repository.bytes[0] = static_cast<unsigned char>(number);
    work_.repository = repository.text();
    work_.commit = std::string(40, 'a');
    work_.tree = std::string(40, 'b');
    work_.algorithm = "attr-v0";
    work_.royalty = {RoyaltyKind::rate, 100'000};
    work_.payees = {{people_[4].id.text(), 3}, {people_[5].id.text(), 2}, {unclaimed_payee(fmt::format("{}@example.org", number)), 2}};
    std::sort(work_.payees.begin(), work_.payees.end(), [](const Payee& a, const Payee& b) { return a.id < b.id; });
  }

  std::vector<Person>& people() { return people_; }

  void begin_phase(int64_t time_ms) {
    time_ms_ = time_ms;
    for (Lease& lease : leases_) lease.late = !lease.accepted;  // what nobody has accepted in the last phase
    last_ = SIZE_MAX;
    if (!registered_) take(people_[4], AttributionRegister{work_});
    registered_ = true;
  }
  std::vector<Item> finish_phase() { return std::exchange(items_, {}); }
  size_t size() const { return items_.size(); }

  void step() {
    const uint64_t what = pick(100);
    if (what < 40) transfer();
    else if (what < 50) batch();
    else if (what < 70) lease();
    else if (what < 78) bond();
    else if (what < 83) offer();
    else if (what < 86) faucet();
    else bad();
  }

 private:
  struct Lease {
    Digest id{};
    Amount deposit;
    bool accepted = false, late = false;
  };
  static constexpr int64_t kPrice = 100, kRunUsMax = 60'000'000;

  uint64_t pick(uint64_t below) { return random_() % below; }
  Person& anybody() { return people_[pick(kPeople)]; }
  Person& other(const Person& than) {
    Person* found = &anybody();
    while (found == &than) found = &anybody();
    return *found;
  }
  std::string sign(const Person& by, int64_t nonce, const Body& body) {
    return sign_transaction(network_, by.id, nonce, time_ms_ + kHourMs, body, *by.signer);
  }
  void take_envelope(Person& by, std::string envelope) {
    ++by.nonce;
    last_ = items_.size();
    items_.push_back({std::move(envelope)});
  }
  Digest take(Person& by, const Body& body) {
    take_envelope(by, sign(by, by.nonce + 1, body));
    return txid_of(items_.back().envelope);
  }
  void refuse(std::string envelope, Refusal refusal) { items_.push_back({std::move(envelope), refusal}); }
  void refuse(const Person& by, const Body& body, Refusal refusal) { refuse(sign(by, by.nonce + 1, body), refusal); }

  // One after the other: compilers differ about which of two arguments comes first.
  Transfer pay(Person& from) {
    const int64_t amount = some_of(from);
    Person& to = other(from);
    from.available -= amount;
    to.available += amount;
    return {to.id, Amount::micro(amount), pick(4) == 0 ? fmt::format("memo {}", pick(1000)) : ""};
  }
  int64_t some_of(const Person& who) {
    return 1 + static_cast<int64_t>(pick(static_cast<uint64_t>(std::min<int64_t>(who.available, 1'000'000))));
  }

  void transfer() {
    Person& from = anybody();
    if (from.available > 0) take(from, pay(from));
  }
  void batch() {
    Person& from = anybody();
    std::vector<Body> bodies;
    for (uint64_t left = 1 + pick(5); left > 0 && from.available > 0; --left) bodies.emplace_back(pay(from));
    if (bodies.empty()) return;
    take_envelope(from, sign_batch(network_, from.id, from.nonce + 1, time_ms_ + kHourMs, {bodies}, *from.signer));
    // All of it or nothing.
    bodies.emplace_back(Transfer{other(from).id, Amount::micro(kAmountMax), ""});
    refuse(sign_batch(network_, from.id, from.nonce + 1, time_ms_ + kHourMs, {bodies}, *from.signer), Refusal::insufficient_funds);
  }

  Cost cost(int64_t run_us) const { return cost_of({kPrice, 1, work_.royalty, fee_ppm_}, run_us); }
  void open() {
    Person& payer = people_[0];
    EscrowOpen body;
    body.job = sha256(fmt::format("job {}", pick(1000)));
    body.attribution = work_.digest();
    body.provider = people_[1].id;
    body.price_per_second = kPrice;
    body.run_us_max = kRunUsMax;
    body.deposit = cost(kRunUsMax).total();
    body.accept_within_ms = 60'000;
    body.run_within_ms = kHourMs * 24;
    if (payer.available < body.deposit.micro()) return;
    payer.available -= body.deposit.micro();
    leases_.push_back({take(payer, body), body.deposit});
  }
  void lease() {
    if (leases_.empty() || pick(3) == 0) return open();
    const size_t at = pick(leases_.size());
    Lease& lease = leases_[at];
    if (!lease.accepted && !lease.late && pick(4) != 0) {
      take(people_[1], LeaseAccept{lease.id, work_.digest()});
      lease.accepted = true;
      return refuse(people_[1], LeaseAccept{lease.id, work_.digest()}, Refusal::wrong_state);
    }
    if (lease.accepted && pick(4) != 0) settle(lease);
    else if (lease.late) end(lease, people_[2], Reap{lease.id});
    else if (!lease.accepted) end(lease, people_[0], Release{lease.id, "not needed"});
    else end(lease, people_[1], Release{lease.id, ""});
    leases_.erase(leases_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void end(const Lease& lease, Person& by, const Body& body) {
    refuse(people_[3], Release{lease.id, ""}, Refusal::not_yours);
    take(by, body);
    people_[0].available += lease.deposit.micro();
  }
  void settle(const Lease& lease) {
    const int64_t run_us = static_cast<int64_t>(pick(static_cast<uint64_t>(kRunUsMax) + 1));
    const Voucher voucher{network_, lease.id, 1, run_us, metered_amount(kPrice, run_us), true};
    refuse(people_[1], Settle{lease.id, sign_voucher(voucher, *people_[3].signer), ""}, Refusal::bad_voucher);
    take(people_[1], Settle{lease.id, sign_voucher(voucher, *people_[0].signer), ""});
    const Cost paid = cost(run_us);
    people_[1].available += paid.compute.micro();
    // The authors' exact shares are the ledger's to say: at least none. Of the refund the payer surely has what this leaves.
    people_[0].available += (lease.deposit - paid.total()).micro();
  }
  void bond() {
    Person& by = people_[1 + pick(2)];
    if (by.available < 10'000) return;
    by.available -= 5'000;
    take(by, BondDeposit{Amount::micro(5'000)});
    refuse(by, BondUnbond{Amount::micro(kAmountMax)}, Refusal::bond_needed);
    bonded_ = bonded_ || &by == &people_[1];
  }
  void offer() {
    Person& by = people_[1];
    const auto price = static_cast<int64_t>(1 + pick(1000));
    Offer offer{node_of(by.signer->public_key()), "unix:/run/ain", price, 8, 1 << 30, {"H100-80GB"}, kHourMs, kHourMs};
    if (!bonded_) return refuse(by, offer, Refusal::bond_needed);
    take(by, offer);
    if (pick(3) != 0) return;
    take(by, OfferWithdraw{offer.node});
    refuse(by, OfferWithdraw{offer.node}, Refusal::unknown_offer);
  }
  void faucet() {
    Person& by = anybody();
    if (by.had_faucet) return refuse(by, Faucet{}, Refusal::faucet_taken);
    by.had_faucet = true;
    by.available += faucet_;
    take(by, Faucet{});
  }
  void bad() {
    Person& by = anybody();
    const Body one = Transfer{other(by).id, Amount::micro(1), ""};
    switch (pick(9)) {
      case 0: return refuse(by, Transfer{other(by).id, Amount::micro(kAmountMax), ""}, Refusal::insufficient_funds);
      case 1: return refuse(by, Transfer{by.id, Amount::micro(1), ""}, Refusal::self_payment);
      case 2: return refuse(sign(by, by.nonce + 2, one), Refusal::bad_nonce);
      case 3: return by.nonce > 0 ? refuse(sign(by, by.nonce, Release{sha256("none"), ""}), Refusal::bad_nonce) : void();
      case 4:
        return refuse(sign_transaction("root-" + std::string(32, '0'), by.id, by.nonce + 1, time_ms_ + 1, one, *by.signer),
                      Refusal::wrong_network);
      case 5: return refuse(sign_transaction(network_, by.id, by.nonce + 1, time_ms_ - 1, one, *by.signer), Refusal::expired);
      case 6: return refuse(sign_transaction(network_, by.id, by.nonce + 1, time_ms_ + 1, one, *other(by).signer), Refusal::wrong_key);
      case 7: return refuse(broken(sign(by, by.nonce + 1, one)), Refusal::bad_signature);
      default:
        if (last_ < items_.size()) items_.push_back({items_[last_].envelope, Refusal::none, true});
    }
  }
  // One bit of the signature.
  static std::string broken(std::string envelope) {
    char& c = envelope[envelope.rfind('.') + 10];
    c = c == 'A' ? 'B' : 'A';
    return envelope;
  }

  std::mt19937_64 random_;
  const std::string network_;
  const int64_t fee_ppm_, faucet_;
  std::vector<Person> people_;
  std::vector<Lease> leases_;
  Attribution work_;
  std::vector<Item> items_;
  int64_t time_ms_ = 0;
  size_t last_ = SIZE_MAX;  // of items_: the last one that is taken
  bool registered_ = false, bonded_ = false;
};

// The treasury gives everybody something; alone, as everything else needs it.
std::vector<Item> opening(const std::string& network, std::vector<Lane>& lanes) {
  std::vector<Item> items;
  const Person treasury("treasury");
  int64_t nonce = 0;
  for (Lane& lane : lanes) {
    for (Person& person : lane.people()) {
      person.available = kEachGets;
      const Transfer gift{person.id, Amount::micro(kEachGets), ""};
      items.push_back({sign_transaction(network, treasury.id, ++nonce, kStartMs + kHourMs, gift, *treasury.signer)});
    }
  }
  return items;
}

}  // namespace

Stream make_stream(uint64_t seed, int64_t transactions) {
  Stream stream{genesis_of_stream(), {}, 0};
  std::vector<Lane> lanes;
  for (size_t i = 0; i < kLanes; ++i) lanes.emplace_back(seed, i, stream.genesis);
  stream.phases.push_back({kStartMs, {opening(network_id(stream.genesis), lanes)}});
  const auto in_each = static_cast<size_t>(transactions) / kPhases / kLanes + 1;
  for (size_t number = 1; number <= kPhases; ++number) {
    Phase phase{kStartMs + static_cast<int64_t>(number) * kPhaseMs, {}};
    for (Lane& lane : lanes) {
      lane.begin_phase(phase.time_ms);
      while (lane.size() < in_each) lane.step();
      phase.lanes.push_back(lane.finish_phase());
    }
    stream.phases.push_back(std::move(phase));
  }
  for (const Phase& phase : stream.phases) {
    for (const auto& lane : phase.lanes) stream.size += std::ssize(lane);
  }
  return stream;
}

}  // namespace ain::ledger::root
