#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The main job on real input, in the sqlite3 shell: the descriptions of Debian's packages and a folder of pictures become
# vectors, timed sequential against batched and concurrent, and answer questions. Without a key at hand the provider is
# rembed-sim, the local simulator: real HTTP and latency, vectors from the words of the text, captions from the pixels.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'kill "$sim" 2>/dev/null || true; rm -rf "$work"' EXIT INT TERM
build/rembed-sim --port 0 --port-file "$work/port" --latency-ms 20 --vision-latency-ms 100 --dims 512 >"$work/sim.log" &
sim=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$work/port" ] && break; sleep 0.1; done
port=$(cat "$work/port")

# One line a package: name, tab, first line of its description. A machine with no package lists has the installed ones.
(apt-cache dumpavail 2>/dev/null; cat /var/lib/dpkg/status) | awk '
  /^Package: / { name = $2 }
  /^Description(-en)?: / { sub(/^[^:]*: /, ""); if (!seen[name]++ && length($0) > 10) print name "\t" $0 }' |
  tr -d '"' | head -n 4000 >"$work/packages.tsv"

printf '\nsqlite-rembed demo. Provider: rembed-sim on 127.0.0.1:%s (a simulator: 20 ms a text request, 100 ms a picture).\n' "$port"
sed -e "s|@PORT@|$port|g" -e "s|@WORK@|$work|g" demo/demo.sql | sqlite3 -batch "$work/demo.db"
