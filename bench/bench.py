#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Measures dist/rembed0.so against build/rembed-sim, plain and over TLS, and prints ratios of one run.

Usage: bench.py [--quick] [--only images|text|cpu|memory] [--runs N]. Every figure is a ratio to the ideal or to another way in
the same run, or CPU time of the client process alone; the best of N runs is shown, because machines are noisy.
"""
import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from make_pictures import picture  # noqa: E402


class Sim:
    """A simulator process; `url` is its base."""

    def __init__(self, folder, *options, tls=False):
        port = Path(folder) / f"port{time.monotonic_ns()}"
        args = [str(ROOT / "build/rembed-sim"), "--port", "0", "--port-file", str(port), "--parent-watch", *options]
        if tls:
            args += ["--tls", "--cert", f"{folder}/cert.pem", "--key-file", f"{folder}/key.pem"]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for _ in range(100):
            if port.exists() and port.read_text().strip():
                break
            time.sleep(0.05)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port.read_text().strip()}"

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def certificate(folder):
    """A self-signed certificate for 127.0.0.1."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "30", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], check=True, capture_output=True)


def connect(name, options):
    db = sqlite3.connect(":memory:")
    db.enable_load_extension(True)
    db.load_extension(str(ROOT / "dist/rembed0"))
    db.execute("INSERT INTO temp.rembed_clients VALUES (?, ?)", (name, json.dumps(options)))
    return db


def timed(function):
    started = time.perf_counter()
    result = function()
    return time.perf_counter() - started, result


def best(runs, function):
    return min((function() for _ in range(runs)), key=lambda r: r[0])


def images(args, folder):
    """Sequential rembed_image against rembed_images_concurrent, the seed's own table."""
    count = 24 if args.quick else 96
    pictures = [picture(i)[1] for i in range(count)]
    array = json.dumps([__import__("base64").b64encode(p).decode() for p in pictures])
    sim = Sim(folder, "--vision-latency-ms", "100")
    base = {"provider": "ollama", "url": sim.url + "/ollama"}
    print(f"\nImages: {count} pictures, vision latency 100 ms (targets: c=2 1.97x, c=4 3.9x, c=6 5.85x, c=16 15x)")
    print(f"{'':16}{'Success':>8}{'Total s':>9}{'Avg ms':>9}{'Rate/s':>8}{'Conc':>6}{'Ratio':>8}")
    db = connect("m", base)
    seconds, _ = timed(lambda: [db.execute("SELECT rembed_image('m', ?)", (p,)).fetchone()[0] for p in pictures])
    row = lambda name, ok, s, c, ratio: print(
        f"{name:16}{ok:>8}{s:>9.2f}{s / count * 1000:>9.1f}{count / s:>8.1f}{c:>6}{ratio:>7.2f}x")
    row("Sequential", f"{count}/{count}", seconds, 1, 1)
    sequential = seconds
    for c in (2, 4, 6, 16):
        db = connect("m", dict(base, max_concurrent_requests=c))
        run = lambda: timed(lambda: json.loads(
            db.execute("SELECT rembed_images_concurrent('m', ?)", (array,)).fetchone()[0]))
        seconds, reply = best(args.runs, run)
        row(f"Concurrent-{c}", f"{reply['stats']['successful']}/{count}", seconds, c, sequential / seconds)
    sim.close()


def text(args, folder):
    """One text a request, 1 x 1536 floats, 50 ms: ideal over wall."""
    print("\nText: 1 x 1536 floats a request, 50 ms (targets: 0.97 at c<=6, 0.95 at 16, 0.88 at 64; connections <= c)")
    print(f"{'':10}{'c':>5}{'requests':>10}{'wall s':>9}{'ideal s':>9}{'efficiency':>12}{'connections':>13}")
    for tls in (False, True):
        sim = Sim(folder, "--latency-ms", "50", "--dims", "1536", tls=tls)
        for c in (1, 2, 4, 6, 16, 64):
            waves = 6 if args.quick else 20
            options = {"provider": "openai", "url": sim.url + "/openai/v1", "key": "k", "batch_size": 1, "encoding": "float",
                       "max_concurrent_requests": c}
            if tls:
                options["ca_file"] = f"{folder}/cert.pem"
            db = connect("t", options)
            array = json.dumps([f"text number {i}" for i in range(c * waves)])
            db.execute("SELECT rembed_batch('t', ?)", (json.dumps([f"warm {i}" for i in range(c)]),)).fetchone()
            run = lambda: timed(lambda: db.execute("SELECT rembed_batch('t', ?) IS NULL", (array,)).fetchone())
            seconds, _ = best(args.runs, run)
            opened = db.execute("SELECT connections_opened FROM rembed_stats WHERE client = 't'").fetchone()[0]
            print(f"{'TLS' if tls else 'plain':10}{c:>5}{c * waves:>10}{seconds:>9.3f}{waves * 0.05:>9.3f}"
                  f"{waves * 0.05 / seconds:>12.3f}{opened:>13}")
        sim.close()


