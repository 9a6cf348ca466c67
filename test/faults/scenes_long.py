# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows 46 and 47 of the matrix: a rate limit, and a million rows through everything at once, against the simulator alone."""
import json
import re
import time
import urllib.request

from run import Seen, Simulator

# no 429 but those of the limit: it always means to slow down, and so the client does
FAULTS = "status=500|status=502|status=503|reset|close|cut=80|cutclean=80|empty|reorder"
ROWS = 1000000


def control(sim, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{sim.url}/_sim/{path}", data=data) as reply:
        return json.load(reply)


def rows_of(n):
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n}) SELECT i, 'row number ' || i FROM n"


def resident():
    with open("/proc/self/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s*(\d+)", file.read()).group(1)) * 1024


def limited_run(env, rate, requests, seen):
    sim = Simulator("--dims", "8", "--rate-limit", str(rate), "--latency-ms", "50", "--jitter-ms", "100")
    db = env.connect({"url": sim.url + "/openai/v1", "batch_size": 1, "max_concurrent_requests": 64, "max_retry_wait": 120,
                      "request_timeout": 30, "deadline": 300})
    started = time.monotonic()
    total, good, ordered = db.execute("SELECT count(*), count(embedding), sum(id = n) FROM (SELECT row_number() OVER () AS n, id, "
                                      "embedding FROM rembed_stream('c', ?))", (rows_of(requests),)).fetchone()
    seen.seconds = time.monotonic() - started
    stats = control(sim, "stats")
    refused = stats["errors"]
    seen.runs, seen.attempts = stats["requests"], 1 + (refused > 0)
    seen.check(total == good == ordered == requests, f"{total} rows, {good} vectors, {ordered} in order, of {requests}")
    db.close()
    sim.end()
    return refused, stats["requests"]


def rate_limited(env, quick):
    """64 requests at once against a limit per second, with no setting and no other knowledge."""
    seen = Seen()
    rate, requests = (150, 600) if quick else (100, 3000)
    refused, sent = limited_run(env, rate, requests, seen)
    ideal = (requests - rate) / rate
    share = refused / sent
    seen.note = (f"{requests:,} requests, 64 at once, limit {rate}/s: {share:.1%} refused, {seen.seconds:.1f} s "
                 f"({seen.seconds / ideal:.2f} x ideal)")
    most = 0.2 if quick else 0.03  # the first burst is a large share of a short run
    seen.check(share <= most, f"{share:.1%} of the requests were refused")
    return seen


def big_run(env, quick):
    """Every row once, in order, with its right vector, through random latency, faults of nine kinds and a rate limit."""
    n, batch, rate, burst = (20000, 64, 100, 100) if quick else (ROWS, 256, 50, 50)
    seen = Seen()
    sim = Simulator("--dims", "16", "--jitter-ms", "400", "--latency-ms", "100")
    options = {"url": sim.url + "/openai/v1", "batch_size": batch, "max_concurrent_requests": 64, "max_retry_wait": 120,
               "request_timeout": 30, "deadline": 300, "max_batch_tokens": 100000000}
    db = env.connect(options)
    control(sim, "config", {"latency_ms": 0, "jitter_ms": 0})
    db.execute("CREATE TABLE right AS SELECT id, embedding FROM rembed_stream('c', ?) WHERE batch_size = 2048", (rows_of(n),))
    db.execute("CREATE UNIQUE INDEX right_id ON right(id)")
    distinct = db.execute("SELECT count(DISTINCT embedding) FROM right").fetchone()[0]
    control(sim, "reset", {})
    control(sim, "config", {"latency_ms": 100, "jitter_ms": 400, "rate_limit": rate, "fault": FAULTS, "fault_share": 0.05})
    start_memory, peak = resident(), 0
    started = time.monotonic()
    # row by row, as an application reads it: order and memory are looked at on the way
    count = same = ordered = 0
    right = db.execute("SELECT id, embedding FROM right ORDER BY id")
    errors = []
    for i, embedding, error in db.execute("SELECT id, embedding, error FROM rembed_stream('c', ?)", (rows_of(n),)):
        right_id, right_vector = next(right)
        count += 1
        ordered += i == count == right_id
        same += embedding == right_vector
        if error:
            errors.append(env.look(error))
        if count % 10000 == 0:
            peak = max(peak, resident())
    seen.seconds = time.monotonic() - started
    stats = control(sim, "stats")
    limited = stats["limited"]
    needed = stats["requests"] - limited  # those that the limit let through: every batch, and again where a fault hit
    ideal = (needed - burst) / rate
    seen.runs, seen.error = stats["requests"], errors[0] if errors else ""
    grown = (peak - start_memory) / 1e6
    seen.note = (f"{n:,} rows, {batch} a request, 64 at once, latency 100-500 ms, limit {rate}/s: {ordered:,} in order, "
                 f"{same:,} right vectors ({distinct:,} different); {stats['requests']:,} requests, {stats['faulty']:,} met a fault "
                 f"({stats['faulty'] / needed:.1%}), {limited:,} over the limit ({limited / stats['requests']:.1%}); "
                 f"{seen.seconds:.1f} s, ideal {ideal:.1f} s ({seen.seconds / ideal:.3f} x); memory +{grown:.0f} MB")
    seen.check(count == ordered == same == n and not errors, f"{count} rows, {ordered} in order, {same} right, errors: {errors[:2]}")
    seen.check(stats["faulty"] >= 0.02 * needed, f"only {stats['faulty']} faults")
    seen.check(grown <= 60, f"memory grew by {grown:.0f} MB")
    if not quick:
        seen.check(limited <= 0.03 * stats["requests"], f"{limited} requests were over the limit")
        seen.check(seen.seconds <= 1.05 * ideal, f"{seen.seconds:.1f} s, ideal {ideal:.1f} s")
    db.close()
    sim.end()
    return seen
