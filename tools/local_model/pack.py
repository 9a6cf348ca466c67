# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes a model in the layout of src/local/pack.h: int8 rows, each with an integer weight.

A row of floats r becomes weight * q: q is r scaled so that its largest element is 127, the weight says how
long r is beside the longest row, from 1 to 4095. So a frequent word's short row keeps all its eight bits.
"""
import json
import struct

import numpy as np

MAX_WEIGHT = 4095
CONTINUES = 0x80000000
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def quantise(rows, silent):
    """rows [V, D] -> (int8 [V, D], weights [V]); the tokens of `silent` get the weight 0."""
    largest = np.abs(rows).max(1)
    q = np.rint(rows / np.maximum(largest, 1e-12)[:, None] * 127).astype(np.int8)
    top = np.quantile(np.delete(largest, silent), 0.9999)
    weights = np.clip(np.rint(largest / top * MAX_WEIGHT), 1, MAX_WEIGHT).astype(np.uint16)
    weights[silent] = 0
    return q, weights


def unquantise(q, weights):
    return q.astype(np.float32) * weights.astype(np.float32)[:, None]


def piece_hash(piece, continues):
    h = 0x050C5D1F if continues else 0x811C9DC5
    for byte in piece:
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def vocabulary(tokens):
    """starts, slots and texts as bytes, and the length of the longest token."""
    starts, texts, longest = [], bytearray(), 0
    n_slots = len(tokens) * 7 // 5
    slots = [0] * n_slots
    for i, token in enumerate(tokens):
        continues = len(token) > 2 and token.startswith("##")
        piece = (token[2:] if continues else token).encode()
        starts.append(len(texts) | (CONTINUES if continues else 0))
        texts += piece
        longest = max(longest, len(piece))
        h = piece_hash(piece, continues)
        at = h * n_slots >> 32
        while slots[at]:
            at = (at + 1) % n_slots
        slots[at] = (h & 0xFFF) << 20 | (i + 1)
    starts.append(len(texts))
    return struct.pack(f"<{len(starts)}I", *starts), struct.pack(f"<{n_slots}I", *slots), bytes(texts), longest


def write(path, tokens, rows, metadata):
    specials = [tokens.index(t) for t in SPECIALS]
    q, weights = quantise(rows, specials)
    starts, slots, texts, longest = vocabulary(tokens)
    parts = [json.dumps(metadata, ensure_ascii=False).encode(), starts, slots, texts,
             struct.pack(f"<{len(specials)}I", *specials), weights.astype("<u2").tobytes(), q.tobytes()]
    header, body, at = b"", b"", 96 + 32
    for part in parts:
        pad = -at % 64
        body += bytes(pad) + part
        at += pad
        header += struct.pack("<II", at, len(part))
        at += len(part)
    fixed = b"REMBPACK" + struct.pack("<8I", 1, len(tokens), rows.shape[1], len(slots) // 4,
                                      tokens.index("[UNK]"), longest, len(specials), 0)
    with open(path, "wb") as out:
        out.write((fixed + header).ljust(128, b"\0") + body)
    return unquantise(q, weights)


METADATA = {
    "id": "rembed-local-en-256-v1", "dims": 256, "language": "en", "licence": "Apache-2.0",
    "kind": "static: the unit vector of the sum of a row a token",
    "source": "fitted to sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0); vocabulary of google-bert/bert-base-uncased "
              "(Apache-2.0) without its [unused] tokens",
}


def main():
    """pack.py WORK ROWS.npz OUT.pack"""
    import pathlib
    import sys
    work, rows, out = map(pathlib.Path, sys.argv[1:])
    tokens = json.loads((work / "vocab.json").read_text("utf-8"))
    write(out, tokens, np.load(rows)["rows"], {**METADATA, "tokens": len(tokens)})


if __name__ == "__main__":
    main()
