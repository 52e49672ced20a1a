Every failure says what is wrong and what to type next; its kind is the exit code.

  $ export AIN_HOME="$CRAMTMP/home" USER=ada
  $ mkdir empty && cd empty

  $ ain statsu
  error: neither ain nor git has a command 'statsu'
  hint: did you mean 'status' or 'stash'?
  [2]
  $ ain xyzzy-nothing
  error: neither ain nor git has a command 'xyzzy-nothing'
  hint: see: ain help
  [2]
  $ ain ledger
  error: 'ain ledger' needs a command
  hint: one of: balance, history, transfer, show, verify, offers, escrow, faucet, checkpoint, export, unclaimed, claim, approve, challenge, resolve, publish, draw, bond, bond deposit, bond unbond, bond withdraw, backup, restore
  [2]
  $ ain ledger balanec
  error: 'balanec' is no command of 'ain ledger'
  hint: did you mean 'ain ledger balance'?
  [2]
  $ ain ledger bond depsit 1
  error: too many arguments for 'ain ledger bond'
  hint: see: ain help ledger bond
  [2]
  $ ain status --jso
  error: 'ain status' has no option '--jso'
  hint: did you mean '--json'?
  [2]
  $ ain --frobnicate status
  error: ain has no option '--frobnicate'
  hint: see: ain help
  [2]
  $ ain status
  error: '*/empty' is not in a git repository (glob)
  hint: make it one: ain init
  [1]
  $ ain -C /nowhere/at/all status
  error: cannot go to '/nowhere/at/all': No such file or directory
  [2]
  $ ain --network lbo ledger balance
  error: there is no network 'lbo' here
  hint: join it: ain network join URL
  [2]
  $ ain clone
  error: 'ain clone' needs URL
  hint: see: ain help clone
  [2]

With --json errors are JSON, too, wherever it stands.

  $ ain status --json
  {"error":{"code":1,"hint":"make it one: ain init","kind":"failed","message":"'*/empty' is not in a git repository"}} (glob)
  [1]
  $ AIN_JSON=1 ain ledger balanec
  {"error":{"code":2,"hint":"did you mean 'ain ledger balance'?","kind":"usage","message":"'balanec' is no command of 'ain ledger'"}}
  [2]

A reader who goes away is no failure worth a word.

  $ python3 - <<'PYTHON'
  > import os, subprocess
  > reader, writer = os.pipe()
  > os.close(reader)
  > print(subprocess.run(["ain", "help"], stdout=writer).returncode)
  > PYTHON
  141

A config that cannot be read names the line.

  $ mkdir -p "$AIN_HOME" && printf 'quiet = false\nnetwrok = "lab"\n' > "$AIN_HOME/config.toml"
  $ ain account list
  error: cannot read '*/home/config.toml': line 2: unknown key 'netwrok' (glob)
  hint: did you mean 'network'?
  [1]
