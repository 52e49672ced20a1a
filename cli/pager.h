// Long output through a pager, as git does it: GIT_PAGER, core.pager, PAGER, `less`, with LESS=FRX where it is not set.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/output.h"

namespace ain::cli {

// Writes `text` to stdout; through the pager where that is a terminal. `configured`: core.pager.
void page(Output& out, std::string_view text, const std::optional<std::string>& configured);

}  // namespace ain::cli
