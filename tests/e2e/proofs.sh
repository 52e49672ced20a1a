#!/usr/bin/env bash
# Receipts and proofs of balances hold for a verifier that shares nothing with ain (tests/proofs, in Go); forged ones do not.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/proofs.py" "$@"
