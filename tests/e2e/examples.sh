#!/usr/bin/env bash
# What surrounds the program: the scripts parse, the example is whole, its second author's change applies, its pins carry hashes.
set -euo pipefail
root=${AIN_SOURCE_FOLDER:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
folder=$(mktemp -d "${TMPDIR:-/tmp}/ain-examples.XXXXXX")
trap 'rm -rf "$folder"' EXIT
fail() { echo "$1"; exit 1; }

for script in "$root"/scripts/* "$root"/bench/*; do
  [[ -f $script && $script != *.cc && $script != *.h && $script != *.txt ]] || continue
  [[ -x $script ]] || fail "$script is not executable"
  case "$(head -n 1 "$script")" in
    *bash) bash -n "$script" ;;
    *python3) /usr/bin/python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$script" ;;
    *) fail "$script is neither bash nor python3" ;;
  esac
done
for script in install-packages build quickstart test-bare; do
  status=0
  "$root/scripts/$script" --no-such-option >/dev/null 2>"$folder/stderr" || status=$?
  [[ $status -eq 2 ]] || fail "$script takes an unknown option: exit code $status"
  grep -q '^usage: ' "$folder/stderr" || fail "$script does not say how it is used"
done

# Asked again, the installer does nothing and says nothing.
[[ -z $("$root/scripts/install-packages") ]] || fail "install-packages is not idempotent"

cp -r "$root/examples/digits" "$folder/digits"
cd "$folder/digits"
before=$(sha256sum data.py)
git init -q .
git apply "$root/examples/digits-shifts.patch"
[[ $(sha256sum data.py) != "$before" ]] || fail "the patch changes nothing"
for file in *.py; do
  /usr/bin/python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$file"
done

# Every pinned package has a hash, and there is one for each of the two architectures where a wheel is compiled.
/usr/bin/python3 - <<'PYTHON'
import re
text = open("requirements.txt").read().replace("\\\n", " ")
pins = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
assert len(pins) >= 5, pins
for pin in pins:
    name = re.match(r"^([a-z-]+)==[0-9.]+ ", pin)
    assert name, pin
    hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", pin)
    pure = name.group(1) in ("joblib", "threadpoolctl")
    assert len(hashes) == (1 if pure else 2), pin
assert "://" not in text
PYTHON

# The curve is a picture that opens: signature, chunks with right checksums, as many bytes as the header promises.
/usr/bin/python3 - <<'PYTHON'
import pathlib, struct, sys, zlib
try:
    import numpy
except ImportError:
    sys.exit(0)  # the job brings its own numpy; here the picture is checked where there is one
import curve
path = pathlib.Path("loss.png")
curve.write_png(path, [([1.5, 0.5, 0.25], curve.BLUE), ([1.25, 0.75, 0.5], curve.ORANGE)])
data = path.read_bytes()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, chunks = 8, {}
while at < len(data):
    size, = struct.unpack_from(">I", data, at)
    name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
    assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(name + body)
    chunks[name] = body
    at += size + 12
width, height = struct.unpack_from(">II", chunks[b"IHDR"])
assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)
PYTHON
echo "ok"
