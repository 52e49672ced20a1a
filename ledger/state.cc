#include "ledger/state.h"

#include "base/json.h"

namespace ain::ledger {
namespace {

// ---- keys and values of the state root: part of the protocol, described in docs/ledger.md

std::string account_key(std::string_view id) { return fmt::format("account/{}", id); }
std::string offer_key(std::string_view account, std::string_view node) {
  return fmt::format("offer/{}{}", account, node);
}
std::string attribution_key(std::string_view digest) { return fmt::format("attribution/{}", digest); }
std::string escrow_key(std::string_view id) { return fmt::format("escrow/{}", id); }
std::string unclaimed_key(std::string_view payee) { return fmt::format("unclaimed/{}", payee); }

// Written by hand as these are on the path of every transfer; the same text as canonical() would make.
std::string account_value(int64_t available, int64_t nonce, int64_t faucet_taken) {
  return fmt::format(R"({{"available":{},"faucet_taken":{},"nonce":{}}})", available, faucet_taken, nonce);
}
std::string unclaimed_value(int64_t amount) { return fmt::format(R"({{"amount":{}}})", amount); }

Amount stored_amount(int64_t micro) {
  if (micro < 0 || micro > kAmountMax) fail(ErrorKind::verification, "the store holds an impossible amount");
  return Amount::micro(micro);
}

template <typename Read>
auto from_store(const char* what, Read read) {
  try {
    return read();
  } catch (Error& error) {
    throw Error(ErrorKind::verification,
                fmt::format("the store holds a damaged {}: {}", what, error.message()));
  }
}

int64_t deadline_of(const EscrowState& row) {
  return row.phase == EscrowPhase::open ? row.accept_by_ms : row.run_by_ms;
}

}  // namespace

bool holds_money(EscrowPhase phase) { return phase == EscrowPhase::open || phase == EscrowPhase::leased; }

State::State(Database& db) : db_(db) {}

// Prepared once, reset before each use: left in the middle by an exception it would hold a read transaction
// open.
Statement& State::query(std::optional<Statement>& statement, std::string_view sql) {
  if (statement) {
    statement->reset();
  } else {
    statement = db_.prepare(sql);
  }
  return *statement;
}

AccountRow State::account(const AccountId& id) {
  if (auto found = accounts_.find(id); found != accounts_.end()) return found->second;
  AccountRow row{id, Amount(), 0, false};
  Statement& get = query(get_account_, "SELECT available, nonce, faucet_taken FROM account WHERE id = ?");
  if (get.bind_blob(as_view(id.bytes)).step()) {
    row.available = stored_amount(get.integer(0));
    row.nonce = get.integer(1);
    row.faucet_taken = get.integer(2) != 0;
  }
  get.reset();
  return row;
}

std::optional<OfferState> State::offer(const AccountId& account, const NodeId& node) {
  if (auto found = offers_.find({account, node}); found != offers_.end()) return found->second;
  Statement& get = query(get_offer_, "SELECT value FROM offer WHERE account = ? AND node = ?");
  std::optional<OfferState> row;
  if (get.bind_blob(as_view(account.bytes)).bind_blob(as_view(node.bytes)).step()) {
    row = from_store("offer", [&] { return offer_state_from_json(parse_json(get.text(0), "offer")); });
  }
  get.reset();
  return row;
}

std::vector<OfferState> State::offers_of(const AccountId& account) {
  Statement& get = query(get_offers_of_, "SELECT value FROM offer WHERE account = ? ORDER BY node");
  get.bind_blob(as_view(account.bytes));
  std::vector<OfferState> rows;
  while (get.step()) {
    rows.push_back(from_store("offer", [&] { return offer_state_from_json(parse_json(get.text(0), "offer")); }));
  }
  get.reset();
  return rows;
}

std::optional<Attribution> State::attribution(const Digest& digest) {
  if (auto found = attributions_.find(digest); found != attributions_.end()) return found->second.second;
  Statement& get = query(get_attribution_, "SELECT value FROM attribution WHERE digest = ?");
  std::optional<Attribution> row;
  if (get.bind_blob(as_view(digest)).step()) {
    row = from_store("attribution",
                     [&] { return attribution_from_json(parse_json(get.text(0), "attribution")); });
  }
  get.reset();
  return row;
}

std::optional<EscrowState> State::escrow(const Digest& id) {
  if (auto found = escrows_.find(id); found != escrows_.end()) return found->second;
  Statement& get = query(get_escrow_, "SELECT value FROM escrow WHERE id = ?");
  std::optional<EscrowState> row;
  if (get.bind_blob(as_view(id)).step()) {
    row = from_store("escrow", [&] { return escrow_state_from_json(parse_json(get.text(0), "escrow")); });
  }
  get.reset();
  return row;
}

Amount State::unclaimed(const std::string& payee) {
  if (auto found = unclaimed_.find(payee); found != unclaimed_.end()) return found->second;
  Statement& get = query(get_unclaimed_, "SELECT amount FROM unclaimed WHERE payee = ?");
  Amount amount;
  if (get.bind_text(payee).step()) amount = stored_amount(get.integer(0));
  get.reset();
  return amount;
}

void State::put(const AccountRow& row) {
  AIN_ASSERT(row.available.micro() >= 0);
  imbalance_ += row.available - account(row.account).available;
  accounts_[row.account] = row;
}

void State::put(const OfferState& row) { offers_[{row.account, row.offer.node}] = row; }

void State::erase_offer(const AccountId& account, const NodeId& node) {
  offers_[{account, node}] = std::nullopt;
}

void State::put(const Digest& digest, const AccountId& registrar, const Attribution& row) {
  attributions_[digest] = {registrar, row};
}

void State::put(const EscrowState& row) {
  auto held = [](const EscrowState& escrow) {
    return holds_money(escrow.phase) ? escrow.terms.deposit : Amount();
  };
  auto before = escrow(row.id);
  imbalance_ += held(row) - (before ? held(*before) : Amount());
  escrows_[row.id] = row;
}

void State::put_unclaimed(const std::string& payee, Amount amount) {
  AIN_ASSERT(amount.micro() >= 0);
  imbalance_ += amount - unclaimed(payee);
  unclaimed_[payee] = amount;
}

bool State::dirty() const {
  return !(accounts_.empty() && offers_.empty() && attributions_.empty() && escrows_.empty() &&
           unclaimed_.empty());
}

std::vector<AccountId> State::touched() const {
  std::vector<AccountId> ids;
  for (const auto& [id, row] : accounts_) ids.push_back(id);
  return ids;
}

void State::discard() {
  accounts_.clear();
  offers_.clear();
  attributions_.clear();
  escrows_.clear();
  unclaimed_.clear();
  imbalance_ = Amount();
}

void State::flush(const RowSink& sink) {
  write_accounts(sink);
  write_offers(sink);
  write_attributions(sink);
  write_escrows(sink);
  write_unclaimed(sink);
  discard();
}

void State::write_accounts(const RowSink& sink) {
  for (const auto& [id, row] : accounts_) {
    int64_t taken = row.faucet_taken ? 1 : 0;
    query(put_account_,
          "INSERT OR REPLACE INTO account (id, available, nonce, faucet_taken) VALUES (?, ?, ?, ?)")
        .bind_blob(as_view(id.bytes))
        .bind(row.available.micro())
        .bind(row.nonce)
        .bind(taken)
        .run();
    sink(account_key(as_view(id.bytes)), account_value(row.available.micro(), row.nonce, taken));
  }
}

void State::write_offers(const RowSink& sink) {
  for (const auto& [key, row] : offers_) {
    auto account = as_view(key.first.bytes);
    auto node = as_view(key.second.bytes);
    std::optional<std::string> value;
    if (row) {
      value = canonical(to_json(*row));
      query(put_offer_,
            "INSERT OR REPLACE INTO offer (account, node, price, expires_ms, value) VALUES (?, ?, ?, ?, ?)")
          .bind_blob(account)
          .bind_blob(node)
          .bind(row->offer.price_per_second)
          .bind(row->expires_ms)
          .bind_text(*value)
          .run();
    } else {
      query(erase_offer_, "DELETE FROM offer WHERE account = ? AND node = ?")
          .bind_blob(account)
          .bind_blob(node)
          .run();
    }
    sink(offer_key(account, node), value);
  }
}

void State::write_attributions(const RowSink& sink) {
  for (const auto& [digest, row] : attributions_) {
    std::string value = canonical(to_json(row.second));
    query(put_attribution_, "INSERT OR REPLACE INTO attribution (digest, registrar, repository, tree, value) "
          "VALUES (?, ?, ?, ?, ?)")
        .bind_blob(as_view(digest))
        .bind_blob(as_view(row.first.bytes))
        .bind_text(row.second.repository)
        .bind_text(row.second.tree)
        .bind_text(value)
        .run();
    sink(attribution_key(as_view(digest)), value);
  }
}

void State::write_escrows(const RowSink& sink) {
  constexpr std::string_view kSql =
      "INSERT INTO escrow (id, opened_height, payer, provider, phase, deadline_ms, deposit, value) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "phase = excluded.phase, deadline_ms = excluded.deadline_ms, value = excluded.value";
  for (const auto& [id, row] : escrows_) {
    std::string value = canonical(to_json(row));
    query(put_escrow_, kSql)
        .bind_blob(as_view(id))
        .bind(row.opened_height)
        .bind_blob(as_view(row.payer.bytes))
        .bind_blob(as_view(row.terms.provider.bytes))
        .bind(static_cast<int64_t>(row.phase))
        .bind(deadline_of(row))
        .bind(row.terms.deposit.micro())
        .bind_text(value)
        .run();
    sink(escrow_key(as_view(id)), value);
  }
}

void State::write_unclaimed(const RowSink& sink) {
  for (const auto& [payee, amount] : unclaimed_) {
    query(put_unclaimed_, "INSERT OR REPLACE INTO unclaimed (payee, amount) VALUES (?, ?)")
        .bind_text(payee)
        .bind(amount.micro())
        .run();
    sink(unclaimed_key(payee), unclaimed_value(amount.micro()));
  }
}

void each_state_row(Database& db, const RowSink& sink) {
  Statement rows = db.prepare("SELECT id, available, nonce, faucet_taken FROM account");
  while (rows.step())
    sink(account_key(rows.blob(0)), account_value(rows.integer(1), rows.integer(2), rows.integer(3)));
  rows = db.prepare("SELECT account, node, value FROM offer");
  while (rows.step()) sink(offer_key(rows.blob(0), rows.blob(1)), rows.text(2));
  rows = db.prepare("SELECT digest, value FROM attribution");
  while (rows.step()) sink(attribution_key(rows.blob(0)), rows.text(1));
  rows = db.prepare("SELECT id, value FROM escrow");
  while (rows.step()) sink(escrow_key(rows.blob(0)), rows.text(1));
  rows = db.prepare("SELECT payee, amount FROM unclaimed");
  while (rows.step()) sink(unclaimed_key(rows.text(0)), unclaimed_value(rows.integer(1)));
}

}  // namespace ain::ledger
