# SPDX-License-Identifier: MIT OR Apache-2.0
"""One run of the matrix: a stream of rows over a wire that spoils some of its requests, judged row by row."""
import ctypes
import itertools
import json
import os
import re
import secrets
import sqlite3
import subprocess
import tempfile
import threading
import time

import http2
from wire import Certificates, Wire

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXTENSION = os.environ.get("REMBED_EXTENSION", os.path.join(ROOT, "dist", "rembed0"))
BUILD = os.path.dirname(os.environ.get("REMBED_SIM", os.path.join(ROOT, "build", "rembed-sim")))
SHIM = os.path.join(BUILD, "faults_shim.so")

N, BATCH = 20, 2
PLACES = {"first": 0, "middle": N // BATCH // 2, "last": N // BATCH - 1}  # the number of a request
DEADLINE_S = 10
KEY = os.environ.setdefault("REMBED_FAULT_KEY", "sk-fault-" + secrets.token_hex(8))
os.environ["REMBED_EXTENSION"] = EXTENSION
OPTIONS = {"provider": "openai", "key": KEY, "batch_size": BATCH, "max_concurrent_requests": 2, "request_timeout": 3,
           "max_retry_wait": 0.05, "deadline": DEADLINE_S, "connect_timeout": 3}


def text(i):
    return f"text {i:02d}"


class Env:
    """What all runs share: the simulator, certificates, the right vectors, the preloaded library."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="rembed-faults-")
        self.certificates = Certificates(self.folder.name)
        self.sim = Simulator("--dims", "8", "--no-limits")
        self.shim = ctypes.CDLL(SHIM)
        self.errors_read, self.leaks = 0, []  # texts in which the key was looked for, and found
        self.lock = threading.Lock()
        db = self.connect({"url": self.sim.url + "/openai/v1"})
        texts = [text(i) for i in range(N)] + ["after"]
        self.right = dict(zip(texts, (row[0] for row in db.execute(
            "SELECT embedding FROM rembed_each('c', ?)", (json.dumps(texts),)))))
        db.close()
        assert len(set(self.right.values())) == N + 1
        self.direct = Direct(self.sim.url)

    def connect(self, options, file=":memory:"):
        db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        db.enable_load_extension(True)
        db.load_extension(EXTENSION)
        db.execute("INSERT INTO temp.rembed_clients VALUES ('c', ?)", (json.dumps({**OPTIONS, **options}),))
        return db

    def wire(self, **more):
        return Wire(self.sim.port, self.certificates, **more)

    def look(self, error):
        """Reads an error: no key may be in it."""
        with self.lock:
            self.errors_read += 1
            if KEY in (error or ""):
                self.leaks.append(error)
        return error

    def end(self):
        self.sim.end()
        self.folder.cleanup()


class Simulator:
    def __init__(self, *options):
        self.process = subprocess.Popen([os.path.join(BUILD, "rembed-sim"), "--port", "0", "--parent-watch", *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        match = re.search(r"(http://[\d.]+:(\d+))", self.process.stdout.readline())
        if not match:
            raise SystemExit("the simulator did not start")
        self.url, self.port = match.group(1), int(match.group(2))

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Direct:
    """Right vectors of any text, from the simulator itself: clients 'base64' (8 numbers) and 'float' (2). For any thread."""

    def __init__(self, url):
        self.lock = threading.Lock()
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.db.enable_load_extension(True)
        self.db.load_extension(EXTENSION)
        for name, more in (("base64", {"encoding": "base64"}), ("float", {"encoding": "float", "dimensions": 2})):
            options = {"provider": "openai", "key": KEY, "url": url + "/openai/v1", "max_batch_tokens": 100000000, **more}
            self.db.execute("INSERT INTO temp.rembed_clients VALUES (?, ?)", (name, json.dumps(options)))

    def rows(self, sql, *parameters):
        with self.lock:
            return self.db.execute(sql, parameters).fetchall()

    def vector(self, expression, client="base64"):
        return self.rows(f"SELECT rembed('{client}', {expression})")[0][0]


class Seen:
    """What came of a run, or of several."""

    def __init__(self):
        self.runs = self.attempts = 0
        self.seconds, self.error, self.note, self.problems = 0.0, "", "", []

    def add(self, other):
        self.runs += other.runs
        self.attempts = max(self.attempts, other.attempts)
        self.seconds = max(self.seconds, other.seconds)
        self.error = self.error or other.error
        self.note = self.note or other.note
        self.problems += other.problems

    def check(self, good, what):
        if not good:
            self.problems.append(what)
        return good


class Case:
    """A fault and what must come of it.

    ends: retry  tried again, nothing lost; where it lasts, the rows of that request have the error
          fail   the rows of that request have the error, at once; the others their vectors
          fatal  so does what was not sent yet
          split  the batch is halved, nothing lost but the rows named by `lost` (texts)
          ok     nothing is to be seen of it
    how:  reply  a function of spoil.py, in place of a request's answer
          greet  what a connection meets before any request: a function, or the name of a TLS context
          h2     a function of http2.py
          poison a function of spoil.py, for every request that holds a row of `lost`
          down   nothing listens for `fault` seconds
    """

    def __init__(self, name, fault, ends, words="", how="reply", lost=(), tls=None, pair=False, seconds=None, least_wait=0,
                 lasting=True, **options):
        self.name, self.fault, self.ends, self.words, self.how = name, fault, ends, words, how
        self.lost, self.tls, self.pair, self.options = lost, tls, pair, options
        self.seconds = seconds or DEADLINE_S + 2  # most that it may take
        self.least_wait, self.lasting = least_wait, lasting


def read_rows(env, db, seen):
    try:
        rows = db.execute("SELECT id, embedding, error, attempts FROM rembed_stream('c', ?)", (
            "SELECT value, printf('text %02d', value) FROM json_each('" + json.dumps(list(range(N))) + "')",)).fetchall()
    except sqlite3.Error as error:
        seen.check(False, f"the stream failed: {error}")
        return []
    seen.check([row[0] for row in rows] == list(range(N)), f"rows came as {[row[0] for row in rows]}")
    return rows


def judge(env, rows, seen, must_fail, may_fail, words):
    strange = {}
    for i, vector, error, attempts in rows:
        seen.attempts = max(seen.attempts, attempts or 0)
        if error is None:
            seen.check(vector == env.right[text(i)], f"row {i}: the vector of another text, or none")
            seen.check(i not in must_fail, f"row {i} has no error")
            continue
        env.look(error)
        seen.check(vector is None, f"row {i} has a vector and an error")
        seen.check(i in may_fail, f"row {i} is lost: {error}")
        if i in may_fail:
            seen.error = seen.error or error
            if not re.search(words, error, re.I):
                strange.setdefault(error, i)
    for error, i in strange.items():
        seen.check(False, f"row {i}: the error says: {error}; wanted: {words}")


def usable(env, db, seen, right=None):
    """The next statement works; where the breaker is open, after the silence that it asks for."""
    for again in (False, True):
        try:
            vector = db.execute("SELECT rembed('c', 'after')").fetchone()[0]
            seen.check(vector == (right or env.right["after"]), "the next statement gives a wrong vector")
            break
        except sqlite3.Error as error:
            env.look(str(error))
            if again or not re.search("not sent|0 attempts", str(error)):
                seen.check(False, f"the next statement fails: {error}")
                break
            time.sleep(2.1)
    busy = db.execute("SELECT sum(in_flight) FROM rembed_stats").fetchone()[0]
    seen.check(busy == 0, f"{busy} requests are left in flight")
    db.close()


def lost_rows(case, place, lasting):
    """(rows that must fail, rows that may)."""
    k = PLACES[place]
    batch = set(range(k * BATCH, (k + 1) * BATCH))
    later = set(range(k * BATCH, N))
    if case.ends == "retry":
        if not lasting:
            return set(), set()
        return (batch, batch) if case.how in ("reply", "h2") else (batch, later)
    if case.ends == "fail":
        return batch, batch
    if case.ends == "fatal":
        return batch, set(range(N))
    lost = {i for i in range(N) if text(i) in case.lost}
    return lost, lost


def arm(wire, case, place, lasting):
    """Places the fault."""
    k = PLACES[place]
    if case.how in ("reply", "h2"):
        forever = lasting or case.ends == "split"
        faults = itertools.repeat(case.fault) if forever else [case.fault]
        wire.plan(text(k * BATCH), faults)
    elif case.how == "poison":
        for marker in case.lost:
            wire.plan(marker, itertools.repeat(case.fault))
    elif case.how == "greet":
        wire.greet = lambda number: case.fault if number == k or (lasting and number > k) else None
    elif case.how == "down":
        seconds = None if lasting else case.fault
        if k == 0:
            wire.hits += 1
            wire.refuse(seconds)
        else:
            def down(answers):
                if answers == k:
                    wire.hits += 1
                    wire.refuse(seconds)
            wire.before_answer = down


def once(env, case, place, lasting=False):
    """One run of one case; gives what was seen."""
    seen = Seen()
    seen.runs = 1
    by_connection = case.how in ("greet", "down")
    wire = env.wire(tls=case.tls, close_each=by_connection)
    with wire:
        wire.serve_http2 = http2.serve
        wire.h2_request = ("/openai/v1/embeddings", {"authorization": "Bearer " + KEY, "content-type": "application/json"})
        options = {"url": wire.url + "/openai/v1", "ca_file": env.certificates.ca, **case.options}
        if by_connection:
            options["max_concurrent_requests"] = 1
        if case.how == "h2":
            options["http2"] = True
        if lasting:
            options.setdefault("max_retries", 1)
            if by_connection:  # a server that answered before is waited for up to the deadline of each request
                options["deadline"] = 2
        db = env.connect(options)
        arm(wire, case, place, lasting)
        started = time.monotonic()
        rows = read_rows(env, db, seen)
        seen.seconds = time.monotonic() - started
        judge(env, rows, seen, *lost_rows(case, place, lasting), case.words)
        seen.check(wire.hits > 0, "the fault was never met")
        seen.check(seen.seconds <= case.seconds, f"it took {seen.seconds:.1f} s")
        check_waits(wire, case, seen)
        check_tries(wire, case, seen, text(PLACES[place] * BATCH))
        if not wire.listener:
            wire.before_answer = None
            wire.listen()
        wire.clear()
        usable(env, db, seen)
    seen.problems = [f"{case.name}, {place}{', lasting' if lasting else ''}: {problem}" for problem in seen.problems]
    return seen


def check_tries(wire, case, seen, marker):
    """What may go away is sent again, what stays is not."""
    if case.how not in ("reply", "h2"):
        return
    sent = sum(marker.encode() in request.body for request in wire.seen)
    if case.ends == "retry":
        seen.check(sent >= 2, "the request was not sent again")
    elif case.ends in ("fail", "fatal"):
        seen.check(sent == 1, f"the request was sent {sent} times")


def check_waits(wire, case, seen):
    """A server's wish is kept to: nothing comes before it is over."""
    if not case.least_wait or not wire.at_hits:
        return
    asked = wire.at_hits[0]
    again = [request.time for request in wire.seen if request.time > asked + 0.02]
    early = sum(at < asked + case.least_wait - 0.01 for at in again)
    seen.check(again and min(again[-1:]) >= asked + case.least_wait - 0.01,
               f"nothing was sent after the wait of {case.least_wait} s")
    seen.check(early <= 1, f"{early} requests came within the wait of {case.least_wait} s")


def pair(env, a, b, together):
    """Two faults in one run: one after the other on the middle request, or on the first and the last."""
    seen = Seen()
    seen.runs = 1
    with env.wire() as wire:
        db = env.connect({"url": wire.url + "/openai/v1", **a.options, **b.options})
        first, middle, last = (k * BATCH for k in PLACES.values())
        if together:
            wire.plan(text(middle), [a.fault, b.fault])
        else:
            wire.plan(text(first), [a.fault])
            wire.plan(text(last), [b.fault])
        started = time.monotonic()
        rows = read_rows(env, db, seen)
        seen.seconds = time.monotonic() - started
        batch = lambda i: set(range(i, i + BATCH))
        may = set()
        for case, at in ((a, middle if together else first), (b, middle if together else last)):
            if case.ends == "fatal":
                may = set(range(N))
            elif case.ends == "fail":
                may |= batch(at)
        words = "|".join(f"(?:{case.words})" for case in (a, b) if case.words and case.ends in ("fail", "fatal")) or "^$"
        judge(env, rows, seen, set(), may, words)
        seen.check(wire.hits > 0, "no fault was met")
        seen.check(seen.seconds <= DEADLINE_S + 1, f"it took {seen.seconds:.1f} s")
        wire.clear()
        usable(env, db, seen)
    how = "on one request" if together else "on the first and the last"
    seen.problems = [f"{a.name} and {b.name} {how}: {problem}" for problem in seen.problems]
    return seen
