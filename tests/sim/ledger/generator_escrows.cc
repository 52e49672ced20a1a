#include <algorithm>

#include "base/encoding.h"
#include "base/hash.h"
#include "tests/sim/ledger/generator.h"

namespace ain::ledger::sim {
namespace {

Paper paper_of(Paper::Kind kind, const PublicKey& by, const Digest& escrow, int64_t run_us, bool final) {
  Paper paper;
  paper.kind = kind;
  paper.by = by;
  paper.escrow = escrow;
  paper.run_us = run_us;
  paper.final = final;
  return paper;
}

}  // namespace

Body Generator::open(Draft& draft) {
  static const std::vector<int64_t> kPrices{0, 1, 7, 100, 500}, kRuns{1, 999'999, 10'000'000, 100'000'000, 3'600'000'000},
      kWithin{1, 60'000, 3'600'000, 18'000'000}, kDispute{0, 1, 60'000, 3 * kDayMs, kDisputeWithinMaxMs};
  if (one_in(2)) draft.account = cast_.account(Cast::payer);
  EscrowOpen body;
  body.job = sha256("job");
  body.provider = one_in(5) ? AccountId{} : one_in(5) ? user() : cast_.account(Cast::provider);
  body.price_per_second = any(kPrices);
  body.units = one_in(2) ? 1 : 1 + static_cast<int64_t>(pick(8));
  body.run_us_max = any(kRuns);
  if (one_in(40)) {  // costs more than there can be
    body.price_per_second = kLeasePriceMax;
    body.run_us_max = kRunWithinMaxMs * 1000;
    body.units = kUnitsMax;
  }
  body.bond = Amount::micro(one_in(2) ? 0 : static_cast<int64_t>(pick(one_in(8) ? 3'000'000 : 3000)));
  body.accept_within_ms = one_in(2) ? kAcceptWithinMaxMs : any(kWithin);
  body.run_within_ms = one_in(8) ? kRunWithinMaxMs : any(kWithin);
  body.dispute_within_ms = any(kDispute);
  const auto& known = model_->world.attributions;
  if (known.empty() && !one_in(10)) return AttributionRegister{any(catalogue_.attributions)};
  if (known.empty() || one_in(30)) {
    body.attribution = any(catalogue_.digests);
    return body;
  }
  const auto& [digest, attribution] = *any_of(known);
  body.attribution = digest;
  const Int128 needed = Model::cost(body, attribution.royalty, model_->world.parameters.fee_ppm, body.run_us_max).total();
  body.deposit = Amount::micro(needed > kAmountMax ? kAmountMax : static_cast<int64_t>(needed));
  if (one_in(30)) body.deposit = Amount::micro(std::clamp<int64_t>(body.deposit.micro() + (one_in(2) ? 1 : -1), 0, kAmountMax));
  return body;
}

Body Generator::about_an_escrow(Draft& draft) {
  if (one_in(60)) return Reap{sha256("nowhere")};
  auto at = any_of(model_->world.escrows);
  for (int tries = 0; tries < 8 && (!at->second.live() || at->second.phase == Phase::open); ++tries) at = any_of(model_->world.escrows);
  const auto& [id, escrow] = *at;
  if (one_in(6)) return useless(id, escrow);
  return useful(draft, id, escrow);
}

// What may move it on.
Body Generator::useful(Draft& draft, const Digest& id, const ModelEscrow& escrow) {
  const AccountId provider = escrow.phase == Phase::open ? escrow.named : escrow.provider;
  if (!one_in(10)) draft.account = one_in(12) ? escrow.payer : provider == AccountId{} ? cast_.account(Cast::provider) : provider;
  const uint64_t dice = pick(20);
  switch (escrow.phase) {
    case Phase::open:
      if (dice < 16) return LeaseAccept{id, one_in(15) ? any(catalogue_.digests) : escrow.terms.attribution};
      return dice < 17 ? Body(Release{id, ""}) : Body(Reap{id});
    case Phase::leased:
      if (dice < 16) return settle(id, escrow, one_in(3));
      return dice < 17 ? Body(Release{id, ""}) : Body(Reap{id});
    case Phase::closing:
      if (dice < 4) return Challenge{id, voucher(id, escrow, run_of(escrow), one_in(8)), {}};
      if (dice < 14) {
        if (!one_in(10)) draft.account = escrow.payer;
        return Challenge{id, "", sha256("evidence")};
      }
      if (dice < 16) return settle(id, escrow, true);
      return dice < 17 ? Body(Release{id, ""}) : Body(Reap{id});
    case Phase::disputed:
      if (dice < 14) return resolve(id, escrow);
      return dice < 15 ? Body(Release{id, ""}) : Body(Reap{id});
    default: return useless(id, escrow);
  }
}

// Anything, whatever its phase.
Body Generator::useless(const Digest& id, const ModelEscrow& escrow) {
  switch (pick(7)) {
    case 0: return LeaseAccept{id, escrow.terms.attribution};
    case 1: return Release{id, ""};
    case 2: return Reap{id};
    case 3: return Challenge{id, "", sha256("evidence")};
    case 4: return Challenge{id, voucher(id, escrow, run_of(escrow), one_in(3)), {}};
    case 5: return resolve(id, escrow);
    default: return settle(id, escrow, one_in(2));
  }
}

int64_t Generator::run_of(const ModelEscrow& escrow) {
  const int64_t most = escrow.terms.run_us_max, best = std::max<int64_t>(escrow.best, 0);
  switch (pick(10)) {
    case 0: return 0;
    case 1:
    case 2: return most;
    case 3: return best;
    case 4: return one_in(4) ? most + 1 : best + 1;
    default: return most / 16 * static_cast<int64_t>(pick(17));
  }
}

// Spoils one thing now and then.
std::string Generator::lease_paper(Paper paper, const ModelEscrow& escrow) {
  const Int128 amount = static_cast<Int128>(escrow.terms.price_per_second) * paper.run_us / 1'000'000;
  paper.amount = amount > kAmountMax ? kAmountMax : static_cast<int64_t>(amount);
  switch (pick(160)) {
    case 0: paper.network = kOtherNetwork; break;
    case 1: paper.escrow = catalogue_.txids[0]; break;
    case 2: paper.by = cast_.key(pick(Cast::kKeys)); break;
    case 3: ++paper.amount; break;
    case 4: paper.kind = paper.kind == Paper::Kind::note ? Paper::Kind::voucher : Paper::Kind::note; break;
    case 5: return spoiled(papers_.lease_paper(paper));
    default: break;
  }
  return papers_.lease_paper(paper);
}

std::string Generator::voucher(const Digest& id, const ModelEscrow& escrow, int64_t run_us, bool final) {
  return lease_paper(paper_of(Paper::Kind::voucher, escrow.payer_key, id, run_us, final), escrow);
}

Body Generator::settle(const Digest& id, const ModelEscrow& escrow, bool agreed) {
  const int64_t run_us = run_of(escrow), noted = one_in(3) ? run_of(escrow) : run_us;
  Settle body{id, voucher(id, escrow, run_us, agreed && one_in(2)), "", !one_in(4)};
  if (!one_in(3) && escrow.provider != AccountId{}) {
    body.note = lease_paper(paper_of(Paper::Kind::note, escrow.provider_key, id, noted, agreed || one_in(2)), escrow);
  }
  return body;
}

Body Generator::resolve(const Digest& id, const ModelEscrow& escrow) {
  const int64_t bond = escrow.terms.bond.micro();
  Resolve body{id, one_in(2) ? std::max<int64_t>(escrow.best, 0) : std::max<int64_t>(escrow.best, 0) / 2, {}, {}};
  if (one_in(15)) ++body.run_us;
  body.slash = Amount::micro(one_in(3) ? 0 : one_in(2) ? bond : static_cast<int64_t>(pick(static_cast<uint64_t>(bond) + 1)));
  if (one_in(15)) body.slash = Amount::micro(bond + 1);
  const Council& arbiters = model_->world.parameters.arbiters;
  body.approvals = approvals(body, arbiters.members, arbiters.quorum);
  return body;
}

}  // namespace ain::ledger::sim
