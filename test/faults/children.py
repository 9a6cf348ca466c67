# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is done to a whole process: `children.py WHAT JSON` runs one function and prints what it returns, as JSON with
problems, errors (texts a user would read), runs and seconds."""
import ctypes
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import threading
import time

EXTENSION = os.environ["REMBED_EXTENSION"]
KEY = os.environ["REMBED_FAULT_KEY"]
SHIM = ctypes.CDLL(os.environ["LD_PRELOAD"])


def connect(file=":memory:", url=None, **options):
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    db.enable_load_extension(True)
    db.load_extension(EXTENSION)
    if url and not url.endswith("/openai/v1"):
        url += "/openai/v1"
    options = {"provider": "openai", "key": KEY, "url": url, **options}
    db.execute("INSERT INTO temp.rembed_clients VALUES ('c', ?)", (json.dumps(options),))
    return db


def embed(db, text="after"):
    """(hex of the vector, "") or ("", error)."""
    try:
        return db.execute("SELECT rembed('c', ?)", (text,)).fetchone()[0].hex(), ""
    except sqlite3.Error as error:
        return "", str(error)


def texts(n):
    """The module of Python 3.11 steps one row ahead: two are answered."""
    return json.dumps(["the first", "the second"] + [f"stalled {i}" for i in range(n - 2)])


def abandon(url, how, right):
    """Ends a stream with 64 requests in flight."""
    problems, took = [], []
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        db = connect(url=url, batch_size=1, max_concurrent_requests=64)
        cursor = db.execute("SELECT idx, embedding FROM rembed_each('c', ?)", (texts(200),))
        if cursor.fetchone()[1] is None:
            problems.append("the first row has no vector")
        started = time.monotonic()
        if how == "finalize":
            cursor.close()
        elif how == "reset":
            cursor.execute("SELECT 1")
        elif how == "forget":
            cursor = None
        else:
            db.close()
        took.append(time.monotonic() - started)
        if how != "close":
            if embed(db)[0] != right:
                problems.append(f"{how}: the next statement fails")
            if db.execute("SELECT in_flight FROM rembed_stats").fetchone()[0]:
                problems.append(f"{how}: requests are left in flight")
            db.close()
        cursor = None  # a statement that outlives its connection holds it
    if min(took) > 0.05:
        problems.append(f"{how} took {min(took) * 1000:.0f} ms")
    after = len(os.listdir("/proc/self/fd"))
    if after > before:
        problems.append(f"{how}: {after - before} descriptors are left open")
    return {"problems": problems, "runs": 3, "seconds": max(took)}


def fork(url, ca_file):
    """The vectors of parent and child, asked on the same connection at the same time, over TLS."""
    db = connect(url=url, ca_file=ca_file)
    ask = lambda who: [embed(db, f"{who} {i}")[0].upper() for i in range(20)]
    vectors = {"before": ask("before")}
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, json.dumps(ask("child")).encode())
        os._exit(0)
    os.close(write)
    vectors["parent"] = ask("parent")
    with os.fdopen(read) as pipe:
        vectors["child"] = json.loads(pipe.read() or "[]")
    status = os.waitpid(child, 0)[1]
    vectors["afterwards"] = ask("afterwards")
    db.close()
    return {"problems": [f"the child ended with {status}"] if status else [], "runs": 4, "vectors": vectors}


def tcp_inodes():
    with open("/proc/self/net/tcp", encoding="ascii") as file:
        return {line.split()[9] for line in file.read().splitlines()[1:]}


def exec(url):  # pylint: disable=redefined-builtin
    """What another program finds open that this process starts with connections open, idle and in use."""
    db = connect(url=url, max_concurrent_requests=4, batch_size=1)
    cursor = db.execute("SELECT idx FROM rembed_each('c', ?)", (json.dumps([f"exec {i}" for i in range(40)]),))
    cursor.fetchone()
    ours = tcp_inodes()
    listed = subprocess.run(["ls", "-l", "/proc/self/fd"], close_fds=False, capture_output=True, text=True, check=True).stdout
    open_there = re.findall(r"socket:\[(\d+)\]", listed)
    db.close()
    leaked = [inode for inode in open_there if inode in ours]
    return {"problems": [f"{len(leaked)} connections are open in the other program"] if leaked else [], "runs": 1}


def unload(url, loads):
    """Loads and closes, in two threads, and while a resolver hangs; every tenth connection asks."""
    problems = []

    def many(n):
        for i in range(n):
            db = connect(url=url)
            if i % 10 == 0 and embed(db)[1]:
                problems.append("a connection could not ask")
            db.close()
    threads = [threading.Thread(target=many, args=(loads // 2,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    SHIM.shim_name(b"unload.test", -2, 700, -1)
    db = connect(url="http://unload.test:1", request_timeout=0.1, max_retries=0)
    _, error = embed(db)
    started = time.monotonic()
    db.close()
    took = time.monotonic() - started
    if took > 0.3:
        problems.append(f"close took {took:.2f} s while a resolver hung")
    time.sleep(1)  # the resolver comes back into what must still be mapped
    return {"problems": problems, "errors": [error], "runs": loads + 1, "seconds": took}


def no_descriptors(url, right):
    db = connect(url=url, max_retries=1, max_retry_wait=0.05)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        pass
    _, error = embed(db)
    for fd in held:
        os.close(fd)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    time.sleep(0.1)
    again = embed(db)
    problems = [] if re.search("too many open files|out of memory", error) else [f"no descriptors: {error or 'no error'}"]
    if again[0] != right:
        problems.append(f"after there were no descriptors: {again[1]}")
    return {"problems": problems, "errors": [error]}


def no_threads(url, right):
    """A name that has to be looked up, when no thread can be started for it."""
    port = url.rsplit(":", 1)[1]
    db = connect(url=f"http://threads.test:{port}", max_retries=1, max_retry_wait=0.05)
    SHIM.shim_threads(0)
    _, error = embed(db)
    SHIM.shim_threads(1)
    again = embed(db)
    problems = [] if re.search("could not resolve", error) else [f"no threads: {error or 'no error'}"]
    if again[0] != right:
        problems.append(f"after there were no threads: {again[1]}")
    return {"problems": problems, "errors": [error]}


def full_disk(url, right):
    """rembed_into() into a database that cannot grow: what was committed stays, and it goes on from there."""
    db = connect(url=url, batch_size=20)
    db.execute("CREATE TABLE v(id INTEGER PRIMARY KEY, e BLOB, filler BLOB DEFAULT (zeroblob(300)))")
    db.execute("PRAGMA max_page_count = 20")
    query = "SELECT value, 'row ' || value FROM json_each('" + json.dumps(list(range(400))) + "') WHERE value NOT IN (SELECT id FROM v)"
    into = lambda: db.execute("SELECT rembed_into('c', ?, 'INSERT INTO v(id, e) VALUES (?1, ?2)', 50)", (query,)).fetchone()
    problems, error = [], ""
    try:
        into()
        problems.append("a full disk: no error")
    except sqlite3.Error as failed:
        error = str(failed)
    kept = db.execute("SELECT count(*) FROM v").fetchone()[0]
    if not 0 < kept < 400 or kept % 50 or "full" not in error:
        problems.append(f"a full disk: {kept} rows kept, {error}")
    db.execute("PRAGMA max_page_count = 100000")
    into()
    count, whole = db.execute("SELECT count(*), sum(length(e) > 0) FROM v").fetchone()
    if count != 400 or whole != 400 or embed(db)[0] != right:
        problems.append(f"after a full disk: {count} rows")
    return {"problems": problems, "errors": [error]}


def ask(options, right, words=None):
    """One request; its vector is the right one, or its error has these words."""
    db = connect(**options)
    started = time.monotonic()
    vector, error = embed(db)
    took = time.monotonic() - started
    if words:
        good = re.search(words, error)
    else:
        good = vector == right
    return {"problems": [] if good else [f"{error or 'another vector'}; wanted {words or 'the vector'}"],
            "errors": [error] if error else [], "seconds": took}


def clock(url, right, jump):
    """The wall clock jumps while a request waits for its next attempt, and while it is in flight."""
    db = connect(url=url, deadline=20)
    timer = threading.Timer(0.1, SHIM.shim_clock, (ctypes.c_longlong(jump),))
    started = time.monotonic()
    timer.start()
    rows = db.execute("SELECT embedding FROM rembed_each('c', ?)", (json.dumps(["after"] * 50),)).fetchall()
    timer.join()
    vector, error = embed(db)
    took = time.monotonic() - started
    good = vector == right and all(row[0] and row[0].hex() == right for row in rows) and took < 5
    return {"problems": [] if good else [f"clock {jump:+d} s: {error}, {took:.1f} s"], "seconds": took}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](**json.loads(sys.argv[2]))))
