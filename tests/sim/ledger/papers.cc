#include "tests/sim/ledger/papers.h"

#include "base/encoding.h"
#include "base/identity_document.h"
#include "base/sshsig.h"
#include "ledger/approval.h"
#include "ledger/voucher.h"

namespace ain::ledger::sim {
namespace {

constexpr size_t kRepositories = 3;

Paper::Kind kind_of(const Resolve&) { return Paper::Kind::verdict; }
Paper::Kind kind_of(const Claim&) { return Paper::Kind::claim; }
Paper::Kind kind_of(const ParametersChange&) { return Paper::Kind::parameters; }
std::string_view typ_of(Paper::Kind kind) {
  return kind == Paper::Kind::verdict ? kVerdictType : kind == Paper::Kind::claim ? kClaimType : kParametersType;
}

std::string content_of(const Paper& paper) {
  return fmt::format("{} {} {} {} {} {} {} {} {}", static_cast<int>(paper.kind), as_view(paper.by.bytes), paper.network,
                     as_view(paper.account.bytes), as_view(paper.escrow), paper.run_us, paper.amount, paper.final, paper.agreed);
}

}  // namespace

Cast::Cast() {
  for (size_t i = 0; i < kKeys + kCrowd; ++i) {
    signers_.push_back(key_from_seed(std::string(32, static_cast<char>('A' + i))));
    by_key_[key(i)] = signers_.back().get();
    accounts_.push_back(account_of(key(i)));
  }
}

std::string meaning_of(const std::string& network, const Resolve& body) {
  return fmt::format("{} {} {} {}", network, to_hex(body.escrow), body.run_us, body.slash.micro());
}
std::string meaning_of(const std::string& network, const Claim& body) {
  return fmt::format("{} {} {} {} {}", network, to_hex(body.repository.bytes), body.payee, to_hex(body.to.bytes), body.sequence);
}
std::string meaning_of(const std::string& network, const ParametersChange& body) {
  const Parameters& parameters = body.parameters;
  std::string text = fmt::format("{} {} {} {} {} {}", network, body.sequence, parameters.fee_ppm, parameters.bond_min.micro(),
                                 parameters.unbond_within_ms, parameters.resolve_within_ms);
  for (const Council* council : {&parameters.governors, &parameters.arbiters}) {
    text += fmt::format(" {}", council->quorum);
    for (const AccountId& member : council->members) text += " " + to_hex(member.bytes);
  }
  return text;
}

Papers::Papers(const Cast& cast) : cast_(cast) { write_chains(); }

template <typename Sign>
const std::string& Papers::write(Paper paper, Sign sign) {
  std::string& text = written_[content_of(paper)];
  if (text.empty()) {
    text = sign(paper, cast_.signer(paper.by));
    meaning_.emplace(text, std::move(paper));
  }
  return text;
}

std::string Papers::lease_paper(const Paper& paper) {
  return write(paper, [](const Paper& p, const Signer& signer) {
    if (p.kind == Paper::Kind::note) return sign_note({p.network, p.escrow, 1, p.run_us, Amount::micro(p.amount), p.final}, signer);
    return sign_voucher({p.network, p.escrow, 1, p.run_us, Amount::micro(p.amount), p.final}, signer);
  });
}

std::string Papers::key_proof(const PublicKey& key, const AccountId& account, const std::string& network) {
  return write({.kind = Paper::Kind::key_proof, .by = key, .network = network, .account = account, .agreed = {}},
               [](const Paper& p, const Signer& signer) { return sign_key_proof(p.network, p.account, signer); });
}

template <typename Body>
std::string Papers::approval(const std::string& network, const Body& body, const AccountId& account, const PublicKey& key) {
  return write({.kind = kind_of(body), .by = key, .network = network, .account = account, .agreed = meaning_of(network, body)},
               [&](const Paper& p, const Signer& signer) {
                 return sign_approval(typ_of(p.kind), ledger::agreed(network, body), p.account, signer);
               });
}
template std::string Papers::approval(const std::string&, const Resolve&, const AccountId&, const PublicKey&);
template std::string Papers::approval(const std::string&, const Claim&, const AccountId&, const PublicKey&);
template std::string Papers::approval(const std::string&, const ParametersChange&, const AccountId&, const PublicKey&);

const Paper* Papers::read(const std::string& text) const {
  const auto found = meaning_.find(text);
  return found == meaning_.end() ? nullptr : &found->second;
}

const Revision* Papers::read_document(const std::string& document) const {
  for (const auto& chain : chains_) {
    for (const Revision& revision : chain) {
      if (revision.document == document) return &revision;
    }
  }
  return nullptr;
}

std::optional<AccountId> Papers::signer_of(const std::string& document, const std::string& signature) const {
  const Revision* revision = read_document(document);
  if (!revision) return std::nullopt;
  for (const auto& [account, text] : revision->signatures) {
    if (text == signature) return account;
  }
  return std::nullopt;
}

// Each chain goes from its founder alone to several delegates and thresholds, and ends with others in charge. Two documents that no chain
// should take stand at its end: a first revision with two delegates, and one that follows nothing.
void Papers::write_chains() {
  for (size_t r = 0; r < kRepositories; ++r) {
    std::vector<Revision> chain;
    Identity identity;
    identity.name = fmt::format("repository{}", r);
    identity.salt = std::string(32, static_cast<char>('0' + r));
    const auto add = [&](int64_t number, std::vector<size_t> delegates, int64_t threshold, const Digest& previous) {
      identity.revision = number;
      identity.threshold = threshold;
      identity.delegates.clear();
      Revision revision{.number = number, .document = {}, .previous = previous, .threshold = threshold};
      for (size_t user : delegates) {
        identity.delegates.push_back({fmt::format("user{}", user), cast_.key(user)});
        revision.delegates.push_back(cast_.account(user));
      }
      revision.document = write_identity_document(identity, number == 0 ? "" : to_hex(previous));
      revision.repository = number == 0 ? RepositoryId{sha256(revision.document)} : identity.id;
      if (number == 0 && chain.empty()) identity.id = revision.repository;
      for (size_t user = 0; user < Cast::kUsers; ++user) {
        revision.signatures[cast_.account(user)] = sshsig_sign(kIdentityNamespace, revision.document, cast_.signer(cast_.key(user)));
      }
      chain.push_back(revision);
      return sha256(revision.document);
    };
    const size_t founder = Cast::author + r % 2, second = Cast::payer + r % 2;
    Digest last = add(0, {founder}, 1, {});
    last = add(1, {founder, second, Cast::miser}, 2, last);
    last = add(2, {second, Cast::miser}, 1, last);
    add(3, {Cast::rival}, 1, last);
    add(2, {Cast::stranger}, 1, sha256("nothing"));
    add(0, {founder, second}, 1, {});
    chains_.push_back(std::move(chain));
  }
}

void Papers::forget_if_many() {
  if (written_.size() < kTextsMax) return;
  written_.clear();
  meaning_.clear();
}

}  // namespace ain::ledger::sim
