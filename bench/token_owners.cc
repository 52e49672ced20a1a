// Who wrote each token of a revision, as the attribution sees it: token_owners FOLDER REVISION
// A line for each token of code, with tabs between: path, first byte, byte after the last, commit it came with, owner (e-mail, or
// account), why it weighs nothing ("-": it weighs), text as JSON. bench/authorship_truth compares it with the known truth.
#include <cstdio>
#include <iostream>

#include "base/json.h"
#include "repo/identity.h"
#include "repo/owners.h"
#include "repo/text_file.h"
#include "repo/weights.h"

using namespace ain::repo;

namespace {

const char* reason(Unweighed why) {
  switch (why) {
    case Unweighed::none: return "-";
    case Unweighed::repeated: return "repeated";
    case Unweighed::marks: return "marks";
    case Unweighed::credited: return "credited";
  }
  return "?";
}

class Printer {
 public:
  Printer(const Repository& repository, const ObjectId& commit)
      : repository_(repository), commit_(commit), identity_(read_identity(repository)), owners_(repository, identity_, commit),
        history_(repository, {Unit::token, true}) {}

  void print() {
    const NodePtr root = history_.root(commit_);
    std::vector<WeighedFile> files = weigh_files(repository_, history_.nodes(), root, 2);
    for (WeighedFile& file : files) file.percent = owners_.weight_percent(file.path);
    mark_unweighed(history_.nodes(), [&] { return ranks_of(repository_, commit_, history_.names()); }, files);
    OdbSource source(repository_);
    for (const WeighedFile& file : files) {
      if (!file.tokens.empty()) print(file, *source.read(file.blob, GIT_OBJECT_BLOB, kTextBytesMax));
    }
  }

 private:
  void print(const WeighedFile& file, std::string_view bytes) {
    each_run(history_.nodes().runs(*file.node), file.tokens, [&](const Run& run, uint32_t at, size_t first, size_t end) {
      const ObjectId origin = to_id(history_.names().commit_at(run.origin));
      uint32_t stretch_end = at;
      owners_.split(origin, history_.names().path_at(run.path), run.position, run.count, [&](size_t number, uint32_t count) {
        stretch_end += count;
        const Owner& owner = owners_.owner(number);
        for (; first < end && file.tokens[first].atom < stretch_end; ++first) {
          const WeighedToken& token = file.tokens[first];
          const std::string text = ain::Json(bytes.substr(token.begin, token.end - token.begin))
                                       .dump(-1, ' ', true, ain::Json::error_handler_t::replace);
          std::printf("%s\t%u\t%u\t%s\t%s\t%s\t%s\n", file.path.c_str(), token.begin, token.end, origin.c_str(),
                      (owner.claimed ? owner.payee : owner.email).c_str(), reason(file.unweighed[first]), text.c_str());
        }
      });
    });
  }

  const Repository& repository_;
  ObjectId commit_;
  std::optional<Identity> identity_;
  Owners owners_;
  AttributedHistory history_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: token_owners FOLDER REVISION\n");
    return 2;
  }
  try {
    const auto repository = Repository::discover(argv[1]);
    if (!repository) return 1;
    Printer(*repository, repository->resolve_commit(argv[2])).print();
  } catch (const ain::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
