#!/usr/bin/env bash
# A second node follows a ledger, serves what it has verified, and raises an alarm that names the first transaction that differs.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/follower.py" "$@"
