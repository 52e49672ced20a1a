#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/known_accounts.h"
#include "cli/walk_progress.h"
#include "cli/repository_setup.h"
#include "exec/attribution.h"
#include "repo/authorship.h"
#include "repo/blame.h"
#include "repo/owners.h"
#include "repo/step_proof.h"

namespace ain::cli {
namespace {

constexpr int64_t kBarCells = 20;

// Rounded to the nearest hundredth of a per cent.
std::string percent(int64_t share_ppm) {
  const int64_t hundredths = (share_ppm + 50) / 100;
  return fmt::format("{}.{:02} %", hundredths / 100, hundredths % 100);
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
          {"root", authorship.root},
          {"total", authorship.total},
          {"authors", std::move(authors)}};
}

void print(Context& context, const repo::Authorship& authorship, const std::string& nothing) {
  Output& out = context.out;
  const KnownAccounts accounts(context);
  std::vector<std::vector<std::string>> rows;
  for (const repo::AuthorShare& author : authorship.authors) {
    rows.push_back({percent(author.share_ppm), std::to_string(author.weight), out.shown(accounts.name_of(author.payee).value_or(author.name)),
                    out.shown(author.claimed ? author.payee : fmt::format("{} (unclaimed)", author.email)),
                    out.stdout_is_terminal() ? bar(author.share_ppm) : ""});
  }
  if (rows.empty()) out.line("{}", nothing);
  else out.write_table({"share", "tokens", "name", "owner", ""}, rows, {0, 1});
}

Json to_json(const repo::FileExplanation& file) {
  Json authors = Json::array();
  for (const repo::AuthorShare& author : file.authors) {
    authors.push_back({{author.claimed ? "account" : "email", author.claimed ? author.payee : author.email},
                       {"weight", author.weight}, {"share", author.share_ppm}});
  }
  return {{"path", file.path},         {"what", file.what},   {"weighs", file.weighs},   {"tokens", file.tokens},
          {"repeated", file.repeated}, {"marks", file.marks}, {"credited", file.credited}, {"percent", file.percent},
          {"authors", authors}};
}

Json to_json(const repo::CopyCredit& credit) {
  return {{"path", credit.path},     {"payee", credit.payee},           {"repository", credit.repository},
          {"commit", credit.commit}, {"path_there", credit.path_there}, {"tokens", credit.tokens}};
}

// Why each file weighs what it does.
void print_files(Context& context, const repo::Explanation& explanation, bool only_new) {
  Output& out = context.out;
  const KnownAccounts accounts(context);
  std::vector<std::vector<std::string>> rows;
  for (const repo::FileExplanation& file : explanation.files) {
    if (only_new && file.authors.empty()) continue;
    std::string why = file.weighs ? file.what : fmt::format("nothing: {}", file.what);
    if (file.repeated > 0) why += fmt::format(", {} repeated", file.repeated);
    if (file.marks > 0) why += fmt::format(", {} lone marks", file.marks);
    if (file.credited > 0) why += fmt::format(", {} copied from elsewhere", file.credited);
    if (file.percent != 100) why += fmt::format(", {} % by authors.toml", file.percent);
    std::string who;
    for (const repo::AuthorShare& author : file.authors) {
      if (!who.empty()) who += ", ";
      who += fmt::format("{} {}", out.shown(accounts.name_of(author.payee).value_or(author.name)), author.weight);
    }
    rows.push_back({out.shown(file.path), std::to_string(file.tokens), why, who});
  }
  out.line("");
  out.write_table({"file", "tokens", "weighs as", "who"}, rows, {1});
  for (const repo::CopyCredit& credit : explanation.credits) {
    out.line("copied: {} tokens of {} were first in {} of {} (commit {}), of {}", credit.tokens, out.shown(credit.path),
             out.shown(credit.path_there), credit.repository, credit.commit.substr(0, 12), credit.payee);
  }
  for (const std::string& remark : explanation.remarks) out.line("note: {}", out.shown(remark));
}

// What others have published of this code; nothing, and a word about it, where the ledger does not answer.
std::optional<repo::Publications> published(Context& context, const std::optional<repo::Identity>& identity) {
  if (!identity) return repo::Publications();
  try {
    return remote::seen_on(context.ledger()).published;
  } catch (const Error& error) {
    context.out.say("copies from other repositories are not looked for: {}", error.message());
    return std::nullopt;
  }
}

// With what it builds on. The ledger is asked only where there is something to ask.
repo::DependencyTree tree_of(Context& context, const repo::Identity& identity, const repo::ObjectId& commit,
                             const repo::Publications& published) {
  const exec::OnLedger ledger{.registered = [&](const std::string& repository, const std::string& of) {
                                return context.ledger().attribution_of(repository, of);
                              },
                              .published = published};
  return exec::dependency_tree(context.repository(), identity, commit, context.network().genesis.royalty_ppm, ledger);
}

void print_dependencies(Output& out, const std::vector<repo::DependencyTree>& dependencies, const std::string& indent) {
  for (const repo::DependencyTree& dependency : dependencies) {
    out.line("{}builds on {}: {} to {} of {} ({} {})", indent, out.shown(dependency.name), percent(dependency.share_ppm), dependency.attribution.commit.substr(0, 12), dependency.attribution.repository,
             dependency.attribution.payees.size(), dependency.attribution.payees.size() == 1 ? "payee" : "payees");
    print_dependencies(out, dependency.dependencies, indent + "  ");
  }
}

// Nobody's file is lost to a slip of the hand.
void check_target(const std::string& file) {
  std::error_code absent;
  if (!std::filesystem::exists(file, absent)) return;
  if (std::filesystem::is_regular_file(file, absent) && repo::is_step_proof(read_file(file, repo::kStepProofBytesMax))) return;
  fail_with_hint(ErrorKind::failed, "name another one: --into FILE", "'{}' is there already, and is no proof", file);
}

int prove(Context& context, const repo::ObjectId& commit, const std::string& file) {
  check_target(file);
  WalkProgress progress(context.out);
  const std::string proof = repo::prove_step(context.repository(), commit, context.options.text("claim"), progress.report());
  write_file_atomic(file, proof);
  context.out.say("the step of {} is in '{}' ({}); anybody checks it with 'ain authors --check {}'", commit.substr(0, 12), file,
                  bytes_text(static_cast<int64_t>(proof.size())), file);
  return 0;
}

repo::StepVerdict verdict_of(const std::string& file) {
  try {
    return repo::check_step(read_file(file, repo::kStepProofBytesMax));
  } catch (Error& error) {
    if (error.hint().empty()) error.set_hint("the proof's author writes it again: ain authors --prove REV --into FILE");
    throw error.add_context(fmt::format("'{}'", file));
  }
}

// What the proof is to be about, where that was said: a commit, a claimed root.
void check_subject(Context& context, const repo::StepVerdict& verdict) {
  if (const auto revision = context.options.text("REV")) {
    const bool is_id = revision->size() == 40 && from_hex(*revision);
    const repo::ObjectId wanted = is_id ? *revision : context.repository().resolve_commit(*revision);
    if (wanted != verdict.commit) fail(ErrorKind::verification, "the proof is of commit '{}', not of '{}'", verdict.commit, wanted);
  }
  const auto claim = context.options.text("claim");
  if (claim && *claim != verdict.claimed) fail(ErrorKind::verification, "the proof is of the claim '{}', not of '{}'", verdict.claimed, *claim);
}

int check(Context& context, const std::string& file) {
  const repo::StepVerdict verdict = verdict_of(file);
  check_subject(context, verdict);
  Output& out = context.out;
  if (out.json()) {
    Json parents = Json::array();
    for (const auto& [commit, root] : verdict.parents) parents.push_back({{"commit", commit}, {"root", root}});
    out.document({{"ok", verdict.holds()}, {"commit", verdict.commit}, {"claimed", verdict.claimed},
                  {"computed", verdict.computed}, {"parents", std::move(parents)}});
  } else {
    for (const auto& [commit, root] : verdict.parents) out.line("from   {} {}", commit, root);
    out.line("commit {} {}", verdict.commit, verdict.computed);
    if (verdict.holds()) out.line("the claim holds");
    else out.line("the claim is wrong: it says {}", verdict.claimed);
  }
  return verdict.holds() ? 0 : static_cast<int>(ErrorKind::verification);
}

// Options that would change nothing are a mistake of whoever typed them.
void check_options(const Values& options) {
  const bool checks = options.given("check"), proves = options.given("prove");
  if (checks && proves) fail(ErrorKind::usage, "--check beside --prove: a proof is written, or checked");
  if (options.given("into") && !proves) fail(ErrorKind::usage, "--into says where --prove writes to");
  if (options.given("claim") && !proves && !checks) fail(ErrorKind::usage, "--claim goes with --prove or --check");
  for (const char* of_table : {"explain", "since", "PATH"}) {
    if (!options.given(of_table) || (!checks && !proves)) continue;
    fail(ErrorKind::usage, "{} is of the table: leave it out with --prove and --check", of_table == std::string_view("PATH") ? "a path" : fmt::format("--{}", of_table));
  }
}

// A revision; a path in its place is what people type first.
repo::ObjectId commit_named(const repo::Repository& repository, const std::string& revision) {
  try {
    return repository.resolve_commit(revision);
  } catch (Error& error) {
    std::error_code absent;
    if (error.hint().empty()) {
      error.set_hint(std::filesystem::exists(revision, absent) ? fmt::format("did you mean: ain authors -- {}", revision)
                                                               : "the commits that are there: ain log --oneline --all");
    }
    throw;
  }
}

std::vector<std::string> paths_of(Context& context, const repo::ObjectId& commit) {
  const repo::Repository& repository = context.repository();
  std::vector<std::string> paths = context.options.texts("PATH");
  const auto work = std::filesystem::weakly_canonical(repository.work_folder());
  for (std::string& path : paths) {
    const auto below = std::filesystem::weakly_canonical(std::filesystem::current_path() / path).lexically_relative(work);
    if (below.empty() || *below.begin() == "..") fail(ErrorKind::usage, "'{}' lies outside the repository", path);
    const std::string inside = below.generic_string();
    if (inside != "." && !repo::has_path(repository, commit, inside)) {
      fail_with_hint(ErrorKind::failed, fmt::format("the files that are there: git ls-tree -r --name-only {}", commit.substr(0, 12)),
                     "no such file or folder '{}' in commit '{}'", path, commit.substr(0, 12));
    }
    path = inside;
  }
  return paths;
}

// A clone by plain git has the table, and not the delegates whose word it is.
void remark_table(Context& context, const repo::ObjectId& commit) {
  if (!repo::has_path(context.repository(), commit, repo::kAuthorsFile)) return;
  context.out.say("'{}' does not count: the repository has no identity; a clone gets its own by: git fetch origin {}:{}", repo::kAuthorsFile,
                  repo::kIdentityRef, repo::kIdentityRef);
}

int run(Context& context) {
  const Values& options = context.options;
  check_options(options);
  if (const auto proof = options.text("check")) return check(context, *proof);
  repo::Repository& repository = context.repository();
  const auto revision = options.text("REV");
  if (!revision && !repository.head_commit()) {
    fail_with_hint(ErrorKind::failed, "ain add . && ain commit -m 'First version'", "the repository has no commit yet");
  }
  const repo::ObjectId commit = commit_named(repository, revision.value_or("HEAD"));
  if (options.flag("prove")) return prove(context, commit, options.text_or("into", commit.substr(0, 12) + ".ain-proof"));
  const auto identity = repo::read_identity(repository);
  repo::Selection selection{.paths = paths_of(context, commit)};
  if (const auto since = options.text("since")) selection.since = commit_named(repository, *since);
  const bool explain = options.flag("explain");
  repo::Explanation explanation;
  const bool partial = !selection.paths.empty() || selection.since;
  const std::optional<repo::Publications> others = published(context, identity);
  const repo::Publications known = others.value_or(repo::Publications());
  {
    WalkProgress progress(context.out);
    if (explain || partial) {
      explanation = repo::explain_authorship(repository, identity, commit, selection, known, progress.report());
    } else {
      explanation.table = repo::authorship(repository, identity, commit, progress.report(), known);
    }
  }
  if (!context.out.json()) {
    print(context, explanation.table, selection.since ? "nothing came after that commit" : "there is nothing in this commit that anybody wrote");
    if (explain) print_files(context, explanation, selection.since.has_value());
    else if (!identity) remark_table(context, commit);
    if (explain && identity) print_dependencies(context.out, tree_of(context, *identity, commit, known).dependencies, "");
    return 0;
  }
  Json digest;
  if (identity && others && !partial) digest = to_hex(tree_of(context, *identity, commit, known).attribution.digest());
  Json document = to_json(explanation.table, identity, digest);
  if (explain) {
    document["files"] = Json::array();
    for (const repo::FileExplanation& file : explanation.files) document["files"].push_back(to_json(file));
    document["remarks"] = explanation.remarks;
    document["credits"] = Json::array();
    for (const repo::CopyCredit& credit : explanation.credits) document["credits"].push_back(to_json(credit));
  }
  context.out.document(document);
  return 0;
}

void declare(Declaration& options) {
  options.positional("REV", "a commit (default: HEAD)", false)
      .rest("PATH", "only these files and folders")
      .flag("explain", 0, "say for each file what it weighs, why, and for whom")
      .value("since", 0, "REV", "only what came after this commit")
      .flag("prove", 0, "write what the step of REV is made of to a file that anybody can check")
      .value("claim", 0, "ROOT", "with --prove or --check: the root that somebody else claims")
      .value("into", 0, "FILE", "with --prove: where to (default: here, the first 12 digits of the commit's id and .ain-proof)")
      .value("check", 0, "PROOF", "check such a file, and that it is of REV where one is named; needs no repository");
}

}  // namespace

extern const Command authors_command;
const Command authors_command = {.name = "authors",
                                 .group = Group::repository,
                                 .summary = "Show who wrote how much of a commit's tree",
                                 .declare = declare,
                                 .run = run};

}  // namespace ain::cli
