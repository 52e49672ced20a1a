#include "cli/parameters.h"

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "base/toml.h"

namespace ain::cli {
namespace {

using ledger::Council;

Council council_of(Context& context, const std::vector<std::string>& members, std::optional<int64_t> quorum) {
  Council council;
  for (const std::string& member : members) council.members.push_back(account_named(context.accounts(), member));
  std::sort(council.members.begin(), council.members.end());
  // More than half, where nobody says how many.
  const auto count = static_cast<int64_t>(council.members.size());
  council.quorum = quorum.value_or(count == 0 ? 0 : count / 2 + 1);
  return council;
}

std::vector<std::string> texts_of(ObjectReader& reader, const char* name) {
  std::vector<std::string> texts;
  for (const Json& item : reader.array(name, ledger::kGovernorsMax)) {
    if (!item.is_string()) reader.fail_member(name, "holds something that is no text");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

void read_council(Context& context, const TomlDocument& document, ObjectReader& reader, const char* name, Council& council) {
  if (!reader.has(name)) return;
  const Json& table = reader.object(name);
  document.check_keys(name, table, {"members", "quorum"});
  ObjectReader part(table, fmt::format("{}: [{}]", document.origin, name));
  const std::vector<std::string> members = texts_of(part, "members");
  council = council_of(context, members, std::nullopt);
  if (part.has("quorum")) council.quorum = part.integer("quorum", 0, ledger::kGovernorsMax);
}

void read_file_into(Context& context, const std::filesystem::path& file, ledger::Parameters& parameters) {
  const TomlDocument document = parse_toml(read_file(file, kTomlBytesMax), "'" + file.string() + "'");
  document.check_keys("", document.value, {"fee", "bond_min", "unbond_within", "resolve_within", "governors", "arbiters"});
  ObjectReader reader(document.value, document.origin);
  if (reader.has("fee")) parameters.fee_ppm = parse_percent_ppm(reader.string("fee"));
  if (reader.has("bond_min")) parameters.bond_min = Amount::parse(reader.string("bond_min"));
  if (reader.has("unbond_within")) parameters.unbond_within_ms = parse_duration_ms(reader.string("unbond_within"));
  if (reader.has("resolve_within")) parameters.resolve_within_ms = parse_duration_ms(reader.string("resolve_within"));
  read_council(context, document, reader, "governors", parameters.governors);
  read_council(context, document, reader, "arbiters", parameters.arbiters);
}

void read_council_options(Context& context, const std::string& member, Council& council) {
  const Values& options = context.options;
  const auto quorum = options.integer(member + "-quorum", 1, ledger::kGovernorsMax);
  if (const auto members = options.texts(member); !members.empty()) council = council_of(context, members, quorum);
  else if (quorum) council.quorum = *quorum;
}

std::string council_text(const Council& council) {
  if (council.members.empty()) return "nobody";
  std::vector<std::string> members;
  for (const AccountId& member : council.members) members.push_back(member.text());
  return fmt::format("{} of {}", council.quorum, join(members, ", "));
}

}  // namespace

void declare_parameters(Declaration& options) {
  options
      .value("parameters", 0, "FILE", "TOML with fee, bond_min, unbond_within, resolve_within, [governors] and [arbiters] with members and quorum")
      .value("fee", 0, "PERCENT", "of the compute price, to the treasury: 1%")
      .value("bond-min", 0, "AIN", "what an account must have bonded to offer hardware")
      .list("governor", 0, "ACCOUNT", "who decides about these parameters; several by several --governor")
      .value("governor-quorum", 0, "N", "how many of them must agree (default: more than half)")
      .list("arbiter", 0, "ACCOUNT", "who decides disputes; several by several --arbiter")
      .value("arbiter-quorum", 0, "N", "how many of them must agree (default: more than half)");
}

ledger::Parameters parameters_from(Context& context, ledger::Parameters base) {
  const Values& options = context.options;
  if (const auto file = options.text("parameters")) read_file_into(context, *file, base);
  if (const auto fee = options.text("fee")) base.fee_ppm = parse_percent_ppm(*fee);
  if (const auto bond = options.text("bond-min")) base.bond_min = Amount::parse(*bond);
  read_council_options(context, "governor", base.governors);
  read_council_options(context, "arbiter", base.arbiters);
  ledger::check_parameters(base);
  return base;
}

std::string percent_text(int64_t ppm) {
  std::string text = fmt::format("{}.{:04}", ppm / 10'000, ppm % 10'000);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + " %";
}

std::vector<std::vector<std::string>> parameter_rows(const ledger::Parameters& parameters) {
  return {{"fee", percent_text(parameters.fee_ppm) + " of the compute price"},
          {"smallest bond of who offers", parameters.bond_min.text()},
          {"leaves a bond after", duration_text(parameters.unbond_within_ms * 1000)},
          {"arbiters decide within", duration_text(parameters.resolve_within_ms * 1000)},
          {"governors", council_text(parameters.governors)},
          {"arbiters", council_text(parameters.arbiters)}};
}

}  // namespace ain::cli
