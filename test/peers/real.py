# SPDX-License-Identifier: MIT OR Apache-2.0
"""Servers that people run, with real weights: llama.cpp, Ollama, infinity, and a LiteLLM proxy before it.

The reference is sentence-transformers on the same weights, in this process."""

import base64
import json
import sqlite3
import time

import numpy
from sentence_transformers import SentenceTransformer

import peers

LEAST_COSINE = 0.999
N_TEXTS = 40
TOO_LONG = "word " * 3000
ODD = ['quotes " and \\, a tab\t, a line\n', "x", "A" * 90]
ACCENTS = "naïve café, Größe, Ελληνικά, русский"


def closeness(got, want):
    return (peers.rows(got) * peers.rows(want)).sum(axis=1)


def decode(reply):
    return [numpy.frombuffer(base64.b64decode(v), "<f4") for v in json.loads(reply)]


def refusal(db, sql, *args):
    """What an error says."""
    try:
        peers.one(db, sql, *args)
    except sqlite3.Error as error:
        return str(error)
    return "no error"


class Reference:
    """Texts and their vectors by sentence-transformers."""

    def __init__(self):
        library = SentenceTransformer(str(peers.MODEL), device="cpu")
        self.texts = [text for text, _ in peers.programs()[::40]][:N_TEXTS] + ODD + [ACCENTS]
        self.vectors = library.encode(self.texts, batch_size=32)

    def agrees(self, tally, db, client, what, n=None, dims=peers.DIMS):
        """The first n texts (None: all) come back from the client as the library has them."""
        texts = self.texts[:n]
        began = time.monotonic()
        got = decode(peers.one(db, "SELECT rembed_batch(?, ?)", client, json.dumps(texts)))
        seconds = time.monotonic() - began
        shape = {len(v) for v in got} == {dims} and len(got) == len(texts)
        worst = min(closeness(got, self.vectors[:n, :dims])) if shape else 0
        tally.that(
            worst >= LEAST_COSINE,
            f"{what}: {len(got)} texts as sentence-transformers has them, worst cosine "
            f"{worst:.6f} ({seconds:.1f} s)",
        )


def register(db, name, **options):
    peers.register(db, name, **({"request_timeout": 120} | options))


def one_fails(tally, db, client, what, words):
    """Of three texts the long one fails with the server's words, the others do not."""
    rows = db.execute(
        "SELECT embedding IS NOT NULL, error FROM rembed_each(?, ?)",
        (client, json.dumps(["first", TOO_LONG, "last"])),
    ).fetchall()
    tally.that(
        [row[0] for row in rows] == [1, 0, 1] and words in (rows[1][1] or ""),
        f"{what}: a text that is too long fails alone: {rows[1][1]}",
    )


def llamacpp(tally, servers, reference):
    db = peers.connect()
    root = servers.llamacpp
    register(db, "base", provider="llamacpp", url=root, key=peers.KEY)
    register(db, "base64", provider="llamacpp", url=f"{root}/v1", key=peers.KEY, encoding="base64")
    register(db, "native", provider="llamacpp", url=f"{root}/embedding", key=peers.KEY)
    for client in ("base", "base64", "native"):
        reference.agrees(tally, db, client, f"llama.cpp, client {client}")
    one_fails(tally, db, "base", "llama.cpp", "input")
    register(db, "stranger", provider="llamacpp", url=root, key="not-the-key-42", max_retries=0)
    told = refusal(db, "SELECT rembed('stranger', 'x')")
    tally.that("401" in told and "not-the-key" not in told, f"llama.cpp, a wrong key: {told}")


def ollama(tally, servers, reference):
    db = peers.connect()
    root = servers.ollama
    register(db, "native", provider="ollama", url=root, model="minilm")
    register(db, "short", provider="ollama", url=root, model="minilm", dimensions=128)
    register(db, "compatible", provider="ollama", url=f"{root}/v1/embeddings", model="minilm")
    register(db, "old", provider="ollama", url=f"{root}/api/embeddings", model="minilm")
    # Some of them: its plain build is slow. Its tokenizer keeps accents, which the model never saw; those
    # are in the last text alone.
    reference.agrees(tally, db, "native", "Ollama, /api/embed", 20)
    reference.agrees(tally, db, "short", "Ollama, /api/embed, 128 dimensions", 10, 128)
    reference.agrees(tally, db, "compatible", "Ollama, /v1/embeddings", 10)
    reference.agrees(tally, db, "old", "Ollama, /api/embeddings", 10)
    register(db, "strict", provider="ollama", url=root, model="minilm", truncate=False)
    one_fails(tally, db, "strict", "Ollama, truncate false", "context length")
    register(db, "cut", provider="ollama", url=root, model="minilm", truncate=True)
    cut = peers.one(db, "SELECT length(rembed('cut', ?))", TOO_LONG)
    tally.that(cut == 4 * peers.DIMS, "Ollama, truncate true: a text that is too long is cut")
    register(db, "other", provider="ollama", url=root, model="no-such-model")
    told = refusal(db, "SELECT rembed('other', 'x')")
    tally.that("not found" in told and "404" in told, f"Ollama, an unknown model: {told}")


def litellm(tally, servers, reference):
    db = peers.connect()
    url = servers.litellm
    options = {"provider": "openai-compatible", "url": url, "key": f"sk-{peers.KEY}"}
    register(db, "real", model="minilm", **options)
    register(db, "base64", model="minilm", encoding="base64", **options)
    reference.agrees(tally, db, "real", "LiteLLM before infinity")
    reference.agrees(tally, db, "base64", "LiteLLM before infinity, base64")

    direct = {"provider": "openai", "url": f"{servers.simulator}/openai/v1", "key": "any"}
    register(db, "direct", model="text-embedding-3-small", **direct)
    register(db, "proxied", model="sim", **options)
    texts = json.dumps(reference.texts)
    same = peers.one(db, "SELECT rembed_batch('direct', ?1) = rembed_batch('proxied', ?1)", texts)
    tally.that(same, "LiteLLM before the simulator: the vectors of a direct call, bit for bit")
    register(db, "other", model="no-such-model", **options)
    told = refusal(db, "SELECT rembed('other', 'x')")
    tally.that("no-such-model" in told, f"LiteLLM, an unknown model: {told}")
    register(db, "stranger", model="minilm", **(options | {"key": "sk-not-the-key-42"}))
    told = refusal(db, "SELECT rembed('stranger', 'x')")
    tally.that("HTTP 4" in told and "not-the-key" not in told, f"LiteLLM, a wrong key: {told}")


def infinity(tally, servers, reference):
    db = peers.connect()
    options = {"provider": "infinity", "url": servers.infinity, "key": peers.KEY}
    register(db, "numbers", model="minilm", encoding="float", **options)
    register(db, "base64", model="minilm", encoding="base64", **options)
    reference.agrees(tally, db, "numbers", "infinity, numbers")
    reference.agrees(tally, db, "base64", "infinity, base64")
    same = peers.one(db, "SELECT rembed('numbers', 'x') = rembed('base64', 'x')")
    tally.that(same, "infinity: the same bits in both encodings")


def check(tally, servers):
    reference = Reference()
    llamacpp(tally, servers, reference)
    ollama(tally, servers, reference)
    infinity(tally, servers, reference)
    litellm(tally, servers, reference)
