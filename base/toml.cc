#include "base/toml.h"

// toml++ takes some mistakes of the file ("[.x]") for its own bugs: it aborts, or with NDEBUG assumes them away. Here they are errors.
#include <stdexcept>
struct TomlAssumptionFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] static void toml_assumption_failed(const char* what) { throw TomlAssumptionFailed(what); }
#undef NDEBUG
#define TOML_ASSERT(expression) \
  (static_cast<bool>(expression) ? static_cast<void>(0) : toml_assumption_failed(#expression))
#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <chrono>
#include <sstream>

#include "base/text.h"
#include "base/time.h"

namespace ain {
namespace {

class Converter {
 public:
  explicit Converter(TomlDocument& document) : document_(document) {}

  Json table(const toml::table& source, const std::string& path, int depth) {
    Json result = Json::object();
    for (const auto& [key, node] : source) {
      const std::string name(key.str());
      const std::string full = path.empty() ? name : path + '.' + name;
      document_.lines[full] = static_cast<int>(key.source().begin.line);
      result[name] = value(node, full, depth + 1);
    }
    return result;
  }

 private:
  Json value(const toml::node& node, const std::string& path, int depth) {
    if (depth > kJsonDepthMax) document_.fail_at(path, "it is nested too deeply");
    if (const auto* nested = node.as_table()) return table(*nested, path, depth);
    if (const auto* list = node.as_array()) return array(*list, path, depth);
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return number->get();
    if (const auto* flag = node.as_boolean()) return flag->get();
    if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
    if (const auto* when = node.as_date_time(); when != nullptr && when->get().offset) return utc_text(when->get());
    document_.fail_at(path, fmt::format("'{}' is a date without a time zone, which ain has no use for; quote it", path));
  }

  Json array(const toml::array& list, const std::string& path, int depth) {
    Json result = Json::array();
    for (const auto& item : list) {
      if (!item.is_table()) {
        result.push_back(value(item, path, depth + 1));
        continue;
      }
      const std::string full = fmt::format("{}[{}]", path, result.size());
      document_.lines[full] = static_cast<int>(item.source().begin.line);
      result.push_back(value(item, full, depth + 1));
    }
    return result;
  }

  static std::string utc_text(const toml::date_time& when) {
    const auto days = std::chrono::sys_days(std::chrono::year(when.date.year) / when.date.month / when.date.day);
    const int64_t day_s = when.time.hour * 3600 + when.time.minute * 60 + when.time.second - when.offset->minutes * 60;
    return rfc3339((days.time_since_epoch().count() * int64_t{86'400} + day_s) * 1000);
  }

  TomlDocument& document_;
};

}  // namespace

void TomlDocument::fail_at(const std::string& key_path, const std::string& why, std::string hint) const {
  const auto line = lines.find(key_path);
  const std::string where = line == lines.end() ? "" : fmt::format("line {}: ", line->second);
  throw Error(ErrorKind::failed, fmt::format("cannot read {}: {}{}", origin, where, why), std::move(hint));
}

void TomlDocument::check_keys(const std::string& table_path, const Json& table,
                              const std::vector<std::string>& known, const std::vector<std::string>& elsewhere) const {
  std::vector<std::string> suggested = known;
  suggested.insert(suggested.end(), elsewhere.begin(), elsewhere.end());
  for (const auto& [name, value] : table.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    fail_at(table_path.empty() ? name : table_path + '.' + name, fmt::format("unknown key '{}'", sanitize(name)),
            did_you_mean(name, suggested));
  }
}

TomlDocument parse_toml(std::string_view text, std::string origin) {
  TomlDocument document;
  document.origin = std::move(origin);
  document.value = Json::object();
  if (text.size() > kTomlBytesMax) document.fail_at("", fmt::format("it is larger than {} bytes", kTomlBytesMax));
  try {
    const toml::table root = toml::parse(text);
    document.value = Converter(document).table(root, "", 0);
  } catch (const toml::parse_error& error) {
    fail_with_hint(ErrorKind::failed, fmt::format("mend line {}; the format is TOML: https://toml.io", error.source().begin.line),
                   "cannot read {}: line {}: {}", document.origin, error.source().begin.line,
         sanitize(error.description()));
  } catch (const TomlAssumptionFailed&) {
    fail(ErrorKind::failed, "cannot read {}: it is not TOML", document.origin);
  }
  return document;
}

std::string toml_quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace ain
