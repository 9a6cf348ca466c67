#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints src/local/unicode_tables.h: what BERT's uncased normaliser and pre-tokeniser make of every code point.

    pip install tokenizers==0.23.3; tools/make_unicode_tables.py >src/local/unicode_tables.h

The reference library is asked as a black box, one code point at a time. Its tables are those of several
versions of Unicode at once, so no version of Python's own unicodedata would give the same. Canonical
reordering is the one thing that spans code points: the combining class of each mark that survives the
normaliser is found by seeing which marks of known class it changes places with.

At the end the tables are walked by a model of src/local/words.c and compared with the library again.
"""
import random
import sys
import unicodedata

from tokenizers import __version__, normalizers, pre_tokenizers

BLOCK = 64
SELF, DROP, BARRIER, PUNCT, SPACE, CJK, MARK, HANGUL, FIRST_STRING = range(9)
NAMES = ["SELF", "DROP", "BARRIER", "PUNCT", "SPACE", "CJK", "MARK", "HANGUL", "STRINGS"]
N = 0x110000
HANGUL_RANGE = range(0xAC00, 0xAC00 + 11172)

normalize = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None,
                                       lowercase=True).normalize_str
nfd = normalizers.NFD().normalize_str
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
is_scalar = lambda c: not 0xD800 <= c < 0xE000

# One mark of every combining class, all of them older than any version of Unicode in use.
MARKS = {}
for point in range(0x300, 0x20000):
    mark_class = unicodedata.combining(chr(point))
    if mark_class and mark_class not in MARKS and nfd(chr(point)) == chr(point):
        MARKS[mark_class] = chr(point)
# The library may know an older Unicode than Python: what it takes for a starter says nothing.
MARKS = {k: m for k, m in MARKS.items()
         if nfd("\u0301" + m) != "\u0301" + m or nfd(m + "\u0334") != m + "\u0334" or k in (1, 230)}
CLASSES = sorted(MARKS)
LOW, HIGH = MARKS[CLASSES[0]], MARKS[CLASSES[-1]]


def combining_class(x):
    """0 for a starter."""
    if nfd(HIGH + x) == HIGH + x and nfd(x + LOW) == x + LOW:
        return 0
    for k in CLASSES:
        if nfd(x + MARKS[k]) == x + MARKS[k] and nfd(MARKS[k] + x) == MARKS[k] + x:
            return k
    raise SystemExit(f"U+{ord(x):04X}: its combining class is none of the known")


def role(y):
    """What the pre-tokeniser does with a normalised character."""
    if split(y) == []:
        return SPACE
    return PUNCT if len(split("a" + y + "b")) == 3 else SELF


def classify(c):
    """The entry of a code point: a kind, or the string that it becomes."""
    x = chr(c)
    out = normalize("a" + x + "b")
    assert out[0] == "a" and out[-1] == "b", hex(c)
    out = out[1:-1]
    if out == "":
        # Removed before the decomposition, or a mark that moves; or a mark that nothing moves past.
        return DROP if normalize_keeps_moving(x) else BARRIER
    if out == " ":
        return SPACE
    if out == " " + x + " ":
        return CJK
    if out == x:
        kind = role(x)
        return MARK if kind == SELF and combining_class(x) else kind
    return out


def normalize_keeps_moving(x):
    """1 where two surviving marks change places across x: MOVERS are marks that the normaliser keeps."""
    high, low = MOVERS
    return normalize("a" + high + x + low) == "a" + low + high


def find_movers():
    """Two marks that survive the normaliser, of a high and a low class."""
    kept = {}
    for point in range(0x300, 0x20000):
        if is_scalar(point) and normalize("a" + chr(point)) == "a" + chr(point):
            k = combining_class(chr(point))
            if k:
                kept.setdefault(k, chr(point))
    return kept[max(kept)], kept[min(kept)]


MOVERS = find_movers()


def build():
    entries = [SELF] * N
    strings, pool = {}, bytearray()
    classes = {}
    for c in range(N):
        if not is_scalar(c):
            continue
        if c in HANGUL_RANGE:
            entries[c] = HANGUL
            continue
        kind = classify(c)
        if isinstance(kind, str):
            if kind not in strings:
                data = kind.encode()
                assert len(data) < 64
                strings[kind] = FIRST_STRING + len(pool)
                pool += bytes([len(data)]) + data
            kind = strings[kind]
        entries[c] = kind
    for c, kind in enumerate(entries):
        if kind == MARK:
            classes[c] = combining_class(chr(c))
    return entries, pool, classes


def model(text, entries, pool, classes):
    """words.c in Python: the words of a text."""
    words, word, run = [], [], []

    def flush():
        if word:
            words.append("".join(word))
        word.clear()
        run.clear()

    def put(y, kind):
        if kind == SPACE:
            flush()
        elif kind in (PUNCT, CJK):
            flush()
            words.append(y)
        elif kind == MARK:
            at = len(word)
            while at > len(word) - len(run) and classes[ord(word[at - 1])] > classes[ord(y)]:
                at -= 1
            word.insert(at, y)
            run.append(y)
        else:
            run.clear()
            word.append(y)

    for x in text:
        kind = entries[ord(x)]
        if kind >= FIRST_STRING:
            n = pool[kind - FIRST_STRING]
            for y in pool[kind - FIRST_STRING + 1:kind - FIRST_STRING + 1 + n].decode():
                k = entries[ord(y)]
                put(y, k if k in (SPACE, PUNCT, MARK) else SELF)
        elif kind == HANGUL:
            s = ord(x) - 0xAC00
            for y in [0x1100 + s // 588, 0x1161 + s % 588 // 28] + ([0x11A7 + s % 28] if s % 28 else []):
                put(chr(y), SELF)
        elif kind == BARRIER:
            run.clear()
        elif kind != DROP:
            put(x, kind)
    flush()
    return words


def check(entries, pool, classes):
    reference = lambda text: [w for w, _ in split(normalize(text))]
    for c in range(N):
        if is_scalar(c):
            text = "a" + chr(c) + "b " + chr(c) + " z"
            if model(text, entries, pool, classes) != reference(text):
                raise SystemExit(f"U+{c:04X}: the tables do not give what the library gives")
    pick = random.Random(1)
    odd = [c for c in range(N) if is_scalar(c) and entries[c] != SELF]
    marks = sorted(classes) + [c for c in range(0x300, 0x370)]
    for _ in range(200000):
        text = "".join(chr(pick.choice(pick.choice((odd, marks, range(0x20, 0x7F))))) for _ in range(12))
        if model(text, entries, pool, classes) != reference(text):
            raise SystemExit(f"{text!a}: the tables give {model(text, entries, pool, classes)!a}, the library "
                             f"{reference(text)!a}")


def rows(values, per_line):
    for i in range(0, len(values), per_line):
        print("    " + ", ".join(str(v) for v in values[i:i + per_line]) + ",")


def main():
    entries, pool, classes = build()
    check(entries, pool, classes)
    blocks, index = {}, []
    for start in range(0, N, BLOCK):
        block = tuple(entries[start:start + BLOCK])
        index.append(blocks.setdefault(block, len(blocks)))
    assert FIRST_STRING + len(pool) < 65536 and len(blocks) < 65536
    print(f"""/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Printed by tools/make_unicode_tables.py from what tokenizers {__version__} does; do not edit. */
