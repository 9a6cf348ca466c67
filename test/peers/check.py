# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the checks named on the command line, or all; the last line counts them. See run.sh."""

import sys
import time
import traceback

import hosts
import local
import model
import peers
import real
import sdk
import sdks
import search
import sigv4
import tally

CHECKS = {
    "model": model.check,
    "search": search.check,
    "hosts": hosts.check,
    "sdk": sdk.check,
    "sigv4": sigv4.check,
    "local": local.check,
    "sdks": sdks.check,
    "real": real.check,
}


def main():
    names = sys.argv[1:] or list(CHECKS)
    for name in names:
        if name not in CHECKS:
            sys.exit(f"no check {name!r}; there are: {', '.join(CHECKS)}")
    count = tally.Tally()
    with peers.Servers() as servers:
        for name in names:
            began = time.monotonic()
            print(f"== {name}", flush=True)
            try:
                CHECKS[name](count, servers)
            except Exception:
                traceback.print_exc(file=sys.stdout)
                count.that(False, f"{name} ran to its end")
            print(f"   {time.monotonic() - began:.1f} s", flush=True)
    print(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
