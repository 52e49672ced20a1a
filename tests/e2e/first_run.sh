#!/usr/bin/env bash
# Nothing configured: `ain run -- true` works in a fresh home and a plain git repository, and what it started can be ended.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/first_run.py" "$@"
