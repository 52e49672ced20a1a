#include "remote/run/runs.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/files.h"
#include "base/id_prefix.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::remote {
namespace {

constexpr std::array<std::string_view, 10> kStates = {"queued",  "quoting",    "leased",  "pulling", "building",
                                                      "running", "publishing", "settled", "failed",  "stopped"};
constexpr const char* kSchema[] = {
    "CREATE TABLE run ("
    "  id TEXT PRIMARY KEY, state TEXT NOT NULL, network TEXT NOT NULL, account TEXT NOT NULL, account_name TEXT NOT NULL,"
    "  folder TEXT NOT NULL, spec TEXT NOT NULL, job_digest TEXT NOT NULL, attribution TEXT NOT NULL, provider TEXT NOT NULL,"
    "  endpoint TEXT NOT NULL, node TEXT NOT NULL, escrow_envelope TEXT NOT NULL, escrow TEXT NOT NULL, quote TEXT NOT NULL,"
    "  detached INTEGER NOT NULL, unsandboxed INTEGER NOT NULL, follower INTEGER NOT NULL, created INTEGER NOT NULL,"
    "  updated INTEGER NOT NULL, exit_code INTEGER NOT NULL, result TEXT NOT NULL"
    ") STRICT",
};
constexpr const char* kColumns =
    "id, state, network, account, account_name, folder, spec, job_digest, attribution, provider, endpoint, node, "
    "escrow_envelope, escrow, quote, detached, unsandboxed, follower, created, updated, exit_code, result";

RunRow row_of(const Statement& s) {
  RunRow row;
  row.id = s.text(0);
  row.state = run_state_from_name(s.text(1));
  row.network = s.text(2);
  row.account = s.text(3);
  row.account_name = s.text(4);
  row.folder = s.text(5);
  row.spec = s.text(6);
  row.job_digest = s.text(7);
  row.attribution = s.text(8);
  row.provider = s.text(9);
  row.endpoint = s.text(10);
  row.node = s.text(11);
  row.escrow_envelope = s.text(12);
  row.escrow = s.text(13);
  row.quote = s.text(14);
  row.detached = s.integer(15) != 0;
  row.unsandboxed = s.integer(16) != 0;
  row.follower = s.integer(17);
  row.created_ms = s.integer(18);
  row.updated_ms = s.integer(19);
  row.exit_code = static_cast<int>(s.integer(20));
  row.result = s.text(21);
  return row;
}

void bind_all(Statement& s, const RunRow& row) {
  s.bind_text(row.id).bind_text(run_state_name(row.state)).bind_text(row.network).bind_text(row.account);
  s.bind_text(row.account_name).bind_text(row.folder).bind_text(row.spec).bind_text(row.job_digest);
  s.bind_text(row.attribution).bind_text(row.provider).bind_text(row.endpoint).bind_text(row.node);
  s.bind_text(row.escrow_envelope).bind_text(row.escrow).bind_text(row.quote).bind(row.detached ? 1 : 0);
  s.bind(row.unsandboxed ? 1 : 0).bind(row.follower).bind(row.created_ms).bind(row.updated_ms).bind(row.exit_code);
  s.bind_text(row.result);
}

}  // namespace

std::string_view run_state_name(RunState state) { return kStates[static_cast<size_t>(state)]; }

RunState run_state_from_name(std::string_view name) {
  const auto found = std::find(kStates.begin(), kStates.end(), name);
  if (found == kStates.end()) fail(ErrorKind::failed, "unknown run state '{}'", sanitize(name.substr(0, 40)));
  return static_cast<RunState>(found - kStates.begin());
}

bool is_terminal(RunState state) { return state >= RunState::settled; }

bool may_follow(RunState from, RunState to) {
  if (is_terminal(from)) return false;
  if (to == RunState::failed || to == RunState::stopped) return true;
  // A follower that was away sees only the newest state: steps may be skipped, never taken back.
  return to > from;
}

RunStore::RunStore(const std::filesystem::path& state_folder) : db_([&] {
  make_private_folder(state_folder);
  return Database::open(state_folder / "runs.db", Durability::full);
}()) {
  db_.migrate(kSchema);
}

void RunStore::insert(const RunRow& row) {
  Statement s = db_.prepare(fmt::format(
      "INSERT INTO run ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", kColumns));
  bind_all(s, row);
  s.run();
}

void RunStore::update(const RunRow& row) {
  Statement s = db_.prepare(fmt::format(
      "REPLACE INTO run ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", kColumns));
  RunRow stamped = row;
  stamped.updated_ms = now_ms();
  bind_all(s, stamped);
  s.run();
}

void RunStore::advance(RunRow& row, RunState next) {
  AIN_ASSERT(may_follow(row.state, next));
  row.state = next;
  update(row);
}

std::optional<RunRow> RunStore::find(std::string_view id_prefix) {
  check_id_prefix("run", id_prefix, kRunIdDigits);
  Statement matching = db_.prepare("SELECT id FROM run WHERE substr(id, 1, ?) = ? ORDER BY id LIMIT ?");
  matching.bind(static_cast<int64_t>(id_prefix.size())).bind_text(id_prefix).bind(static_cast<int64_t>(kIdMatchesShownMax) + 1);
  std::vector<std::string> matches;
  while (matching.step()) matches.push_back(matching.text(0));
  const auto id = only_match("run", id_prefix, matches);
  if (!id) return std::nullopt;
  Statement s = db_.prepare(fmt::format("SELECT {} FROM run WHERE id = ?", kColumns));
  if (!s.bind_text(*id).step()) return std::nullopt;
  return row_of(s);
}

RunRow RunStore::get(std::string_view id_prefix) {
  auto row = find(id_prefix);
  if (!row) {
    fail_with_hint(ErrorKind::failed, "list them: ain ps -a", "there is no run '{}' here", sanitize(id_prefix.substr(0, 40)));
  }
  return std::move(*row);
}

std::vector<RunRow> RunStore::list(bool all, int64_t limit) {
  Statement s = db_.prepare(fmt::format("SELECT {} FROM run {} ORDER BY created DESC, id LIMIT ?", kColumns,
                                        all ? "" : "WHERE state NOT IN ('settled', 'failed', 'stopped')"));
  s.bind(limit);
  std::vector<RunRow> rows;
  while (s.step()) rows.push_back(row_of(s));
  return rows;
}

std::vector<RunRow> RunStore::unfinished() { return list(false, INT64_MAX); }

}  // namespace ain::remote
