A dispute, played to the end by those it takes: the payer, the provider and the arbiters.

  $ . "$TESTDIR/lab.sh"
  $ for name in pia vic ann ben cal; do ain account create $name >/dev/null 2>&1; done
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port --bond-min 5 --arbiter ann --arbiter ben --arbiter cal >/dev/null 2>&1
  $ lab_serve --account vic --roles provider,host,ledger
  $ ain --account vic ledger bond deposit 6 --yes >/dev/null 2>&1
  $ for _ in $(seq 200); do ain offers --json | grep -q node1 && break; sleep 0.1; done
  $ ain init repo >/dev/null 2>&1 && cd repo && echo 'x = 1' >x.py && ain add . && ain commit -q -m first >/dev/null
  $ escrow_of() { ain ledger escrow "$1" --json | python3 -c 'import json, sys; e = json.load(sys.stdin); print(*[eval(a, {"e": e}) for a in sys.argv[1:]])' "${@:2}"; }
  $ until_phase() { for _ in $(seq 300); do escrow_of $1 'e["phase"]' | grep -q $2 && return; sleep 0.1; done; }
  $ start() { ain run -q -d --timeout 1h --sandbox none -- "$@" </dev/null; }
  $ lines() { sed -E 's/[0-9]{4}-[0-9-]+T[0-9:]+Z/TIME/g; s/ain1[a-z0-9]+/ACCOUNT/g; s/[0-9a-f]{64}/DIGEST/; s/\b[0-9a-f]{12}\b/ID/g; s/\b3\.[0-9] s( .0\.0003[0-9]* AIN.)?/3 s/'; }

A lease of an unattended run locks as much of the provider's bond as is deposited, at most the network's smallest bond.

  $ run=$(start sleep 300)
  $ until_phase $run leased; escrow_of $run 'e["terms"]["bond"]' 'e["terms"]["deposit"]'
  396000 396000
  $ ain --account vic ledger bond | sed -E 's/  +/  /g'
  free  5.604 AIN
  locked by leases  0.396 AIN
  needed to offer hardware  5 AIN
  $ ain stop -q $run; ain --account vic ledger bond --json | member locked
  0
  $ long=$(ain run -q -d --sandbox none -- sleep 300 </dev/null)
  $ until_phase $long leased; escrow_of $long 'e["terms"]["bond"]' 'e["terms"]["deposit"]'
  5000000 9504000
  $ ain quote -d -- true
  error: no provider matches the job
  hint: ain1* has 1 AIN of its bond free, the run locks 5 AIN (glob)
  [101]
  $ ain run -d -- true </dev/null
  error: no provider matches the job
  hint: ain1* has 1 AIN of its bond free, the run locks 5 AIN (glob)
  [101]
  $ ain quote --timeout 1h -d --json -- true | python3 -c 'import json, sys; q = json.load(sys.stdin); print(q["bond"], q["candidates"][0]["reason"])'
  396000 is the cheapest
  $ ain quote --json -- true | member bond
  0
  $ ain stop -q $long; ain --account vic ledger bond --json | member locked
  0

Only a settlement can be disputed, and only by the payer, with something to read.

  $ run=$(start sleep 3)
  $ echo 'it slept for 3 seconds' >evidence
  $ until_phase $run leased; ain ledger challenge $run --evidence evidence --yes
  error: escrow [0-9a-f]{12} is leased: nobody has settled it yet (re)
  hint: see it: ain ledger escrow [0-9a-f]{12} (re)
  [104]
  $ until_phase $run closing; escrow=$(escrow_of $run 'e["escrow"]')
  $ ain ledger escrow ${escrow:0:8} 2>&1 >/dev/null | lines
  the provider asks for 3 s of at most 1 h 0 min
  until TIME the payer (ACCOUNT) may dispute it, for the arbiters to decide: ain ledger challenge ID --evidence FILE
  until TIME the provider (ACCOUNT) may ask for more, by a higher voucher: ain ledger challenge ID --voucher FILE
  after TIME it is paid as the provider asks
  $ ain ledger challenge $run --yes
  error: a challenge is by evidence or by a higher voucher
  hint: the payer: --evidence FILE; the provider: --voucher FILE
  [2]
  $ ain ledger challenge beef0000beef --evidence evidence --yes
  error: there is no escrow 'beef0000beef'
  hint: list them: ain ledger history
  [1]
  $ ain ledger challenge xyz --evidence evidence --yes
  error: 'xyz' is no id of any escrow
  hint: its 64 hex digits, or at least the first 4
  [2]
  $ ain ledger challenge $run --evidence nothing --yes
  error: there is no file 'nothing'
  [2]
  $ : >empty; ain ledger challenge $run --evidence empty --yes
  error: 'empty' is empty, or cannot be read
  hint: write down what is wrong with the bill
  [2]
  $ ain --account ben ledger challenge $run --evidence evidence --yes 2>&1 | lines
  error: 'ben' is not the payer of escrow ID, which is ACCOUNT
  hint: choose the account: --account NAME
  $ ain ledger resolve $run --run 1s --yes
  error: escrow [0-9a-f]{12} is closing: nobody has disputed it (re)
  hint: see it: ain ledger escrow [0-9a-f]{12} (re)
  [104]
  $ ain ledger challenge $run --evidence evidence
  error: not done without being asked for: dispute the 3.* s (0.0003* AIN) that the provider asks for of escrow * (glob)
  hint: say --yes where nobody can be asked
  [2]

