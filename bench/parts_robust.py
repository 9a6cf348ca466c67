# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts about what goes wrong and what a long run must not do: poison, memory, locks, order."""
import json
import sqlite3
import subprocess
import sys
import time

import plot
from harness import MB, ROOT, Failures, Sim, best, connect, in_child, numbers, timed
from parts_stream import STREAM, client, warm


def poison(args, report, step):
    """What one row that the provider refuses costs the 9,999 others."""
    n, batch, c = 10000, 100, 16
    report.section("One poisoned row in 10,000", f"{n:,} rows, batch {batch}, c={c}, 50 ms. The provider refuses any request that "
                   "holds the one bad text; the stream must find it and give the others their vectors.")
    rows = []
    for i, name in enumerate(("none", "one")):
        step(i, 2, name)
        text = "'text ' || i" if name == "none" else "CASE i WHEN 5000 THEN 'POISON' ELSE 'text ' || i END"
        with Sim(args.folder, "--latency-ms", 50, "--dims", 256) as sim:
            db = connect("t", client(sim, c, batch))
            warm(db, c)
            seconds, row = best(args.runs, lambda: (sim.reset(), timed(lambda: db.execute(
                "SELECT count(embedding), count(error) FROM rembed_stream('t', ?)", (numbers(n, text),)).fetchone()))[1])
            rows.append((name, seconds, sim.stats()["requests"], *row))
    report.table(["poisoned", "wall", "requests", "vectors", "errors"],
                 [[r[0], f"{r[1]:.3f} s", *r[2:]] for r in rows])
    more, lost = rows[1][2] - rows[0][2], (rows[1][1] - rows[0][1]) * 1000
    report.target("extra requests for one poisoned row in a batch of 100", "a handful (at most 16)", more, more <= 16)
    report.target("rows lost to it", "only itself", f"{n - rows[1][3]}", rows[1][3:] == (n - 1, 1))
    report.say(f"  time lost to it: {lost:.0f} ms")
    report.lines += [f"Time lost to it: {lost:.0f} ms, {lost / 50:.1f} request latencies.", ""]


def stream_memory(args, report, step):
    """Peak memory of a stream must not grow with its rows."""
    counts = (10000, 100000, 200000) if args.quick else (10000, 100000, 1000000)
    report.section("Memory of rembed_stream", "32 dims, batch 1000, c=4, no latency; rows counted and thrown away. Peak is what the "
                   "client process gained over its size before. Images: described by a vision model, 10 ms, c=16.")
    rows = []
    with Sim(args.folder, "--dims", 32) as sim:
        for i, n in enumerate(counts):
            step(i, 4, f"{n:,} rows")
            runs = [in_child("stream", options=client(sim, 4, 1000), n=n) for _ in range(args.runs)]
            r = min(runs, key=lambda r: r["peak"])
            rows.append([f"{n:,} rows", f"{r['ok']:,}", f"{min(x['seconds'] for x in runs):.2f} s", r["peak"]])
    c, count = 16, 300 if args.quick else 10000
    step(3, 4, f"{count} images")
    with Sim(args.folder, "--vision-latency-ms", 10) as sim:
        r = in_child("big_images", options={"provider": "ollama", "url": sim.url + "/ollama", "max_concurrent_requests": c},
                     count=count, side=258)
    bound = 4e6 + (c + 2) * r["bytes"] * 8 / 3
    shown = [[*row[:3], f"{row[3] / MB:.1f} MB"] for row in rows]
    shown.append([f"{count:,} images of {r['bytes'] // 1000} KB", f"{r['ok']:,}", f"{r['seconds']:.2f} s",
                  f"{r['peak'] / MB:.1f} MB"])
    report.table(["", "vectors", "wall", "peak"], shown)
    grown = (rows[-1][3] - rows[0][3]) / MB
    report.target(f"memory of {rows[-1][0]} over that of {rows[0][0]}", "2 MB", f"{grown:.1f} MB", grown <= 2)
    report.target(f"memory of {count:,} images", f"4 MB + (c + 2) x 8/3 x image = {bound / MB:.0f} MB", f"{r['peak'] / MB:.0f} MB",
                  r["peak"] <= bound and r["ok"] == count)
    report.picture("bench-memory.svg", "Peak memory of a stream",
                   plot.lines("Peak memory of a stream", "rows", "MB over the start", [f"{n:,}" for n in counts],
                              [("rembed_stream", [max(row[3] / MB, 0.01) for row in rows], False)], log_y=False, height=300))


def watch_lock(file, process):
    """How long others could not write while the process ran: total and longest, by trying every millisecond."""
    db = sqlite3.connect(file, isolation_level=None, timeout=0)
    total = longest = 0.0
    since = None
    while process.poll() is None:
        now = time.perf_counter()
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
            if since is not None:
                total, longest, since = total + now - since, max(longest, now - since), None
        except sqlite3.OperationalError:
            since = since or now
        time.sleep(0.001)
    db.close()
    return total, longest


