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
