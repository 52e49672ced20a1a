A ledger's backup is taken while its node runs, and restored where none does.

  $ . "$TESTDIR/lab.sh"
  $ ain account create alice >/dev/null 2>&1 && ain account create bob >/dev/null 2>&1
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port >/dev/null 2>&1
  $ ain ledger backup early
  error: this machine keeps no ledger of network 'lab'
  hint: type it on the machine whose node keeps it
  [2]
  $ lab_serve --roles ledger
  $ ain ledger faucet
  100 AIN
  $ ain ledger backup first
  'first' holds the ledger of 'lab': 1 transactions, height 1, root [0-9a-f]{64} (re)
  with it, to keep the ledger elsewhere: '*/data/node/key', and '*/networks/lab.toml' and its genesis beside it (glob)
  $ ain ledger backup first
  error: 'first' exists already
  hint: choose another name, or remove it
  [1]
  $ ain ledger transfer bob 1 --yes >/dev/null 2>&1
  $ ain ledger backup second --json 2>/dev/null | member transactions
  2
  $ ls -A | sort
  *first (glob)
  *second (glob)
  $ ain ledger restore second
  error: a node serves the network 'lab' from here
  hint: stop it first; see it: ain node status
  [104]
  $ lab_stop

What is there is not replaced by less.

  $ ain ledger restore first
  error: the ledger in '*/lab/ledger' has 2 transactions, the backup 1 (glob)
  hint: to lose what the backup lacks, all the same: --force
  [104]
  $ ain ledger restore second >/dev/null 2>&1

A damaged file, another network's, a newer version's: nothing of the ledger changes.

  $ python3 - <<'PYTHON'
  > import sqlite3
  > for name, change in [("rewritten", "UPDATE account SET available = available + 1"), ("newer", "PRAGMA user_version = 99")]:
  >     open(name, "wb").write(open("second", "rb").read())
  >     db = sqlite3.connect(name); db.execute(change); db.commit(); db.close()
  > data = bytearray(open("second", "rb").read())
  > open("cut", "wb").write(data[:len(data) // 2])
  > PYTHON
  $ ain ledger restore --force rewritten
  error: the ledger in 'rewritten' does not hold: * (glob)
  hint: see all that is wrong: ain ledger verify
  [111]
  $ ain ledger restore --force newer
  error: 'newer' was written by a newer ain (version 99, this one knows *) (glob)
  hint: update ain
  [1]
  $ ain ledger restore --force cut >/dev/null 2>&1
  [111]
  $ ain --network local ledger restore second
  error: 'second' is no ledger of the network 'local-*' (glob)
  hint: name its network: --network NAME
  [111]
  $ ain ledger restore nothing
  error: there is no file 'nothing'
  [2]
  $ ain ledger verify | cut -d, -f1
  all is well: 2 transactions

A ledger that is gone is not begun anew: the node remembers what it has served.

  $ lab_serve --roles ledger && lab_stop
  $ mv "$AIN_HOME/data/node/lab/ledger" gone
  $ ain serve --roles ledger
  error: the ledger of 'lab' has 0 transactions, and this node has served 2: it was lost, or put back
  hint: put it back: ain ledger restore FILE; to go on from what is there all the same: rm '*/served/lab-*.json' (glob)
  [111]
  $ ain ledger restore first 2>/dev/null | cut -d: -f1-2
  the ledger of 'lab' is restored: 1 transactions, height 1, root * (glob)
  $ lab_serve --roles ledger && lab_stop
  $ ain ledger restore second >/dev/null 2>&1

On another machine: the node's key and the network's files, then the ledger.

  $ other="$CRAMTMP/other" && mkdir -p "$other/data/node" && cp -r "$AIN_HOME/networks" "$AIN_HOME/accounts" "$AIN_HOME/config.toml" "$other" && cp "$AIN_HOME/data/node/key"* "$other/data/node"
  $ AIN_HOME="$other" ain ledger restore second 2>/dev/null | cut -d: -f1
  the ledger of 'lab' is restored
  $ export AIN_HOME="$other"
  $ lab_serve --roles ledger
  $ ain --account alice ledger balance
  99 AIN
  $ lab_stop
