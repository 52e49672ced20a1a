#include "repo/weights.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <system_error>
#include <thread>

#include "repo/copies/once.h"
#include "repo/copies/winnow.h"
#include "repo/packs.h"
#include "repo/text_file.h"
#include "repo/walk/token_text.h"

namespace ain::repo {
namespace {

// Which atom decides each token; both are by place, so one pass does it.
std::vector<WeighedToken> tokens_of(Language language, std::string_view text) {
  std::vector<Atom> atoms;
  each_atom(text, [&](const Atom& atom) { atoms.push_back(atom); });
  const std::vector<CodeToken> code = code_tokens(language, text);
  std::vector<WeighedToken> tokens;
  tokens.reserve(code.size());
  size_t first = 0;
  for (const CodeToken& token : code) {
    while (first < atoms.size() && atoms[first].end <= token.begin) ++first;
    size_t decides = first;
    for (size_t i = first; i < atoms.size() && atoms[i].begin < token.end; ++i) {
      if (!atoms[i].word) continue;
      decides = i;
      break;
    }
    if (decides == atoms.size()) break;
    const std::string_view bytes = text.substr(token.begin, token.end - token.begin);
    const bool word = std::any_of(bytes.begin(), bytes.end(), [](char c) { return is_word_byte(static_cast<unsigned char>(c)); });
    tokens.push_back({token_hash(bytes), token.begin, token.end, static_cast<uint32_t>(decides), word});
  }
  return tokens;
}

void list_files(const Nodes& nodes, const Node& folder, const std::string& path, std::vector<WeighedFile>& files) {
  for (const Entry& entry : nodes.entries(folder)) {
    const std::string below = path + *entry.name;
    if (entry.kind == EntryKind::folder) {
      list_files(nodes, *entry.node, below + "/", files);
      continue;
    }
    if (std::ssize(files) >= kTreeEntriesMax) {
      fail(ErrorKind::exhausted, "the tree holds more than {} files, too many to tell who wrote what", kTreeEntriesMax);
    }
    WeighedFile& file = files.emplace_back();
    file.path = below;
    file.blob = entry.oid;
    file.node = entry.node.get();
    if (entry.kind != EntryKind::file) file.what.why = Weightless::link;
    if (file.node != nullptr) nodes.runs(*file.node);  // loaded here, read by several threads
  }
}

// What all threads together have read and hold. Many paths, or versions that are a few bytes in a pack, can be of very much text.
class Total {
 public:
  void add_bytes(size_t bytes) { add(bytes_, bytes, kWeighedBytesMax, "bytes of files"); }
  void add_tokens(size_t tokens) { add(tokens_, tokens, kWeighedTokensMax, "tokens"); }

 private:
  static void add(std::atomic<int64_t>& sum, size_t more, int64_t most, std::string_view what) {
    if (sum.fetch_add(static_cast<int64_t>(more)) + static_cast<int64_t>(more) <= most) return;
    fail(ErrorKind::exhausted, "the tree holds more than {} {}, too many to tell who wrote what", most, what);
  }

