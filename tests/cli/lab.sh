# For transcripts: a network 'lab' of this home whose node keeps the ledger and hosts repositories. Source it; it ends with the shell.
export AIN_HOME="$CRAMTMP/home" USER=ada HOME="$CRAMTMP" GIT_CONFIG_NOSYSTEM=1
git config --global user.name Ada
git config --global user.email ada@example.org
git config --global init.defaultBranch main
lab_serve() {
  ain serve "$@" >"$CRAMTMP/serve.out" 2>"$CRAMTMP/serve.log" &
  lab_pid=$!
  for _ in $(seq 200); do
    ain node status >/dev/null 2>&1 && return
    sleep 0.05
  done
  cat "$CRAMTMP/serve.log"
}
lab_stop() {
  kill "$lab_pid" && wait "$lab_pid"
}
lab_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
member() { python3 -c 'import json, sys; print(*[json.loads(line)[sys.argv[1]] for line in sys.stdin], sep="\n")' "$1"; }
trap 'kill "$lab_pid" 2>/dev/null' EXIT