The provider has kept the payer's allowance, which is for all of the time that was deposited, and asks for it.

  $ voucher_of() { python3 -c 'import json, sqlite3, sys; print(json.loads(sqlite3.connect(sys.argv[1]).execute("SELECT record FROM job WHERE id = ?", [sys.argv[2]]).fetchone()[0])["voucher"])' "$AIN_HOME/data/node/lab/jobs/jobs.db" $1; }
  $ voucher_of $escrow >voucher
  $ ain ledger challenge $escrow --voucher voucher --yes 2>&1 | lines
  error: 'pia' is not the provider of escrow ID, which is ACCOUNT
  hint: choose the account: --account NAME
  $ ain --account vic ledger challenge $escrow --voucher nothing --yes
  error: cannot read 'nothing': No such file or directory
  [1]
  $ ain --account vic ledger challenge $escrow --voucher evidence --yes
  error: * (glob)
  [112]
  $ ain --account vic ledger challenge $escrow --voucher voucher --yes 2>&1 | lines
  DIGEST
  asked for 1 h 0 min (0.36 AIN); the payer may dispute it until TIME
  $ ain --account vic ledger challenge $escrow --voucher voucher --yes
  error: the ledger refused: a voucher that is as high is there already
  [104]

The payer's side signs no final voucher for that, whatever is typed.

  $ ain wait -q $run 2>&1 | lines
  error: the provider asks for 1 h 0 min, its own bill says 3 s; it is not signed
  hint: dispute it until TIME: ain ledger challenge ID --evidence FILE
  $ ain ps 2>&1 >/dev/null | lines
  run ID: the provider asks for 1 h 0 min; agree: ain wait ID; or dispute it until TIME: ain ledger challenge ID --evidence FILE
  $ escrow_of $run 'e["phase"]' 'e["best_us"]'
  closing 3600000000

  $ ain ledger challenge $run --evidence evidence --yes --json 2>/dev/null | python3 -c 'import json, sys; c = json.load(sys.stdin); print(c["refusal"], c["phase"], c["evidence"], c["until"] > 0)'
  none disputed [0-9a-f]{64} True (re)
  $ escrow_of $run 'e["evidence"]' | grep -c "^$(sha256sum <evidence | cut -d' ' -f1)"
  1
  $ ain ledger challenge $run --evidence evidence --yes
  error: escrow [0-9a-f]{12} is disputed: the arbiters decide about it (re)
  hint: see it: ain ledger escrow [0-9a-f]{12} (re)
  [104]
  $ ain ledger escrow $run 2>&1 >/dev/null | lines
  the provider asks for 1 h 0 min (0.36 AIN) of at most 1 h 0 min
  the payer disputes it; the evidence has the SHA-256 DIGEST
  until TIME the arbiters (ACCOUNT, ACCOUNT, ACCOUNT) may pay up to 1 h 0 min (0.36 AIN), and take up to 0.396 AIN of the bond: ain ledger resolve ID --run DURATION [--slash AMOUNT]
  after TIME it is paid as the provider asks
  $ ain wait -q $run 2>&1 | lines
  error: run ID is disputed; the arbiters have until TIME to decide
  hint: where it stands: ain ledger escrow ID; afterwards: ain wait ID
  $ ain ps 2>&1 >/dev/null | lines
  run ID: is disputed; the arbiters decide until TIME: ain ledger escrow ID

