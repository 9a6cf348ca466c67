#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Proves the arrows between the folders of src/ by their #includes:
#
#   base <- wire, base <- http, {base, JSON of wire} <- local, {base, wire, http, local} <- embed <- sql
#
# and that SQLite is known to src/sql alone and libcurl to src/http/curl*.c alone.
set -eu
cd "$(dirname "$0")/.."
bad=0

say() {
  printf '%s\n' "$1"
  bad=1
}

# layer: what it may include beside itself
may_include() {
  case $1 in
  base) echo "base" ;;
  wire) echo "base wire" ;;
  http) echo "base http" ;;
  local) echo "base local" ;; # and the JSON readers of wire, below
  embed) echo "base wire http local embed" ;;
  sql) echo "base wire http local embed sql" ;;
  cli) echo "base wire http local embed cli" ;;
  *) echo "" ;;
  esac
}

for folder in src/*/; do
  layer=$(basename "$folder")
  allowed=$(may_include "$layer")
  [ -n "$allowed" ] || say "$folder: a layer that tools/check_layers.sh does not know"
  for file in "$folder"*.c "$folder"*.h; do
    [ -f "$file" ] || continue
    # "layer/file.h" of our own includes; a bare "file.h" would hide its layer
    for header in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file"); do
      case $header in
      sqlite-rembed.h) continue ;;
      wire/span.h | wire/number.h) [ "$layer" = local ] && continue ;;
      */*) ;;
      *) say "$file: includes \"$header\" without its folder" && continue ;;
      esac
      case " $allowed " in
      *" ${header%%/*} "*) ;;
      *) say "$file: $layer must not include $header" ;;
      esac
      [ -f "src/$header" ] || say "$file: $header is not in src/"
    done
    if grep -q '#[[:space:]]*include[[:space:]]*[<"]sqlite3' "$file" && [ "$layer" != sql ]; then
      say "$file: only src/sql may include SQLite's headers"
    fi
    if grep -q '#[[:space:]]*include[[:space:]]*[<"]curl/' "$file"; then
      case $file in
      src/http/curl*) ;;
      *) say "$file: only src/http/curl* may include libcurl's headers" ;;
      esac
    fi
  done
done

# Nothing of SQLite or libcurl may come in by declaration either.
if grep -rnE '\b(sqlite3|curl)_[a-z0-9_]+ *\(' src/base src/wire src/local src/embed; then
  say "src/base, src/wire, src/local and src/embed must call neither SQLite nor libcurl"
fi

[ "$bad" = 0 ] && echo "layers: the arrows hold"
exit "$bad"
