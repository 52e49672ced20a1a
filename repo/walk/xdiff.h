// Private to repo/: the diff inside libgit2, called as git's own blame calls it. libgit2's public door to it (git_diff_buffers) hashes both
// texts and writes a patch, which takes longer than the diff. These declarations are those of libgit2 1.5, whose archive is linked;
// cmake/packages.cmake says where that holds (AIN_XDIFF), and everywhere else the public door is taken.
#pragma once

#include <cstddef>

extern "C" {

typedef struct s_mmfile {
  char* ptr;
  size_t size;
} mmfile_t;

typedef struct s_xpparam {
  unsigned long flags;
  void* ignore_regex;
  size_t ignore_regex_nr;
  char** anchors;
  size_t anchors_nr;
} xpparam_t;

typedef struct s_xdemitcb {
  void* priv;
  void* out_hunk;
  void* out_line;
} xdemitcb_t;

typedef struct s_xdemitconf {
  long ctxlen;
  long interhunkctxlen;
  unsigned long flags;
  void* find_func;
  void* find_func_priv;
  int (*hunk_func)(long old_begin, long old_count, long new_begin, long new_count, void* payload);  // lines count from 0
} xdemitconf_t;

int xdl_diff(mmfile_t* old_text, mmfile_t* new_text, xpparam_t const* parameters, xdemitconf_t const* emit, xdemitcb_t* payload);

}  // extern "C"

namespace ain::repo {

inline constexpr unsigned long kXdfIgnoreWhitespace = 1ul << 1;  // XDF_IGNORE_WHITESPACE
inline constexpr unsigned long kXdfIndentHeuristic = 1ul << 23;  // XDF_INDENT_HEURISTIC

}  // namespace ain::repo
