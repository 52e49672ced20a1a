#include "base/json.h"

#include <vector>

#include "base/text.h"

namespace ain {
namespace {

// Builds a Json while refusing what nlohmann's own parser lets through: duplicate members, floats, great depth.
class StrictBuilder : public nlohmann::json_sax<Json> {
 public:
  Json result;
  std::string problem;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return refuse("a number is too large");
    return add(static_cast<int64_t>(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return refuse(fmt::format("'{}' is not an integer", sanitize(text.substr(0, 40))));
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (stack_.back()->contains(name)) {
      return refuse(fmt::format("the member '{}' occurs twice", sanitize(name.substr(0, 100))));
    }
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse(fmt::format("it is not JSON from byte {} on", position));
  }

 private:
  bool refuse(std::string why) {
    problem = std::move(why);
    return false;
  }
  Json* place(Json value) {
    if (stack_.empty()) {
      result = std::move(value);
      return &result;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json container) {
    if (stack_.size() >= static_cast<size_t>(kJsonDepthMax)) return refuse("it is nested too deeply");
    stack_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  std::vector<Json*> stack_;
  std::string key_;
};

bool has_float(const Json& value) {
  if (value.is_number_float()) return true;
  if (!value.is_structured()) return false;
  for (const Json& item : value) {
    if (has_float(item)) return true;
  }
  return false;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view subject, size_t bytes_max) {
  if (text.size() > bytes_max) fail(ErrorKind::failed, "{} is larger than {} bytes", subject, bytes_max);
  StrictBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    fail(ErrorKind::failed, "cannot read {}: {}", subject, builder.problem);
  }
  return std::move(builder.result);
}

std::string canonical(const Json& value) {
  AIN_ASSERT(!has_float(value));
  return value.dump(-1, ' ', false, Json::error_handler_t::strict);
}

ObjectReader::ObjectReader(const Json& value, std::string subject) : value_(value), subject_(std::move(subject)) {
  if (!value.is_object()) fail(ErrorKind::failed, "{} is not an object", subject_);
}

bool ObjectReader::has(const char* name) const { return value_.contains(name); }

const Json& ObjectReader::member(const char* name) {
  const auto found = value_.find(name);
  if (found == value_.end()) fail(ErrorKind::failed, "{} has no member '{}'", subject_, name);
  seen_.insert(name);
  return *found;
}

void ObjectReader::fail_member(const char* name, std::string_view why) const {
  fail(ErrorKind::failed, "{}: '{}' {}", subject_, name, why);
}

std::string ObjectReader::string(const char* name, size_t bytes_max) {
  const Json& value = member(name);
  if (!value.is_string()) fail_member(name, "is not a string");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > bytes_max) fail_member(name, fmt::format("is longer than {} bytes", bytes_max));
  return text;
}

int64_t ObjectReader::integer(const char* name, int64_t min, int64_t max) {
  const Json& value = member(name);
  if (!value.is_number_integer()) fail_member(name, "is not an integer");
  const auto number = value.get<int64_t>();
  if (number < min || number > max) fail_member(name, fmt::format("is not within {}..{}", min, max));
  return number;
}

bool ObjectReader::boolean(const char* name) {
  const Json& value = member(name);
  if (!value.is_boolean()) fail_member(name, "is neither true nor false");
  return value.get<bool>();
}

const Json& ObjectReader::array(const char* name, size_t items_max) {
  const Json& value = member(name);
  if (!value.is_array()) fail_member(name, "is not a list");
  if (value.size() > items_max) fail_member(name, fmt::format("has more than {} items", items_max));
  return value;
}

const Json& ObjectReader::object(const char* name) {
  const Json& value = member(name);
  if (!value.is_object()) fail_member(name, "is not an object");
  return value;
}

const Json& ObjectReader::any(const char* name) { return member(name); }

std::string ObjectReader::string_or(const char* name, std::string fallback, size_t bytes_max) {
  return has(name) ? string(name, bytes_max) : std::move(fallback);
}
int64_t ObjectReader::integer_or(const char* name, int64_t fallback, int64_t min, int64_t max) {
  return has(name) ? integer(name, min, max) : fallback;
}
bool ObjectReader::boolean_or(const char* name, bool fallback) { return has(name) ? boolean(name) : fallback; }

void ObjectReader::finish() const {
  for (const auto& [name, value] : value_.items()) {
    if (!seen_.contains(name)) {
      fail(ErrorKind::failed, "{} has an unknown member '{}'", subject_, sanitize(name.substr(0, 100)));
    }
  }
}

}  // namespace ain
