#!/usr/bin/env bash
# Runs of code that another repository registered first pay its author, whoever copied it, and whenever it was published.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/copies.py" "$@"
