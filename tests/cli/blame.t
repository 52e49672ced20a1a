Who last changed each line of a file: git's formats, and names of accounts where their keys signed.

  $ export AIN_HOME="$CRAMTMP/home" USER=ada TZ=UTC
  $ export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
  $ export GIT_AUTHOR_DATE='2026-11-01T12:00:00Z' GIT_COMMITTER_DATE='2026-11-01T12:00:00Z'
  $ mkdir shapes && cd shapes && ain init -q >/dev/null 2>&1
  $ printf 'def area(r):\n    return 3 * r * r\n\ndef side(a):\n    return a ** 0.5\n' > shapes.py
  $ ain add shapes.py && ain commit -q -m 'Areas' >/dev/null
  $ export GIT_AUTHOR_NAME=Robert GIT_AUTHOR_EMAIL=bob@example.org GIT_AUTHOR_DATE='2026-11-02T12:00:00+02:00'
  $ git config commit.gpgSign false
  $ sed -i 's/3 \*/3.14 */' shapes.py && git commit -q -a -m 'More exactly'
  $ mkdir sub && git mv shapes.py sub/forms.py && sed -i 's/def side/def  side/' sub/forms.py && git commit -q -a -m 'Forms'

The author of a commit that a known key signed has the account behind the name.

  $ ain blame sub/forms.py
  ^??????? shapes.py    (Ada @ada 2026-11-01 12:00:00 +0000 1) def area(r): (glob)
  ???????? shapes.py    (Robert   2026-11-02 12:00:00 +0200 2)     return 3.14 * r * r (glob)
  ^??????? shapes.py    (Ada @ada 2026-11-01 12:00:00 +0000 3)  (glob)
  ???????? sub/forms.py (Robert   2026-11-02 12:00:00 +0200 4) def  side(a): (glob)
  ^??????? shapes.py    (Ada @ada 2026-11-01 12:00:00 +0000 5)     return a ** 0.5 (glob)

Without known accounts it is git's to the byte; for programs it always is.

  $ git clone -q . ../plain && cd ../plain && sed -i '1s/area/areas/' sub/forms.py
  $ git commit -q -a -m 'Wide letters' --author='李 Jürgen <li@example.org>'
  $ AIN_HOME="$CRAMTMP/nobody" ain blame sub/forms.py | diff - <(git blame sub/forms.py)
  $ cd ../shapes
  $ for flags in '' -w --no-follow '-L2,3' '-L4,+1' '-L5,-2' '-L/side/' '-L/return/,/return/' '-L1,1 -L/side/,+1 -L^/area/,+1' '-L,2'; do
  >   for form in --porcelain --line-porcelain; do
  >     ain blame $form $flags sub/forms.py > ours && git blame $form $flags sub/forms.py > theirs && diff ours theirs || echo "$form $flags"
  >   done
  > done
  $ ain blame --porcelain HEAD~1 -- shapes.py | diff - <(git blame --porcelain HEAD~1 -- shapes.py)

A path is where one is; what is not committed yet is nobody's.

  $ cd sub && sed -i '2s/3.14/3.1415/' forms.py && printf 'new\n' >> forms.py
  $ ain blame -L2,2 forms.py | sed 's/20[0-9-]* [0-9:]* /DATE TIME /'
  00000000 (Not Committed Yet DATE TIME +0000 2)     return 3.1415 * r * r
  $ ain blame --porcelain forms.py | sed 's/time [0-9]*/time T/' > ours
  $ git blame --porcelain forms.py | sed 's/time [0-9]*/time T/' | diff ours -
  $ ain blame HEAD ./forms.py | tail -n 1 | cut -c 10-
  shapes.py    (Ada @ada 2026-11-01 12:00:00 +0000 5)     return a ** 0.5
  $ cd .. && git checkout -q .

By tokens: who changed a number of a line wrote that number, not the line.

  $ ain blame --tokens -L1,2 sub/forms.py
  1 ^??????? @ada            def area(r): (glob)
  2 ^??????? @ada                return 3 (glob)
    ???????? bob@example.org             .14 (glob)
    ^??????? @ada                            * r * r (glob)
  $ ain blame --tokens -L2,2 --json sub/forms.py | /usr/bin/python3 -c '
  > import json, sys
  > for run in json.load(sys.stdin)["runs"]: print(run["line"], run["column"], run.get("account") or run["email"], run["text"])'
  2 5 ada return 3
  2 13 bob@example.org .14
  2 17 ada * r * r
  $ ain blame -L2,2 --json sub/forms.py | /usr/bin/python3 -c '
  > import json, sys
  > blame = json.load(sys.stdin)
  > print(blame["path"])
  > for group in blame["groups"]: print([group[name] for name in ("author", "email", "path", "original_line", "line", "count", "summary", "lines")])'
  sub/forms.py
  ['Robert', 'bob@example.org', 'shapes.py', 2, 2, 1, 'More exactly', ['    return 3.14 * r * r\n']]

What cannot be told.

  $ ain blame none.py
  error: no such path 'none.py' in HEAD
  hint: the files that are there: git ls-files
  [1]
  $ ain blame HEAD sub
  error: no file, but a folder, is 'sub' in HEAD
  hint: the files that are there: git ls-tree -r --name-only HEAD
  [1]
  $ ain blame --tokens --porcelain sub/forms.py
  error: --tokens beside --porcelain: there is one form at a time
  [2]
  $ ain blame --porcelain=3 sub/forms.py
  error: option '--porcelain' takes no value
  hint: see: ain help blame
  [2]
  $ ain blame HEAD~9 sub/forms.py
  error: 'HEAD~9' is not a commit* (glob)
  [1]
  $ ain blame HEAD~1 sub/forms.py
  error: no such path 'sub/forms.py' in HEAD~1
  hint: the files that are there: git ls-tree -r --name-only HEAD~1
  [1]
  $ ain blame -L7,9 sub/forms.py
  error: file sub/forms.py has only 5 lines
  [1]
  $ ain blame -L0,9 sub/forms.py
  error: -L '0,9': lines are counted from 1
  hint: lines are told as 10,20 or 10,+5 or /regex/,+5
  [2]
  $ ain blame -L/none/ sub/forms.py
  error: -L '/none/': no line from 1 on matches
  [1]
  $ ain blame /etc/passwd
  error: '/etc/passwd' is outside of the repository at '*' (glob)
  [1]
