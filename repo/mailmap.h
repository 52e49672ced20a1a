// Private to repo/: git's .mailmap, the names and e-mails that are shown for those in commits. Keys in any case, as for git.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "repo/repository.h"

namespace ain::repo {

class Mailmap {
 public:
  Mailmap() = default;  // shows all as they are
  // Lines that make no sense are passed over, as git does.
  explicit Mailmap(std::string_view text);

  Person shown(const Person& person) const;

 private:
  void read_line(std::string_view line);

  std::map<std::pair<std::string, std::string>, Person> shown_;  // (e-mail, name or "" for any) in lower case
};

}  // namespace ain::repo
