// Drives the node of a network as fast as it goes, over HTTP and TLS on loopback, and says what it took, as one line of JSON:
//   ledger_load payers                                the accounts of the clients, which the rest below need to have money
//   ledger_load verify SECONDS                        signatures that all cores can verify a second with libsodium, and as the node does, 256 at once
//   ledger_load root ROWS                             what a row costs in the state's root among ROWS accounts, 1024 of them changed in a block, on one core
//   ledger_load transfers NETWORK COUNT ACCOUNTS GROUP   transfers from the payers to ACCOUNTS others, GROUP in one request, eight connections a core
//   ledger_load strangers NETWORK COUNT GROUP         transfers from COUNT accounts that send their first, GROUP in one request
//   ledger_load escrows NETWORK COUNT GROUP           whole lives of escrows: opened, leased, settled with the payer's word; GROUP of them in two requests
//   ledger_load latency NETWORK COUNT                 one transfer after the other, each in a request of its own
//   ledger_load balances NETWORK SECONDS              how many balances can be read a second, by four connections a core; SECONDS 0: until its input ends
//   ledger_load lookup NETWORK COUNT                  one question after the other for a transaction that is not there: every chapter of the log is asked
//   ledger_load followers NETWORK COUNT               until its input ends: COUNT followers over TLS that poll once a second: the checkpoint and, when the
//                                                     log has grown by one, its last complete tile
// Transfers are signed before the clock starts.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "base/text.h"
#include "base/time.h"
#include "bench/clock.h"
#include "ledger/state_root.h"
#include "ledger/voucher.h"
#include "remote/ledger_client.h"
#include "remote/network.h"

using namespace ain;
using namespace ain::ledger;

namespace {

const unsigned kCores = std::max(1u, std::thread::hardware_concurrency());
const unsigned kClients = 8 * kCores;  // so that while one waits for the disk others are served
const unsigned kReaders = 4 * kCores;

std::unique_ptr<Signer> payer(unsigned number) {
  std::string seed(32, 'b');
  for (size_t i = 0; i < 4; ++i) seed[i] = static_cast<char>(number >> (8 * i));
  return key_from_seed(seed);
}

// The account number `number` of those that are paid; nobody has its key.
AccountId payee(uint64_t number) {
  AccountId account;
  for (size_t i = 0; i < 8; ++i) account.bytes[i] = static_cast<unsigned char>(number >> (8 * i));
  account.bytes[19] = 1;
  return account;
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(88172645463325252ull + seed) {}
  uint64_t next() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return state_;
  }

 private:
  uint64_t state_;
};

