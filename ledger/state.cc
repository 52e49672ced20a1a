#include "ledger/state.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"

namespace ain::ledger {
namespace {

std::string account_key(std::string_view id) { return fmt::format("account/{}", id); }

// Written by hand as it is on the path of every transfer; the same text as canonical() would make.
std::string account_value(int64_t available, int64_t nonce, int64_t faucet_taken, int64_t full_keys, int64_t first_key) {
  return fmt::format(R"({{"available":{},"faucet_taken":{},"first_key":{},"full_keys":{},"nonce":{}}})", available, faucet_taken,
                     first_key, full_keys, nonce);
}
std::string account_value(const AccountRow& row) {
  return account_value(row.available.micro(), row.nonce, row.faucet_taken, row.full_keys, row.first_key);
}

std::string balance_key(const Holder& holder) { return "balance/" + holder.bytes(); }

Amount stored_amount(int64_t micro) {
  if (micro < 0 || micro > kAmountMax) fail(ErrorKind::verification, "the store holds an impossible amount");
  return Amount::micro(micro);
}

// Prepared once, reset before each use: left in the middle by an exception it would hold a read transaction open.
Statement& ready(Database& db, std::optional<Statement>& statement, std::string_view sql) {
  if (statement) statement->reset();
  else statement = db.prepare(sql);
  return *statement;
}

}  // namespace

State::State(Database& db) : db_(db) {}

State::Known& State::known(const AccountId& id) {
  if (auto found = accounts_.find(id); found != accounts_.end()) return found->second;
  Known account{.row = {.account = id}};
  Statement& get = ready(db_, get_account_, "SELECT id, available, nonce, faucet_taken, full_keys, first_key FROM account WHERE key = ?");
  if (get.bind_blob(as_view(id.bytes)).step()) {
    account.id = get.integer(0);
    account.row = {id, stored_amount(get.integer(1)), get.integer(2), get.integer(3) != 0, get.integer(4), get.integer(5) != 0};
  }
  get.reset();
  return accounts_.emplace(id, account).first->second;
}

AccountRow State::account(const AccountId& id) {
  if (auto found = transaction_.accounts.find(id); found != transaction_.accounts.end()) return found->second;
  return known(id).row;
}

int64_t State::stored_id(const AccountId& id) {
  const int64_t number = known(id).id;
  AIN_ASSERT(number != 0);
  return number;
}

void State::put(const AccountRow& row) {
  AIN_ASSERT(row.available == account(row.account).available);
  transaction_.accounts[row.account] = row;
}

const std::optional<Row>& State::find(const std::string& key) {
  if (auto found = transaction_.rows.find(key); found != transaction_.rows.end()) return found->second;
  if (auto found = block_.find(key); found != block_.end()) return found->second;
  if (auto found = read_.find(key); found != read_.end()) return found->second;
  Statement& get = ready(db_, get_row_, "SELECT value FROM state WHERE key = ?");
  std::optional<Row> row;
  if (get.bind_blob(key).step()) row = row_from_text(key, get.text(0));
  get.reset();
  return read_.emplace(key, std::move(row)).first->second;
}

// Of the store, with what the block and the transaction have changed since.
std::vector<OfferState> State::offers_of(const AccountId& account) {
  const std::string first = offer_key(account, NodeId{});
  const std::string prefix = first.substr(0, first.size() - sizeof(NodeId::bytes));
  std::map<std::string, std::optional<Row>> rows;
  Statement& get = ready(db_, offers_of_, "SELECT key, value FROM state WHERE key >= ? AND key <= ? ORDER BY key");
  NodeId last;
  last.bytes.fill(0xff);
  get.bind_blob(first).bind_blob(offer_key(account, last));
  while (get.step()) rows[get.blob(0)] = row_from_text(get.blob(0), get.text(1));
  get.reset();
  for (const Rows* layer : {&block_, &transaction_.rows}) {
    for (auto at = layer->lower_bound(first); at != layer->end() && at->first.starts_with(prefix); ++at) rows[at->first] = at->second;
  }
  std::vector<OfferState> offers;
  for (const auto& [key, row] : rows) {
    if (row) offers.push_back(std::get<OfferState>(*row));
  }
  return offers;
}

Amount State::balance(const Holder& holder) {
  if (holder.kind == Holder::Kind::account) return account(AccountId{*to_array<20>(holder.id)}).available;
  auto row = get<Balance>(balance_key(holder));
  return row ? row->amount : Amount();
}

void State::change(const Holder& holder, int64_t delta) {
  moved_[holder] += delta;
  const Amount amount = balance(holder) + Amount::micro(delta);
  AIN_ASSERT(amount.micro() >= 0);
  if (holder.kind == Holder::Kind::account) {
    AccountRow row = account(AccountId{*to_array<20>(holder.id)});
    row.available = amount;
    transaction_.accounts[row.account] = row;
  } else if (amount == Amount()) {
    erase(balance_key(holder));
  } else {
    put(balance_key(holder), Balance{amount});
  }
}

bool State::move(const Holder& from, const Holder& to, Amount amount) {
  AIN_ASSERT(amount.micro() >= 0);
  if (balance(from) < amount) return false;
  if (amount == Amount() || from == to) return true;
  change(from, -amount.micro());
  change(to, amount.micro());
  return true;
}

void State::mint(const Holder& to, Amount amount) { change(to, amount.micro()); }

bool State::dirty() const { return !transaction_.accounts.empty() || !transaction_.rows.empty(); }

std::vector<Movement> State::movements(const AccountId& sender) const {
  const Holder by = Holder::of(sender);
  std::vector<Movement> movements;
  for (const auto& [holder, delta] : moved_) {
    if (delta != 0) movements.push_back({holder, delta});
  }
  auto place = std::lower_bound(movements.begin(), movements.end(), by, [](const Movement& a, const Holder& b) { return a.holder < b; });
  if (place == movements.end() || place->holder != by) movements.insert(place, {by, 0});
  return movements;
}

std::vector<std::string> State::keys() const {
  std::vector<std::string> keys;
  for (const auto& [id, row] : transaction_.accounts) keys.push_back(account_key(as_view(id.bytes)));
  for (const auto& [key, row] : transaction_.rows) keys.push_back(key);
  return keys;
}

Digest State::writes() const {
  std::string rows;
  const auto add = [&](const std::string& key, std::string_view value) { rows += fmt::format("{}:{}{}:{}", key.size(), key, value.size(), value); };
  for (const auto& [id, row] : transaction_.accounts) add(account_key(as_view(id.bytes)), account_value(row));
  for (const auto& [key, row] : transaction_.rows) add(key, row ? canonical(to_json(*row)) : std::string());
  return sha256(rows);
}

void State::accept() {
  for (const auto& [id, row] : transaction_.accounts) {
    Known& account = known(id);
    account.row = row;
    if (!account.changed) changed_.push_back(id);
    account.changed = true;
  }
  for (auto& [key, row] : transaction_.rows) block_[key] = std::move(row);
  discard();
}

void State::discard() {
  transaction_ = {};
  moved_.clear();
}

void State::forget() {
  discard();
  changed_.clear();
  block_ = {};
  read_.clear();
  accounts_.clear();
}

void State::flush(const RowSink& sink) {
  AIN_ASSERT(!dirty());
  // New ones get their ids in the order of the accounts.
  std::sort(changed_.begin(), changed_.end());
  for (const AccountId& id : changed_) {
    Known& account = known(id);
    const AccountRow& row = account.row;
    Statement& put = ready(db_, put_account_,
                           "INSERT INTO account (id, key, available, nonce, faucet_taken, full_keys, first_key) VALUES (?, ?, ?, ?, ?, ?, ?) "
                           "ON CONFLICT (id) DO UPDATE SET available = excluded.available, nonce = excluded.nonce, faucet_taken = "
                           "excluded.faucet_taken, full_keys = excluded.full_keys, first_key = excluded.first_key");
    if (account.id == 0) put.bind_null();
    else put.bind(account.id);
    put.bind_blob(as_view(id.bytes)).bind(row.available.micro()).bind(row.nonce).bind(row.faucet_taken ? 1 : 0).bind(row.full_keys)
        .bind(row.first_key ? 1 : 0).run();
    if (account.id == 0) account.id = db_.last_rowid();
    account.changed = false;
    sink(account_key(as_view(id.bytes)), account_value(row));
  }
  for (const auto& [key, row] : block_) {
    std::optional<std::string> value;
    if (row) {
      value = canonical(to_json(*row));
      const Lookup lookup = lookup_of(*row);
      Statement& put = ready(db_, put_row_, "INSERT OR REPLACE INTO state (key, value, a, b, n) VALUES (?, ?, ?, ?, ?)");
      put.bind_blob(key).bind_text(*value);
      for (const auto& text : {lookup.a, lookup.b}) text ? put.bind_text(*text) : put.bind_null();
      lookup.n ? put.bind(*lookup.n) : put.bind_null();
      put.run();
    } else {
      ready(db_, erase_row_, "DELETE FROM state WHERE key = ?").bind_blob(key).run();
    }
    sink(key, value);
  }
  changed_.clear();
  block_ = {};
  read_.clear();
  if (accounts_.size() > kAccountsKeptMax) accounts_.clear();
}

void each_state_row(Database& db, const RowSink& sink) {
  Statement rows = db.prepare("SELECT key, available, nonce, faucet_taken, full_keys, first_key FROM account");
  while (rows.step()) {
    sink(account_key(rows.blob(0)), account_value(rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4), rows.integer(5)));
  }
  rows = db.prepare("SELECT key, value FROM state");
  while (rows.step()) sink(rows.blob(0), rows.text(1));
}

