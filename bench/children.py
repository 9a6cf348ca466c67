# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the measured child processes do. Each function gives a JSON-able dict; harness.in_child calls it."""
import json
import sqlite3
from pathlib import Path

from harness import best, connect, cpu_seconds, noise, numbers, opened, peak_bytes, reset_peak, timed


def batch(options, batches):
    """CPU and peak memory of one rembed_batch of `batches` x 256 texts."""
    db = connect("t", options)
    array = json.dumps([f"text {i}" for i in range(256 * batches)])
    db.execute("SELECT rembed('t', 'warm')").fetchone()
    reset_peak()
    memory, cpu = peak_bytes(), cpu_seconds()
    db.execute("SELECT rembed_batch('t', ?) IS NULL", (array,)).fetchone()
    return {"cpu": cpu_seconds() - cpu, "peak": peak_bytes() - memory}


WAYS = {
    "sequential": "SELECT sum(rembed_image('m', readfile(path)) IS NOT NULL) FROM files",
    "concurrent": "SELECT json_extract(rembed_images_concurrent('m', :array), '$.stats.successful')",
    "stream": "SELECT count(embedding) FROM rembed_stream('m', 'SELECT path, readfile(path) FROM temp.files')",
}


def ways_of_images(options, way, folder, count, runs):
    """One row of the seed's table: every picture file described and embedded in one way."""
    db = connect("m", options)
    db.create_function("readfile", 1, lambda path: Path(path).read_bytes())
    db.execute("CREATE TEMP TABLE files(path TEXT)")
    db.executemany("INSERT INTO files VALUES (?)", [(f"{folder}/picture{i}.png",) for i in range(count)])
    db.execute("SELECT rembed('m', 'warm')").fetchone()
    reset_peak()
    memory = peak_bytes()
    given = {}
    if way == "concurrent":  # making the array is not timed, but it takes memory
        given["array"] = db.execute("SELECT json_group_array(readfile_base64(path)) FROM files").fetchone()[0]
    seconds, row = best(runs, lambda: timed(lambda: db.execute(WAYS[way], given).fetchone()))
    return {"seconds": seconds, "ok": row[0], "peak": peak_bytes() - memory}


def stream(options, n):
    """Peak memory of a stream whose rows are counted and thrown away."""
    db = connect("t", options)
    db.execute("SELECT rembed('t', 'warm')").fetchone()
    reset_peak()
    memory, cpu = peak_bytes(), cpu_seconds()
    seconds, row = timed(lambda: db.execute("SELECT count(embedding), count(error) FROM rembed_stream('t', ?)",
                                            (numbers(n),)).fetchone())
    return {"seconds": seconds, "ok": row[0], "failed": row[1], "peak": peak_bytes() - memory, "cpu": cpu_seconds() - cpu,
            "connections": opened(db)}


def big_images(options, count, side):
    """Peak memory of `count` images of about side x side x 3 bytes that come one by one from a query."""
    data = noise(1, side)
    db = connect("m", options)
    db.execute("CREATE TEMP TABLE one(data BLOB)")
    db.execute("INSERT INTO one VALUES (?)", (data,))
    db.execute("SELECT rembed_image('m', ?)", (data,)).fetchone()
    reset_peak()
    memory = peak_bytes()
    seconds, row = timed(lambda: db.execute(
        "SELECT count(embedding), max(error) FROM rembed_stream('m', ?)",
        (numbers(count, "(SELECT data FROM temp.one)"),)).fetchone())
    return {"seconds": seconds, "ok": row[0], "error": row[1], "bytes": len(data), "peak": peak_bytes() - memory}


def overhead(options, n):
    """Wall and CPU time of n rows in one stream."""
    db = connect("t", options)
    db.execute("SELECT rembed('t', 'warm')").fetchone()
    cpu = cpu_seconds()
    seconds, _ = timed(lambda: db.execute("SELECT count(embedding) FROM rembed_stream('t', ?)", (numbers(n),)).fetchone())
    return {"seconds": seconds, "cpu": cpu_seconds() - cpu}


def hold_lock(file, options, how, n):
    """Embeds the table docs of the file in one of three ways; the parent watches the lock meanwhile."""
    db = connect("t", options, file)
    select = f"SELECT id, body FROM docs WHERE id <= {n}"
    if how == "insert":
        run = lambda: db.execute("INSERT INTO vectors SELECT id, embedding FROM rembed_stream('t', ?)", (select,)) and None
    elif how == "temp":
        def run():
            db.execute("CREATE TEMP TABLE ready AS SELECT id, embedding FROM rembed_stream('t', ?)", (select,))
            db.execute("INSERT INTO vectors SELECT id, embedding FROM temp.ready")
    else:
        run = lambda: db.execute("SELECT rembed_into('t', ?, 'INSERT INTO vectors VALUES (?1, ?2)', 500)",
                                 (select,)).fetchone()[0]
    seconds, reply = timed(run)
    return {"seconds": seconds, "reply": json.loads(reply) if reply else None, "sqlite": sqlite3.sqlite_version}
