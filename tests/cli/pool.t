More than 200 authors: those with the smallest shares are paid from a pool, out of which each draws its part.

  $ . "$TESTDIR/lab.sh"
  $ ain account create ada >/dev/null 2>&1
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port >/dev/null 2>&1
  $ lab_serve --roles provider,host,ledger
  $ ain init repo >/dev/null 2>&1 && cd repo
  $ python3 - <<'PYTHON' | git fast-import --quiet
  > for i in range(210):
  >     text = f"name_{i} = {i}\n"
  >     print(f"commit refs/heads/main\ncommitter A <a{i}@example.org> {1700000000 + i} +0000\ndata 1\nx")
  >     print(f"M 100644 inline f{i}.py\ndata {len(text)}\n{text}")
  > PYTHON
  $ git reset -q --hard main
  $ printf '[royalty]\nper_run = "1"\n' >ain.toml
  $ ain add . && ain commit -q -m signed >/dev/null && ain push 2>&1 | tail -n 1
  registered on network 'lab': the identity, who wrote *, where the branch stands* (glob)
  $ for _ in $(seq 200); do ain offers --json | grep -q node1 && break; sleep 0.1; done
  $ ain run -q --sandbox none -- sleep 0.5 </dev/null
  $ drawn() { for i in $(seq 0 209); do ain ledger draw a$i@example.org >/dev/null 2>&1 && echo a$i@example.org; done; }
  $ drawn >drawn; wc -l <drawn
  11
  $ ain ledger draw "$(head -n 1 drawn)"
  error: the ledger refused: nothing is due yet
  [104]
  $ ain ledger draw nobody@example.org
  error: 'unclaimed:*' is none of those who are paid from a pool for that commit (glob)
  hint: see who is paid: ain authors
  [104]
  $ repo=$(ain init --json 2>/dev/null | member repository)
  $ ain ledger unclaimed --repo $repo --json | wc -l
  210
  $ email=$(head -n 1 drawn)
  $ amount=$(ain ledger unclaimed --repo $repo --email $email --json | member amount); test $amount -gt 1000
  $ ain account create bob >/dev/null 2>&1 && ain ledger claim $repo $email --to bob -y >/dev/null 2>&1
  $ test $(ain ledger balance bob --json | member available) = $amount
  $ ain ledger unclaimed --repo $repo --email $email
  nothing waits to be claimed
  $ ain ledger verify | cut -d: -f1
  all is well
  $ lab_stop
