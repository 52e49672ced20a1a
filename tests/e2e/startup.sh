#!/usr/bin/env bash
# A short command loads the C library and nothing else: every shared library more is time that 'ain status' takes longer than 'git status'.
set -euo pipefail
ain=${AIN_BINARY_FOLDER:?}/ain
needed=$(objdump -p "$ain" | awk '$1 == "NEEDED" { print $2 }')
[[ -n "$needed" ]] || { echo "no library is needed at all: dlopen would not work"; exit 1; }
for library in $needed; do
  case "$library" in
    libc.so.* | libm.so.* | ld-linux*) ;;
    *) echo "ain needs $library"; exit 1 ;;
  esac
done

# Neither does it read the certificates of the machine.
if ! command -v strace >/dev/null; then
  echo "the list of libraries is right; opened files are not checked, as strace is not installed"
  exit 0
fi
home=$(mktemp -d "${TMPDIR:-/tmp}/ain-startup.XXXXXX")
trap 'rm -rf "$home"' EXIT
git -C "$home" init -q
opened=$(cd "$home" && AIN_HOME="$home/ain" strace -f -e trace=openat "$ain" status 2>&1 >/dev/null)
if grep -E 'ca-certificates|/etc/ssl/certs|libcurl|libssl' <<<"$opened"; then
  echo "'ain status' reads what only the network needs"
  exit 1
fi
