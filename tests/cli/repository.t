A folder becomes a repository with an identity, and everything that is committed is signed.

  $ export AIN_HOME="$CRAMTMP/home" USER=ada
  $ export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
  $ export GIT_AUTHOR_DATE='2026-11-01T12:00:00Z' GIT_COMMITTER_DATE='2026-11-01T12:00:00Z'
  $ mkdir shapes && cd shapes
  $ ain init
  made your first account: 'ada', ain1* (glob)
  made a git repository in '*/shapes' (glob)
  ain://repo1* (glob)
  this is now the repository 'shapes'; 'ada' signs its commits

A second time changes nothing.

  $ ain init 2>&1 >/dev/null
  this is already the repository 'shapes'; 'ada' signs its commits

Adding and committing look as in git.

  $ printf 'def area(r):\n    return 3 * r * r\n' > area.py
  $ ain status
  On branch main
  As 'ada' on network 'local'
  No commits yet
  
  Untracked files:
    area.py
  $ ain add area.py
  $ ain authors
  error: the repository has no commit yet
  hint: ain add . && ain commit -m 'First version'
  [1]
  $ env -u GIT_AUTHOR_NAME -u GIT_AUTHOR_EMAIL GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=/nonexistent ain commit -m 'By nobody'
  error: git does not know your name and e-mail address
  hint: git config --global user.name 'Your Name' && git config --global user.email you@example.org
  [1]
  $ ain commit -m 'The area of a circle, roughly'
  [main (root-commit) *] The area of a circle, roughly (glob)
   1 file changed, 2 insertions(+)
   create mode 100644 area.py
  $ ain status
  On branch main
  As 'ada' on network 'local'
  Nothing to commit, the work folder is clean

git's own verification accepts the signature, and plain git signs as ain does.

  $ git verify-commit HEAD
  Good "git" signature for ada with ED25519 key SHA256:* (glob)
  $ printf 'def side(a):\n    return a ** 0.5\n' > side.py
  $ git add side.py && git commit -q -m 'The side of a square' && git verify-commit HEAD
  Good "git" signature for ada with ED25519 key SHA256:* (glob)

Commands that only git has go to git, with ain's signing set.

  $ ain commit -q --amend -m 'The side of a square, from its area' && git log -1 --format=%G?:%s
  G:The side of a square, from its area
  $ ain rev-parse --abbrev-ref HEAD
  main
  $ ain log --format=%s
  The side of a square, from its area
  The area of a circle, roughly

What changed, also for programs.

  $ printf 'def area(r):\n    return 3.14 * r * r\n' > area.py && touch new.py
  $ ain status --json | sed -E 's/[0-9a-f]{40}/COMMIT/; s/ain1[0-9a-z]+/ACCOUNT/'
  {"account":"ACCOUNT","branch":"main","clean":false,"commit":"COMMIT","files":[{"path":"area.py","staged":" ","unstaged":"M"},{"path":"new.py","staged":"?","unstaged":"?"}],"network":"local"}
  $ ain commit -m 'Pi to two places' -a
  [main *] Pi to two places (glob)
   1 file changed, 1 insertion(+), 1 deletion(-)

Who wrote how much. Unsigned work is shown under its e-mail address until its author comes.

  $ printf 'def volume(r):\n    return 4.19 * r ** 3\n' > volume.py && git add volume.py
  $ git -c commit.gpgsign=false commit -q -m 'Volumes' --author 'Bea <bea@example.org>'
  $ ain authors | sed -E 's/ain1[0-9a-z]+/ACCOUNT/; s/^ *[0-9.]+ % +[0-9]+/SHARE TOKENS/'
    share  tokens  name  owner
  SHARE TOKENS  ada   ACCOUNT
  SHARE TOKENS  Bea   bea@example.org (unclaimed)
  $ ain authors --json > authors.json
  $ python3 - <<'PYTHON'
  > import json
  > table = json.load(open("authors.json"))
  > print(sorted(table))
  > print(sum(author["share"] for author in table["authors"]), sum(author["weight"] for author in table["authors"]) == table["total"])
  > print([sorted(author) for author in table["authors"]])
  > PYTHON
  ['algorithm', 'authors', 'commit', 'digest', 'repository', 'root', 'total', 'tree']
  1000000 True
  [['account', 'share', 'weight'], ['email', 'share', 'weight']]

The identity, and letting somebody else push.

  $ ain identity | sed -E 's/repo1[0-9a-z]+/REPOSITORY/; s/ain1[0-9a-z]+/ACCOUNT/; s/SHA256:.*/KEY/'
  shapes  ain://REPOSITORY
  revision 0, 1 of 1 must sign the next
    ada  ACCOUNT  KEY
  $ ssh-keygen -q -t ed25519 -N '' -C bea -f "$CRAMTMP/bea"
  $ ain identity add bea "$CRAMTMP/bea.pub" 2>&1 | sed -E 's/repo1[0-9a-z]+/REPOSITORY/; s/ain1[0-9a-z]+/ACCOUNT/; s/SHA256:.*/KEY/'
  revision 1 is yours alone until you `ain push`
  shapes  ain://REPOSITORY
  revision 1, 1 of 2 must sign the next
    ada  ACCOUNT  KEY
    bea  ACCOUNT  KEY
  'bea' may now push, and change who the delegates are, as 1 of 2 must sign that; to ask for more: ain identity threshold N

What the file system refuses is no bug of ain.

  $ ain identity add x "$(printf 'a%.0s' {1..300})"
  error: cannot use 'a*': File name too long (glob)
  [1]
  $ ain identity remove bee
  error: there is no delegate 'bee'
  hint: did you mean 'bea'?
  [2]
  $ ain identity remove bea
  error: removing somebody else's key is not done without being asked for: it would take 'bea' the right to push and to change the delegates, by your signature alone
  hint: say --yes; to have several agree to such a change: ain identity threshold N
  [2]
  $ ain identity remove bea --yes -q > /dev/null && ain identity --json | python3 -c 'import json, sys; i = json.load(sys.stdin); print(i["revision"], [d["name"] for d in i["delegates"]])'
  2 ['ada']
