# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows of the matrix that are no single spoilt reply: names, connects, uploads, redirects, idle connections, what goes wrong on
this side of the connection. Each function takes (env, quick) and returns what was seen; faults that have a place in a run are
tried at the first, a middle and the last request."""
import json
import re
import socket
import sqlite3
import threading
import time

import run
import spoil
from run import PLACES, Case, Seen, text
from scenes_life import *  # noqa: F401,F403 (rows 35 to 45)
from scenes_long import big_run, rate_limited  # noqa: F401 rows 46 and 47

EAI_NONAME, EAI_AGAIN = -2, -3


def ask(env, db, sql, *parameters):
    """(value, "") or (None, error)."""
    try:
        return db.execute(sql, parameters).fetchone()[0], ""
    except sqlite3.Error as error:
        return None, env.look(str(error))


def timed_ask(env, seen, db, sql, *parameters):
    started = time.monotonic()
    value, error = ask(env, db, sql, *parameters)
    took = time.monotonic() - started
    seen.runs += 1
    seen.seconds = max(seen.seconds, took)
    seen.error = seen.error or error
    return value, error, took


def all_cases(env, cases, seen, places=PLACES):
    for case in cases:
        for place in places:
            seen.add(run.once(env, case, place))


# ---- names and connects ----

def no_name(env, quick):
    """A series of requests, each to a name of its own: libcurl keeps what it has resolved for a minute."""
    seen = Seen()
    right = env.right["after"]
    with env.wire() as wire:
        for place in PLACES:
            db = env.connect({"url": wire.url, "max_retry_wait": 0.2})
            for i, name in enumerate(PLACES):
                host = f"{name}-at-{place}.test"
                if name == place:
                    env.shim.shim_name(host.encode(), EAI_AGAIN, 0, 1)
                options = {**run.OPTIONS, "url": f"http://{host}:{wire.port}/openai/v1"}
                db.execute("INSERT INTO temp.rembed_clients VALUES (?, ?)", (f"n{i}", json.dumps(options)))
                value, error, _ = timed_ask(env, seen, db, f"SELECT rembed('n{i}', 'after')")
                seen.check(value == right, f"{host} fails once: {error or 'wrong vector'}")
            db.close()
        host = b"nowhere.test"
        env.shim.shim_name(host, EAI_NONAME, 0, -1)
        db = env.connect({"url": f"http://nowhere.test:{wire.port}/openai/v1", "max_retry_wait": 0.2})
        seen.error = ""
        value, error, _ = timed_ask(env, seen, db, "SELECT rembed('c', 'after')")
        seen.attempts = env.shim.shim_name_asked(host)
        seen.check(seen.attempts == 3, f"{seen.attempts} look-ups, not 3")
        seen.check(re.search(r"could not resolve the host name of nowhere.test:\d+.*check the client's url", error), error)
        env.shim.shim_name(host, 0, 0, 0)
        value, error = ask(env, db, "SELECT rembed('c', 'after')")
        seen.check(value == right, f"the next statement fails: {error}")
        db.close()
    return seen


def resolver_hangs(env, quick):
    seen = Seen()
    host = b"hangs.test"
    env.shim.shim_name(host, EAI_NONAME, 8000, -1)
    with env.wire() as wire:
        db = env.connect({"url": f"http://hangs.test:{wire.port}/openai/v1", "request_timeout": 0.3, "max_retries": 1})
        _, error, took = timed_ask(env, seen, db, "SELECT rembed('c', 'after')")
        seen.attempts = 2
        seen.check(took < 3 and "no complete reply within 0.300 s, while connecting to hangs.test" in error, f"{took:.1f} s: {error}")
        db.execute("UPDATE temp.rembed_clients SET options = json_patch(?, json_object('url', ?)) WHERE name = 'c'",
                   (json.dumps(run.OPTIONS), wire.url + "/openai/v1"))
        value, error = ask(env, db, "SELECT rembed('c', 'after')")
        seen.check(value == env.right["after"], f"the next statement fails: {error}")
        started = time.monotonic()
        db.close()
        seen.check(time.monotonic() - started < 0.5, "close waited for the resolver")
    return seen


def black_hole(env, quick):
    """After so many answers the server's port becomes a black hole, for a while or for good."""
    seen = Seen()
    for place, k in PLACES.items():
        for lasting in (False, True):
            seen.add(into_black_hole(env, place, k, lasting))
    return seen


