#include "repo/mailmap.h"

#include <optional>

#include "base/text.h"

namespace ain::repo {
namespace {

// Takes "Name <e-mail>" off `line`; the name may be missing.
std::optional<Person> take_person(std::string_view& line) {
  const size_t open = line.find('<');
  const size_t close = open == line.npos ? line.npos : line.find('>', open);
  if (close == line.npos) return std::nullopt;
  Person person{std::string(trim(line.substr(0, open))), std::string(trim(line.substr(open + 1, close - open - 1)))};
  line.remove_prefix(close + 1);
  return person;
}

}  // namespace

Mailmap::Mailmap(std::string_view text) {
  for (const std::string& line : split(text, '\n')) {
    if (!line.starts_with('#')) read_line(line);
  }
}

// "Name <shown>", "[Name] <shown> <in commits>" or "[Name] <shown> Name in commits <in commits>".
void Mailmap::read_line(std::string_view line) {
  auto proper = take_person(line);
  if (!proper) return;
  auto old = take_person(line);
  if (!old) {
    old = Person{"", proper->email};
    proper->email.clear();
  }
  Person& shown = shown_[{ascii_lower(old->email), ascii_lower(old->name)}];
  if (!proper->name.empty()) shown.name = proper->name;
  if (!proper->email.empty()) shown.email = proper->email;
}

Person Mailmap::shown(const Person& person) const {
  const std::string email = ascii_lower(person.email);
  auto found = shown_.find({email, ascii_lower(person.name)});
  if (found == shown_.end()) found = shown_.find({email, ""});
  if (found == shown_.end()) return person;
  return {found->second.name.empty() ? person.name : found->second.name,
          found->second.email.empty() ? person.email : found->second.email};
}

}  // namespace ain::repo
