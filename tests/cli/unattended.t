A run that nobody watches, where arbiters could decide a dispute: its payer has an hour to look, and closes it by coming back.

  $ . "$TESTDIR/lab.sh"
  $ ain account create ada >/dev/null 2>&1
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port --arbiter ada >/dev/null 2>&1
  $ lab_serve --roles provider,host,ledger
  $ ain init repo >/dev/null 2>&1 && cd repo && echo 'x = 1' >x.py && ain add . && ain commit -q -m first >/dev/null
  $ for _ in $(seq 200); do ain offers --json | grep -q node1 && break; sleep 0.1; done
  $ terms() { ain ledger escrow "$1" --json | python3 -c 'import json, sys; e = json.load(sys.stdin); print(e["phase"], e["terms"].get("dispute_within_ms", 0))'; }
  $ escrow_of() { ain ledger history --type escrow_open --json | tail -n 1 | member txid; }

  $ ain run -q --sandbox none -- sleep 0.5 </dev/null && terms $(escrow_of)
  closed 0
  $ run=$(ain run -q -d --sandbox none -- sleep 0.5 </dev/null) && escrow=$(escrow_of)
  $ for _ in $(seq 200); do terms $escrow | grep -q closing && break; sleep 0.1; done; terms $escrow
  closing 3600000
  $ ain ps 2>&1 >/dev/null | sed -E 's/[0-9]{4}-[0-9-]+T[0-9:]+Z/TIME/; s/[0-9a-f]{12}/RUN/g; s/0\.[5-9] s/TIME/'
  run RUN: the provider asks for TIME; agree: ain wait RUN; or dispute it until TIME: ain ledger challenge RUN --evidence FILE
  $ terms $escrow
  closing 3600000
  $ ain account rotate
  error: runs are under way that only the key in force can settle, such as escrow * (glob)
  hint: wait for them: ain ps; or say --now, and they end by their deadlines
  [104]
  $ time=$(date +%s); ain wait -q $run; test $(($(date +%s) - time)) -lt 10
  $ terms $escrow
  closed 3600000
  $ ain ps -a --json | member state
  settled
  settled

A node goes on with its account's new key, without being started again.

  $ ain account rotate >/dev/null 2>&1
  $ ain run -q --sandbox none -- sleep 0.5 </dev/null && terms $(escrow_of)
  closed 0

A key for runs runs, up to its limit.

  $ ain account key add "$CRAMTMP/ci.key" --scope run --spend-max 1 >/dev/null 2>&1
  $ ain account create ci --key "$CRAMTMP/ci.key" --of $(ain account show --json 2>/dev/null | member account) >/dev/null 2>&1
  $ ain --account ci run -q --sandbox none -- sleep 0.5 </dev/null
  error: the ledger refused: the key that signed may not spend so much
  hint: see its limit: ain account keys; a run asks for less with --timeout
  [103]
  $ ain --account ci run -q --timeout 1h --sandbox none -- sleep 0.5 </dev/null && terms $(escrow_of)
  closed 0
  $ ain ledger verify | cut -d: -f1
  all is well
  $ lab_stop
