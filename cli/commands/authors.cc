#include "base/encoding.h"
#include "base/error.h"
#include "cli/context.h"
#include "cli/repository_setup.h"
#include "exec/job.h"
#include "repo/authorship.h"

namespace ain::cli {
namespace {

constexpr int64_t kBarCells = 20;

// Names for accounts: the delegates', and one's own.
std::string name_of(const repo::AuthorShare& author, const std::optional<repo::Identity>& identity,
                    const std::vector<Account>& own) {
  for (const Account& account : own) {
    if (account.id.text() == author.payee) return account.name;
  }
  if (identity) {
    for (const repo::Delegate& delegate : identity->delegates) {
      if (account_of(delegate.key).text() == author.payee) return delegate.name;
    }
  }
  return author.name;
}

std::string bar(int64_t share_ppm) {
  const int64_t halves = (share_ppm * kBarCells * 2 + 500'000) / 1'000'000;
  std::string text;
  for (int64_t i = 0; i < halves / 2; ++i) text += "█";
  return text + (halves % 2 ? "▌" : "");
}

Json to_json(const repo::Authorship& authorship, const std::optional<repo::Identity>& identity, const Json& digest) {
  Json authors = Json::array();
  for (const repo::AuthorShare& author : authorship.authors) {
    Json entry = {{"weight", author.weight}, {"share", author.share_ppm}};
    entry[author.claimed ? "account" : "email"] = author.claimed ? author.payee : author.email;
    authors.push_back(std::move(entry));
  }
  return {{"repository", identity ? Json(identity->id.text()) : Json()},
          {"commit", authorship.commit},
          {"tree", authorship.tree},
          {"algorithm", repo::kAttributionAlgorithm},
          {"digest", digest},
          {"total", authorship.total},
          {"authors", std::move(authors)}};
}

void print(Context& context, const repo::Authorship& authorship, const std::optional<repo::Identity>& identity) {
  Output& out = context.out;
  const auto own = context.accounts().list();
  std::vector<std::vector<std::string>> rows;
  for (const repo::AuthorShare& author : authorship.authors) {
    rows.push_back({fmt::format("{}.{:02} %", author.share_ppm / 10'000, author.share_ppm % 10'000 / 100),
                    std::to_string(author.weight), out.shown(name_of(author, identity, own)),
                    out.shown(author.claimed ? author.payee : fmt::format("{} (unclaimed)", author.email)),
                    out.stdout_is_terminal() ? bar(author.share_ppm) : ""});
  }
  if (rows.empty()) out.line("there is nothing in this commit that anybody wrote");
  else out.write(table({"share", "tokens", "name", "owner", ""}, rows, {0, 1}));
}

int run(Context& context) {
  repo::Repository& repository = context.repository();
  const auto revision = context.options.text("REV");
  if (!revision && !repository.head_commit()) {
    fail_with_hint(ErrorKind::failed, "ain add . && ain commit -m 'First version'", "the repository has no commit yet");
  }
  const repo::ObjectId commit = repository.resolve_commit(revision.value_or("HEAD"));
  const bool show_progress = context.out.stderr_is_terminal() && !context.out.quiet();
  const repo::Authorship authorship = repo::authorship(repository, commit, [&](int64_t done, int64_t total) {
    if (show_progress && total > 1000) fmt::print(stderr, "\rreading history: {} of {} commits", done, total);
    if (show_progress && total > 1000 && done == total) fmt::print(stderr, "\n");
  });
  const auto identity = repo::read_identity(repository);
  if (!context.out.json()) {
    print(context, authorship, identity);
    return 0;
  }
  Json digest;
  if (identity) {
    const int64_t royalty = exec::royalty_of(repository, commit, context.network().genesis.royalty_ppm);
    digest = to_hex(repo::to_attribution(authorship, identity->id, royalty).digest());
  }
  context.out.document(to_json(authorship, identity, digest));
  return 0;
}

void declare(Declaration& options) { options.positional("REV", "a commit (default: HEAD)", false); }

}  // namespace

extern const Command authors_command;
const Command authors_command = {.name = "authors",
                                 .group = Group::repository,
                                 .summary = "Show who wrote how much of a commit's tree",
                                 .needs = {.repository = true},
                                 .declare = declare,
                                 .run = run};

}  // namespace ain::cli
