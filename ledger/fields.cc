#include "ledger/fields.h"

namespace ain::ledger {

void FieldReader::texts(const char* name, std::vector<std::string>& items, size_t max, size_t bytes_max) {
  for (const Json& item : reader_.array(name, max)) {
    if (!item.is_string()) reader_.fail_member(name, "an item is not text");
    const auto& text = item.get_ref<const std::string&>();
    if (text.empty() || text.size() > bytes_max) reader_.fail_member(name, fmt::format("an item has not 1 to {} bytes", bytes_max));
    items.push_back(text);
  }
}

void FieldReader::bytes(const char* name, std::string& value, size_t max) {
  const auto read = base64url_decode(reader_.string(name, (max * 4 + 2) / 3));  // of one spelling only, so that equal bytes are equal text
  if (!read || read->empty()) reader_.fail_member(name, fmt::format("not 1 to {} bytes in base64url", max));
  value = *read;
}

void FieldReader::accounts(const char* name, std::vector<AccountId>& items, size_t max) {
  std::vector<std::string> texts_read;
  texts(name, texts_read, max, 90);
  for (const std::string& text : texts_read) {
    auto id = AccountId::from_text(text);
    if (!id) reader_.fail_member(name, "an item is not an account");
    items.push_back(*id);
  }
}

void FieldReader::digests(const char* name, std::vector<Digest>& items, size_t max) {
  std::vector<std::string> texts_read;
  texts(name, texts_read, max, 64);
  for (const std::string& text : texts_read) {
    auto bytes = from_hex(text);
    auto digest = bytes ? to_array<32>(*bytes) : std::nullopt;
    if (!digest || to_hex(*digest) != text) reader_.fail_member(name, "an item is not 64 lower-case hex digits");
    items.push_back(*digest);
  }
}

void FieldReader::attribution(const char* name, Attribution& value) {
  const Json& json = reader_.object(name);
  try {
    value = attribution_from_json(json);
  } catch (const Error& error) {
    throw RefusedError(Refusal::bad_attribution, error.message());
  }
}

void FieldReader::payee(const char* name, Payee& value) {
  ObjectReader payee(reader_.object(name), subject_of(name));
  value = {payee.string("id", kPayeeBytesMax), payee.integer("weight", 1, kWeightMax)};
  if (!is_payee_id(value.id)) payee.fail_member("id", "neither an account nor an e-mail's hash");
  payee.finish();
}

}  // namespace ain::ledger
