// How a network's log was when this home last saw it: a log only ever grows, so a later one begins with it.
#pragma once

#include <filesystem>

#include "base/hash.h"
#include "base/json.h"
#include "base/paths.h"
#include "remote/network.h"

namespace ain::remote {

struct KnownLog {
  int64_t size = 0;  // transactions
  Digest root{};
};

std::filesystem::path verified_log_file(const Paths& paths, const Network& network);  // what `ain ledger verify` found to hold
std::filesystem::path served_log_file(const Paths& paths, const Network& network);    // what this home's node has served

KnownLog read_known_log(const std::filesystem::path& file);  // of size 0 where there is none; throws `failed` for a damaged file
void write_known_log(const std::filesystem::path& file, const KnownLog& log, Json more = Json::object());

}  // namespace ain::remote
