#!/usr/bin/env bash
# The main job as scripts/quickstart plays it, with packages from pip's index.
set -euo pipefail
root=${AIN_SOURCE_FOLDER:?}
skip() { echo "$1"; exit 77; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/ain-main-job.XXXXXX")
trap 'rm -rf "$folder"' EXIT
timeout 60 /usr/bin/python3 -m pip download --quiet --no-deps --no-cache-dir --disable-pip-version-check -d "$folder" threadpoolctl \
  >"$folder/pip.log" 2>&1 || skip "no package index answers pip"
[[ -x "$root/build/release/bin/ain" ]] || skip "there is no release build: scripts/build release"

"$root/scripts/quickstart" >"$folder/quickstart.log" 2>&1 || { cat "$folder/quickstart.log"; exit 1; }
for file in model.npz metrics.json events.jsonl; do
  [[ -s "$root/build/quickstart/$file" ]] || { cat "$folder/quickstart.log"; echo "there is no $file"; exit 1; }
done
tail -n 40 "$folder/quickstart.log"