def lock(args, report, step):
    """How long the write lock was held by three ways to embed a table."""
    n = 3000 if args.quick else 20000
    report.section("The write lock", f"{n:,} rows of 1536 dims into a table of a WAL database, batch 64, c=4, 50 ms. A second "
                   "connection tries to write every millisecond; held is the time it could not. rembed_into commits every 500 rows "
                   "and reports its own lock_ms.")
    ways = (("INSERT .. SELECT FROM rembed_stream", "insert"), ("through a TEMP table", "temp"), ("rembed_into", "into"))
    rows = []
    with Sim(args.folder, "--latency-ms", 50, "--dims", 1536) as sim:
        for i, (name, how) in enumerate(ways):
            step(i, 3, name)
            file = f"{args.folder}/lock-{how}.db"
            db = sqlite3.connect(file)
            db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);"
                             "CREATE TABLE vectors(id INTEGER PRIMARY KEY, embedding BLOB);")
            db.executemany("INSERT INTO docs(body) VALUES (?)", ((f"document {i}",) for i in range(n)))
            db.commit()
            parameters = {"file": file, "options": client(sim, 4, 64), "how": how, "n": n}
            process = subprocess.Popen([sys.executable, str(ROOT / "bench/bench.py"), "--child",
                                        json.dumps(["hold_lock", parameters])], stdout=subprocess.PIPE, text=True)
            held, longest = watch_lock(file, process)
            r = json.load(process.stdout)
            done = db.execute("SELECT count(embedding) FROM vectors").fetchone()[0]
            own = f"{r['reply']['lock_ms']} ms" if r["reply"] else ""
            rows.append([name, f"{done:,}", f"{r['seconds']:.2f} s", f"{held * 1000:.0f} ms", f"{longest * 1000:.0f} ms", own])
            first = held if how == "insert" else first
            if how == "into":
                report.target("time rembed_into holds the write lock, of that of INSERT .. SELECT", "20 %", f"{held / first:.1%}",
                              held <= 0.2 * first)
                report.target("longest that rembed_into makes others wait", "50 ms", f"{longest * 1000:.0f} ms", longest <= 0.05)
            db.close()
    report.table(["", "vectors", "wall", "held", "longest", "lock_ms"], rows)


def order(args, report, step):
    """Every row exactly once and in order while replies are shuffled and requests fail."""
    n = 20000 if args.quick else 1000000
    batch = 20 if args.quick else 100
    report.section("Order and completeness", f"{n:,} rows, batch {batch}, c=16, 32 dims. Replies overtake each other (up to 10 ms of "
                   "jitter), vectors stand in shuffled order in each reply, 5 % of the requests fail with a 503, and one row in "
                   "10,000 is poisoned. A sample of the vectors is compared with those of an undisturbed run.")
    step(0, 2, "disturbed")
    text = "CASE WHEN i % 10000 = 77 THEN 'POISON' ELSE 'row ' || i END"
    sample = f"id % {n // 1000} = 0"
    query = f"""SELECT count(*), count(embedding), count(error), sum(id = n), sum((error IS NOT NULL) = (id % 10000 = 77))
                FROM (SELECT row_number() OVER () AS n, * FROM rembed_stream('t', ?))"""
    with Sim(args.folder, "--dims", 32, "--jitter-ms", 10) as sim:
        options = client(sim, 16, batch)
        db = connect("t", dict(options, url=sim.url + "/fault/reorder/openai/v1"))
        with Failures(sim, 0.05, "status=503+retry_after_ms=5"):
            seconds, row = timed(lambda: db.execute(query, (numbers(n, text),)).fetchone())
            stats = sim.stats()
        retries = db.execute("SELECT retries FROM rembed_stats WHERE client = 't'").fetchone()[0]
        step(1, 2, "sample")
        picks = f"SELECT * FROM ({numbers(n, text).replace('SELECT i, ', 'SELECT i AS id, ')}) WHERE {sample}"
        disturbed = db.execute("SELECT id, embedding FROM rembed_stream('t', ?)", (picks,)).fetchall()
        sim.set(jitter_ms=0)
        plain = connect("t", options).execute("SELECT id, rembed('t', 'row ' || id) FROM (SELECT value AS id FROM json_each(?))",
                                              (json.dumps([r[0] for r in disturbed]),)).fetchall()
    same = sum(a == b for a, b in zip(disturbed, plain))
    total, vectors, errors, ordered, right = row
    report.table(["rows", "vectors", "errors", "in order", "requests", "failed", "retries", "wall", "sample right"],
                 [[f"{total:,}", f"{vectors:,}", errors, f"{ordered:,}", f"{stats['requests']:,}", f"{stats['errors']:,}",
                   f"{retries:,}", f"{seconds:.2f} s", f"{same}/{len(plain)}"]])
    report.target(f"{n:,} rows exactly once and in order, errors only where they belong", "100 %", f"{ordered / n:.4%}",
                  total == ordered == right == n == vectors + errors and same == len(plain))
