#include "ledger/subjects.h"

#include <set>

#include "base/identity_document.h"

namespace ain::ledger {
namespace {

class Subjects {
 public:
  Subjects(State& state, const Transaction& tx) : state_(state) {
    for (size_t i = 0; i < tx.bodies.size(); ++i) {
      id_ = transaction_id(tx, i);
      std::visit([this](const auto& body) { add(body); }, tx.bodies[i]);
    }
  }
  std::vector<std::string> take() const { return {found_.begin(), found_.end()}; }

 private:
  template <size_t N>
  void note(const std::array<unsigned char, N>& id) { found_.insert(std::string(as_view(id))); }
  void note_repository(const std::string& text) {
    if (const auto id = RepositoryId::from_text(text)) note(id->bytes);
  }
  void note_attribution(const Digest& digest) {
    if (const auto row = state_.get<AttributionState>(attribution_key(digest))) note_repository(row->attribution.repository);
  }
  void note_escrow(const Digest& id) {
    note(id);
    const auto escrow = state_.get<EscrowState>(escrow_key(id));
    if (!escrow) return;
    note(escrow->terms.job);
    note_attribution(escrow->terms.attribution);
  }

  void add(const EscrowOpen&) { note_escrow(id_); }
  void add(const AttributionRegister& body) { note_repository(body.attribution.repository); }
  void add(const PoolDraw& body) { note_attribution(body.attribution); }
  void add(const RepositoryRegister& body) { note(read_identity_document(body.document).identity.id.bytes); }
  template <typename T>
  void add(const T& body) {
    if constexpr (requires { body.escrow; }) note_escrow(body.escrow);
    if constexpr (requires { body.repository; }) note(body.repository.bytes);
  }

  State& state_;
  Digest id_{};
  std::set<std::string> found_;
};

}  // namespace

std::vector<std::string> subjects_of(State& state, const Transaction& tx) { return Subjects(state, tx).take(); }

}  // namespace ain::ledger
