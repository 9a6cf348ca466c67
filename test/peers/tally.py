# SPDX-License-Identifier: MIT OR Apache-2.0
"""Counts checks and prints a line for each."""


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        print("ok  " if good else "FAIL", what, flush=True)
        return good
