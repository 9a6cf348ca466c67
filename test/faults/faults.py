#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The fault matrix: breaks everything between the extension and the simulator, and judges every row that comes back.

    faults.py             all rows: each fault at the first, a middle and the last request, singly, lasting, and in pairs
    faults.py --quick     each fault once, at the first request; no pairs, nothing against a rate limit
    faults.py --short     all but the long runs against a rate limit (46 and 47), which are in their quick form
    faults.py --only 26   one row (may be repeated); --pairs for the pairs
    faults.py --write     writes docs/RELIABILITY.md of a whole run
    faults.py --check     says whether docs/RELIABILITY.md has the rows of table.py

Run it through `make faults`, which builds what it needs. The exit status is 0 when nothing was wrong.
"""
import argparse
import itertools
import os
import re
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import run

if run.SHIM not in os.environ.get("LD_PRELOAD", ""):
    os.environ["LD_PRELOAD"] = run.SHIM
    os.execv(sys.executable, [sys.executable, *sys.argv])

import document  # noqa: E402
import scenes_long  # noqa: E402
import table  # noqa: E402

WORKERS = 4
LAST = 44  # reads what all others have seen
ALONE = (46, 47)  # measured: nothing beside them


def run_row(env, row, quick):
    """All placements of all faults of a row, or its scene."""
    seen = run.Seen()
    places = ["first"] if quick else list(run.PLACES)
    started = time.monotonic()
    try:
        for case in row.cases:
            for place in places:
                seen.add(run.once(env, case, place))
                if case.ends == "retry" and case.lasting and not quick:
                    seen.add(run.once(env, case, place, lasting=True))
        if row.scene:
            seen.add(row.scene(env, quick))
    except Exception as error:  # a driver that fails is a row that fails
        seen.problems.append(f"the driver: {type(error).__name__}: {error} {traceback.format_exc()[-600:]}")
    seen.took = time.monotonic() - started
    return seen


def mask(text):
    """Without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    return re.sub(r"\.test:\d+", ".test:PORT", re.sub(r"req-sim-\d+", "req-sim-N", text))


def show(row, seen):
    print(f"{'ok  ' if not seen.problems else 'FAIL'} {row.number:2} {row.title}")
    print(f"        {seen.runs} runs, at most {seen.attempts} attempts, {seen.seconds:.2f} s; the whole {seen.took:.1f} s")
    if seen.note:
        print(f"        {seen.note}")
    if seen.error:
        print(f"        {mask(seen.error)}")
    for problem in seen.problems[:8]:
        print(f"        ! {problem}")
    if len(seen.problems) > 8:
        print(f"        ! and {len(seen.problems) - 8} more")
    sys.stdout.flush()


def pairable():
    return [case for row in table.ROWS for case in row.cases if case.pair]


def run_pairs(env):
    """Every ordered pair of the faults marked so, on one request and on two."""
    cases = pairable()
    jobs = [(a, b, together) for a, b in itertools.product(cases, cases) for together in (True, False)
            if (a is not b or a.pair != "others") and all(b.options.get(k, v) == v for k, v in a.options.items())]
    started = time.monotonic()
    seen = run.Seen()
    with ThreadPoolExecutor(WORKERS) as pool:
        for one in pool.map(lambda job: run.pair(env, *job), jobs):
            seen.add(one)
    seen.took = time.monotonic() - started
    print(f"{'ok  ' if not seen.problems else 'FAIL'} pairs: {len(cases)} faults, {len(jobs)} runs, at most {seen.attempts} attempts, "
          f"{seen.seconds:.2f} s; the whole {seen.took:.1f} s")
    for problem in seen.problems[:12]:
        print(f"        ! {problem}")
    return seen


def run_all(env, rows, quick, short):
    """row number -> what was seen; prints in order of the numbers."""
    done = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        beside = [row for row in rows if row.number not in (LAST, *ALONE)]
        for row, seen in zip(beside, pool.map(lambda row: run_row(env, row, quick), beside)):
            done[row.number] = seen
            show(row, seen)
    for row in rows:
        if row.number in ALONE:
            done[row.number] = run_row(env, row, quick or short)
            show(row, done[row.number])
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", type=int, action="append")
    parser.add_argument("--rows", type=int, help="of the long run (1000000)")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if args.check:
        sys.exit(document.check(table.ROWS, len(pairable())))
    if args.write and (args.quick or args.short or args.only or args.pairs or args.rows):
        parser.error("--write needs a whole run")
    rows = [row for row in table.ROWS if row.number in args.only] if args.only else table.ROWS
    if args.quick and not args.only:
        rows = [row for row in rows if row.number not in ALONE]
    if args.pairs:
        rows = []
    if args.rows:
        scenes_long.ROWS = args.rows
    env = run.Env()
    started = time.monotonic()
    done = run_all(env, rows, args.quick, args.short)
    pairs = run_pairs(env) if args.pairs or not (args.quick or args.only) else None
    for row in rows:
        if row.number == LAST:
            done[LAST] = run_row(env, row, args.quick)
            show(row, done[LAST])
    env.end()
    bad = sum(bool(seen.problems) for seen in done.values()) + bool(pairs and pairs.problems)
    print(f"faults: {len(done) - sum(bool(seen.problems) for seen in done.values())} passed, {bad} failed; "
          f"{sum(seen.runs for seen in done.values()) + (pairs.runs if pairs else 0):,} runs, {time.monotonic() - started:.0f} s")
    if args.write:
        document.write(table.ROWS, done, pairs, len(pairable()), mask)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
