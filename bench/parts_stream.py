# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts about the speed of rembed_stream."""
import time

import plot
from harness import Sim, best, connect, in_child, numbers, opened, timed

STREAM = "SELECT count(embedding) FROM rembed_stream('t', ?)"


def client(sim, c, batch, **more):
    return {"provider": "openai", "url": sim.url + "/openai/v1", "key": "k", "max_concurrent_requests": c, "batch_size": batch,
            "max_batch_tokens": 1000000000, **more}


def warm(db, c):
    """Opens the c connections."""
    db.execute(f"{STREAM} WHERE batch_size = 1", (numbers(c),)).fetchone()


def work_1ms(_):
    """A consumer that computes."""
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        pass


def stream(args, report, step):
    """Wall time of a stream against the ideal, alone and while every row is inserted."""
    waves = 10 if args.quick else 20
    report.section("rembed_stream: wall time against the ideal", f"{waves} waves of requests of one text (1536 dims), 50 ms, "
                   "connections already open; rows counted and thrown away, or each inserted into a table of a database file.")
    wanted = {6: 3, 16: 5, 64: 12}
    rows, ideal = [], waves * 0.05
    for i, c in enumerate(wanted):
        for kind in ("alone", "inserting"):
            step(2 * i + (kind != "alone"), 6, f"c={c} {kind}")
            with Sim(args.folder, "--latency-ms", 50, "--dims", 1536) as sim:
                db = connect("t", client(sim, c, 1), f"{args.folder}/stream-{c}.db" if kind != "alone" else ":memory:")
                db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS vectors(id INTEGER, embedding BLOB)")
                warm(db, c)
                sql = STREAM if kind == "alone" else "INSERT INTO vectors SELECT id, embedding FROM rembed_stream('t', ?)"
                seconds, _ = best(max(args.runs, 2), lambda: timed(lambda: db.execute(sql, (numbers(c * waves),)).fetchall()))
                peak, connections = sim.stats()["peak_concurrency"], opened(db)
                db.close()
            over = (seconds / ideal - 1) * 100
            rows.append([kind, c, c * waves, f"{seconds:.3f} s", f"{ideal:.3f} s", f"{over:.1f} %", peak, connections])
            report.target(f"rembed_stream {kind}, c={c}", f"within {wanted[c]} % of ideal", f"{over:.1f} % over",
                          over <= wanted[c])
            report.target(f"connections opened, stream {kind}, c={c}", f"at most {c}", connections, connections <= c)
    report.table(["", "c", "requests", "wall", "ideal", "over", "Conc", "connections"], rows)


def first(args, report, step):
    """The first row, a LIMIT, and a consumer that works between rows."""
    c, batch = 4, 16
    window = (c + 2) * batch
    report.section("rembed_stream: the first row, LIMIT and slow consumers", f"50 ms latency, c={c}, batch {batch}. The window is "
                   "(c + 2) x batch rows. The slow consumer works 1 ms on each row.")
    with Sim(args.folder, "--latency-ms", 50, "--dims", 256) as sim:
        db = connect("t", client(sim, c, batch))
        warm(db, c)
        step(0, 3, "first row")
        query = "SELECT id, embedding FROM rembed_stream('t', ?)"
        seconds, _ = best(5, lambda: timed(lambda: db.execute(query, (numbers(100000),)).fetchone()))
        step(1, 3, "LIMIT")
        time.sleep(0.2)  # the simulator counts what was abandoned when it would have answered
        sim.reset()
        db.execute(f"{query} LIMIT 10", (numbers(100000),)).fetchall()
        time.sleep(0.2)
        sent = sim.stats()["items"]
        n = c * batch * 10
        step(2, 3, "slow consumer")
        db.create_function("work", 1, work_1ms)
        work = max(0.001 * n, 10 * 0.05)
        slow, _ = best(3, lambda: timed(lambda: db.execute(
            "SELECT count(work(id)) FROM rembed_stream('t', ?)", (numbers(n),)).fetchone()))
        alone, _ = best(3, lambda: timed(lambda: db.execute(f"SELECT count(work(i)) FROM ({numbers(n)})").fetchone()))
    report.table(["", "figure"], [
        ["first row", f"{seconds * 1000:.1f} ms"], ["items sent for LIMIT 10 (with 100,000 rows to read)", sent],
        [f"{n} rows with 1 ms of work each", f"{slow:.3f} s"], ["the work alone", f"{alone:.3f} s"]])
    report.target("first row", "1.5 latencies (75 ms)", f"{seconds * 1000:.1f} ms", seconds <= 0.075)
    report.target("items sent for LIMIT 10", f"window + 10 = {window + 10}", sent, sent <= window + 10)
    lost = (slow - max(alone, work) - 0.05) / max(alone, work) * 100
    report.target("time lost to a consumer of 1 ms per row, first latency aside", "3 %", f"{lost:.1f} %", lost <= 3)


