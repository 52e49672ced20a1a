Money: what is wrong is said before anything is signed, and nothing is paid twice.

  $ . "$TESTDIR/lab.sh"
  $ ain account create alice >/dev/null 2>&1 && ain account create bob >/dev/null 2>&1
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port >/dev/null 2>&1
  $ lab_serve --roles ledger
  $ bob=$(ain account show bob --json | member account)
  $ ain ledger transfer bob 1.5 --memo lunch </dev/null
  the faucet of network 'lab' gave 'alice' 100 AIN
  error: not done without being asked for: send 1.5 AIN from 'alice' to ain1* on network 'lab' (glob)
  hint: say --yes where nobody can be asked
  [2]
  $ ain ledger transfer bob 1.5 --yes >/dev/null 2>&1 && ain ledger transfer $bob 1500000u --yes >/dev/null 2>&1 && ain ledger balance bob
  3 AIN
  $ ain ledger transfer bbo 1 --yes
  error: there is no account 'bbo' here
  hint: did you mean 'bob'?
  [2]
  $ ain ledger transfer ${bob%?}x 1 --yes 2>&1 | head -n 1
  error: 'ain1*' is not an account: its checksum is wrong (glob)
  $ ain ledger transfer bob 0.0000001 --yes 2>/dev/null
  [2]
  $ ain ledger transfer bob 0 --yes 2>/dev/null
  [2]
  $ ain ledger transfer alice 1 --yes
  error: 'alice' is the account that would send
  hint: see your accounts: ain account list
  [2]
  $ ain ledger transfer bob 1000 --yes
  error: the ledger refused: the account holds 97 AIN, the transfer is 1000 AIN
  hint: see what you have: ain ledger balance
  [103]
  $ ain --network lba ledger transfer bob 1 --yes
  error: there is no network 'lba' here
  hint: did you mean 'lab'?
  [2]

The answer gets lost: a ledger that takes the transfer, and a command that never hears of it.

  $ ls "$AIN_HOME/state/outbox" | grep -v lock
  [1]
  $ ain ledger transfer bob 1 --yes --json 2>/dev/null | member txid >txid
  $ python3 - "$(cat txid)" "$AIN_HOME" <<'PYTHON'
  > import json, os, subprocess, sys
  > entry = json.loads(subprocess.run(["ain", "ledger", "show", sys.argv[1], "--json"], capture_output=True, check=True).stdout)
  > network = json.loads(subprocess.run(["ain", "network", "show", "--json"], capture_output=True, check=True).stdout)["network"]
  > open(f"{sys.argv[2]}/state/outbox/{network}.{entry['account']}", "w").write(entry["envelope"])
  > PYTHON
  $ ain ledger transfer bob 1 --yes 2>talk | cmp - txid; cat talk
  an earlier transfer, whose answer was lost, has been made: ain ledger show * (glob)
  sent 1 AIN to ain1* (glob)
  $ ain ledger balance bob
  4 AIN
  $ ain ledger transfer bob 1 --yes >/dev/null 2>&1 && ain ledger balance bob
  5 AIN
  $ lab_stop
  $ ain ledger transfer bob 1 --yes 2>&1 >/dev/null | cut -d: -f1 | head -n 1
  error
  $ lab_serve --roles ledger
  $ ain ledger transfer bob 1 --yes >/dev/null 2>&1; ain ledger balance bob
  6 AIN
  $ ain ledger history --type transfer --of bob --since 1h --json | wc -l
  5
  $ ain ledger history --type transfer --of bob --json | tail -n 2 | member txid >newest
  $ ain ledger history --type transfer --of bob -n 2 --json 2>older | member txid | diff newest - && cat older
  these are the newest 2; older ones: -n N, or all of them: ain ledger export
  $ ain ledger transfer bob 1 --yes --memo $'bad\xff'
  error: the memo is not UTF-8
  [2]
  $ : >"$(ls -d "$AIN_HOME"/state/outbox/* | grep '\.lock$' | head -n 1 | sed 's/\.lock$//')"
  $ ain ledger transfer bob 1 --yes
  error: '*/state/outbox/*' keeps a transaction whose answer was lost, and is damaged: * (glob)
  hint: see whether it was made: ain ledger history; then: rm '*' (glob)
  [1]
  $ lab_stop