def child(url, folder, batches, c, encoding, output):
    """What the measured process does: prints CPU seconds and peak RSS in KiB."""
    options = {"provider": "openai", "url": url, "key": "k", "batch_size": 256, "encoding": encoding, "output": output,
               "max_concurrent_requests": c, "max_batch_tokens": 1000000000}
    if url.startswith("https"):
        options["ca_file"] = f"{folder}/cert.pem"
    db = connect("t", options)
    array = json.dumps([f"text {i}" for i in range(256 * batches)])
    db.execute("SELECT rembed('t', 'warm')").fetchone()
    before = resource.getrusage(resource.RUSAGE_SELF)
    db.execute("SELECT rembed_batch('t', ?) IS NULL", (array,)).fetchone()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "peak": after.ru_maxrss, "before": before.ru_maxrss}))


def measure(url, folder, batches, c, encoding, output="float32"):
    out = subprocess.run([sys.executable, __file__, "--child", url, folder, str(batches), str(c), encoding, output],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def cpu(args, folder):
    """CPU of the client per row: the process' own, so that the simulator on the same cores does not count."""
    print("\nCPU per row, batches of 256 x 1536: request, TLS, decode (output bit: next to nothing is written), and with the "
          "8 KB of result text\nthat rembed_batch makes of a row (targets over TLS, without it: base64 15 us, JSON 45 us)")
    for tls in (False, True):
        sim = Sim(folder, "--dims", "1536", tls=tls)
        for encoding in ("base64", "float"):
            batches = 8 if args.quick else 20
            us = []
            for output in ("bit", "float32"):
                m = min((measure(sim.url + "/openai/v1", folder, batches, 4, encoding, output) for _ in range(args.runs)),
                        key=lambda r: r["cpu"])
                us.append(m["cpu"] / (256 * batches) * 1e6)
            print(f"{'TLS' if tls else 'plain':8}{encoding:8}{us[0]:>8.1f} us/row {us[1]:>8.1f} us/row with the result")
        sim.close()


def memory(args, folder):
    """Peak RSS of a 100-batch run above what the process had before, beside the bound."""
    print("\nPeak memory of a 100-batch run of 256 x 1536 (bound: 12 MB + c x (0.1 MB + batch x dims x 4 B) + the result)")
    sim = Sim(folder, "--dims", "1536", "--latency-ms", "20")
    batches = 20 if args.quick else 100
    for c in (1, 4, 16):
        r = measure(sim.url + "/openai/v1", folder, batches, c, "base64")
        result = batches * 256 * (1536 * 4 * 4 / 3 + 3)
        bound = 12e6 + c * (0.1e6 + 256 * 1536 * 4) + result
        print(f"c={c:<4}{(r['peak'] - r['before']) * 1024 / 1e6:>8.1f} MB over the start, bound {bound / 1e6:.1f} MB "
              f"(of it the result {result / 1e6:.1f} MB)")
    sim.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("images", "text", "cpu", "memory"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--child", nargs=6)
    args = parser.parse_args()
    if args.child:
        url, folder, batches, c, encoding, output = args.child
        child(url, folder, int(batches), int(c), encoding, output)
        return
    with tempfile.TemporaryDirectory() as folder:
        certificate(folder)
        print(f"Machine: {os.cpu_count()} cores, shared by client and simulator; best of {args.runs}")
        for part in (images, text, cpu, memory):
            if args.only in (None, part.__name__):
                part(args, folder)


if __name__ == "__main__":
    main()
