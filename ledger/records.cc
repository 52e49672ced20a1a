#include "ledger/records.h"

#include <algorithm>
#include <array>

#include "base/identity_document.h"
#include "ledger/body.h"
#include "ledger/fields.h"
#include "ledger/voucher.h"

namespace ain::ledger {
namespace {

constexpr std::array<std::string_view, 6> kPhaseNames{"open", "leased", "closing", "disputed", "closed", "refunded"};

// Enums and embedded bodies, which the two directions read and write differently.
void phase(FieldWriter& f, EscrowPhase value) { f.text("phase", std::string(phase_name(value)), 16); }
void phase(FieldReader& f, EscrowPhase& value) {
  std::string name;
  f.text("phase", name, 16);
  auto found = std::find(kPhaseNames.begin(), kPhaseNames.end(), name);
  f.check(found != kPhaseNames.end(), "phase", "not a phase");
  value = static_cast<EscrowPhase>(found - kPhaseNames.begin());
}
template <typename T>
void body(FieldWriter& f, const char* name, const T& value) { f.json(name, body_json(value)); }
template <typename T>
void body(FieldReader& f, const char* name, T& value) { value = std::get<T>(body_from_json(type_name(T{}), f.json(name))); }
void royalty(FieldWriter& f, const Royalty& value) { f.json("royalty", {{"kind", static_cast<int>(value.kind)}, {"value", value.value}}); }
void royalty(FieldReader& f, Royalty& value) {
  ObjectReader reader(f.json("royalty"), "royalty");
  value.kind = static_cast<RoyaltyKind>(reader.integer("kind", 0, 2));
  value.value = reader.integer("value", 0, kRoyaltyAmountMax);
  reader.finish();
}

}  // namespace

// ---- what each record holds

template <typename F>
void fields(F& f, typename F::template Of<OfferState> row) {
  f.account("account", row.account);
  body(f, "offer", row.offer);
  f.integer("expires_ms", row.expires_ms, 0, kTimeMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<Payout> row) {
  f.text("account", row.payee, kPayeeBytesMax);
  f.amount("amount", row.amount);
}
template <typename F>
void fields(F& f, typename F::template Of<EscrowState> row) {
  f.digest("escrow", row.id);
  f.account("payer", row.payer);
  f.key("payer_key", row.payer_key);
  body(f, "terms", row.terms);
  royalty(f, row.royalty);
  f.integer("fee_ppm", row.fee_ppm, 0, kFeePpmMax);
  phase(f, row.phase);
  f.account_if("provider", row.provider);
  f.key_if("provider_key", row.provider_key);
  f.integer("opened_ms", row.opened_ms, 0, kTimeMaxMs);
  f.integer("deadline_ms", row.deadline_ms, 0, kTimeMaxMs);
  f.integer("best_us", row.best_us, -1, kTimeMaxMs);
  f.digest_if("evidence", row.evidence);
  f.digest_if("closed_by", row.closed_by);
  f.integer("run_us", row.run_us, 0, kTimeMaxMs);
  f.amount("paid_provider", row.paid_provider);
  f.list("paid_authors", row.paid_authors, kPayeesMax + 1);
  f.amount("fee", row.fee);
  f.amount("refunded", row.refunded);
  f.amount("slashed", row.slashed);
}
template <typename F>
void fields(F& f, typename F::template Of<AttributionState> row) {
  f.attribution("attribution", row.attribution);
  f.account("registrar", row.registrar);
  f.integer("registered_ms", row.registered_ms, 0, kTimeMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<KeyState> row) {
  f.account("account", row.account);
  f.object("scope", row.scope);
  f.amount("spent", row.spent);
  f.integer("since_ms", row.since_ms, 0, kTimeMaxMs);
  f.integer("until_ms", row.until_ms, 0, kTimeMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<Unbonding> part) {
  f.amount("amount", part.amount);
  f.integer("due_ms", part.due_ms, 0, kTimeMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<BondState> row) {
  f.amount("locked", row.locked);
  f.list("unbonding", row.unbonding, kUnbondingMax);
}
template <typename F>
void fields(F& f, typename F::template Of<RepositoryState> row) {
  f.repository("repository", row.repository);
  f.integer("revision", row.revision, 0, kTimeMaxMs);
  f.digest("document", row.document);
  f.accounts("delegates", row.delegates, kDelegatesMax);
  f.integer("threshold", row.threshold, 1, static_cast<int64_t>(kDelegatesMax));
  f.integer("anchors", row.anchors, 0, kTimeMaxMs);
  f.text_if("commit", row.commit, 40);
  f.text_if("tree", row.tree, 40);
}
template <typename F>
void fields(F& f, typename F::template Of<FingerprintState> row) {
  body(f, "registered", row.registered);
  f.account("registrar", row.registrar);
  f.integer("registered_ms", row.registered_ms, 0, kTimeMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<PublishedState> row) {
  f.digest("leaf", row.leaf);
  f.account("publisher", row.publisher);
  f.integer("published_ms", row.published_ms, 0, kTimeMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<PoolState> row) { f.amount("received", row.received); }
template <typename F>
void fields(F& f, typename F::template Of<DrawState> row) { f.amount("drawn", row.drawn); }
template <typename F>
void fields(F& f, typename F::template Of<ClaimState> row) {
  f.account("to", row.to);
  f.integer("sequence", row.sequence, 0, kTimeMaxMs);
}
void fields(FieldWriter& f, const ParametersState& row) {
  f.json("parameters", to_json(row.parameters));
  f.integer("sequence", row.sequence, 0, kTimeMaxMs);
}
void fields(FieldReader& f, ParametersState& row) {
  row.parameters = parameters_from_json(f.json("parameters"));
  f.integer("sequence", row.sequence, 0, kTimeMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<Balance> row) { f.amount("amount", row.amount); }

// ---- by key

namespace {

struct RowKind {
  std::string_view prefix;
  Row (*read)(const Json&, const std::string&);
};

template <typename T>
Row read(const Json& value, const std::string& subject) { return FieldReader::record<T>(value, subject); }

constexpr std::array<RowKind, std::variant_size_v<Row>> kRowKinds{{{"offer", read<OfferState>},
                                                                   {"escrow", read<EscrowState>},
                                                                   {"attribution", read<AttributionState>},
                                                                   {"key", read<KeyState>},
                                                                   {"bond", read<BondState>},
                                                                   {"repository", read<RepositoryState>},
                                                                   {"fingerprint", read<FingerprintState>},
                                                                   {"published", read<PublishedState>},
                                                                   {"pool", read<PoolState>},
                                                                   {"draw", read<DrawState>},
                                                                   {"claim", read<ClaimState>},
                                                                   {"parameters", read<ParametersState>},
                                                                   {"balance", read<Balance>}}};

}  // namespace

Json to_json(const Row& row) {
  return std::visit([](const auto& value) { return FieldWriter::json_of(value); }, row);
}

Row row_from_json(std::string_view key, const Json& value) {
  const std::string_view prefix = key.substr(0, key.find('/'));
  for (const RowKind& kind : kRowKinds) {
    if (kind.prefix != prefix) continue;
    try {
      return kind.read(value, std::string(prefix));
    } catch (const Error& error) {
      fail(ErrorKind::verification, "the store holds a damaged {}: {}", prefix, error.message());
    }
  }
  fail(ErrorKind::verification, "the store holds a row of an unknown kind");
}

Row row_from_text(std::string_view key, std::string_view text) {
  Json value;
  try {
    value = parse_json(text, "row");
  } catch (const Error& error) {
    fail(ErrorKind::verification, "the store holds a damaged {}: {}", key.substr(0, key.find('/')), error.message());
  }
  return row_from_json(key, value);
}

namespace {

Lookup lookup(const OfferState& row) { return {{}, {}, row.offer.price_per_second}; }
Lookup lookup(const EscrowState& row) { return {row.payer.text(), provider_of(row).text(), row.deadline_ms}; }
Lookup lookup(const AttributionState& row) { return {row.attribution.repository, row.attribution.commit, row.registered_ms}; }
Lookup lookup(const KeyState& row) { return {row.account.text(), {}, row.since_ms}; }
template <typename T>
Lookup lookup(const T&) { return {}; }

}  // namespace

Lookup lookup_of(const Row& row) {
  return std::visit([](const auto& value) { return lookup(value); }, row);
}

AccountId provider_of(const EscrowState& escrow) { return escrow.provider == AccountId{} ? escrow.terms.provider : escrow.provider; }

std::string_view phase_name(EscrowPhase phase) { return kPhaseNames.at(static_cast<size_t>(phase)); }

LeaseTerms EscrowState::lease_terms() const { return {terms.price_per_second, terms.units, royalty, fee_ppm}; }

std::string offer_key(const AccountId& account, const NodeId& node) {
  return fmt::format("offer/{}{}", as_view(account.bytes), as_view(node.bytes));
}
std::string escrow_key(const Digest& id) { return fmt::format("escrow/{}", as_view(id)); }
std::string attribution_key(const Digest& digest) { return fmt::format("attribution/{}", as_view(digest)); }
std::string key_key(const PublicKey& key) { return fmt::format("key/{}", as_view(key.bytes)); }
std::string bond_key(const AccountId& account) { return fmt::format("bond/{}", as_view(account.bytes)); }
std::string repository_key(const RepositoryId& id) { return fmt::format("repository/{}", as_view(id.bytes)); }
std::string fingerprint_key(const RepositoryId& id, std::string_view commit) {
  return fmt::format("fingerprint/{}{}", as_view(id.bytes), commit);
}
std::string published_key(const RepositoryId& id, std::string_view commit, int64_t index) {
  return fmt::format("published/{}{}{}", as_view(id.bytes), commit, index);
}
std::string pool_key(const Digest& attribution) { return fmt::format("pool/{}", as_view(attribution)); }
std::string draw_key(const Digest& attribution, std::string_view payee) {
  return fmt::format("draw/{}{}", as_view(attribution), payee);
}
std::string claim_key(const RepositoryId& id, std::string_view payee) { return fmt::format("claim/{}{}", as_view(id.bytes), payee); }

Holder Holder::of(const AccountId& account) { return {Kind::account, std::string(as_view(account.bytes))}; }
Holder Holder::escrow(const Digest& id) { return {Kind::escrow, std::string(as_view(id))}; }
Holder Holder::bond(const AccountId& account) { return {Kind::bond, std::string(as_view(account.bytes))}; }
Holder Holder::unclaimed(const RepositoryId& repository, std::string_view payee) {
  return {Kind::unclaimed, std::string(as_view(repository.bytes)) + std::string(payee)};
}
Holder Holder::pool(const Digest& attribution) { return {Kind::pool, std::string(as_view(attribution))}; }

std::string Holder::bytes() const { return static_cast<char>(kind) + id; }

std::optional<Holder> Holder::from_bytes(std::string_view bytes) {
  if (bytes.empty() || std::string_view("aebup").find(bytes[0]) == std::string_view::npos) return std::nullopt;
  Holder holder{static_cast<Kind>(bytes[0]), std::string(bytes.substr(1))};
  const size_t fixed = holder.kind == Kind::account || holder.kind == Kind::bond ? 20 : 32;
  if (holder.kind == Kind::unclaimed ? holder.id.size() < fixed : holder.id.size() != fixed) return std::nullopt;
  return holder;
}

std::string Holder::text() const {
  const auto account_text = [&] { return AccountId{*to_array<20>(id)}.text(); };
  switch (kind) {
    case Kind::account: return account_text();
    case Kind::bond: return "bond:" + account_text();
    case Kind::escrow: return "escrow:" + to_hex(id);
    case Kind::pool: return "pool:" + to_hex(id);
    case Kind::unclaimed: break;
  }
  return fmt::format("{}@{}", id.substr(32), RepositoryId{*to_array<32>(id.substr(0, 32))}.text());
}

}  // namespace ain::ledger
