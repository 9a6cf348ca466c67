# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows 35 to 45 of the matrix: interrupts, closing, forks, what the process lacks, proxies, keys, the locale. What changes the
whole process runs in one of its own (children.py), or is a program of test/load."""
import json
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

import run
import spoil
from run import BUILD, EXTENSION, KEY, Seen

HERE = os.path.dirname(os.path.abspath(__file__))


def child(env, what, environment=None, **parameters):
    """The JSON that children.<what>(**parameters) gives in a process of its own, where `environment` holds too."""
    done = subprocess.run([sys.executable, os.path.join(HERE, "children.py"), what, json.dumps(parameters)], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, **(environment or {})})
    env.look(done.stdout + done.stderr)
    if done.returncode:
        return {"problems": [f"{what}: exit {done.returncode}: {done.stderr.strip()[-300:]}"]}
    return json.loads(done.stdout)


def take(env, seen, result):
    seen.runs += result.get("runs", 1)
    seen.problems += result.get("problems", [])
    seen.seconds = max(seen.seconds, result.get("seconds", 0))
    for error in result.get("errors", []):
        seen.error = seen.error or env.look(error)


def program(env, seen, name):
    """A program of test/load; its last line counts its checks."""
    path = os.path.join(BUILD, name)
    done = subprocess.run([path], capture_output=True, text=True, timeout=240, check=False, cwd=run.ROOT, env={
        **os.environ, "REMBED_EXTENSION": EXTENSION, "REMBED_SIM": os.path.join(BUILD, "rembed-sim"), "LD_PRELOAD": ""})
    count = re.search(r"(\d+) passed, (\d+) failed", done.stdout)
    seen.runs += int(count.group(1)) if count else 0
    seen.check(done.returncode == 0 and count, f"{name}: exit {done.returncode}: {(done.stdout + done.stderr)[-300:]}")


# ---- 35 ----

def interrupts(env, quick):
    seen = Seen()
    delays = {}
    slow = {"request_timeout": 60, "deadline": 60, "max_retry_wait": 60, "connect_timeout": 60}
    env.shim.shim_name(b"hangs-35.test", -2, 4000, -1)
    from scenes import Hole, mute
    hole = Hole(0)
    rounds, most = (3, 0.2) if quick else (11, 0.1)
    with env.wire() as wire, env.wire(tls="good") as tls:
        tls.greet = lambda number: mute
        wire.early = lambda headers: int(headers.get("content-length", 0)) > 1000000 and (lambda c: c.wire.ended.wait(20))
        for marker, fault in (("wait", spoil.stall), ("download", spoil.drip(1, 0.2)), ("backoff", spoil.close),
                              ("gate", spoil.limited(("Retry-After", "30")))):
            wire.plan(marker, iter(lambda fault=fault: fault, None))
        states = {"queue": ({"requests_per_minute": 1}, "'queued'"),
                  "resolving": ({"url": f"http://hangs-35.test:{wire.port}"}, "'x'"),
                  "connect": ({"url": f"http://127.0.0.1:{hole.port}"}, "'x'"),
                  "TLS": ({"url": tls.url, "ca_file": env.certificates.ca}, "'x'"),
                  "upload": ({"max_batch_tokens": 100000000}, "printf('%.*c', 8000000, 'x')"),
                  "wait": ({}, "'wait'"), "download": ({}, "'download'"), "backoff": ({"max_retries": 100}, "'backoff'"),
                  "gate": ({}, "'gate'")}
        for state, (options, value) in states.items():
            db = env.connect({"url": wire.url + "/openai/v1", **slow, **options})
            if state == "queue":
                db.execute("SELECT rembed('c', 'the one of this minute')").fetchone()
            delays[state] = [strike(env, seen, db, state, f"SELECT rembed('c', {value})") for _ in range(rounds)]
            # another address: this one may have asked to wait
            db.execute("INSERT OR REPLACE INTO temp.rembed_clients VALUES ('c', ?)", (
                json.dumps({**run.OPTIONS, "url": env.sim.url + "/openai/v1"}),))
            run.usable(env, db, seen)
    hole.close()
    for state, times in delays.items():
        seen.check(statistics.median(times) <= most, f"{state}: interrupted after {statistics.median(times) * 1000:.0f} ms (median)")
        seen.check(max(times) <= 1, f"{state}: interrupted after {max(times) * 1000:.0f} ms (worst)")
    every = [t for times in delays.values() for t in times]
    seen.runs, seen.seconds, seen.error = len(every), max(every), "interrupted"
    seen.attempts = 1
    return seen


def strike(env, seen, db, state, sql):
    """Interrupts the statement at a random moment; how long it took to end, in seconds."""
    at = []

    def interrupt():
        at.append(time.monotonic())
        db.interrupt()
    least = 0.3 if state == "upload" else 0.05  # 8 MB have to be written first
    timer = threading.Timer(random.uniform(least, least + 0.2), interrupt)
    timer.start()
    try:
        db.execute(sql).fetchone()
        seen.check(False, f"{state}: the statement ended well")
    except sqlite3.Error as error:
        seen.check("interrupted" in str(error), f"{state}: {env.look(str(error))}")
    ended = time.monotonic()
    timer.join()
    return max(0.0, ended - at[0])


# ---- 36, 37 ----

def abandoned(env, quick):
    """The first row comes, 64 other requests never do: then the statement or the connection ends. In a process of its own, to
    count descriptors."""
    seen = Seen()
    with env.wire() as wire:
        wire.plan("stalled", iter(lambda: spoil.stall, None))
        for how in ("finalize", "reset", "close", "forget"):
            take(env, seen, child(env, "abandon", url=wire.url, how=how, right=env.right["after"].hex()))
    return seen


def pauses(env, quick):
    seen = Seen()
    for place, k in list(run.PLACES.items())[:1 if quick else 3]:
        with env.wire() as wire:
            slow = lambda connection, request: (time.sleep(0.1), connection.send(spoil.http1(*request.answer(wire))))
            wire.plan("text", iter(lambda: slow, None))
            db = env.connect({"url": wire.url + "/openai/v1", "request_timeout": 0.5, "max_retries": 0, "batch_size": 1})
            rows, started = [], time.monotonic()
            for row in db.execute("SELECT idx, embedding, error, attempts FROM rembed_each('c', ?)",
                                  (json.dumps([run.text(i) for i in range(run.N)]),)):
                rows.append(row)
                if row[0] == min(k * run.BATCH, run.N - 3):
                    time.sleep(1)
            seen.check(len(rows) == run.N, f"{place}: {len(rows)} rows")
            run.judge(env, rows, seen, set(), set(), "^$")
            seen.seconds = max(seen.seconds, time.monotonic() - started)
            seen.runs += 1
            wire.clear()
            run.usable(env, db, seen)
    return seen


# ---- 38 to 41: processes, loading, memory ----

def forks(env, quick):
    seen = Seen()
    program(env, seen, "load_fork")
    with env.wire(tls="good") as wire:
        result = child(env, "fork", url=wire.url, ca_file=env.certificates.ca)
        take(env, seen, result)
        for who, vectors in result.get("vectors", {}).items():
            right = env.direct.rows("SELECT hex(embedding) FROM rembed_each('base64', ?)",
                                    json.dumps([f"{who} {i}" for i in range(len(vectors))]))
            seen.check(vectors == [row[0] for row in right], f"{who}: vectors of other texts over TLS")
    return seen


def execs(env, quick):
    seen = Seen()
    with env.wire() as wire:
        take(env, seen, child(env, "exec", url=wire.url))
    return seen


def unloads(env, quick):
    seen = Seen()
    with env.wire() as wire:
        take(env, seen, child(env, "unload", url=wire.url, loads=50 if quick else 1000))
    if not quick:
        program(env, seen, "load_lifecycle")
    return seen


def no_memory(env, quick):
    """The programs of test/load whose allocators fail at every place in turn."""
    seen = Seen()
    for name in ("load_nomem",) if quick else ("load_nomem", "load_static_nomem"):
        program(env, seen, name)
    return seen


# ---- 42, 43: what the process lacks, proxies ----

def no_resources(env, quick):
    seen = Seen()
    with env.wire() as wire:
        for what in ("no_descriptors", "no_threads", "full_disk"):
            take(env, seen, child(env, what, url=wire.url, right=env.right["after"].hex()))
    return seen


def proxies(env, quick):
    seen = Seen()
    right = env.right["after"].hex()
    with env.wire() as proxy, env.wire() as server, env.wire(tls="good") as tls:
        plain, secure = server.url + "/openai/v1", tls.url + "/openai/v1"
        ca = env.certificates.ca
        ask = lambda environment=None, **more: child(env, "ask", environment, right=right, **more)
        closed = env.wire()
        closed.end()
        take(env, seen, ask(options={"url": plain, "proxy": proxy.url}))
        seen.check(len(proxy.seen) == 1 and not server.seen, "the proxy option is not used")
        take(env, seen, ask({"http_proxy": proxy.url}, options={"url": plain}))
        seen.check(len(proxy.seen) == 2 and not server.seen, "http_proxy is not used")
        take(env, seen, ask({"http_proxy": proxy.url, "no_proxy": "127.0.0.1"}, options={"url": plain}))
        take(env, seen, ask({"HTTP_PROXY": proxy.url}, options={"url": plain}))
        seen.check(len(proxy.seen) == 2 and len(server.seen) == 2, "NO_PROXY does not hold, or HTTP_PROXY does")
        proxy.plan("text", iter(lambda: spoil.status(407, {"error": {"message": "log in first"}}), None))
        proxy.plan("after", iter(lambda: spoil.status(407, {"error": {"message": "log in first"}}), None))
        take(env, seen, ask(options={"url": plain, "proxy": proxy.url}, words="HTTP 407.*log in first"))
        proxy.connect_status = 407
        take(env, seen, ask(options={"url": secure, "proxy": proxy.url, "ca_file": ca},
                            words=r"proxy refused to connect to 127.0.0.1:\d+ \(HTTP 407\).*proxy"))
        take(env, seen, ask(options={"url": plain, "proxy": f"http://user:{KEY}@127.0.0.1:{closed.port}", "max_retry_wait": 0.05},
                            words="could not connect to the proxy"))
        for jump in (86400, -86400):
            take(env, seen, child(env, "clock", url=server.url, right=right, jump=jump))
    return seen


# ---- 44, 45 ----

def secrets(env, quick):
    """Last of all: what every run before has read."""
    seen = Seen()
    program(env, seen, "load_secrets")
    seen.runs += env.errors_read
    seen.check(env.errors_read > 0 or quick, "no error was read")
    seen.check(not env.leaks, f"{len(env.leaks)} texts hold the key, one of them: {env.leaks[:1]}".replace(KEY, "KEY"))
    return seen


def locale(env, quick):
    seen = Seen()
    program(env, seen, "load_locale")
    return seen


__all__ = ["interrupts", "abandoned", "pauses", "forks", "execs", "unloads", "no_memory", "no_resources", "proxies", "secrets",
           "locale"]