  std::atomic<int64_t> bytes_ = 0;
  std::atomic<int64_t> tokens_ = 0;
};

void weigh_file(ObjectSource& source, Total& total, WeighedFile& file) {
  if (file.what.why != Weightless::none) return;
  const Bytes bytes = source.read(file.blob, GIT_OBJECT_BLOB, kTextBytesMax);
  if (bytes == nullptr) {
    file.what.why = Weightless::too_large;
    return;
  }
  total.add_bytes(bytes->size());
  file.what = classify(file.path, *bytes);
  if (file.what.why != Weightless::none || file.node == nullptr) return;
  file.tokens = tokens_of(file.what.language, *bytes);
  total.add_tokens(file.tokens.size());
  file.unweighed.assign(file.tokens.size(), Unweighed::none);
}

// Punctuation that came alone, beside what others wrote.
void mark_lone_marks(const Runs& runs, WeighedFile& file) {
  if (runs.size() < 2) return;
  each_run(runs, file.tokens, [&](const Run&, uint32_t, size_t first, size_t end) {
    const auto is_word = [](const WeighedToken& token) { return token.word; };
    const auto begin = file.tokens.begin();
    if (std::any_of(begin + static_cast<long>(first), begin + static_cast<long>(end), is_word)) return;
    std::fill(file.unweighed.begin() + static_cast<long>(first), file.unweighed.begin() + static_cast<long>(end), Unweighed::marks);
  });
}

// One bit for each atom that a commit brought in a file.
using SeenAtoms = std::map<std::pair<uint32_t, uint32_t>, std::vector<bool>>;

void mark_seen(const Runs& runs, SeenAtoms& seen, WeighedFile& file) {
  each_run(runs, file.tokens, [&](const Run& run, uint32_t at, size_t first, size_t end) {
    if (first == end) return;
    std::vector<bool>& atoms = seen[{run.origin, run.path}];
    if (atoms.size() < run.position + run.count) atoms.resize(run.position + run.count);
    for (size_t i = first; i < end; ++i) {
      if (file.unweighed[i] != Unweighed::none) continue;
      const uint32_t position = run.position + (file.tokens[i].atom - at);
      if (atoms[position]) file.unweighed[i] = Unweighed::repeated;
      atoms[position] = true;
    }
  });
}

// The commits of a file's tokens.
std::vector<uint32_t> origins_of(const Runs& runs, const WeighedFile& file) {
  std::vector<uint32_t> origins(file.tokens.size());
  each_run(runs, file.tokens, [&](const Run& run, uint32_t, size_t first, size_t end) {
    std::fill(origins.begin() + static_cast<long>(first), origins.begin() + static_cast<long>(end), run.origin);
  });
  return origins;
}

std::vector<Repeat> repeats_of(const std::vector<WeighedFile*>& files) {
  std::vector<std::vector<uint64_t>> hashes(files.size());
  std::vector<std::span<const uint64_t>> views;
  for (size_t i = 0; i < files.size(); ++i) {
    hashes[i].reserve(files[i]->tokens.size());
    for (const WeighedToken& token : files[i]->tokens) hashes[i].push_back(token.hash);
    views.emplace_back(hashes[i]);
  }
  return find_repeats(views);
}

}  // namespace

std::vector<WeighedFile> weigh_files(const Repository& repository, const Nodes& nodes, const NodePtr& root,
                                     unsigned threads) {
  std::vector<WeighedFile> files;
  list_files(nodes, *root, "", files);
  const TrustedReads trusted;
  Total total;
  std::atomic<size_t> next = 0;
  std::vector<std::exception_ptr> failures(std::max(1U, threads));
  const auto work = [&](size_t number) {
    try {
      OdbSource source(repository);
      for (size_t i = next++; i < files.size(); i = next++) weigh_file(source, total, files[i]);
    } catch (...) {
      failures[number] = std::current_exception();
      next = files.size();
    }
  };
  std::vector<std::thread> helpers;
  try {
    for (size_t i = 1; i < failures.size(); ++i) helpers.emplace_back(work, i);
  } catch (const std::system_error&) {
    // The machine gives no more threads: fewer do as well.
  }
  work(0);
  for (std::thread& helper : helpers) helper.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return files;
}

void mark_unweighed(const Nodes& nodes, const std::function<std::function<size_t(uint32_t origin)>()>& rank_of,
                    std::vector<WeighedFile>& all) {
  std::vector<WeighedFile*> files;
  for (WeighedFile& file : all) {
    if (!file.tokens.empty()) files.push_back(&file);
  }
  std::stable_sort(files.begin(), files.end(), [](const WeighedFile* a, const WeighedFile* b) { return a->percent > b->percent; });
  SeenAtoms seen;
  for (WeighedFile* file : files) {
    mark_lone_marks(nodes.runs(*file->node), *file);
    mark_seen(nodes.runs(*file->node), seen, *file);
  }
  const std::vector<Repeat> repeats = repeats_of(files);
  if (repeats.empty()) return;
  const auto rank = rank_of();
  std::map<uint32_t, std::vector<uint32_t>> origins;  // of the files that have repeats
  const auto origin = [&](uint32_t number, uint32_t token) {
    const auto [at, is_new] = origins.try_emplace(number);
    if (is_new) at->second = origins_of(nodes.runs(*files[number]->node), *files[number]);
    return at->second[token];
  };
  std::vector<uint32_t> sizes;
  for (const WeighedFile* file : files) sizes.push_back(static_cast<uint32_t>(file->tokens.size()));
  const std::vector<std::vector<bool>> repeated =
      repeated_tokens(sizes, repeats, [&](TokenPlace place) { return rank(origin(place.file, place.at)); });
  for (size_t number = 0; number < files.size(); ++number) {
    for (size_t i = 0; i < repeated[number].size(); ++i) {
      Unweighed& token = files[number]->unweighed[i];
      if (repeated[number][i] && token == Unweighed::none) token = Unweighed::repeated;
    }
  }
}

std::function<size_t(uint32_t)> ranks_of(const Repository& repository, const ObjectId& tip, const Names& names) {
  OdbSource source(repository);
  auto ranks = std::make_shared<OidMap<size_t>>();
  for (const HistoryCommit& commit : read_history(source, to_oid(tip), [](const git_oid&) { return false; }, {})) {
    ranks->emplace(commit.oid, ranks->size());
  }
  return [ranks, &names](uint32_t origin) { return ranks->at(names.commit_at(origin)); };
}

}  // namespace ain::repo
