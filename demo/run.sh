#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The main job on real input, in the sqlite3 shell. First with what is built in: descriptions of Debian's packages become
# vectors of the local model and answer questions, next to FTS5. Then through providers: the descriptions and a folder of
# pictures, timed sequential against batched and concurrent. Without a key at hand the provider is rembed-sim, the local
# simulator: real HTTP and latency, vectors from the words of the text, captions from the pixels.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
sim=
trap '[ -z "$sim" ] || kill "$sim" 2>/dev/null || true; rm -rf "$work"' EXIT INT TERM

# One line a program: name, tab, first line of its description. A machine with no package lists has the installed ones.
list() {
  awk -v only="$1" '
    function flush() { if (name && text && (!only || tag) && !seen[name]++) print name "\t" text; name = text = tag = "" }
    /^Package: / { flush(); name = $2 }
    /^Description(-en)?: / { sub(/^[^:]*: /, ""); if (length($0) > 10) text = $0 }
    /role::program/ { tag = 1 }
    END { flush() }' | tr -d '"'
}
apt-cache dumpavail 2>/dev/null | list programs >"$work/programs.tsv"
[ "$(wc -l <"$work/programs.tsv")" -gt 2000 ] || list '' </var/lib/dpkg/status >"$work/programs.tsv"
sed "s|@WORK@|$work|g" demo/local.sql | sqlite3 -batch "$work/local.db"

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

# Streaming: rows arrive in order while requests are in flight; a failed text is a row with its error. The bar is the
# consumer: it draws what has arrived. (Long rows make the shell's output buffer flush often.)
printf '\n6. Streaming: rembed_stream over %s texts, two of them refused by the provider\n' "$(wc -l <"$work/packages.tsv")"
sqlite3 -batch "$work/demo.db" <<SQL | awk -v total="$(wc -l <"$work/packages.tsv")" '
  { failed += ($2 == "x"); if (NR % 80 == 0 || NR == total) {
      n = int(NR * 40 / total); bar = sprintf("%" n "s", ""); gsub(" ", "#", bar)
      printf "\r   [%-40s] %3d %%", bar, NR * 100 / total > "/dev/stderr" } }
  END { printf "\n" > "/dev/stderr"; printf "   %d rows in order: %d vectors, %d errors\n", NR, NR - failed, failed }'
.load dist/rembed0
UPDATE packages SET summary = 'POISON ' || summary WHERE rowid IN (1000, 2500);
INSERT INTO temp.rembed_clients(name, options) VALUES
  ('text', '{"provider":"openai","url":"http://127.0.0.1:$port/openai/v1","key":"demo","batch_size":32,"max_concurrent_requests":4}');
.separator " "
SELECT printf('%040d', id), CASE WHEN error IS NULL THEN 'v' ELSE 'x' END
FROM rembed_stream('text', 'SELECT rowid, summary FROM packages ORDER BY rowid');
SQL