std::optional<std::pair<std::string, std::string>> account_state_row(Database& db, const AccountId& account) {
  Statement row = db.prepare("SELECT available, nonce, faucet_taken, full_keys, first_key FROM account WHERE key = ?");
  if (!row.bind_blob(as_view(account.bytes)).step()) return std::nullopt;
  return {{account_key(as_view(account.bytes)), account_value(row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4))}};
}

std::optional<AccountRow> account_of_row(std::string_view key, std::string_view value) {
  const std::string prefix = account_key("");
  const auto id = key.starts_with(prefix) ? to_array<20>(key.substr(prefix.size())) : std::nullopt;
  if (!id) return std::nullopt;
  try {
    const Json json = parse_json(value, "row");
    ObjectReader reader(json, "row");
    AccountRow row{.account = {*id}};
    row.available = Amount::micro(reader.integer("available", 0, kAmountMax));
    row.faucet_taken = reader.integer("faucet_taken", 0, 1) != 0;
    row.first_key = reader.integer("first_key", 0, 1) != 0;
    row.full_keys = reader.integer("full_keys", 0, kTimeMaxMs);
    row.nonce = reader.integer("nonce", 0, kTimeMaxMs);
    reader.finish();
    return row;
  } catch (const Error&) {
    return std::nullopt;
  }
}

Amount total_money(Database& db) {
  Statement row = db.prepare(
      "SELECT (SELECT coalesce(sum(available), 0) FROM account) + "
      "(SELECT coalesce(sum(json_extract(value, '$.amount')), 0) FROM state WHERE key >= CAST('balance/' AS BLOB) AND key < CAST('balance0' AS BLOB))");
  row.step();
  return stored_amount(row.integer(0));
}

}  // namespace ain::ledger
