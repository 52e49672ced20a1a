// The lines of a proof file, from the first to its checkpoint. What is not there throws `bad_signature`, "the WHAT does not hold: why".
// Internal to the ledger.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"

namespace ain::ledger {

inline constexpr size_t kProofBytesMax = 256 << 10;

class ProofText {
 public:
  // `what`: "receipt"; `first_line`: what it must begin with.
  ProofText(std::string_view text, std::string_view what, std::string_view first_line);

  [[noreturn]] void refuse(std::string_view why) const;
  std::string_view after(std::string_view prefix);  // the rest of the next line, which begins with it
  std::string bytes_after(std::string_view prefix);
  int64_t number_after(std::string_view prefix);
  std::vector<Digest> path();                       // a hash a line, up to an empty line
  std::string_view rest() const { return rest_; }

 private:
  std::string_view line();

  std::string_view rest_;
  std::string_view what_;
};

std::string path_lines(const std::vector<Digest>& path);  // and the empty one

}  // namespace ain::ledger
