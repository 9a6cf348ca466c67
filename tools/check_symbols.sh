#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# What the built extensions are made of: check_symbols.sh [dist/rembed0.so dist/offline/rembed0.so]
# Each exports its entry point and nothing else, is hardened, and needs the libraries it should.
set -eu
cd "$(dirname "$0")/.."
bad=0

say() {
  printf '%s: %s\n' "$library" "$1"
  bad=1
}

check_exports() {
  exported=$(nm -D --defined-only "$library" | awk '{ print $NF }' | sort)
  [ "$exported" = sqlite3_rembed_init ] || say "exports: $exported"
}

check_hardening() {
  dynamic=$(readelf -dW "$library")
  segments=$(readelf -lW "$library")
  imports=$(nm -D --undefined-only "$library")
  echo "$dynamic" | grep -q 'BIND_NOW' || say "is not linked with -z now"
  echo "$dynamic" | grep -q 'NODELETE' || say "is not linked with -z nodelete"
  echo "$dynamic" | grep -q 'TEXTREL' && say "has text relocations"
  echo "$dynamic" | grep -Eq 'RPATH|RUNPATH' && say "has a search path for libraries in it"
  echo "$segments" | grep -q 'GNU_RELRO' || say "is not linked with -z relro"
  echo "$segments" | grep 'GNU_STACK' | grep -q 'RWE' && say "wants an executable stack"
  echo "$segments" | grep 'LOAD' | grep -q 'RWE' && say "has memory to write and to execute"
  echo "$imports" | grep -q '__stack_chk_fail' || say "is not built with -fstack-protector-strong"
  echo "$imports" | grep -q '__snprintf_chk\|__memcpy_chk\|__vsnprintf_chk' ||
    say "is not built with -D_FORTIFY_SOURCE"
  # the C library's own start-up code has a few of these marks
  if [ "$(uname -m)" = x86_64 ] && [ "$(objdump -d "$library" | grep -c endbr64)" -lt 50 ]; then
    say "is not built with -fcf-protection"
  fi
}

# What it may need: libc, libm and libpthread, and with network libcurl.
check_libraries() {
  needed=$(readelf -dW "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
  for name in $needed; do
    case $name in
    libc.so.* | libm.so.* | libpthread.so.* | ld-linux*) ;;
    libcurl.so.* | libcurl-*.so.*)
      case $library in *offline*) say "has no network but needs $name" ;; esac ;;
    *) say "needs $name" ;;
    esac
  done
  case $library in
  *offline*)
    calls=$(nm -D --undefined-only "$library" | awk '{ print $NF }' |
      grep -E '^(socket|connect|getaddrinfo|gethostbyname|send|recv|dlopen|system|execve|popen)(@|$)' || true)
    [ -z "$calls" ] || say "has no network but calls $calls"
    ;;
  *) echo "$needed" | grep -q '^libcurl' || say "does not need libcurl" ;;
  esac
}

[ $# -gt 0 ] || set -- dist/rembed0.so dist/offline/rembed0.so
for library; do
  check_exports
  check_hardening
  check_libraries
done
[ "$bad" = 0 ] && echo "symbols: sqlite3_rembed_init is the only one, in $# hardened libraries"
exit "$bad"
