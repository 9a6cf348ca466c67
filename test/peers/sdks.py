# SPDX-License-Identifier: MIT OR Apache-2.0
"""Official SDKs of many providers against the simulator, next to the extension: see pairs.py.

They live in an environment of their own, since what they require and what infinity requires
cannot be installed together. Nothing of the caller's environment reaches them: SDKs read keys,
addresses and organisations from it, and send them."""

import pathlib
import subprocess

import peers

PYTHON = peers.ROOT / "build" / "peers" / "sdks" / "bin" / "python"
RUN = pathlib.Path(__file__).resolve().parent / "sdk_run.py"


def check(tally, servers):
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["HOME"] = str(peers.ROOT / "build" / "peers")  # where SDKs look for settings
    process = subprocess.Popen(
        [PYTHON, RUN, servers.simulator],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
    )
    before = tally.failed
    with process:
        for line in process.stdout:
            if line.startswith(("ok  ", "FAIL ")):
                tally.that(line.startswith("ok"), line[5:].rstrip("\n"))
            else:
                print("   ", line, end="", flush=True)
    if process.returncode and tally.failed == before:
        tally.that(False, f"sdk_run.py ended with {process.returncode}")
