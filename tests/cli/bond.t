A provider's bond, and a node that needs one.

  $ . "$TESTDIR/lab.sh"
  $ ain account create alice >/dev/null 2>&1
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port --bond-min 5 >/dev/null 2>&1
  $ lab_serve --roles provider,ledger
  $ grep 'not offered' "$CRAMTMP/serve.log" | head -n 1 | cut -d' ' -f2-
  not offered yet: the account has bonded 0 AIN, an offer needs 5 AIN; put the rest there: ain ledger bond deposit 5000000u
  $ ain ledger bond
  free                      0 AIN
  locked by leases          0 AIN
  needed to offer hardware  5 AIN
  $ ain ledger bond deposit 6
  error: not done without being asked for: put 6 AIN into the bond of 'alice' on network 'lab', which leases can lock and disputes can cost
  hint: say --yes where nobody can be asked
  [2]
  $ ain ledger bond deposit 6 --yes
  the faucet of network 'lab' gave 'alice' 100 AIN
  [0-9a-f]{64} (re)
  bonded 6 AIN
  $ ain ledger bond deposit 1000 --yes
  error: the ledger refused: the account holds 94 AIN, the bond is 1000 AIN
  hint: see what you have: ain ledger balance
  [103]
  $ ain ledger bond withdraw --yes
  error: nothing of the bond is on its way out
  hint: first: ain ledger bond unbond AMOUNT
  [104]
  $ for _ in $(seq 200); do ain offers --json | grep -q node1 && break; sleep 0.1; done
  $ ain ledger bond unbond 2 --yes
  error: the ledger refused: an account that offers must keep 5 AIN; withdraw the offers first
  [103]
  $ ain ledger bond unbond 1 --yes
  [0-9a-f]{64} (re)
  1 AIN is on its way out; in 336 h 0 min: ain ledger bond withdraw
  $ ain ledger bond | sed -E 's/20.*Z/TIME/; s/  +/  /g'
  free  5 AIN
  locked by leases  0 AIN
  on its way out, until TIME  1 AIN
  needed to offer hardware  5 AIN
  $ ain ledger bond withdraw --yes
  error: nothing of the bond can be withdrawn before 20* (glob)
  [104]
  $ ain ledger bond --json | python3 -c 'import json, sys; b = json.load(sys.stdin); print(b["bonded"], b["free"], b["locked"], b["unbonding"][0]["amount"], b["bond_min"])'
  6000000 5000000 0 1000000 5000000
  $ lab_stop
