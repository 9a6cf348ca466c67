# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the cases of the official SDKs, in the environment that has them (requirements-sdks.txt).

sdk_run.py SIMULATOR [WORD...]    only cases whose name holds one of the words"""

import pathlib
import sqlite3
import sys

import cases_cloud
import cases_compatible
import cases_images
import cases_openai
import cases_own
import pairs
import tally

REMBED = pathlib.Path(__file__).resolve().parents[2] / "dist" / "rembed0"
CASES = [
    *cases_openai.CASES,
    *cases_compatible.CASES,
    *cases_own.CASES,
    *cases_images.CASES,
    *cases_cloud.CASES,
]


def main():
    simulator, *words = sys.argv[1:]
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(str(REMBED))
    cases = [case for case in CASES if not words or any(word in case.name for word in words)]
    count = tally.Tally()
    pairs.check_itself(count, db, simulator, cases_openai.CASES[0])
    pairs.check(count, db, simulator, cases)
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
