# SPDX-License-Identifier: MIT OR Apache-2.0
"""From the teacher to the rows of the student: one vector a token, whose sum over a text stands for the text.

    fit.py WORK        reads what texts.py, teacher.py and distil.py left in WORK; writes WORK/plain.npz and
                       WORK/fitted.npz (rows [V, 256])

plain    Model2Vec's recipe: the teacher's vectors of single tokens, centred, their 256 main directions, each
         row scaled by a/(a+p), p being the frequency that Zipf's law gives the token's place in the vocabulary.
fitted   the plain rows, in the main directions of the teacher's text vectors, trained until the sums over the
         texts that are not held out point where the teacher's vectors point (Tokenlearn's idea). A row that
         few texts touch stays near where it was.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from tokenizers import Tokenizer

from teacher import model_path

DIMS, SIF = 256, 1e-4
EPOCHS, BATCH, RATE, KEEP = 12, 1024, 2e-3, 2e-3


def load_teacher(work, n_texts):
    vectors, known = np.zeros((n_texts, 384), np.float16), np.zeros(n_texts, bool)
    for file in sorted((work / "teacher").glob("[0-9]*.npz")):
        if ".tmp" not in file.name:
            part = np.load(file)
            vectors[part["rows"]], known[part["rows"]] = part["vectors"], True
    return vectors, known


def make_encoder(work):
    """text list -> list of id lists, in the numbering of the student's vocabulary."""
    tokens = json.loads((work / "vocab.json").read_text("utf-8"))
    number = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer.from_file(model_path() + "/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    unknown = number["[UNK]"]

    def encode(texts):
        return [[number[t] for t in e.tokens if number[t] != unknown]
                for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
    return tokens, encode


def sif(n):
    rank = np.arange(2, n + 2)
    p = (1 / rank) / (1 / rank).sum()
    return (SIF / (SIF + p)).astype(np.float32)


def plain_rows(vectors):
    centred = vectors - vectors.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return (centred @ directions[:DIMS].T) * sif(len(vectors))[:, None]


def bags(ids):
    offsets = np.cumsum([0] + [len(i) for i in ids])[:-1]
    return torch.from_numpy(np.concatenate([np.array(i, np.int64) for i in ids])), torch.from_numpy(offsets)


def fit(start, ids, targets, log=print):
    """Trains rows so that the unit vectors of their sums approach the targets (unit vectors)."""
    torch.manual_seed(1)
    rows = torch.nn.Parameter(torch.from_numpy(start.copy()))
    anchor, goal = torch.from_numpy(start), torch.from_numpy(targets)
    steps = EPOCHS * (len(ids) // BATCH)
    optimiser = torch.optim.Adam([rows], lr=RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: max(0.02, 1 - s / steps))
    for epoch in range(EPOCHS):
        order, total, n = torch.randperm(len(ids)).tolist(), 0.0, 0
        for at in range(0, len(ids) - BATCH + 1, BATCH):
            part = order[at:at + BATCH]
            flat, offsets = bags([ids[i] for i in part])
            out = torch.nn.functional.normalize(torch.nn.functional.embedding_bag(flat, rows, offsets, mode="sum"), dim=1)
            target = goal[part]
            direct = (1 - (out * target).sum(1)).mean()
            # how the texts of a batch lie to each other, which is what a search asks
            apart = ((out @ out.T - target @ target.T) ** 2).mean()
            used = torch.unique(flat)
            loss = direct + 10 * apart + KEEP * ((rows[used] - anchor[used]) ** 2).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total, n = total + direct.item(), n + 1
        log(f"epoch {epoch + 1}: 1 - cosine {total / n:.4f}, pairs {apart.item():.5f}", flush=True)
    return rows.detach().numpy()


def main():
    work = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    texts = [json.loads(line) for line in open(work / "texts.jsonl", encoding="utf-8")]
    teacher, known = load_teacher(work, len(texts))
    vectors = np.load(work / "tokens.npz")["vectors"].astype(np.float32)
    np.savez(work / "plain.npz", rows=plain_rows(vectors))
    tokens, encode = make_encoder(work)
    use = [i for i, t in enumerate(texts) if known[i] and not t["held"]]
    ids = encode([texts[i]["text"] for i in use])
    keep = [k for k, i in enumerate(ids) if i]
    use, ids = [use[k] for k in keep], [ids[k] for k in keep]
    goal = teacher[use].astype(np.float32)
    print(f"{len(use)} texts, {sum(map(len, ids))} tokens", flush=True)
    # The main directions of texts, not centred: they keep the most of every cosine.
    _, directions = np.linalg.eigh(goal.T @ goal)
    directions = directions[:, ::-1][:, :DIMS].astype(np.float32)
    target = goal @ directions
    target /= np.linalg.norm(target, axis=1, keepdims=True)
    centred = vectors - vectors.mean(0)
    start = (centred @ directions) * sif(len(vectors))[:, None]
    start /= np.linalg.norm(start, axis=1).mean()
    np.savez(work / "fitted.npz", rows=fit(np.ascontiguousarray(start), ids, np.ascontiguousarray(target)))


if __name__ == "__main__":
    main()
