#include <chrono>
#include <functional>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/id_prefix.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/context.h"
#include "cli/escrow_view.h"
#include "cli/funds.h"
#include "cli/money_view.h"
#include "cli/offers_view.h"
#include "cli/outbox.h"
#include "ledger/log.h"
#include "ledger/balance_proof.h"
#include "ledger/proof_text.h"
#include "ledger/receipt.h"
#include "remote/verify_ledger.h"
#include "repo/identity.h"

namespace ain::cli {
namespace {

constexpr int64_t kHistoryRowsShown = 1000;
constexpr int64_t kFollowWaitMs = 30'000;
constexpr std::chrono::milliseconds kFollowRetry{2000};

// A transaction by its id, or by the beginning of it.
Digest txid_named(Context& context, const std::string& text) {
  constexpr std::string_view kWhat = "transaction";
  check_id_prefix(kWhat, text, 2 * sizeof(Digest));
  const auto whole = text.size() == 2 * sizeof(Digest) ? text : only_match(kWhat, text, context.ledger().transactions_from(text));
  if (!whole) fail_with_hint(ErrorKind::failed, "list them: ain ledger history", "there is no {} '{}'", kWhat, text);
  return *to_array<sizeof(Digest)>(*from_hex(*whole));
}

// Names of this home's own accounts beside the ids that everybody sees.
std::string shown_account(Context& context, const std::string& id) {
  for (const Account& account : context.accounts().list()) {
    if (account.id.text() == id) return account.name;
  }
  return context.out.shown(id);
}

int balance(Context& context) {
  const auto named = context.options.text("ACCOUNT");
  const AccountId id = named ? account_named(context.accounts(), *named) : context.account().id;
  if (context.options.flag("proof")) {
    const auto proof = context.ledger().balance_proof(id);
    if (!proof) fail_with_hint(ErrorKind::failed, "see what it has done: ain ledger history", "the ledger has never seen the account '{}'", id.text());
    context.out.write(*proof);
    return 0;
  }
  const ledger::AccountState state = context.ledger().account(id);
  if (context.out.json()) {
    context.out.document({{"account", id.text()}, {"available", state.available.micro()}, {"escrowed", state.escrowed.micro()}});
    return 0;
  }
  context.out.line("{}", state.available.text());
  if (state.escrowed.micro() > 0) context.out.say("and {} in escrow", state.escrowed.text());
  return 0;
}

int64_t since_ms(Context& context) {
  const auto age = context.options.duration_ms("since");
  return age ? std::max<int64_t>(0, now_ms() - *age) : 0;
}

// One line for people about what a transaction did.
std::string summary_of(const Json& entry) {
  const Json& body = entry.at("body");
  const auto amount = [&](const char* name) { return Amount::micro(body.at(name).get<int64_t>()).text(); };
  const std::string type = entry.at("type");
  if (type == "transfer" && body.contains("amount") && body.contains("to")) {
    return fmt::format("{} to {}", amount("amount"), body.at("to").get<std::string>());
  }
  if (type == "escrow_open" && body.contains("deposit")) return fmt::format("{} deposited", amount("deposit"));
  if (body.contains("escrow") && body.at("escrow").is_string()) {
    const std::string what = type == "challenge" ? (body.contains("evidence") ? ": disputed" : ": a higher voucher") : "";
    return fmt::format("escrow {}{}", body.at("escrow").get<std::string>().substr(0, 12), what);
  }
  return "";
}

// Whose money the history is about; nothing: everybody's.
std::optional<AccountId> account_in_view(Context& context) {
  if (context.options.flag("all")) return std::nullopt;
  if (const auto named = context.options.text("of")) return account_named(context.accounts(), *named);
  const auto own = context.account_if_any();
  return own ? std::optional(own->id) : std::nullopt;
}

std::string amount_shown(const Json& entry) {
  const int64_t micro = entry.value("amount", int64_t{0});
  return micro == 0 ? "" : (micro > 0 ? "+" : "") + Amount::micro(micro).text();
}

// The raw id of what the history is about; nothing: everything.
std::optional<std::string> subject_in_view(Context& context) {
  const auto repository = context.options.text("repo"), run = context.options.text("run");
  if (repository && run) fail_with_hint(ErrorKind::usage, "a run is of one repository anyway: leave --repo out", "--repo beside --run");
  if (repository) {
    return std::string(as_view(repo::repository_named(*repository).bytes));
  }
  if (!run) return std::nullopt;
  return std::string(as_view(escrow_id_named(context, *run)));
}

std::vector<std::string> history_row(Context& context, const Json& entry) {
  return {std::to_string(entry.at("height").get<int64_t>()), rfc3339(entry.at("time").get<int64_t>()), entry.at("type"),
          shown_account(context, entry.at("account")), amount_shown(entry), context.out.shown(summary_of(entry)),
          entry.at("txid").get<std::string>()};
}

// What comes from now on, until it is stopped. A node that goes away is waited for.
[[noreturn]] void follow_history(Context& context, ledger::HistoryQuery query, const std::function<void(Json&)>& tell) {
  for (bool lost = false;;) {
    try {
      for (Json& entry : context.ledger().await(query, kFollowWaitMs)) {
        query.from_index = entry.at("index").get<int64_t>() + 1;
        tell(entry);
        context.out.flush();
      }
      lost = false;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unreachable) throw;
      if (!lost) context.out.say("{}; waiting for it", error.message());
      lost = true;
      std::this_thread::sleep_for(kFollowRetry);
    }
  }
}

int history(Context& context) {
  const Values& options = context.options;
  ledger::HistoryQuery query;
  query.account = account_in_view(context);
  query.type = options.text("type");
  query.since_ms = since_ms(context);
  query.subject = subject_in_view(context);
  if (query.subject && !options.text("of")) query.account.reset();
  query.limit = options.integer("limit", 1, ledger::kHistoryRowsMax).value_or(kHistoryRowsShown);
  std::vector<std::vector<std::string>> rows;
  const auto tell = [&](Json& entry) {
    query.from_index = entry.at("index").get<int64_t>() + 1;
    if (query.account) add_amount(entry, *query.account);
    if (context.out.json()) context.out.document(entry);
    else rows.push_back(history_row(context, entry));
  };
  const bool more = newest_transactions(context.ledger(), query, tell);
  if (!rows.empty()) context.out.write_table({"height", "time", "type", "by", "amount", "", "txid"}, rows, {0, 4});
  if (more) context.out.say("these are the newest {}; older ones: -n N, or all of them: ain ledger export", query.limit);
  if (!options.flag("follow")) return 0;
  context.out.flush();
  query.limit = kHistoryRowsShown;
  follow_history(context, query, [&](Json& entry) {
    rows.clear();
    tell(entry);
    for (const auto& row : rows) context.out.line("{}", join(row, "  "));
  });
}

int transfer(Context& context) {
  const AccountId to = account_named(context.accounts(), *context.options.text("TO"));
  const Amount amount = Amount::parse(*context.options.text("AMOUNT"));
  const std::string memo = context.options.text_or("memo", "");
  if (!is_utf8(memo)) fail(ErrorKind::usage, "the memo is not UTF-8");
  if (amount == Amount()) fail_with_hint(ErrorKind::usage, "say how much: ain ledger transfer TO 1.5", "there is nothing to send in 0 AIN");
  if (to == context.account().id) {
    fail_with_hint(ErrorKind::usage, "see your accounts: ain account list", "'{}' is the account that would send", context.account().name);
  }
  ensure_funds(context);
  const std::string what = fmt::format("send {} from '{}' to {} on network '{}'", amount.text(), context.account().name, to.text(),
                                       context.network().name);
  confirm(context, what, "nothing was sent");
  const ledger::Applied applied = send_once(context, ledger::Transfer{to, amount, memo});
  print_applied(context.out, applied);
  if (!context.out.json()) context.out.say("sent {} to {}", amount.text(), to.text());
  return 0;
}

int show(Context& context) {
  const Digest txid = txid_named(context, *context.options.text("TXID"));
  if (context.options.flag("proof")) {
    const auto receipt = context.ledger().receipt(txid);
    if (!receipt) fail_with_hint(ErrorKind::failed, "the newest: ain ledger history", "there is no transaction '{}'", to_hex(txid));
    context.out.write(*receipt);
    return 0;
  }
  auto entry = context.ledger().transaction(txid);
  if (entry) add_split(*entry, context.ledger());
  if (!entry) fail_with_hint(ErrorKind::failed, "the newest: ain ledger history", "there is no transaction '{}'", to_hex(txid));
  if (context.out.json()) context.out.document(*entry);
  else context.out.line("{}", context.out.shown(entry->dump(2, ' ', false, Json::error_handler_t::replace)));
  return 0;
}

int verify_balance(Context& context, const std::string& text) {
  const ledger::BalanceProof proof = ledger::open_balance_proof(text, context.network().genesis);
  if (context.out.json()) {
    context.out.document({{"ok", true}, {"account", proof.account.text()}, {"available", proof.available.micro()}, {"nonce", proof.nonce},
                          {"height", proof.checkpoint.state.height}, {"size", proof.checkpoint.size}});
  } else {
    context.out.line("the proof holds: {} has {} after transaction {} of network '{}'", proof.account.text(), proof.available.text(),
                     proof.checkpoint.size, context.network().name);
  }
  return 0;
}

// With nothing but the file and what this home knows of the network.
int verify_receipt(Context& context, const std::filesystem::path& file) {
  const auto text = read_file_if_exists(file, ledger::kProofBytesMax);
  if (!text) fail_with_hint(ErrorKind::failed, "save one: ain ledger show TXID --proof > FILE", "there is no file '{}'", file.string());
  if (ledger::is_balance_proof(*text)) return verify_balance(context, *text);
  const ledger::Receipt receipt = ledger::open_receipt(*text, context.network().genesis);
  const ledger::Transaction& tx = receipt.transaction;
  if (context.out.json()) {
    context.out.document({{"ok", true}, {"txid", to_hex(tx.txid)}, {"index", receipt.index}, {"height", receipt.height},
                          {"time", receipt.time_ms}, {"type", tx.type()}, {"account", tx.account.text()}, {"body", body_json(tx)},
                          {"size", receipt.checkpoint.size}});
  } else {
    context.out.line("the receipt holds: {} {} by {}, transaction {} of {} on network '{}'", rfc3339(receipt.time_ms), tx.type(),
                     tx.account.text(), receipt.index, receipt.checkpoint.size, context.network().name);
    context.out.line("{}", to_hex(tx.txid));
  }
  return 0;
}

int checkpoint(Context& context) {
  const auto newest = context.options.flag("cosigned") ? context.ledger().cosigned() : context.ledger().checkpoint();
  if (!newest) fail_with_hint(ErrorKind::failed, "see the one of now: ain ledger checkpoint", "no witness has cosigned the ledger yet");
  const std::string& text = *newest;
  const ledger::Genesis& genesis = context.network().genesis;
  const auto held = ledger::open_checkpoint(text, context.network().id(), genesis.sequencer);
  if (!held) fail(ErrorKind::bad_signature, "the node's checkpoint is not signed by the key that keeps the ledger");
  const auto words = ledger::open_cosignatures(text);
  if (context.out.json()) {
    Json cosignatures = Json::array();
    for (const ledger::Cosignature& word : words) cosignatures.push_back({{"witness", word.witness.text()}, {"time", word.time_s * 1000}});
    context.out.document({{"checkpoint", text}, {"size", held->size}, {"log_root", to_hex(held->root)}, {"height", held->state.height},
                          {"root", to_hex(held->state.root)}, {"cosignatures", cosignatures}});
    return 0;
  }
  context.out.write(text);
  for (const ledger::Cosignature& word : words) context.out.say("cosigned by {} at {}", word.witness.text(), rfc3339(word.time_s * 1000));
  return 0;
}

int verify(Context& context) {
  if (const auto receipt = context.options.text("receipt")) return verify_receipt(context, *receipt);
  const ledger::VerifyReport report = remote::verify_ledger(
      context.paths, context.network(), [&context]() -> remote::LedgerClient& { return context.ledger(); });
  if (context.out.json()) {
    context.out.document(to_json(report));
  } else {
    for (const std::string& problem : report.problems) context.out.line("{}", context.out.shown(problem));
    if (report.problems.empty()) {
      context.out.line("all is well: {} transactions, height {}, root {}", report.transactions, report.height, to_hex(report.root));
    }
  }
  if (report.problems.empty()) return 0;
  fail(ErrorKind::verification, "the ledger of network '{}' does not hold: {} problems", context.network().name,
       report.problems.size());
}

int offers(Context& context) {
  const auto candidates = candidates_of(context.ledger().offers());
  if (candidates.empty() && !context.out.json()) context.out.say("nobody offers hardware on network '{}'", context.network().name);
  else print_candidates(context.out, candidates, false);
  return 0;
}

int escrow(Context& context) {
  const ledger::EscrowState state = escrow_named(context, *context.options.text("ID"));
  const ledger::Council arbiters = context.ledger().parameters().parameters.arbiters;
  Json document = to_json(ledger::Row(state));
  if (context.out.json()) {
    document["next"] = Json::array();
    for (const Step& step : next_steps(state, arbiters, now_ms())) document["next"].push_back(to_json(step));
    context.out.document(document);
    return 0;
  }
  context.out.line("{}", context.out.shown(document.dump(2, ' ', false, Json::error_handler_t::replace)));
  for (const std::string& line : dispute_lines(state, arbiters, now_ms())) context.out.say("{}", line);
  return 0;
}

int faucet(Context& context) {
  const ledger::Applied applied = ask_faucet(context);
  if (context.out.json()) context.out.document(to_json(applied));
  else context.out.line("{}", context.network().genesis.faucet.text());
  return 0;
}

void declare_balance(Declaration& options) {
  options.positional("ACCOUNT", "whose (default: yours)", false)
      .flag("proof", 0, "print a proof of it instead, that anybody can check: ain ledger verify --receipt FILE");
}
std::vector<std::string> transaction_types() {
  const auto names = ledger::type_names();
  return {names.begin(), names.end()};
}

void declare_history(Declaration& options) {
  options.value("since", 0, "DURATION", "only what happened in the last DURATION: 1h, 7d")
      .choice("type", 0, transaction_types(), "only transactions of this type")
      .value("of", 0, "ACCOUNT", "what touched this account (default: yours)")
      .flag("all", 'a', "everybody's transactions")
      .value("repo", 0, "REPO", "what is about this repository: repo1… or ain://repo1…")
      .value("run", 0, "ID", "what is about this run, escrow or job")
      .value("limit", 'n', "N", "at most so many, the newest (default: 1000)")
      .flag("follow", 'f', "then print what comes, until Ctrl-C");
}
void declare_transfer(Declaration& options) {
  options.positional("TO", "ain1…, or the name of an account here")
      .positional("AMOUNT", "in AIN: 1.5; in µAIN: 1500000u")
      .value("memo", 0, "TEXT", "a note that everybody can read")
      .flag("yes", 'y', "do not ask");
}
void declare_show(Declaration& options) {
  options.positional("TXID", "the transaction's id, or the beginning of it")
      .flag("proof", 0, "print a proof of it instead, that anybody can check: ain ledger verify --receipt FILE");
}
void declare_verify(Declaration& options) {
  options.value("receipt", 0, "FILE", "check this receipt, or proof of a balance, instead, without asking anybody");
}
void declare_checkpoint(Declaration& options) {
  options.flag("cosigned", 0, "the newest that a witness has cosigned, which may be older than the log is now");
}
void declare_escrow(Declaration& options) { options.positional("ID", "the escrow's id or the beginning of it, or a run's of this home"); }

}  // namespace

