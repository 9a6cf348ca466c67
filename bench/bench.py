#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Measures dist/rembed0.so against build/rembed-sim and prints ratios of one run; --write makes docs/BENCHMARKS.md of them.

Every figure is a ratio to the ideal or to another way in the same run, or CPU time or memory of the client process alone; the
best of --runs is shown, because machines are noisy. REMBED_EXTENSION and REMBED_SIM name other files to measure.
"""
import argparse
import json
import os
import platform
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import children
import parts_functions
import parts_robust
import parts_stream
from harness import ROOT, Progress, certificate
from report import Report

PARTS = (parts_functions.images, parts_functions.native, parts_stream.stream, parts_stream.first, parts_stream.grid, parts_stream.overhead,
         parts_robust.poison, parts_robust.stream_memory, parts_robust.lock, parts_robust.order, parts_functions.text,
         parts_functions.cpu, parts_functions.memory)

METHOD = """\
- Client and simulator share the machine's cores. Where the rate is high the simulator, which parses every request and computes
  every vector, uses more CPU than the client: at c=64 with large batches and at no latency the client alone would be faster.
- The ideal of a run is (requests / max_concurrent_requests, rounded up) x latency: no time at all for sending, computing and
  reading. Where a time stands beside an ideal, connections are opened before the clock starts, except for the pictures.
- Times are the best of the runs (noise only adds time), but the write lock, the order, the sequential pictures and the grid at
  50 and 200 ms are single runs.
- Memory is measured in a process of its own: the largest resident size (VmHWM) during the work above the size before it, after
  one request was made. For rows it is the smallest of the runs; the pictures of the first table have one process for all runs.
- CPU time is that of the client's process alone, measured with getrusage.
- The loopback interface has no round trip time of its own and no packet loss; a provider has both, and they come on top of the
  latency for every way of calling it alike.
- The write lock is watched by a second connection that tries to write every millisecond, so its figures are rough to about
  1 ms for each transaction; `lock_ms` is what rembed_into measured itself, with the WAL checkpoint that a COMMIT may run and
  during which others can already write.
- The failures of the part about order are made by asking the simulator to fail the next requests whenever fewer than 5 % have failed.
""".splitlines()


def facts(args):
    """What was measured on."""
    model = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1000000
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True).stdout
    return [("processor", f"{model[0] if model else platform.machine()}, {os.cpu_count()} cores, {memory} GB"),
            ("system", f"{platform.system()} {platform.release()}"),
            ("SQLite", f"{sqlite3.sqlite_version} (Python {platform.python_version()})"),
            ("sqlite-rembed", f"{(ROOT / 'VERSION').read_text().strip()}, commit {commit.strip()}"),
            ("runs", f"best of {args.runs}, {time.strftime('%Y-%m-%d')}{', quick form' if args.quick else ''}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs: under a minute")
    parser.add_argument("--only", action="append", choices=[part.__name__ for part in PARTS], help="may be given several times")
    parser.add_argument("--runs", type=int, help="best of so many (3; 1 with --quick)")
    parser.add_argument("--write", action="store_true", help="write docs/BENCHMARKS.md and docs/bench-*.svg")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        what, parameters = json.loads(args.child)
        print(json.dumps(getattr(children, what)(**parameters)))
        return
    if args.write and args.only:
        parser.error("--write needs all parts: leave out --only")
    args.runs = args.runs or (1 if args.quick else 3)
    parts = [part for part in PARTS if not args.only or part.__name__ in args.only]
    progress = Progress(len(parts))
    report = Report(progress)
    started = time.monotonic()
    report.say("\n".join(f"{name}: {value}" for name, value in facts(args)))
    with tempfile.TemporaryDirectory() as args.folder:
        certificate(args.folder)
        for part in parts:
            progress.next_part()
            before = time.monotonic()
            part(args, report, progress.step)
            report.end_part(time.monotonic() - before)
    report.summary()
    report.say(f"{time.monotonic() - started:.0f} s in all")
    if args.write:
        command = "make bench BENCH=" + ('"--quick --write"' if args.quick else "--write")
        report.write(ROOT / "docs", facts(args), command, METHOD)


if __name__ == "__main__":
    main()
