#include "remote/node/jobs.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::remote {
namespace {

constexpr const char* kSchema[] = {
    "CREATE TABLE job ("
    "  id TEXT PRIMARY KEY,"       // the escrow, in hex
    "  state TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"  // ms
    "  record TEXT NOT NULL"       // everything else, as JSON
    ") STRICT"};
constexpr size_t kEventsBytesMax = 64 << 20;

Json record_of(const JobRow& row) {
  Json record = {{"order", to_json(row.order)},
                 {"payer_key", base64url_encode(as_view(row.payer_key.bytes))},
                 {"price_per_second", row.price_per_second},
                 {"note_sequence", row.note_sequence},
                 {"voucher", row.voucher},
                 {"authorised", row.authorised.micro()},
                 {"gpus", row.gpus},
                 {"settled_by", row.settled_by}};
  if (row.exit) record["exit"] = to_json(*row.exit);
  if (row.failure) record["failure"] = to_json(*row.failure);
  return record;
}

JobRow row_of(const Statement& statement) {
  JobRow row;
  row.state = job_state_from_name(statement.text(1));
  row.created_ms = statement.integer(2);
  const Json record = parse_json(statement.text(3), "a job's record");
  ObjectReader reader(record, "a job's record");
  row.order = order_from_json(reader.object("order"));
  const auto key = base64url_decode(reader.string("payer_key"));
  const auto bytes = key ? to_array<32>(*key) : std::nullopt;
  if (!bytes) reader.fail_member("payer_key", "is not a public key");
  row.payer_key = PublicKey{*bytes};
  row.price_per_second = reader.integer("price_per_second", 0, INT64_MAX);
  row.note_sequence = reader.integer("note_sequence", 0, INT64_MAX);
  row.voucher = reader.string("voucher", 16 << 10);
  row.authorised = Amount::micro(reader.integer("authorised", 0, kAmountMax));
  for (const Json& gpu : reader.array("gpus", 1024)) row.gpus.push_back(gpu.get<int>());
  row.settled_by = reader.string("settled_by");
  if (reader.has("exit")) row.exit = exit_report_from_json(reader.object("exit"));
  if (reader.has("failure")) row.failure = failure_from_json(reader.object("failure"));
  reader.finish();
  return row;
}

constexpr const char* kColumns = "SELECT id, state, created, record FROM job ";

}  // namespace

std::string JobRow::id() const { return to_hex(order.escrow); }

JobTable::JobTable(const std::filesystem::path& folder) : db_(Database::open(folder / "jobs.db", Durability::full)) {
  db_.migrate(kSchema);
}

void JobTable::insert(const JobRow& row) {
  const std::lock_guard lock(mutex_);
  db_.prepare("INSERT INTO job (id, state, created, record) VALUES (?, ?, ?, ?)")
      .bind_text(row.id())
      .bind_text(job_state_name(row.state))
      .bind(row.created_ms)
      .bind_text(canonical(record_of(row)))
      .run();
}

void JobTable::update(const JobRow& row) {
  const std::lock_guard lock(mutex_);
  db_.prepare("UPDATE job SET state = ?, record = ? WHERE id = ?")
      .bind_text(job_state_name(row.state))
      .bind_text(canonical(record_of(row)))
      .bind_text(row.id())
      .run();
}

std::optional<JobRow> JobTable::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Statement statement = db_.prepare(std::string(kColumns) + "WHERE id = ?");
  statement.bind_text(id);
  if (!statement.step()) return std::nullopt;
  return row_of(statement);
}

std::vector<JobRow> JobTable::unfinished() {
  const std::lock_guard lock(mutex_);
  Statement statement =
      db_.prepare(std::string(kColumns) + "WHERE state NOT IN ('settled', 'released') ORDER BY created, id");
  std::vector<JobRow> rows;
  while (statement.step()) rows.push_back(row_of(statement));
  return rows;
}

std::vector<std::string> JobTable::finished_before(int64_t ms) {
  const std::lock_guard lock(mutex_);
  Statement statement = db_.prepare("SELECT id FROM job WHERE state IN ('settled', 'released') AND created < ? ORDER BY id");
  statement.bind(ms);
  std::vector<std::string> ids;
  while (statement.step()) ids.push_back(statement.text(0));
  return ids;
}

void JobTable::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  db_.prepare("DELETE FROM job WHERE id = ?").bind_text(id).run();
}

JobEvents::JobEvents(const std::filesystem::path& folder) : file_(folder / "events.jsonl") {
  const auto text = read_file_if_exists(file_, kEventsBytesMax);
  if (!text) return;
  const std::vector<std::string> lines = split(*text, '\n');
  // The last element is what follows the last newline: a half-written line of a killed process, or nothing.
  for (size_t i = 0; i + 1 < lines.size(); ++i) events_.push_back(parse_json(lines[i], "a job's event"));
  if (!lines.back().empty()) write_file_atomic(file_, text->substr(0, text->size() - lines.back().size()), 0600);
}

void JobEvents::append(Json event) {
  const std::lock_guard lock(mutex_);
  event["time"] = now_ms();
  event["seq"] = events_.size();
  const Fd fd(open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) fail_errno(fmt::format("cannot write '{}'", file_.string()));
  const off_t before = lseek(fd.get(), 0, SEEK_END);
  try {
    write_all(fd.get(), canonical(event) + "\n", file_.string());
  } catch (...) {
    if (ftruncate(fd.get(), before) != 0) fail_errno(fmt::format("cannot mend '{}'", file_.string()));
    throw;
  }
  events_.push_back(std::move(event));
  changed_.notify_all();
}

std::optional<Json> JobEvents::get(size_t index) const {
  const std::lock_guard lock(mutex_);
  if (index >= events_.size()) return std::nullopt;
  return events_[index];
}

bool JobEvents::has(std::string_view name) const { return has(name, "event", name); }

bool JobEvents::has(std::string_view name, const char* member, std::string_view value) const {
  const std::lock_guard lock(mutex_);
  for (const Json& event : events_) {
    if (event.value("event", "") == name && event.value(member, "") == value) return true;
  }
  return false;
}

bool JobEvents::wait_for(size_t index, int64_t wait_ms) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return index < events_.size(); });
}

}  // namespace ain::remote