extern const Command ledger_balance_command, ledger_history_command, ledger_transfer_command, ledger_show_command,
    ledger_verify_command, ledger_offers_command, ledger_escrow_command, ledger_faucet_command, ledger_checkpoint_command;
const Command ledger_balance_command = {.name = "ledger balance",
                                        .group = Group::money,
                                        .summary = "Show how much money an account has",
                                        .needs = {.network = true},
                                        .declare = declare_balance,
                                        .run = balance};
const Command ledger_history_command = {.name = "ledger history",
                                        .group = Group::money,
                                        .summary = "List transactions, oldest first",
                                        .needs = {.network = true},
                                        .declare = declare_history,
                                        .run = history,
                                        .json_lines = true};
const Command ledger_transfer_command = {.name = "ledger transfer",
                                         .group = Group::money,
                                         .summary = "Send money",
                                         .needs = {.account = true, .network = true},
                                         .declare = declare_transfer,
                                         .run = transfer};
const Command ledger_show_command = {.name = "ledger show",
                                     .group = Group::money,
                                     .summary = "Show a transaction",
                                     .needs = {.network = true},
                                     .declare = declare_show,
                                     .run = show};
const Command ledger_verify_command = {.name = "ledger verify",
                                       .group = Group::money,
                                       .summary = "Replay the whole ledger and compare",
                                       .needs = {.network = true},
                                       .declare = declare_verify,
                                       .run = verify};
