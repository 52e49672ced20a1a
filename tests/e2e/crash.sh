#!/usr/bin/env bash
# SIGKILL of `ain run`, `ain serve`, the job and its shim, at any point: no money is lost.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/crash.py" "$@"
