// The flags of `ain run` and `ain quote` as a request.
#pragma once

#include "cli/context.h"
#include "remote/run/run.h"

namespace ain::cli {

void declare_request(Declaration& options);
remote::RunRequest request_of(const Values& options);

// "K=V", or "K" whose value the caller's environment has; throws `usage`.
std::pair<std::string, std::string> parse_variable(const std::string& text);
// Lines "K=V"; empty ones and those that start with '#' do not count.
std::map<std::string, std::string> parse_env_file(std::string_view text, std::string_view subject);

}  // namespace ain::cli
