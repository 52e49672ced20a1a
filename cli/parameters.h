// A network's parameters as people write them: a TOML file, options on top of it.
#pragma once

#include "cli/context.h"
#include "ledger/parameters.h"

namespace ain::cli {

// --parameters FILE, --fee, --bond-min, --governor …: what both `network create` and `network propose` take.
void declare_parameters(Declaration& options);
// `base` with what the options say. Throws `usage` or `failed` naming what does not hold.
ledger::Parameters parameters_from(Context& context, ledger::Parameters base);
// The lines of a table for people.
std::vector<std::vector<std::string>> parameter_rows(const ledger::Parameters& parameters);
std::string percent_text(int64_t ppm);  // "2.5 %"

}  // namespace ain::cli