template <typename Work>
void on_threads(unsigned count, Work work) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back([&, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

void await_end_of_input() {
  while (std::getchar() != EOF) {
  }
}

remote::Network network_named(const char* name) { return remote::load_network(Paths::from_environment(), name); }

std::vector<std::string> signed_transfers(const std::string& network, unsigned number, int64_t nonce, size_t count, uint64_t accounts) {
  const auto signer = payer(number);
  const AccountId account = account_of(signer->public_key());
  Random random(number + static_cast<uint64_t>(nonce) * 7919);
  std::vector<std::string> envelopes;
  for (size_t i = 0; i < count; ++i) {
    envelopes.push_back(sign_transaction(network, account, ++nonce, now_ms() + kHourMs, Transfer{payee(random.next() % accounts), Amount::micro(1), ""}, *signer));
  }
  return envelopes;
}

void must(const std::vector<Applied>& all) {
  for (const Applied& applied : all) {
    if (applied.refusal != Refusal::none) fail(ErrorKind::refused, "refused: {}", applied.reason);
  }
}

int payers() {
  for (unsigned i = 0; i < kClients; ++i) std::printf("%s\n", account_of(payer(i)->public_key()).text().c_str());
  return 0;
}

// What `work` does on every core in so many seconds, a second.
template <typename Work>
double rate_of(double seconds, Work work) {
  std::atomic<int64_t> count = 0;
  const Clock clock;
  on_threads(kCores, [&](unsigned core) {
    while (clock.seconds() < seconds) count += work(core);
  });
  return static_cast<double>(count) / clock.seconds();
}

int verify_rate(double seconds) {
  constexpr size_t kAtOnce = 256;
  const std::string message(500, 'm');
  std::vector<SignedMessage> messages;
  for (size_t i = 0; i < kAtOnce; ++i) {
    const auto signer = payer(static_cast<unsigned>(i) % kClients);
    messages.push_back({signer->public_key(), message, signer->sign(message)});
  }
  const auto must_hold = [](bool holds) {
    if (!holds) fail(ErrorKind::bug, "a good signature does not verify");
  };
  const double alone = rate_of(seconds, [&](unsigned core) {
    for (int i = 0; i < 100; ++i) must_hold(verify(messages[core].key, message, messages[core].signature));
    return 100;
  });
  const double together = rate_of(seconds, [&](unsigned) {
    for (const bool holds : verify_each(messages)) must_hold(holds);
    return kAtOnce;
  });
  std::printf(R"({"a_second":%.0f,"together_a_second":%.0f})" "\n", alone, together);
  return 0;
}

int root(uint64_t rows) {
  const auto row = [](uint64_t number, uint64_t nonce) {
    return std::pair("account/" + std::string(as_view(payee(number).bytes)),
                     fmt::format(R"({{"available":1000000,"faucet_taken":0,"first_key":1,"full_keys":1,"nonce":{}}})", nonce));
  };
  StateRoot tree;
  const auto set = [&](uint64_t number, uint64_t nonce) {
    const auto [key, value] = row(number, nonce);
    tree.set(key, value);
  };
  Clock clock;
  for (uint64_t i = 0; i < rows; ++i) set(i, 0);
  tree.root();
  const double built = clock.seconds();
  constexpr uint64_t kBlocks = 100;
  Random random(1);
  clock = Clock();
  for (uint64_t block = 1; block <= kBlocks; ++block) {
    for (size_t i = 0; i < kBlockTransactionsMax; ++i) set(random.next() % rows, block);
    tree.root();
  }
  std::printf(R"({"us":%.2f,"n":%llu,"build_s":%.2f})" "\n", clock.seconds() * 1e6 / static_cast<double>(kBlocks * kBlockTransactionsMax),
              static_cast<unsigned long long>(kBlocks * kBlockTransactionsMax), built);
  return 0;
}

// What each client sends, `group` in one request.
double sent_a_second(const remote::Network& network, const std::vector<std::vector<std::string>>& envelopes, size_t group) {
  std::vector<std::unique_ptr<remote::LedgerClient>> clients;
  size_t count = 0;
  for (const auto& mine : envelopes) {
    clients.push_back(remote::http_ledger(network.node));
    clients.back()->checkpoint();  // the connection stands
    count += mine.size();
  }
  const Clock clock;
  on_threads(static_cast<unsigned>(envelopes.size()), [&](unsigned number) {
    const std::vector<std::string>& mine = envelopes[number];
    for (size_t at = 0; at < mine.size(); at += group) {
      must(clients[number]->submit(std::vector<std::string>(mine.begin() + static_cast<std::ptrdiff_t>(at),
                                                          mine.begin() + static_cast<std::ptrdiff_t>(std::min(at + group, mine.size())))));
    }
  });
  return static_cast<double>(count) / clock.seconds();
}

int transfers(const char* name, size_t count, uint64_t accounts, size_t group) {
  const remote::Network network = network_named(name);
  std::vector<std::vector<std::string>> envelopes(kClients);
  on_threads(kClients, [&](unsigned number) {
    const int64_t nonce = remote::http_ledger(network.node)->account(account_of(payer(number)->public_key())).nonce;
    envelopes[number] = signed_transfers(network.id(), number, nonce, count / kClients, accounts);
  });
  std::fputs("signed\n", stderr);  // for who wants to do something beside the writing
  const double a_second = sent_a_second(network, envelopes, group);
  std::printf(R"({"a_second":%.0f,"n":%zu,"envelope_bytes":%zu})" "\n", a_second, count, envelopes[0].at(0).size());
  return 0;
}

// They get what they send in batches first, before the clock starts.
int strangers(const char* name, size_t count, size_t group) {
  const remote::Network network = network_named(name);
  const std::string run = std::to_string(now_ms());
  std::vector<std::unique_ptr<Signer>> signers;
  for (size_t i = 0; i < count; ++i) signers.push_back(key_from_seed(as_view(sha256(run + std::to_string(i)))));
  const auto client = remote::http_ledger(network.node);
  int64_t nonce = client->account(account_of(payer(0)->public_key())).nonce;
  for (size_t at = 0; at < count;) {
    std::vector<std::string> batches;
    for (; batches.size() < 64 && at < count;) {
      Batch batch;
      for (; batch.items.size() < kBatchItemsMax && at < count; ++at) batch.items.push_back(Transfer{account_of(signers[at]->public_key()), Amount::micro(1), ""});
      batches.push_back(sign_batch(network.id(), account_of(payer(0)->public_key()), ++nonce, now_ms() + kHourMs, batch, *payer(0)));
    }
    must(client->submit(batches));
  }
  std::vector<std::vector<std::string>> envelopes(kClients);
  for (size_t i = 0; i < count; ++i) {
    envelopes[i % kClients].push_back(sign_transaction(network.id(), account_of(signers[i]->public_key()), 1, now_ms() + kHourMs,
                                                       Transfer{payee(i), Amount::micro(1), ""}, *signers[i]));
  }
  std::printf(R"({"a_second":%.0f,"n":%zu})" "\n", sent_a_second(network, envelopes, group), count);
  return 0;
}

Attribution attribution_of_bench() {
  Attribution attribution{.repository = RepositoryId{sha256("bench")}.text(), .commit = std::string(40, 'c'), .tree = std::string(40, 'd'),
                          .algorithm = "attr-v1", .royalty = {RoyaltyKind::rate, 100'000}, .payees = {}, .pool = {}};
  for (uint64_t i = 0; i < 5; ++i) attribution.payees.push_back({payee(i).text(), static_cast<int64_t>(10 + i)});
  std::sort(attribution.payees.begin(), attribution.payees.end(), [](const Payee& a, const Payee& b) { return a.id < b.id; });
  return attribution;
}

// The three transactions of each escrow, and what the two parties sign between each other.
struct EscrowLives {
  std::vector<std::string> opens, leases, settlements;
};

EscrowLives signed_lives(const std::string& network, unsigned number, int64_t payer_nonce, int64_t provider_nonce, size_t count) {
  constexpr int64_t kPrice = 100, kRunUsMax = 60'000'000, kRunUs = 42'000'000;
  const auto paying = payer(number), providing = payer(kClients + number);
  const AccountId from = account_of(paying->public_key()), to = account_of(providing->public_key());
  const Attribution code = attribution_of_bench();
  const int64_t valid_until_ms = now_ms() + kHourMs;
  EscrowOpen open{.job = sha256("job"), .attribution = code.digest(), .provider = to, .price_per_second = kPrice, .run_us_max = kRunUsMax};
  open.deposit = cost_of({kPrice, 1, code.royalty, 0}, kRunUsMax).total();
  open.accept_within_ms = open.run_within_ms = kHourMs;
  EscrowLives lives;
  for (size_t i = 0; i < count; ++i) {
    lives.opens.push_back(sign_transaction(network, from, ++payer_nonce, valid_until_ms, open, *paying));
    const Digest escrow = txid_of(lives.opens.back());
    const std::string voucher = sign_voucher({network, escrow, 1, kRunUs, metered_amount(kPrice, kRunUs), true}, *paying);
    const std::string note = sign_note({network, escrow, 1, kRunUs, metered_amount(kPrice, kRunUs), true}, *providing);
    lives.leases.push_back(sign_transaction(network, to, ++provider_nonce, valid_until_ms, LeaseAccept{escrow, code.digest()}, *providing));
    lives.settlements.push_back(sign_transaction(network, to, ++provider_nonce, valid_until_ms, Settle{escrow, voucher, note, true}, *providing));
  }
  return lives;
}

int escrows(const char* name, size_t count, size_t group) {
  const remote::Network network = network_named(name);
  std::vector<std::unique_ptr<remote::LedgerClient>> clients;
  for (unsigned i = 0; i < kClients; ++i) clients.push_back(remote::http_ledger(network.node));
  const auto nonce_of = [&](unsigned key) { return clients[0]->account(account_of(payer(key)->public_key())).nonce; };
  if (!clients[0]->attribution(attribution_of_bench().digest())) {
    must({clients[0]->submit(sign_transaction(network.id(), account_of(payer(0)->public_key()), nonce_of(0) + 1, now_ms() + kHourMs,
                                              AttributionRegister{attribution_of_bench()}, *payer(0)))});
  }
  std::vector<EscrowLives> lives(kClients);
  for (unsigned i = 0; i < kClients; ++i) lives[i] = signed_lives(network.id(), i, nonce_of(i), nonce_of(kClients + i), count / kClients);
  const Clock clock;
  on_threads(kClients, [&](unsigned number) {
    const EscrowLives& mine = lives[number];
    for (size_t at = 0; at < mine.opens.size(); at += group) {
      const size_t end = std::min(at + group, mine.opens.size());
      must(clients[number]->submit(std::vector<std::string>(mine.opens.begin() + static_cast<std::ptrdiff_t>(at),
                                                            mine.opens.begin() + static_cast<std::ptrdiff_t>(end))));
      std::vector<std::string> rest;
      for (size_t i = at; i < end; ++i) rest.insert(rest.end(), {mine.leases[i], mine.settlements[i]});
      must(clients[number]->submit(rest));
    }
  });
  std::printf(R"({"a_second":%.0f,"n":%zu})" "\n", static_cast<double>(count / kClients * kClients) / clock.seconds(), count);
  return 0;
}

int latency(const char* name, size_t count) {
  const remote::Network network = network_named(name);
  const auto client = remote::http_ledger(network.node);
  const int64_t nonce = client->account(account_of(payer(0)->public_key())).nonce;
  std::vector<double> times;
  for (const std::string& envelope : signed_transfers(network.id(), 0, nonce, count, 1000)) {
    const Clock clock;
    must({client->submit(envelope)});
    times.push_back(clock.seconds() * 1000);
  }
  std::sort(times.begin(), times.end());
  std::printf(R"({"p50_ms":%.3f,"p99_ms":%.3f,"n":%zu})" "\n", times[times.size() / 2], times[times.size() * 99 / 100], count);
  return 0;
}

int balances(const char* name, double seconds) {
  const remote::Network network = network_named(name);
  std::atomic<int64_t> count = 0;
  std::atomic<bool> ended = false;
  const Clock clock;
  std::thread until([&] {
    if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    else await_end_of_input();
    ended = true;
  });
  on_threads(kReaders, [&](unsigned reader) {
    const auto client = remote::http_ledger(network.node);
    Random random(reader);
    for (; !ended; ++count) client->account(payee(random.next() % 1000));
  });
  const double taken = clock.seconds();
  until.join();
  std::printf(R"({"a_second":%.0f,"n":%lld})" "\n", static_cast<double>(count) / taken, static_cast<long long>(count.load()));
  return 0;
}

int lookup(const char* name, size_t count) {
  const remote::Network network = network_named(name);
  const auto client = remote::http_ledger(network.node);
  std::vector<double> times;
  for (size_t i = 0; i < count; ++i) {
    const Clock clock;
    if (client->transaction(sha256(std::to_string(i)))) fail(ErrorKind::failed, "a transaction is there that nobody has sent");
    times.push_back(clock.seconds() * 1000);
  }
  std::sort(times.begin(), times.end());
  std::printf(R"({"p50_ms":%.3f,"n":%zu})" "\n", times[times.size() / 2], count);
  return 0;
}

// The path of a complete tile of hashes: the number in groups of three digits.
std::string tile_path(int64_t number) {
  std::string path = fmt::format("{:03}", number % 1000);
  for (number /= 1000; number > 0; number /= 1000) path = fmt::format("x{:03}/", number % 1000) + path;
  return "/tile/0/" + path;
}

constexpr unsigned kFollowerConnections = 4;

int followers(const char* name, size_t count) {
  const remote::Network network = network_named(name);
  std::atomic<int64_t> polls = 0, tiles = 0;
  std::atomic<bool> ended = false;
  const Clock clock;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kFollowerConnections; ++i) {
    threads.emplace_back([&, i] {
      remote::HttpClient client(network.node);
      const auto get = [&](const std::string& path) {
        remote::HttpResponse response = client.request(remote::HttpRequest("GET", path));
        throw_if_error(response);
        return std::move(response.body);
      };
      std::vector<int64_t> seen(count / kFollowerConnections, 0);  // complete tiles, by follower
      std::string opened;
      std::optional<Checkpoint> held;
      for (int64_t round = 0; !ended; ++round) {
        for (size_t each = 0; each < seen.size() && !ended; ++each) {
          const double due = static_cast<double>(round) + static_cast<double>(each) / static_cast<double>(seen.size());
          const double early = due - clock.seconds();
          if (early > 0) std::this_thread::sleep_for(std::chrono::duration<double>(early));
          // Each follower verifies what it gets on its own machine; here it is done once for each checkpoint.
          if (std::string text = get("/checkpoint"); text != opened) {
            held = open_checkpoint(text, network.id(), network.genesis.sequencer);
            opened = std::move(text);
          }
          if (!held) fail(ErrorKind::bad_signature, "a checkpoint does not hold");
          ++polls;
          const int64_t complete = held->size / 256;
          if (complete == seen[each]) continue;
          seen[each] = complete;
          if (get(tile_path(complete - 1)).size() != 256 * sizeof(Digest)) fail(ErrorKind::failed, "a tile is not whole");
          ++tiles;
        }
      }
    });
  }
  await_end_of_input();
  const double seconds = clock.seconds();
  ended = true;
  for (std::thread& thread : threads) thread.join();
  std::printf(R"({"polls":%lld,"tiles":%lld,"seconds":%.3f})" "\n", static_cast<long long>(polls.load()),
              static_cast<long long>(tiles.load()), seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  try {
    if (mode == "payers" && argc == 2) return payers();
    if (mode == "verify" && argc == 3) return verify_rate(std::atof(argv[2]));
    if (mode == "root" && argc == 3) return root(number(2));
    if (mode == "transfers" && argc == 6) return transfers(argv[2], number(3), number(4), number(5));
    if (mode == "strangers" && argc == 5) return strangers(argv[2], number(3), number(4));
    if (mode == "escrows" && argc == 5) return escrows(argv[2], number(3), number(4));
    if (mode == "latency" && argc == 4) return latency(argv[2], number(3));
    if (mode == "lookup" && argc == 4) return lookup(argv[2], number(3));
    if (mode == "followers" && argc == 4) return followers(argv[2], number(3));
    if (mode == "balances" && argc == 4) return balances(argv[2], std::atof(argv[3]));
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: ledger_load payers | verify SECONDS | root ROWS | transfers NETWORK COUNT ACCOUNTS GROUP | strangers NETWORK COUNT GROUP |\n"
                       "       escrows NETWORK COUNT GROUP | latency NETWORK COUNT | balances NETWORK SECONDS | lookup NETWORK COUNT | followers NETWORK COUNT\n");
  return 2;
}
