# SPDX-License-Identifier: MIT OR Apache-2.0
"""Vectors that came through SQL and HTTP equal those of sentence-transformers, weights being equal.

infinity serves all-MiniLM-L6-v2; the reference runs in this process and never sees HTTP."""

import base64
import json
import sqlite3
import time

import numpy
from sentence_transformers import SentenceTransformer

import peers

LEAST_COSINE = 0.99999
N_LONG = 300
ODD = [
    'quotes " and \\ backslashes, a tab\t, a line\nand a bell \x07',
    "naïve café, Größe, Ελληνικά, русский, עברית, 日本語の文章, 한국어",
    "emoji 🎉👩‍👩‍👧‍👦🇪🇺 beyond the basic plane: 𝒳 𠮷",
    '</script><b>&amp;</b> {"input": [1, 2]} \u2028 \ufeff \u200d',
    "   blanks around   ",
    "x",
    "word " * 2000,
]


def apart(got, want):
    """Largest difference of any component, both of unit length."""
    return abs(peers.rows(got) - peers.rows(want)).max()


def closeness(got, want):
    return (peers.rows(got) * peers.rows(want)).sum(axis=1)


def decode(reply):
    return [numpy.frombuffer(base64.b64decode(v), "<f4") for v in json.loads(reply)]


def check(tally, servers):
    texts = peers.long_texts(N_LONG) + ODD
    reference = SentenceTransformer(str(peers.MODEL), device="cpu")
    began = time.monotonic()
    want = reference.encode(texts, batch_size=32)
    print(f"   sentence-transformers: {len(texts)} texts, {time.monotonic() - began:.2f} s")

    db = peers.connect()
    peers.register_minilm(db, servers.infinity)
    peers.register_minilm(db, servers.infinity, "float", encoding="float", batch_size=7)
    peers.register_minilm(db, servers.infinity + "/embeddings", "base64", encoding="base64")

    for name in ("minilm", "float", "base64"):
        began = time.monotonic()
        got = decode(peers.one(db, "SELECT rembed_batch(?, ?)", name, json.dumps(texts)))
        seconds = time.monotonic() - began
        worst = min(closeness(got, want))
        tally.that(
            len(got) == len(texts)
            and {len(v) for v in got} == {peers.DIMS}
            and worst >= LEAST_COSINE,
            f"rembed_batch, client {name}: {len(got)} texts as sentence-transformers has them, "
            f"worst cosine {worst:.9f}, components within {apart(got, want):.1e} ({seconds:.2f} s)",
        )

    some = list(range(0, N_LONG, 8)) + list(range(N_LONG, len(texts)))
    got = [peers.vector(peers.one(db, "SELECT rembed('minilm', ?)", texts[i])) for i in some]
    worst = min(closeness(got, want[some]))
    tally.that(worst >= LEAST_COSINE, f"rembed: {len(some)} texts, worst cosine {worst:.9f}")

    same = peers.one(
        db, "SELECT rembed('float', ?1) = rembed('base64', ?1)", "the same bits in both encodings"
    )
    tally.that(same, "numbers and base64 of the real server give identical bytes")

    mixed = json.dumps([texts[0], None, "", texts[1], "  ", texts[2]])
    got = json.loads(peers.one(db, "SELECT rembed_batch('minilm', ?)", mixed))
    kept = [i for i, v in enumerate(got) if v is not None]
    vectors = [numpy.frombuffer(base64.b64decode(got[i]), "<f4") for i in kept]
    tally.that(
        kept == [0, 3, 5] and min(closeness(vectors, want[:3])) >= LEAST_COSINE,
        "NULL and blank elements give null, the others stay in place",
    )

    wrong = closeness([want[0]], [want[1]])[0]
    tally.that(wrong < 0.9, f"two different texts differ (cosine {wrong:.3f})")

    peers.register_minilm(db, servers.infinity, "stranger", key="not-the-key-42")
    try:
        peers.one(db, "SELECT rembed('stranger', 'x')")
        told = "no error"
    except sqlite3.Error as error:
        told = str(error)
    tally.that(
        "401" in told and "stranger" in told and "not-the-key" not in told,
        f"a wrong key is the server's refusal, without the key: {told}",
    )

    peers.register_minilm(db, servers.infinity, "short", dimensions=64)
    got = peers.vector(peers.one(db, "SELECT rembed('short', ?)", texts[0]))
    worst = closeness([got], want[:1, :64])[0]
    tally.that(len(got) == 64 and worst >= LEAST_COSINE, "dimensions: 64 of the real model")
