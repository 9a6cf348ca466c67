# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/RELIABILITY.md: written from a whole run; its columns that no run changes are checked against table.py."""
import os
import platform
import sqlite3
import subprocess
import time

import run

FILE = os.path.join(run.ROOT, "docs", "RELIABILITY.md")

HEAD = """\
# What happens when things go wrong

<!-- Written by `make faults FAULTS=--write` from the rows of test/faults/table.py; edit there. -->

`make faults` puts a server between the extension and the [simulator](../sim) that breaks requests, replies, connections, TLS,
HTTP/2, names, and the process itself, and judges every row that comes back. Each fault must leave:

- **no wrong vector**: every vector is compared with the right one;
- **no lost row**: each row comes once, in order, with its vector or with an error of its own;
- **no hang**: it ends within its time limits;
- **a clear error**, matched against the words and the advice that it must have;
- **a usable connection**: the next statement on it works and no request is left in flight.

A run is a stream of 20 rows in 10 requests. Each fault of a reply or a connection meets the first, a middle and the last of
them, once, and, where it is tried again, for good: then the rows of that request have the error, and no others but those that
could not be sent any more. A scene (an interrupt, a fork, a proxy) has places of its own. A name that does not resolve is tried
with a series of names, since libcurl keeps an address for a minute. Rows 40, 41, 44 and 45 run the programs of `test/load` too.

## Pairs

{pairs}

## The matrix

What was seen: runs (for 40, 41, 44 and 45, checks), the most attempts for a row, the longest time, which includes the waits
that a fault asks for, and the first error that a user would read. 127.0.0.1:PORT stands for the server's address.
({machine}.)

| # | fault | must | runs | attempts | longest | error |
|---|---|---|---|---|---|---|
"""

PAIRS = """\
{cases} faults, of those of replies the ones that differ in what the client does, were paired: every ordered pair, both on one
request (first one, then the other) and on the first and the last request of a run. All {rows} rows squared would mostly repeat
what no two faults share (a fork and an expired certificate); faults of connections meet each other where they last."""

TAIL = """
## The long runs

{notes}

The second is `make faults FAULTS='--only 47'`, the first `--only 46`. The ideal time is that of the requests that had to be
made, those repeated after a fault included, at the limit, less the burst that it allows.
"""


def fixed(row):
    """The columns of a row that no run changes."""
    names = [case.name for case in row.cases]
    return [str(row.number), row.title + (f" ({len(names)}: {'; '.join(names)})" if len(names) > 1 else ""), row.must]


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return (f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, SQLite {sqlite3.sqlite_version}, "
            f"{curl_version()}, {time.strftime('%Y-%m-%d')}")


def curl_version():
    text = subprocess.run(["curl-config", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return text or "libcurl"


def pairs_text(rows, n_cases):
    return PAIRS.format(cases=n_cases, rows=len(rows))


def write(rows, done, pairs, n_cases, mask):
    if any(seen.problems for seen in done.values()) or pairs.problems:
        print("docs/RELIABILITY.md is not written: something failed")
        return
    text = HEAD.format(pairs=pairs_text(rows, n_cases) + f"\n{pairs.runs:,} runs, the longest {pairs.seconds:.2f} s.",
                       machine=machine())
    for row in rows:
        seen = done[row.number]
        columns = fixed(row) + [f"{seen.runs:,}", seen.attempts or "", f"{seen.seconds:.2f} s" if seen.seconds else "",
                                f"`{mask(seen.error)}`" if seen.error else ""]
        text += "| " + " | ".join(cell(column) for column in columns) + " |\n"
    total = sum(seen.runs for seen in done.values()) + pairs.runs
    text += f"\n{len(rows)} of {len(rows)} as they must be, in {total:,} runs.\n"
    text += TAIL.format(notes="\n".join(f"- {done[number].note}" for number in (46, 47)))
    with open(FILE, "w", encoding="utf-8") as file:
        file.write(text)


def check(rows, n_cases):
    """0 when the file has these rows, in this order, and the text about pairs."""
    with open(FILE, encoding="utf-8") as file:
        text = file.read()
    lines = [line for line in text.split("\n") if line.startswith("| ") and line[2].isdigit()]
    wanted = ["| " + " | ".join(cell(column) for column in fixed(row)) + " | " for row in rows]
    bad = [want for want, line in zip(wanted, lines) if not line.startswith(want)]
    if bad or len(lines) != len(wanted) or pairs_text(rows, n_cases) not in text:
        print("docs/RELIABILITY.md is not of this table; run: make faults FAULTS=--write")
        for want in bad[:5]:
            print(f"  misses: {want}")
        return 1
    return 0