def into_black_hole(env, place, k, lasting):
    seen = Seen()
    seen.runs = 1
    with env.wire(close_each=True) as wire:
        db = env.connect({"url": wire.url + "/openai/v1", "max_concurrent_requests": 1, "connect_timeout": 0.2,
                          "max_retries": 1 if lasting else 5, "deadline": 2})
        holes = []

        def open_hole(answers=k):
            if answers == k and not holes:
                wire.refuse(None)
                wire.hits += 1
                holes.append(hole := Hole(wire.port))
                if not lasting:
                    threading.Timer(0.25, lambda: (hole.close(), wire.listen())).start()
        wire.before_answer = open_hole
        if k == 0:
            open_hole()
        started = time.monotonic()
        rows = run.read_rows(env, db, seen)
        seen.seconds = time.monotonic() - started
        bad = set(range(k * 2, run.N)) if lasting else set()
        run.judge(env, rows, seen, set(range(k * 2, k * 2 + 2)) & bad, bad, r"could not connect to 127.0.0.1:\d+ in time")
        seen.check(wire.hits == 1 and seen.seconds < 12, f"{wire.hits} faults, {seen.seconds:.1f} s")
        if lasting:
            holes[0].close()
            wire.before_answer = None
            wire.listen()
        run.usable(env, db, seen)
    seen.problems = [f"{place}{', lasting' if lasting else ''}: {problem}" for problem in seen.problems]
    return seen


class Hole:
    """A port (0: any) whose connects hang, because its queue is full."""

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(0)
        self.port, self.fillers = self.listener.getsockname()[1], []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)

    def close(self):
        for filler in self.fillers:
            filler.close()
        self.listener.close()


# ---- what a TLS client meets (faults of table.py) ----

def mute(connection):
    connection.wait(20)


def hello_cut(connection):
    connection.read()


def hello_reset(connection):
    connection.read()
    connection.reset()


def plain_on_tls(connection):
    connection.read()
    connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def no_ca_file(env, quick):
    seen = Seen()
    with env.wire(tls="good") as wire:
        for i, place in enumerate(PLACES):
            db = env.connect({"url": wire.url + "/openai/v1", "ca_file": env.certificates.ca})
            for k in range(3):
                broken = k == i
                file = "/no/such/ca.pem" if broken else env.certificates.ca
                try:
                    db.execute("INSERT OR REPLACE INTO temp.rembed_clients VALUES ('c', ?)", (json.dumps(
                        {**run.OPTIONS, "url": wire.url + "/openai/v1", "ca_file": file}),))
                    value, error, _ = timed_ask(env, seen, db, "SELECT rembed('c', 'after')")
                except sqlite3.Error as problem:
                    value, error = None, env.look(str(problem))
                seen.check(re.search("CA file .*/no/such/ca.pem", error) if broken else value == env.right["after"],
                           f"{place}, {k}: {error}")
            db.close()
    seen.attempts = 1
    return seen


# ---- replies ----

def every_byte(env, quick):
    """As many rows as a reply has bytes, each in a request of its own that is first cut at another byte, cleanly and not; and
    replies in chunks of 1 to 64 bytes, each in a packet of its own."""
    seen = Seen()
    size = len(spoil_length(env))
    for name, n, make in (("cut", size, lambda i: spoil_at(i, True)), ("cut without length", size, lambda i: spoil_at(i, False)),
                          ("chunks", 64, lambda i: spoil.pieces(i + 1))):
        if quick and name == "cut without length":
            n //= 4
        # where every request fails once, the budget of retries is used up after 125: so a place gets no more than 64
        for start in range(0, n, 64):
            spoil_each(env, seen, name, range(start, min(n, start + 64)), make)
    return seen


def spoil_each(env, seen, name, numbers, make):
    texts = json.dumps([f"cut {i}" for i in numbers])
    with env.wire() as wire:
        db = env.connect({"url": wire.url + "/openai/v1", "batch_size": 1, "max_concurrent_requests": 8, "encoding": "float",
                          "dimensions": 2})
        for i in numbers:
            wire.plan(f'"cut {i}"', [make(i)])
        right = dict(env.direct.rows("SELECT idx, embedding FROM rembed_each('float', ?)", texts))
        started = time.monotonic()
        rows = db.execute("SELECT idx, embedding, error, attempts FROM rembed_each('c', ?)", (texts,)).fetchall()
        seen.seconds = max(seen.seconds, time.monotonic() - started)
        seen.runs += len(numbers)
        seen.attempts = max([seen.attempts] + [row[3] for row in rows])
        seen.check(wire.hits == len(numbers), f"{name}: {wire.hits} of {len(numbers)} requests were spoilt")
        wrong = [row for row in rows if row[1] != right[row[0]]]
        seen.check(len(rows) == len(numbers) and not wrong, f"{name}: {len(rows)} rows, wrong: {wrong[:3]}")
        run.usable(env, db, seen, env.direct.vector("'after'", "float"))


def spoil_length(env):
    with env.wire() as wire:
        db = env.connect({"url": wire.url + "/openai/v1", "encoding": "float", "dimensions": 2})
        db.execute("SELECT rembed('c', 'cut 0')").fetchone()
        db.close()
        return wire.seen[0].answer(wire)[2]


