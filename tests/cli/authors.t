Who wrote how much of a commit's tree, and proofs of it.

  $ export AIN_HOME="$CRAMTMP/home" USER=ada TZ=UTC
  $ export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
  $ export GIT_AUTHOR_DATE='2026-11-01T12:00:00Z' GIT_COMMITTER_DATE='2026-11-01T12:00:00Z'
  $ mkdir shapes && cd shapes && ain init -q >/dev/null 2>&1
  $ mkdir lib && printf 'def area(r):\n    return 3 * r * r\n' > lib/shapes.py
  $ ain add . && ain commit -q -m 'Areas' >/dev/null
  $ git config commit.gpgSign false
  $ export GIT_AUTHOR_NAME=Rob GIT_AUTHOR_EMAIL=rob@example.org
  $ printf 'def side(a):\n    return a ** 0.5\n' > lib/more.py
  $ printf 'Robert <robert@example.com> <rob@example.org>\n' > .mailmap
  $ git add . && git commit -q -m 'Sides'

A name is shown as .mailmap has it; the e-mail is the one to claim.

  $ ain authors
    share  tokens  name    owner
  67.57 %      25  Robert  rob@example.org (unclaimed)
  32.43 %      12  ada     ain1* (glob)
  $ ain authors --since HEAD~1 -- lib
     share  tokens  name    owner
  100.00 %      10  Robert  rob@example.org (unclaimed)
  $ ain authors --since HEAD
  nothing came after that commit

A proof is of one commit and one claim.

  $ ain authors --prove --into step 2>/dev/null && cd / && ain authors --check "$CRAMTMP/authors.t/shapes/step" && cd - >/dev/null
  from   ???????????????????????????????????????? * (glob)
  commit ???????????????????????????????????????? * (glob)
  the claim holds
  $ ain authors --check step HEAD >/dev/null
  $ ain authors --check step HEAD~1
  error: the proof is of commit '????????????????????????????????????????', not of '????????????????????????????????????????' (glob)
  [111]
  $ ain authors --check step --claim 00
  error: the proof is of the claim '????????????????????????????????????????????????????????????????', not of '00' (glob)
  [111]
  $ head -c 100 step > cut && ain authors --check cut
  error: 'cut': the proof is damaged: * (glob)
  hint: the proof's author writes it again: ain authors --prove REV --into FILE
  [111]
  $ ain authors --prove --into lib/more.py
  error: 'lib/more.py' is there already, and is no proof
  hint: name another one: --into FILE
  [1]

What cannot be told.

  $ ain authors -- none
  error: no such file or folder 'none' in commit '????????????' (glob)
  hint: the files that are there: git ls-tree -r --name-only ???????????? (glob)
  [1]
  $ ain authors lib
  error: 'lib' is not a commit
  hint: did you mean: ain authors -- lib
  [1]
  $ ain authors none
  error: 'none' is not a commit
  hint: the commits that are there: ain log --oneline --all
  [1]
  $ ain authors --claim 00
  error: --claim goes with --prove or --check
  [2]
  $ ain authors --prove --check step
  error: --check beside --prove: a proof is written, or checked
  [2]
  $ ain authors --prove --explain
  error: --explain is of the table: leave it out with --prove and --check
  [2]
  $ git clone -q --depth 1 "file://$PWD" ../shallow && ain -C ../shallow authors --prove
  error: the repository is shallow: who wrote what cannot be told without its whole history
  hint: git fetch --unshallow
  [1]

A table of authors that nobody could read is not committed; one without an identity does not count.

  $ printf '[[author]]\nmail = "x"\n' > authors.toml && ain add authors.toml && ain commit -m 'Table'
  error: nothing was committed: cannot read 'authors.toml': line *: * (glob)
  hint: * (glob)
  [1]
  $ git -c user.signingkey= commit -q --no-verify -m 'Broken by git' && echo x >> lib/more.py && ain add lib && ain commit -q -m 'Beside it' >/dev/null
  $ printf '[[weight]]\npath = "lib"\npercent = 50\n' > authors.toml && ain add authors.toml && ain commit -q -m 'Table' >/dev/null
  $ git clone -q . ../plain && ain -C ../plain authors 2>&1 >/dev/null
  'authors.toml' does not count: the repository has no identity; a clone gets its own by: git fetch origin refs/ain/identity:refs/ain/identity
