#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The extension exports its entry point and nothing else: check_symbols.sh [dist/rembed0.so]
set -eu
cd "$(dirname "$0")/.."
library=${1:-dist/rembed0.so}
exported=$(nm -D --defined-only "$library" | awk '{ print $NF }' | sort)
if [ "$exported" != sqlite3_rembed_init ]; then
  printf '%s exports:\n%s\n' "$library" "$exported"
  exit 1
fi
echo "symbols: sqlite3_rembed_init is the only one"
