// One description of a record serves both ways: `fields(f, record)` names every member with its bounds, and a FieldReader fills the record
// from JSON as a FieldWriter makes the JSON from it.
//   template <typename F> void fields(F& f, typename F::template Of<Transfer> body) {
//     f.account("to", body.to); f.amount("amount", body.amount); f.text_if("memo", body.memo, kMemoBytesMax);
//   }
// What ends in `_if` is left out when it is empty or zero. Internal to the ledger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "ledger/refusal.h"
#include "ledger/transaction.h"
#include "ledger/wire.h"

namespace ain::ledger {

class FieldWriter {
 public:
  template <typename T>
  using Of = const T&;

  void integer(const char* name, int64_t value, int64_t, int64_t) { json_[name] = value; }
  void flag(const char* name, bool value) { json_[name] = value; }
  void amount(const char* name, Amount value) { json_[name] = value.micro(); }
  void text(const char* name, const std::string& value, size_t) { json_[name] = value; }
  void account(const char* name, const AccountId& value) { json_[name] = value.text(); }
  void node(const char* name, const NodeId& value) { json_[name] = value.text(); }
  void repository(const char* name, const RepositoryId& value) { json_[name] = value.text(); }
  void key(const char* name, const PublicKey& value) { json_[name] = key_text(value); }
  void digest(const char* name, const Digest& value) { json_[name] = to_hex(value); }
  void object_id(const char* name, const std::string& value) { json_[name] = value; }
  void bytes(const char* name, const std::string& value, size_t) { json_[name] = base64url_encode(value); }

  void integer_if(const char* name, int64_t value, int64_t min, int64_t max) { if (value != 0) integer(name, value, min, max); }
  void amount_if(const char* name, Amount value) { if (value != Amount()) amount(name, value); }
  void text_if(const char* name, const std::string& value, size_t max) { if (!value.empty()) text(name, value, max); }
  void account_if(const char* name, const AccountId& value) { if (value != AccountId{}) account(name, value); }
  void key_if(const char* name, const PublicKey& value) { if (value != PublicKey{}) key(name, value); }
  void digest_if(const char* name, const Digest& value) { if (value != Digest{}) digest(name, value); }
  void digest_if(const char* name, const std::optional<Digest>& value) { if (value) digest(name, *value); }

  template <typename T>
  void object(const char* name, const T& value) { json_[name] = json_of(value); }
  template <typename T>
  void list(const char* name, const std::vector<T>& items, size_t) {
    Json list = Json::array();
    for (const T& item : items) list.push_back(json_of(item));
    json_[name] = std::move(list);
  }
  void texts(const char* name, const std::vector<std::string>& items, size_t, size_t) { json_[name] = items; }
  void accounts(const char* name, const std::vector<AccountId>& items, size_t) {
    Json list = Json::array();
    for (const AccountId& item : items) list.push_back(item.text());
    json_[name] = std::move(list);
  }
  void digests(const char* name, const std::vector<Digest>& items, size_t) {
    Json list = Json::array();
    for (const Digest& item : items) list.push_back(to_hex(item));
    json_[name] = std::move(list);
  }

  void attribution(const char* name, const Attribution& value) { json_[name] = ain::to_json(value); }
  void payee(const char* name, const Payee& value) { json_[name] = {{"id", value.id}, {"weight", value.weight}}; }
  void json(const char* name, Json value) { json_[name] = std::move(value); }
  void check(bool, const char*, const char*) {}

  Json take() { return std::move(json_); }
  template <typename T>
  static Json json_of(const T& value) {
    FieldWriter writer;
    fields(writer, value);
    return writer.take();
  }

 private:
  Json json_ = Json::object();
};

// Throws `failed` naming the member.
class FieldReader {
 public:
  template <typename T>
  using Of = T&;

  FieldReader(const Json& value, std::string subject) : reader_(value, std::move(subject)) {}

  void integer(const char* name, int64_t& value, int64_t min, int64_t max) { value = reader_.integer(name, min, max); }
  void flag(const char* name, bool& value) { value = reader_.boolean(name); }
  void amount(const char* name, Amount& value) { value = read_amount(reader_, name); }
  void text(const char* name, std::string& value, size_t max) { value = reader_.string(name, max); }
  void account(const char* name, AccountId& value) { value = read_account(reader_, name); }
  void node(const char* name, NodeId& value) { value = read_node(reader_, name); }
  void repository(const char* name, RepositoryId& value) { value = read_repository(reader_, name); }
  void key(const char* name, PublicKey& value) { value = read_key(reader_, name); }
  void digest(const char* name, Digest& value) { value = read_digest(reader_, name); }
  void object_id(const char* name, std::string& value) { value = read_object_id(reader_, name); }
  void bytes(const char* name, std::string& value, size_t max);  // base64url

  void integer_if(const char* name, int64_t& value, int64_t min, int64_t max) { if (has(name)) integer(name, value, min, max); }
  void amount_if(const char* name, Amount& value) { if (has(name)) amount(name, value); }
  void text_if(const char* name, std::string& value, size_t max) { if (has(name)) text(name, value, max); }
  void account_if(const char* name, AccountId& value) { if (has(name)) account(name, value); }
  void key_if(const char* name, PublicKey& value) { if (has(name)) key(name, value); }
  void digest_if(const char* name, Digest& value) { if (has(name)) digest(name, value); }
  void digest_if(const char* name, std::optional<Digest>& value) { if (has(name)) value = read_digest(reader_, name); }

  template <typename T>
  void object(const char* name, T& value) { value = record<T>(reader_.object(name), subject_of(name)); }
  template <typename T>
  void list(const char* name, std::vector<T>& items, size_t max) {
    for (const Json& item : reader_.array(name, max)) items.push_back(record<T>(item, subject_of(name)));
  }
  void texts(const char* name, std::vector<std::string>& items, size_t max, size_t bytes_max);
  void accounts(const char* name, std::vector<AccountId>& items, size_t max);
  void digests(const char* name, std::vector<Digest>& items, size_t max);

  void attribution(const char* name, Attribution& value);  // throws RefusedError(bad_attribution)
  void payee(const char* name, Payee& value);
  const Json& json(const char* name) { return reader_.object(name); }
  // What holds of the members read so far, beyond the bounds of each.
  void check(bool holds, const char* name, const char* why) { if (!holds) reader_.fail_member(name, why); }

  void finish() { reader_.finish(); }

  template <typename T>
  static T record(const Json& value, const std::string& subject) {
    FieldReader reader(value, subject);
    T result;
    fields(reader, result);
    reader.finish();
    return result;
  }

 private:
  bool has(const char* name) const { return reader_.has(name); }
  std::string subject_of(const char* name) const { return reader_.subject() + "." + name; }
  ObjectReader reader_;
};

template <typename F>
void fields(F& f, typename F::template Of<KeyScope> scope) {
  f.flag("everything", scope.everything);
  f.amount_if("spend_max", scope.spend_max);
  f.check(!scope.everything || scope.spend_max == Amount(), "spend_max", "only a key that is for runs has a limit");
}

}  // namespace ain::ledger
