What waits for an e-mail is claimed by its author, once the delegates agree; parameters change when the governors do.

  $ . "$TESTDIR/lab.sh"
  $ for name in ada bea cai; do ain account create $name >/dev/null 2>&1; done
  $ ain network create lab --faucet 100 --listen 127.0.0.1:$lab_port --fee 1% --governor ada --governor bea >/dev/null 2>&1
  $ lab_serve --roles host,ledger
  $ ain network parameters | head -n 2
  fee                          1 % of the compute price
  smallest bond of who offers  0 AIN
  $ ain network parameters --json | python3 -c 'import json, sys; p = json.load(sys.stdin); print(p["sequence"], p["parameters"]["governors"]["quorum"])'
  0 2

  $ ain init repo >/dev/null 2>&1 && cd repo && repo=$(ain init --json 2>/dev/null | member repository)
  $ ain ledger claim $repo old@example.org --to cai </dev/null
  error: not done without being asked for: pay what waits for unclaimed:* in repo1* to ain1*, now and from now on (glob)
  hint: say --yes where nobody can be asked
  [2]
  $ ain ledger claim $repo old@example.org --to cai -y
  error: 'repo1*' is not registered on network 'lab' (glob)
  hint: a delegate registers it: ain push
  [1]
  $ echo 'int main() { return 0; }' >main.c && git add . && git -c commit.gpgsign=false -c user.email=old@example.org commit -q -m unsigned
  $ echo '# more' >more.py && ain add . && ain commit -q -m second >/dev/null && ain push 2>&1 | tail -n 1
  registered on network 'lab': the identity, who wrote *, where the branch stands* (glob)
  $ ain push 2>&1 | grep -c registered
  0
  [1]
  $ ain ledger unclaimed
  nothing waits to be claimed

A sole delegate claims in one command; the claimant's own request is a line to hand over.

  $ ain --account cai ledger claim $repo old@example.org -y >request 2>/dev/null
  $ ain --account cai ledger approve request --yes 2>&1 >/dev/null | tail -n 1
  0 of the 1 delegates of the repository that it needs have approved; hand that line to one who has not: ain ledger approve FILE
  $ ain ledger approve request --yes
  [0-9a-f]{64} (re)
  1 of 1 delegates of the repository have approved: it is done
  $ ain ledger claim $repo old@example.org --to cai -y
  error: what is for that e-mail goes to 'ain1*' already (glob)
  hint: ain ledger balance ain1* (glob)
  [104]
  $ ain ledger approve request --yes
  error: the ledger refused: the next claim's number is 2
  [104]
  $ ain ledger claim $repo old.example.org --to cai
  error: 'old.example.org' is neither an e-mail nor 'unclaimed:' and its hash
  hint: list what waits: ain ledger unclaimed
  [2]

With a threshold of two the second one sends it.

  $ ain identity add bea bea >/dev/null 2>&1 && ain identity threshold 2 >/dev/null 2>&1 && ain push >/dev/null 2>&1
  $ ain ledger claim $repo new@example.org --to cai -y >request 2>/dev/null
  $ sed 's/"to":"ain1[^"]*"/"to":"'$(ain account show bea --json 2>/dev/null | member account)'"/' request >forged
  $ ain --account bea ledger approve forged --yes
  error: an approval in the proposal does not hold, or is there twice
  hint: start again, without approvals
  [112]
  $ ain ledger approve request </dev/null
  error: not done without being asked for: pay what waits for unclaimed:* (glob)
  hint: say --yes where nobody can be asked
  [2]
  $ ain --account bea ledger approve request --yes
  [0-9a-f]{64} (re)
  2 of 2 delegates of the repository have approved: it is done

The same for the network's parameters.

  $ ain network propose --fee 1% --yes
  error: the parameters are so already
  hint: say what is to change, as --fee 2%
  [2]
  $ ain network propose --fee 2% --bond-min 5 --yes >change 2>/dev/null
  $ ain network parameters | head -n 1
  fee                          1 % of the compute price
  $ ain --account cai network approve change --yes 2>&1 >/dev/null | cut -d';' -f1
  1 of the 2 governors that it needs have approved
  $ ain --account bea network approve change --yes --json | member refusal
  2 of 2 governors have approved: it is done
  none
  $ ain network parameters | head -n 2
  fee                          2 % of the compute price
  smallest bond of who offers  5 AIN
  $ ain ledger verify | cut -d: -f1
  all is well
  $ lab_stop

Parameters can also come from a file.

  $ cat >parameters.toml <<'TOML'
  > fee = "2.5%"
  > bond_min = "3"
  > unbond_within = "10d"
  > [arbiters]
  > members = ["ada", "cai"]
  > TOML
  $ ain network create filed --parameters parameters.toml --bond-min 4 >/dev/null 2>&1
  $ python3 -c 'import json, sys; p = json.load(open(sys.argv[1]))["parameters"]; print(p["fee_ppm"], p["bond_min"], p["unbond_within_ms"], len(p["arbiters"]["members"]), p["arbiters"]["quorum"])' "$AIN_HOME/networks/filed.genesis.json"
  25000 4000000 864000000 2 2
  $ echo 'bondmin = "3"' >parameters.toml && ain network create again --parameters parameters.toml
  error: cannot read 'parameters.toml': line 1: unknown key 'bondmin'
  hint: did you mean 'bond_min'?
  [1]
  $ ain network create again --governor nobody
  error: there is no account 'nobody' here
  hint: the accounts here: ada, bea, cai
  [2]
  $ ain network create again --unbond 1d 2>/dev/null
  [2]