def spoil_at(i, length):
    def fault(connection, request):
        _, _, body = request.answer(connection.wire)
        return spoil.cut(i / len(body) + 1e-9, "fin", length)(connection, request)
    return fault


def redirects(env, quick):
    """The target listens, and must hear nothing."""
    seen = Seen()
    with env.wire() as target:
        for name, where in (("another port", target.url + "/stolen"), ("another host", f"http://up.test:{target.port}/stolen"),
                            ("a file", "file:///etc/passwd"), ("nowhere", ""), ("itself", "SELF")):
            for code in (301, 302, 307, 308):
                def fault(connection, request, code=code, where=where):
                    to = connection.wire.url + request.path if where == "SELF" else where
                    return spoil.status(code, "", [("Location", to)] if to else [])(connection, request)
                words = rf"HTTP {code}: " + ("redirected .not followed. to .*" if where else "no explanation") + "; check the client's url"
                if code == 307 or not quick:
                    all_cases(env, [Case(f"{code} to {name}", fault, "fatal", words)], seen, ["first"] if quick else PLACES)
        seen.check(target.connections == 0, f"the target of a redirect was asked {target.connections} times")
    return seen


def poison(connection, request):
    """422 while the batch holds one of the poisoned rows."""
    guilty = [word for word in ("text 00", "text 10", "text 18") if word.encode() in request.body]
    return spoil.error(422, f"poisoned row {guilty[0]}")(connection, request)


# ---- uploads ----

LARGE = "printf('%.*c', 2500000, 'x')"


def early_413(env, quick):
    """Both rows of a batch of 5 MB get their vectors, in halves: the server has no patience for more than 3 MB."""
    seen = Seen()
    for place, k in (("first", 0),) if quick else (("first", 0), ("middle", 1), ("last", 2)):
        with env.wire() as wire:
            wire.early = lambda headers: int(headers.get("content-length", 0)) > 3000000 and spoil.early_413
            db = env.connect({"url": wire.url + "/openai/v1", "max_batch_tokens": 100000000, "max_concurrent_requests": 1})
            texts = " UNION ALL ".join(f"SELECT {i}, " + (f"{LARGE} || {i}" if i // 2 == k else f"'text {i:02d}'") for i in range(6))
            started = time.monotonic()
            rows = db.execute("SELECT id, embedding, error, attempts FROM rembed_stream('c', ?)", (texts,)).fetchall()
            seen.seconds = max(seen.seconds, time.monotonic() - started)
            seen.runs += 1
            for i, vector, error, attempts in rows:
                if i // 2 == k:
                    right = env.direct.vector(f"{LARGE} || {i}")
                    seen.attempts = max(seen.attempts, attempts)
                else:
                    right = env.right[text(i)]
                seen.check(vector == right, f"{place}: row {i}: {error or 'wrong vector'}")
            seen.check(len(rows) == 6 and wire.hits == 1, f"{place}: {len(rows)} of 6 rows, {wire.hits} requests refused")
            run.usable(env, db, seen)
    return seen


def no_expect(env, quick):
    seen = Seen()
    with env.wire() as wire:
        db = env.connect({"url": wire.url + "/openai/v1", "max_batch_tokens": 100000000})
        value, error, took = timed_ask(env, seen, db, f"SELECT rembed('c', {LARGE})")
        direct_started = time.monotonic()
        right = env.direct.vector(LARGE)
        direct = time.monotonic() - direct_started
        seen.check(value == right, error or "wrong vector")
        seen.check("expect" not in wire.seen[0].headers, "the request has an Expect header")
        seen.check(took < direct + 0.7, f"it took {took:.2f} s, without the wire {direct:.2f} s")
        seen.attempts = len(wire.seen)
        run.usable(env, db, seen)
    return seen


# ---- idle connections ----

def idle_closed(env, quick):
    """The server ends a connection that was used, a while after an answer; the client comes back later."""
    seen = Seen()
    for how in (spoil.close, spoil.reset):
        for k in range(3):
            with env.wire() as wire:
                def last_answer(connection, request, how=how):
                    connection.send(spoil.http1(*request.answer(connection.wire)))
                    time.sleep(0.05)
                    return how(connection, request)
                wire.plan(f"idle {k}", [last_answer])
                db = env.connect({"url": wire.url + "/openai/v1"})
                for i in range(4):
                    value, error, _ = timed_ask(env, seen, db, f"SELECT rembed('c', 'idle {i}')")
                    right = env.direct.vector(f"'idle {i}'")
                    seen.check(value == right, f"{how.__name__} after {k}, request {i}: {error or 'wrong vector'}")
                    if i == k:
                        time.sleep(0.15)
                seen.check(wire.connections == 2, f"{wire.connections} connections")
                seen.attempts = max(seen.attempts, len(wire.seen) - 3)
                db.close()
    return seen
