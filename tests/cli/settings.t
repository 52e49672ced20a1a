Accounts and settings.

  $ export AIN_HOME="$CRAMTMP/home" USER=ada
  $ ain --version
  ain 0.1.0
  $ ain account list
  there is no account here yet; make one: ain account create NAME
  $ ain account create alice
  ain1* (glob)
  'alice' is the account of the key '*/home/accounts/alice.key'; keep a copy of that file: who has it has the money (glob)
  $ ssh-keygen -q -t ed25519 -N 'a passphrase' -C bob -f "$CRAMTMP/id_ed25519"
  $ ain account create bob --key "$CRAMTMP/id_ed25519"
  ain1* (glob)
  'bob' is the account of the key '*/id_ed25519' (glob)
  commands go on acting as 'alice'; to change that: ain config account bob
  $ ain account create robert --key "$CRAMTMP/id_ed25519"
  error: the key '*/id_ed25519' is the account 'bob' already (glob)
  hint: use it: --account bob
  [2]
  $ ain account create Bob
  error: 'Bob' is no name for an account
  hint: lower-case letters, digits, '.', '_' and '-', at most 32, a letter or digit first
  [2]
  $ ain account list | sed -E 's/ain1[0-9a-z]+/ACCOUNT/; s/SHA256:.*/KEY/; s/ +/ /g'
   name account key
  * alice ACCOUNT KEY
   bob ACCOUNT KEY
  $ ain account show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["name"])'
  alice
  $ ain config --unset account
  $ ain account show
  error: there are several accounts here: alice, bob
  hint: say which: --account NAME, or for always: ain config account NAME
  [2]

The command line wins over the environment, and that over the config.

  $ ain config account alice
  $ ain account show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["name"])'
  alice
  $ AIN_ACCOUNT=bob ain account show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["name"])'
  bob
  $ AIN_ACCOUNT=bob ain --account alice account show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["name"])'
  alice

  $ ain config run.gpu H100:8
  $ ain config run.variable A=1 B=2
  $ ain config --list
  account=alice
  run.gpu=H100:8
  run.variable=A=1, B=2
  $ AIN_ACCOUNT=bob ain config account --show-origin
  AIN_ACCOUNT	account=bob
  $ cat "$AIN_HOME/config.toml"
  # Written by `ain config`; keys: ain config --list --all
  account = "alice"
  
  [run]
  gpu = "H100:8"
  variable = ["A=1", "B=2"]
  $ ain config run.gpuu 1
  error: unknown key 'run.gpuu'
  hint: did you mean 'run.gpu'?
  [2]
  $ ain config account carol
  error: there is no account 'carol' here
  hint: the accounts here: alice, bob
  [2]
  $ ain config --unset account && ain config account
  [1]

Help and completion come from the same table.

  $ ain help account create
  usage: ain account create [OPTIONS] NAME
  
  Make an account, with a key of its own or one you have.
  
    NAME              what to call it on this machine
        --key PATH    adopt this Ed25519 OpenSSH key instead of making one
        --of ACCOUNT  with --key: the account that has registered the key (ain
                      account key add)
  
  Options of every command: ain help
  $ ain account create --help | head -n 1
  usage: ain account create [OPTIONS] NAME
  $ ain help | head -n 1
  usage: ain [OPTIONS] COMMAND [ARGUMENTS…]
  $ ain __complete -- led
  ledger
  $ ain __complete -- ledger h
  history
  $ ain __complete -- ledger bond d
  deposit
  $ ain __complete -- ledger bond deposit --y
  --yes
  $ ain __complete -- run --sandbox ''
  bubblewrap
  none
  $ ain __complete -- ps --account a
  alice
  $ bash -n <(ain completion bash)
