The keys of an account: rotated, added, revoked.

  $ . "$TESTDIR/lab.sh"
  $ ain account create alice >/dev/null 2>&1
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port >/dev/null 2>&1
  $ lab_serve --roles host,ledger
  $ ain ledger faucet
  100 AIN
  $ ain account keys | sed -E 's/SHA256:\S+ */KEY /; s/ +/ /g'
  key for since file here
  KEY everything the first in force */accounts/alice.key (glob)
  $ ain init repo >/dev/null 2>&1 && cd repo && echo 'int main() { return 0; }' >main.c
  $ ain add . && ain commit -q -m first >/dev/null && ain push 2>&1 | tail -n 1
  registered on network 'lab': the identity, who wrote *, where the branch stands* (glob)

A new key takes the place of the old one; the account, and its money, stay.

  $ ain account show --json 2>/dev/null | member account >before
  $ ain account rotate
  SHA256:* (glob)
  'alice' signs with '*/accounts/alice.2.key' from now on; keep a copy of that file: who has it has the money (glob)
  in each repository whose commits you sign: ain identity rotate
  $ ain account show --json 2>/dev/null | member account | cmp - before
  $ ain ledger balance
  100 AIN
  $ ain account keys | sed -E 's/SHA256:\S+ */KEY /; s/ +/ /g; s/20[0-9T:Z-]+/TIME/g'
  key for since file here
  KEY everything the first left force TIME */accounts/alice.key (glob)
  KEY everything TIME in force */accounts/alice.2.key (glob)

A repository goes by keys: the new one takes the old one's place there, and what it signs is the account's.

  $ ain identity rotate >/dev/null
  revision 1 is yours alone until you `ain push`
  'authors.toml' says whose commits the new key signs; record it: ain add authors.toml && ain commit -m 'My new key'
  $ ain add . && ain commit -q -m 'My new key' >/dev/null && ain push 2>&1 | tail -n 1
  registered on network 'lab': the identity, who wrote *, where the branch stands* (glob)
  $ ain authors | tail -n 1 | sed 's/.*ain1/ain1/' | cmp - before

A rotation whose answer was lost is found out at the next command, whichever key the ledger goes by.

  $ accounts="$AIN_HOME/accounts"
  $ cp "$accounts/alice.toml" saved
  $ ain account rotate >/dev/null 2>&1
  $ { sed -E '/^earlier/d' saved; echo 'next = "alice.3.key"'; echo 'earlier = ["alice.key"]'; } >"$accounts/alice.toml"
  $ ain account show 2>/dev/null | grep next
  next key file     */accounts/alice.3.key, rotation not confirmed yet: ain account rotate (glob)
  $ ain account rotate --json 2>/dev/null | member key_file
  */accounts/alice.3.key (glob)
  $ ls "$accounts" | grep -c '4.key'
  0
  [1]

And one that never reached it is as if it had not been tried.

  $ ssh-keygen -q -t ed25519 -N '' -f "$accounts/alice.4.key" && sed -i '2i next = "alice.4.key"' "$accounts/alice.toml"
  $ ain ledger transfer --yes "$(cat before | sed 's/.*/ain1qqqq/')" 1
  error: 'ain1qqqq' is not an account: * (glob)
  hint: copy it again, whole: one character is wrong or missing
  [2]
  $ ain account create bob >/dev/null 2>&1 && ain ledger transfer --yes bob 1 2>&1 | tail -n 1
  sent 1 AIN to ain1* (glob)
  $ ain account rotate 2>/dev/null >/dev/null && ain account show --json 2>/dev/null | member key_file
  */accounts/alice.4.key (glob)

Killed at any point, it leaves a key that works.

  $ killed() { timeout -s KILL $(printf 0.%03d $1) ain account rotate; ain ledger transfer bob 1u --yes || echo "no key works after $1 ms" >&3; }
  $ for ms in $(seq 5 6 90); do (killed $ms) 3>&1 >/dev/null 2>&1; done
  $ ain account rotate >/dev/null 2>&1 && ain ledger transfer bob 1u --yes >/dev/null 2>&1
  $ test $(ain account keys --json | grep -c '"in_force":true') = 1
  $ cp "$(ain account show --json 2>/dev/null | member key_file)" now.key

A key for runs can spend up to its limit on them, and nothing else.

  $ ain account key add ../ci.key --scope run
  error: say how much the key may have spent or in escrow at any time
  hint: for example: --spend-max 5
  [2]
  $ ain account key add ci.key --scope run --spend-max 5
  error: '*/repo/ci.key' would lie in a git repository, from where runs and commits could take it along (glob)
  hint: name a place outside of it
  [2]
  $ ain account key add ../ci.key --scope run --spend-max 5
  SHA256:* (glob)
  where it is to be used: ain account create NAME --key FILE --of ain1* (glob)
  $ ain account key add ../ci.key --scope run --spend-max 5 2>&1 >/dev/null | head -n 1
  that key is registered already
  $ ain account create ci --key ../ci.key --of "$(cat before)" >/dev/null 2>&1
  $ ain --account ci ledger balance
  98.9999* AIN (glob)
  $ ain --account ci ledger transfer bob 1 --yes
  error: the ledger refused: the key is for runs only, not for 'transfer'
  [104]
  $ ain account keys --json | tail -n 1 | python3 -c 'import json, sys; k = json.load(sys.stdin); print(k["scope"], k["spend_max"], k["in_force"])'
  run 5000000 True

  $ ain --account bob account revoke ../ci.key
  error: that key is one of the account 'ain1*' (glob)
  hint: list them: ain account keys
  [104]

A key that the ledger knows cannot come in the place of another: nothing is rotated, and nothing left half.

  $ ain account rotate --key ../ci.key
  error: the key in '../ci.key' is known to the ledger already
  hint: take a new one: ain account rotate
  [104]
  $ ain ledger transfer bob 1 --yes 2>&1 >/dev/null
  sent 1 AIN to ain1* (glob)

A key that is revoked never comes back.

  $ ain account revoke ../ci.key
  SHA256:* (glob)
  that key signs nothing for 'alice' any more
  $ ain account revoke ../ci.key
  error: that key left force at * (glob)
  hint: list them: ain account keys
  [104]
  $ ain account key add ../ci.key --scope run --spend-max 5
  error: the ledger refused: * (glob)
  [104]
  $ ain account revoke SHA256:nothing
  error: 'SHA256:nothing' is no key of 'alice'
  hint: list them: ain account keys
  [2]
  $ ain account revoke "$accounts/bob.key"
  error: that key is none of the account 'alice'
  hint: list them: ain account keys
  [104]
  $ ain account revoke now.key
  error: that is the key that 'alice' signs with here
  hint: put another in its place: ain account rotate
  [2]
  $ ain --account bob account revoke "$accounts/bob.key"
  error: that is the key that 'bob' signs with here
  hint: put another in its place: ain account rotate
  [2]

  $ lab_stop
