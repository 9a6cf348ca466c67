# SPDX-License-Identifier: MIT OR Apache-2.0
"""The quality gate of the built-in model: how well it does what its teacher does, on texts kept out of its making.

    gate.py WORK [NAME=ROWS.npz ...]     prints tables in Markdown, for docs/LOCAL_MODEL.md

The student's rows are judged as the pack holds them: int8 with integer weights. By default plain.npz and
fitted.npz of WORK are judged. Tasks:

  agreement   rank correlation (Spearman) of cosines with the teacher's, over pairs of held-out texts: half of
              them chosen at random, half from among the teacher's 200 nearest of a text; and the same over texts
              of other kinds, quotations (package fortunes) and a dictionary of computing (dict-foldoc)
  hypernyms   a gloss of WordNet asks for the gloss of its hypernym among all held-out glosses: recall at 10
  packages    the first paragraph of a package's description asks for its summary, among the held-out ones
  questions   60 questions in plain words ask for a program (queries.py), among the summaries of all programs:
              how many have a good answer among the first 10, and the mean reciprocal rank of the first
"""
import gzip
import json
import pathlib
import re
import sqlite3
import sys
import zlib

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import spearmanr

import fit
import pack
from queries import QUERIES

N_PAIRS, TOP = 10000, 10
WORDS, MEANING, PLACES = 1, 2, 10  # the recipe of the documents: see fused()


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class Student:
    def __init__(self, rows, tokens, encode):
        silent = [tokens.index(t) for t in pack.SPECIALS]
        self.rows, self.encode_ids = pack.unquantise(*pack.quantise(rows, silent)), encode

    def encode(self, texts):
        ids = self.encode_ids(texts)
        ends = np.cumsum([0] + [len(i) for i in ids])
        flat = np.fromiter((t for i in ids for t in i), np.int64, ends[-1])
        return unit(csr_matrix((np.ones(len(flat), np.float32), flat, ends), (len(ids), len(self.rows))) @ self.rows)


class Lexical:
    """Signed hashes of the letter sequences of words: spelling, not meaning."""

    def encode(self, texts, n=1024):
        out = np.zeros((len(texts), n), np.float32)
        for row, text in zip(out, texts):
            for word in re.findall(r"\w+", text.lower()):
                padded = f"<{word}>"
                for gram in {padded} | {padded[i:i + k] for k in (3, 4, 5) for i in range(len(padded) - k + 1)}:
                    h = zlib.crc32(gram.encode())
                    row[h % n] += 1 if h & 0x80000000 else -1
        return unit(np.sign(out) * np.log1p(np.abs(out)))


def ranked_by_vectors(model, queries, documents, top):
    q, d = model.encode(queries), model.encode(documents).T.copy()
    found = []
    for start in range(0, len(q), 512):
        scores = q[start:start + 512] @ d
        best = np.argpartition(-scores, top, axis=1)[:, :top]
        order = np.take_along_axis(scores, best, 1).argsort(1)[:, ::-1]
        found += np.take_along_axis(best, order, 1).tolist()
    return found