const Command ledger_checkpoint_command = {.name = "ledger checkpoint",
                                           .group = Group::money,
                                           .summary = "Show the signed state of the log",
                                           .needs = {.network = true},
                                           .declare = declare_checkpoint,
                                           .run = checkpoint};
const Command ledger_offers_command = {.name = "ledger offers",
                                       .group = Group::money,
                                       .summary = "List the hardware on offer",
                                       .needs = {.network = true},
                                       .declare = nullptr,
                                       .run = offers,
                                       .json_lines = true};
const Command ledger_escrow_command = {.name = "ledger escrow",
                                       .group = Group::money,
                                       .summary = "Show the state of an escrow",
                                       .needs = {.network = true},
                                       .declare = declare_escrow,
                                       .run = escrow};
const Command ledger_faucet_command = {.name = "ledger faucet",
                                       .group = Group::money,
                                       .summary = "Ask the network for a first bit of money",
                                       .needs = {.account = true, .network = true},
                                       .declare = nullptr,
                                       .run = faucet};

extern const Command offers_command;
const Command offers_command = {.name = "offers",
                                .group = Group::run,
                                .summary = "List the hardware on offer",
                                .needs = {.network = true},
                                .declare = nullptr,
                                .run = offers,
                                .json_lines = true};

}  // namespace ain::cli