def grid(args, report, step):
    """Rows a second against concurrency x batch at three latencies, beside the ideal."""
    report.section("Rows a second: concurrency x batch x latency", "rembed_stream, 256 dims, rows counted and thrown away, one "
                   "process on the simulator's own cores. The ideal is c x batch / latency; at high rates the simulator, which "
                   "must make every vector, is what the row measures.")
    batches, many = (1, 16, 100), (1, 4, 16, 64)
    cells = [(ms, batch, c) for ms in (0, 50, 200) for batch in batches for c in many]
    rates = {}
    for i, (ms, batch, c) in enumerate(cells):
        step(i, len(cells), f"{ms} ms, batch {batch}, c={c}")
        waves = (2 if args.quick else 5) if ms == 200 else (4 if args.quick else 12) if ms else 0
        requests = c * waves or min(30000 // batch, 2000) // (4 if args.quick else 1)
        with Sim(args.folder, "--latency-ms", 20, "--dims", 256) as sim:
            db = connect("t", client(sim, c, batch))
            warm(db, c)
            sim.set(latency_ms=ms)
            runs = 1 if ms else args.runs
            seconds, _ = best(runs, lambda: timed(lambda: db.execute(STREAM, (numbers(requests * batch),)).fetchone()))
            db.close()
        rates[ms, batch, c] = requests * batch / seconds
    ideal = lambda ms, batch, c: c * batch / ms * 1000
    rows = []
    for ms in (0, 50, 200):
        for batch in batches:
            cell = lambda c: f"{rates[ms, batch, c]:,.0f}" + (f" ({rates[ms, batch, c] / ideal(ms, batch, c):.0%})" if ms else "")
            rows.append([f"{ms} ms", batch, *map(cell, many)])
    report.table(["latency", "batch", *[f"c={c}" for c in many]], rows)
    for ms in (50, 200):
        series = []
        for batch in reversed(batches):
            series.append((f"batch {batch}", [rates[ms, batch, c] for c in many], False))
            series.append((f"batch {batch} ideal", [ideal(ms, batch, c) for c in many], True))
        report.picture(f"bench-rows-{ms}ms.svg", f"Rows a second at {ms} ms",
                       plot.lines(f"Rows a second at {ms} ms latency", "max_concurrent_requests", "rows/s", many, series))
    report.picture("bench-rows-0ms.svg", "Rows a second at no latency",
                   plot.lines("Rows a second at no latency", "max_concurrent_requests", "rows/s", many,
                              [(f"batch {b}", [rates[0, b, c] for c in many], False) for b in reversed(batches)]))


def overhead(args, report, step):
    """What one request and one row cost when the server answers at once."""
    report.section("Overhead at no latency", "rembed_stream, 32 dims, c=4. CPU is the client process alone (statement, request, "
                   "decoding, row); wall time also holds the simulator's work. The overhead of a request is what a request of one "
                   "row costs beyond a row.")
    n = 5000 if args.quick else 20000
    with Sim(args.folder, "--dims", 32) as sim:
        def take(batch, rows):
            runs = [in_child("overhead", options=client(sim, 4, batch), n=rows) for _ in range(args.runs)]
            return {what: min(run[what] for run in runs) for what in ("cpu", "seconds")}

        step(0, 2, "one row a request")
        single = take(1, n)
        step(1, 2, "1000 rows a request")
        packed = take(1000, 20 * n)
    us = lambda r, of, what: r[what] / of * 1e6
    row_cpu, row_wall = us(packed, 20 * n, "cpu"), us(packed, 20 * n, "seconds")
    request_cpu, request_wall = us(single, n, "cpu") - row_cpu, us(single, n, "seconds") - row_wall
    report.table(["", "CPU of the client", "wall"],
                 [["per request", f"{request_cpu:.1f} us", f"{request_wall:.1f} us"],
                  ["per row (batch 1000)", f"{row_cpu:.2f} us", f"{row_wall:.2f} us"]])