The arbiters: two of three must agree to the very same.

  $ ain --account ann ledger resolve $escrow --run 2h --yes
  error: the provider asks for 1 h 0 min (0.36 AIN), which is less than 2 h 0 min (0.72 AIN)
  hint: all of it: --run all
  [104]
  $ ain --account ann ledger resolve $escrow --run 3s --slash 1 --yes
  error: the lease has locked 0.396 AIN of the provider's bond, which is less than 1 AIN
  hint: see it: ain ledger escrow [0-9a-f]{12} (re)
  [104]
  $ ain --account ann ledger resolve $escrow --run soon --yes
  error: 'soon' is not a duration
  hint: write it like 90s, 5m, 2h or 1d
  [2]
  $ ain --account ann ledger resolve $escrow --yes
  error: for how long a run the provider is paid must be said
  hint: --run DURATION, or --run all
  [2]
  $ ain --account ann ledger resolve $escrow --run 3s --slash 0.1 2>&1 | lines
  error: not done without being asked for: decide the dispute about escrow ID for 3 s of the 1 h 0 min that the provider asks for:
    provider ACCOUNT: 0.0003 AIN
    authors: 0.00003 AIN
    network: 0 AIN
    payer ACCOUNT: 0.39567 AIN of the deposit back, and 0.1 AIN of the provider's bond
  hint: say --yes where nobody can be asked
  $ ain --account ann ledger resolve $escrow --run 3s --slash 0.1 --yes >verdict
  1 of the 2 arbiters that it needs have approved; hand that line to one who has not: ain ledger approve FILE
  $ ain --account ann ledger approve verdict --yes >/dev/null
  1 of the 2 arbiters that it needs have approved; hand that line to one who has not: ain ledger approve FILE
  $ ain ledger approve verdict --yes >/dev/null
  1 of the 2 arbiters that it needs have approved; hand that line to one who has not: ain ledger approve FILE
  $ sed 's/"slash":100000/"slash":200000/' verdict >forged; ain --account ben ledger approve forged --yes
  error: an approval in the proposal does not hold, or is there twice
  hint: start again, without approvals
  [112]
  $ sed 's/"slash":100000/"slash":900000/' verdict >forged; ain --account ben ledger approve forged --yes
  error: the lease has locked 0.396 AIN of the provider's bond, which is less than 0.9 AIN
  hint: see it: ain ledger escrow [0-9a-f]{12} (re)
  [104]
  $ money() { ain --account $1 ledger balance --json | member available; }
  $ before=$(money pia); ain --account cal ledger approve verdict --yes
  [0-9a-f]{64} (re)
  2 of 3 arbiters have approved: it is done
  $ echo $(($(money pia) - before))  # the rest of the deposit, of the bond, and what it gets as the author
  495700
  $ escrow_of $run 'e["phase"]' 'e["run_us"]' 'e["paid_provider"]' 'e["slashed"]' 'e["next"]'
  closed 3000000 300 100000 []
  $ ain --account vic ledger bond --json | python3 -c 'import json, sys; b = json.load(sys.stdin); print(b["bonded"], b["locked"])'
  5900000 0
  $ ain --account ben ledger approve verdict --yes
  error: escrow [0-9a-f]{12} is closed: its money has gone out (re)
  hint: see it: ain ledger escrow [0-9a-f]{12} (re)
  [104]
  $ ain ledger challenge $run --evidence evidence --yes
  error: escrow [0-9a-f]{12} is closed: its money has gone out (re)
  hint: see it: ain ledger escrow [0-9a-f]{12} (re)
  [104]
  $ ain wait $run 2>&1 | grep -E 'paid|refunded'
  paid 0.00033 AIN for * (glob)
  refunded 0.39567 AIN of the deposit, and 0.1 AIN of the provider's bond

A dispute that comes to nothing: all that the provider asks for.

  $ run=$(start sleep 1)
  $ until_phase $run closing; ain ledger challenge $run --evidence evidence --yes >/dev/null 2>&1
  $ ain --account ann ledger resolve $run --run all --yes --json 2>/dev/null | ain --account ben ledger approve - --yes --json | member refusal
  2 of 3 arbiters have approved: it is done
  none
  $ escrow_of $run 'e["phase"]' 'e["run_us"] == e["best_us"]' 'e["slashed"]'
  closed True 0
  $ ain ledger history --run $run | grep -o -E '(challenge|resolve) .*escrow [0-9a-f]*(: disputed)?' | sed -E 's/  +[^ ]+  +/  /g; s/[0-9a-f]{12}/ID/'
  challenge  escrow ID: disputed
  resolve  escrow ID
  $ ain ledger verify | cut -d: -f1
  all is well
  $ lab_stop

Arbiters who are too late: it is paid as if there had been no dispute.

  $ cat >parameters.toml <<'TOML'
  > resolve_within = "1s"
  > [arbiters]
  > members = ["ann"]
  > TOML
  $ ain network create quick --faucet 100 --listen 127.0.0.1:$lab_port --parameters parameters.toml >/dev/null 2>&1
  $ lab_serve --account vic --roles provider,host,ledger
  $ for _ in $(seq 200); do ain offers --json | grep -q node1 && break; sleep 0.1; done
  $ run=$(start sleep 1)
  $ until_phase $run closing; escrow_of $run 'e["terms"].get("bond", 0)'
  0
  $ ain ledger challenge $run --evidence evidence --yes >/dev/null 2>&1; sleep 1.1
  $ ain --account ann ledger resolve $run --run 0s --yes 2>&1 | grep -c -E "the arbiters' time is over|is closed: its money has gone out"
  1
  $ until_phase $run closed; escrow_of $run 'e["phase"]' 'e["run_us"] == e["best_us"]'
  closed True
  $ lab_stop
