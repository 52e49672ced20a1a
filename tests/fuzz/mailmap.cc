// A person's name, their e-mail and a .mailmap, each with a byte 0x1e at its end.
#include "repo/mailmap.h"
#include "base/text.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  const Person person{std::string(input.text()), std::string(input.text())};
  const Mailmap mailmap(input.rest());
  const Person shown = mailmap.shown(person);
  const Person again = mailmap.shown({ain::ascii_lower(person.name), ain::ascii_lower(person.email)});
  // Letters' case changes nothing but what is shown as it is.
  ain::must(ain::ascii_lower(shown.name) == ain::ascii_lower(again.name));
  ain::must(ain::ascii_lower(shown.email) == ain::ascii_lower(again.email));
  const Person plain = Mailmap().shown(person);
  ain::must(plain.name == person.name && plain.email == person.email);
  return 0;
}
