# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every part of the benchmark uses: simulator, connections, clocks, measured child processes, progress bar."""
import json
import os
import random
import resource
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = os.environ.get("REMBED_EXTENSION", str(ROOT / "dist/rembed0"))
SIMULATOR = os.environ.get("REMBED_SIM", str(ROOT / "build/rembed-sim"))
MB = 1e6


class Sim:
    """A simulator process; `url` is its base. Use it in a with statement."""

    def __init__(self, folder, *options, tls=False):
        port = Path(folder) / f"port{time.monotonic_ns()}"
        args = [SIMULATOR, "--port", "0", "--port-file", str(port), "--parent-watch", *map(str, options)]
        if tls:
            args += ["--tls", "--cert", f"{folder}/cert.pem", "--key-file", f"{folder}/key.pem"]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for _ in range(1000):
            if port.exists() and port.read_text().strip():
                break
            time.sleep(0.005)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port.read_text().strip()}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def _call(self, path, body=None):
        with urllib.request.urlopen(f"{self.url}/_sim/{path}", data=body) as reply:
            return json.load(reply)

    def stats(self):
        return self._call("stats")

    def reset(self):
        self._call("reset", b"")

    def set(self, **settings):
        self._call("config", json.dumps(settings).encode())


class Failures(threading.Thread):
    """Fails a share of a simulator's requests while they come: the next ones whenever it falls behind."""

    def __init__(self, sim, share, fault):
        super().__init__(daemon=True)
        self.sim, self.share, self.fault, self.ended = sim, share, fault, threading.Event()

    def run(self):
        asked = 0
        while not self.ended.wait(0.002):
            due = int(self.sim.stats()["requests"] * self.share) + 1 - asked
            if due > 0:
                self.sim.set(fault=self.fault, fault_count=due)
                asked += due

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        self.sim.set(fault="")


def certificate(folder):
    """A self-signed certificate for 127.0.0.1."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "30", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], check=True, capture_output=True)


def connect(name, options, file=":memory:"):
    """A connection with the extension and one client."""
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    db.enable_load_extension(True)
    db.load_extension(EXTENSION)
    db.execute("INSERT INTO temp.rembed_clients VALUES (?, ?)", (name, json.dumps(options)))
    return db


def numbers(n, text="'text number ' || i"):
    """A SELECT of n rows (id, text) that needs no table."""
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n}) SELECT i, {text} FROM n"


def noise(seed, side):
    """A PNG of side x side random pixels, about side * side * 3 bytes."""
    pixels = random.Random(seed).randbytes(side * side * 3)
    raw = b"".join(b"\0" + pixels[i:i + side * 3] for i in range(0, len(pixels), side * 3))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b"")


def opened(db):
    return db.execute("SELECT sum(connections_opened) FROM rembed_stats").fetchone()[0]


def timed(function):
    started = time.perf_counter()
    result = function()
    return time.perf_counter() - started, result


def best(runs, function):
    """The result with the smallest first member: machines are noisy, and noise only adds."""
    return min((function() for _ in range(runs)), key=lambda r: r[0])


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_bytes():
    """The largest resident size this process ever had."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def reset_peak():
    """Forgets the peak, so that it starts from what is resident now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # then the peak is that of the whole life of the process, which is fresh


def in_child(what, **parameters):
    """Runs children.<what>(**parameters) in a process of its own; its CPU and memory are then only the client's."""
    code = ["bench.py", "--child", json.dumps([what, parameters])]
    done = subprocess.run([sys.executable, str(ROOT / "bench" / code[0]), *code[1:]], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: the child '{what}' failed:\n{done.stderr}")
    return json.loads(done.stdout)


class Progress:
    """A bar on standard error, when that is a terminal. Parts say how far they are with `part.step`."""

    def __init__(self, parts):
        self.parts, self.part, self.shown = parts, -1, sys.stderr.isatty()

    def next_part(self):
        self.part += 1
        self.step(0, 1, "")

    def step(self, done, of, what):
        if not self.shown:
            return
        share = (self.part + done / of) / self.parts
        filled = int(share * 30)
        sys.stderr.write(f"\r\033[K[{'#' * filled}{'.' * (30 - filled)}] {share:4.0%} {what}")
        sys.stderr.flush()

    def clear(self):
        if self.shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
