# SPDX-License-Identifier: MIT OR Apache-2.0
"""The official OpenAI SDK and rembed() read the same vectors, from the simulator and infinity.

Against the simulator this says that it speaks OpenAI's protocol as OpenAI's own client has it."""

import base64
import json

import numpy
import openai

import peers

TEXTS = ["one", "two words", 'naïve 🎉 "quoted"\n', "x" * 3000] + [f"text {i}" for i in range(60)]


def of_sdk(client, encoding):
    """`encoding` None: the SDK's own choice, which is base64, decoded by it."""
    asked = {"encoding_format": encoding} if encoding else {}
    reply = client.embeddings.create(model=client.default_model, input=TEXTS, **asked)
    return [
        base64.b64decode(d.embedding)
        if isinstance(d.embedding, str)
        else numpy.array(d.embedding, "<f4").tobytes()
        for d in reply.data
    ]


def check(tally, servers):
    db = peers.connect()
    peers.register(
        db,
        "sim",
        provider="openai",
        url=f"{servers.simulator}/openai/v1",
        key="any",
        model="text-embedding-3-small",
    )
    sdk = openai.OpenAI(base_url=f"{servers.simulator}/openai/v1", api_key="any", max_retries=0)
    sdk.default_model = "text-embedding-3-small"
    ours = [peers.one(db, "SELECT rembed('sim', ?)", text) for text in TEXTS]
    batch = json.loads(peers.one(db, "SELECT rembed_batch('sim', ?)", json.dumps(TEXTS)))
    tally.that(
        [base64.b64decode(v) for v in batch] == ours,
        "rembed and rembed_batch agree on the simulator",
    )
    for encoding in ("float", "base64", None):
        tally.that(
            of_sdk(sdk, encoding) == ours,
            f"simulator, encoding {encoding or 'of its choice'}: the SDK has rembed's vectors, "
            f"byte for byte ({len(TEXTS)} texts of {len(ours[0]) // 4} dimensions)",
        )

    peers.register_minilm(db, servers.infinity)
    sdk = openai.OpenAI(base_url=servers.infinity, api_key=peers.KEY, max_retries=0)
    sdk.default_model = "minilm"
    batch = json.loads(peers.one(db, "SELECT rembed_batch('minilm', ?)", json.dumps(TEXTS)))
    ours = peers.rows([numpy.frombuffer(base64.b64decode(v), "<f4") for v in batch])
    for encoding in ("float", "base64", None):
        theirs = peers.rows([numpy.frombuffer(v, "<f4") for v in of_sdk(sdk, encoding)])
        worst = (ours * theirs).sum(axis=1).min()
        tally.that(
            worst >= 0.99999,
            f"infinity, encoding {encoding or 'of its choice'}: the SDK has rembed's vectors, "
            f"worst cosine {worst:.9f}",
        )