def ranked_by_fts(queries, documents, top):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(body, tokenize = 'porter unicode61')")
    db.executemany("INSERT INTO t(rowid, body) VALUES (?, ?)", enumerate(documents))
    found = []
    for query in queries:
        match = " OR ".join(f'"{w}"' for w in sorted(set(re.findall(r"\w+", query.lower()))))
        found.append([r for r, in db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT ?", (match, top))])
    return found


def fused(words, meaning):
    """Reciprocal rank fusion: 1/(10 + place) among the words, 2/(10 + place) in meaning."""
    out = []
    for rankings in zip(words, meaning):
        score = {}
        for ranking, weight in zip(rankings, (WORDS, MEANING)):
            for place, item in enumerate(ranking):
                score[item] = score.get(item, 0) + weight / (PLACES + place + 1)
        out.append(sorted(score, key=score.get, reverse=True))
    return out


def judge(found, good, skip=None):
    """Recall at TOP (share of queries with a good answer) and mean reciprocal rank of the first."""
    hits, ranks = 0, 0.0
    for i, (ranking, right) in enumerate(zip(found, good)):
        ranking = [r for r in ranking if skip is None or r != skip[i]][:TOP]
        places = [p for p, item in enumerate(ranking) if item in right]
        hits += bool(places)
        ranks += 1 / (places[0] + 1) if places else 0
    return hits / len(good), ranks / len(good)


class Remembered:
    """The teacher's vectors, by text: those of teacher.py, and what prepare() adds. `folder` keeps what is made once."""

    def __init__(self, texts, vectors, known, folder):
        self.at = {t["text"]: i for i, t in enumerate(texts) if known[i]}
        self.vectors, self.folder = vectors, folder

    def prepare(self, texts, file):
        """Encodes what is missing, once and for all."""
        from teacher import Teacher
        if file.exists():
            old = np.load(file)
            self.add(old["texts"].tolist(), old["vectors"])
            return
        missing = sorted({t for t in texts if t not in self.at})
        if missing:
            self.add(missing, Teacher().encode(missing).astype(np.float16))
            np.savez(file, texts=np.array(missing), vectors=self.vectors[[self.at[t] for t in missing]])

    def add(self, texts, vectors):
        self.at.update({t: len(self.vectors) + i for i, t in enumerate(texts)})
        self.vectors = np.concatenate([self.vectors, vectors])

    def encode(self, texts):
        return unit(self.vectors[[self.at[t] for t in texts]].astype(np.float32))


def agreement(title, models, teacher, texts, n):
    rng = np.random.default_rng(11)
    pool = [texts[i] for i in rng.choice(len(texts), n, replace=False)]
    vectors = teacher.encode(pool)
    a = rng.integers(0, len(pool), N_PAIRS)
    b = rng.integers(0, len(pool), N_PAIRS)
    near = np.argpartition(-(vectors[a[:N_PAIRS // 2]] @ vectors.T), 201, axis=1)[:, :201]
    b[:N_PAIRS // 2] = near[np.arange(N_PAIRS // 2), rng.integers(0, 201, N_PAIRS // 2)]
    keep = a != b
    a, b = a[keep], b[keep]
    expected = (vectors[a] * vectors[b]).sum(1)
    print(f"| rank correlation with the teacher, {len(a)} pairs of {title} | all | near | random |\n| --- | --- | --- | --- |")
    half = np.arange(N_PAIRS)[keep] < N_PAIRS // 2
    for name, model in models.items():
        v = model.encode(pool)
        got = (v[a] * v[b]).sum(1)
        print(f"| {name} | " + " | ".join(
            f"{spearmanr(expected[part], got[part]).statistic:.3f}" for part in (half | True, half, ~half)) + " |", flush=True)
    print()


def others(title, teacher, queries, documents, deep, folder):
    """The rankings that do not depend on the student: made once."""
    file = folder / f"gate-{title.split(':')[0].replace(' ', '-')}.json"
    if not file.exists():
        file.write_text(json.dumps({"teacher": ranked_by_vectors(teacher, queries, documents, deep),
                                    "FTS5 (BM25, porter)": ranked_by_fts(queries, documents, deep),
                                    "lexical hash": ranked_by_vectors(Lexical(), queries, documents, deep)}))
    return json.loads(file.read_text())


def other_texts(work):
    """Sentences of quotations and of a dictionary of computing."""
    found = []
    for file in sorted((work / "deb/usr/share/games/fortunes").iterdir()):
        if file.is_file() and not file.suffix:
            found += file.read_text("utf-8", "replace").split("\n%\n")
    found += gzip.open(work / "deb/usr/share/dictd/foldoc.dict.dz").read().decode("utf-8", "replace").split("\n\n")
    found = [" ".join(re.sub(r"[{}<>]", "", t).split())[:300] for t in found]
    return sorted({t for t in found if len(t) >= 60})


def task(title, models, teacher, best, queries, documents, good, skip=None):
    deep = 100
    rankings = others(title, teacher, queries, documents, deep, teacher.folder)
    fts = rankings["FTS5 (BM25, porter)"]
    rankings.update({name: ranked_by_vectors(m, queries, documents, deep) for name, m in models.items()})
    rankings[f"FTS5 and {best} fused"] = fused(fts, rankings[best])
    print(f"| {title} | recall@{TOP} | MRR@{TOP} |\n| --- | --- | --- |")
    for name, ranking in rankings.items():
        recall, mrr = judge(ranking, good, skip)
        print(f"| {name} | {recall:.3f} | {mrr:.3f} |", flush=True)
    print()


def hypernyms(models, teacher, best, texts):
    glosses = [t for t in texts if t["kind"] == "gloss" and t["held"]]
    at = {t["key"]: i for i, t in enumerate(glosses)}
    asked = [t for t in glosses if any(h in at for h in t["hypernyms"])]
    task(f"gloss to hypernym: {len(asked)} of {len(glosses)} held-out glosses", models, teacher, best,
         [t["text"] for t in asked], [t["text"] for t in glosses],
         [{at[h] for h in t["hypernyms"] if h in at} for t in asked], [at[t["key"]] for t in asked])


def packages(models, teacher, best, texts):
    summaries = [t for t in texts if t["kind"] == "summary" and t["held"]]
    at = {t["key"]: i for i, t in enumerate(summaries)}
    asked = [t for t in texts if t["kind"] == "paragraph" and t["held"] and t["key"] in at]
    task(f"description to summary: {len(asked)} of {len(summaries)} held-out packages", models, teacher, best,
         [t["text"] for t in asked], [t["text"] for t in summaries], [{at[t["key"]]} for t in asked])


def programs(work):
    """name -> summary of what Debian calls a program."""
    from texts import stanzas
    found = {}
    for stanza in stanzas(sorted((work / "lists").glob("*_Packages*"))):
        if "role::program" in stanza:
            name, summary = re.search(r"^Package: (\S+)", stanza, re.M), re.search(r"^Description: (.+)", stanza, re.M)
            if name and summary:
                found.setdefault(name[1], summary[1])
    return found


def questions(models, teacher, best, work):
    found = programs(work)
    names = sorted(found)
    teacher.prepare([q for q, _ in QUERIES] + list(found.values()), work / "gate-teacher.npz")
    at = {name: i for i, name in enumerate(names)}
    good = [{at[w] for w in words.split() if w in at} for _, words in QUERIES]
    asked = [(q, g) for (q, _), g in zip(QUERIES, good) if g]
    task(f"{len(asked)} questions to {len(names)} programs", models, teacher, best, [q for q, _ in asked],
         [found[n] for n in names], [g for _, g in asked])


def main():
    work = pathlib.Path(sys.argv[1])
    named = dict(a.split("=") for a in sys.argv[2:]) or {"plain distillation": work / "plain.npz", "fitted": work / "fitted.npz"}
    texts = [json.loads(line) for line in open(work / "texts.jsonl", encoding="utf-8")]
    vectors, known = fit.load_teacher(work, len(texts))
    teacher = Remembered(texts, vectors, known, work)
    tokens, encode = fit.make_encoder(work)
    models = {name: Student(np.load(path)["rows"], tokens, encode) for name, path in named.items()}
    best = list(models)[-1]
    hashed = {**models, "lexical hash": Lexical()}
    agreement("held-out texts", hashed, teacher, [t["text"] for t in texts if t["held"]], 12000)
    other = other_texts(work)
    chosen = [other[i] for i in np.random.default_rng(12).choice(len(other), 4000, replace=False)]
    teacher.prepare(chosen, work / "gate-other.npz")
    agreement("quotations and a dictionary of computing", hashed, teacher, chosen, len(chosen))
    hypernyms(models, teacher, best, texts)
    packages(models, teacher, best, texts)
    questions(models, teacher, best, work)


if __name__ == "__main__":
    main()