#ifndef EMB_UNICODE_TABLES_H
#define EMB_UNICODE_TABLES_H
#include <stdint.h>

/* What becomes of a code point: one of these, or EMB_UC_STRINGS plus the position in unicode_strings of
 * a length byte and the UTF-8 text that it becomes. */
enum {{""")
    comments = ["stays", "vanishes", "vanishes, and no mark moves past it", "is a word of its own",
                "separates words", "is a word of its own", "stays, and is sorted among marks",
                "a syllable: decomposed by rule", None]
    for i, name in enumerate(NAMES):
        print(f"  EMB_UC_{name} = {i}" + (f", /* {comments[i]} */" if comments[i] else ""))
    print(f"""}};
enum {{ UNICODE_BLOCK = {BLOCK}, N_UNICODE_MARKS = {len(classes)} }};
""")
    ascii_row = []
    for c in range(128):
        kind = entries[c]
        text = bytes(pool[kind - FIRST_STRING + 1:kind - FIRST_STRING + 1 + pool[kind - FIRST_STRING]]) \
            if kind >= FIRST_STRING else bytes([c])
        assert kind in (SELF, DROP, PUNCT, SPACE) or len(text) == 1
        ascii_row.append(kind if kind in (DROP, PUNCT, SPACE) else text[0])
    print("/* The first 128 for speed: a kind (below 32), or the letter that it becomes. */")
    print("static const uint8_t unicode_ascii[128] = {")
    rows(ascii_row, 24)
    print("};\n")
    print(f"static const uint16_t unicode_index[{len(index)}] = {{")
    rows(index, 24)
    print("};\n")
    flat = [v for block in blocks for v in block]
    print(f"static const uint16_t unicode_blocks[{len(flat)}] = {{")
    rows(flat, 20)
    print("};\n")
    print(f"static const uint8_t unicode_strings[{len(pool)}] = {{")
    rows(list(pool), 24)
    print("};\n")
    print("/* Marks that stay, with their combining class, in order. */")
    print(f"static const struct {{ uint32_t point; uint8_t order; }} unicode_marks[N_UNICODE_MARKS] = {{")
    rows([f"{{{c}, {k}}}" for c, k in sorted(classes.items())], 8)
    print("};\n\n#endif")
    print(f"{len(blocks)} blocks, {len(pool)} bytes of strings, {len(classes)} marks", file=sys.stderr)


main()
