# SPDX-License-Identifier: MIT OR Apache-2.0
"""The texts from which the built-in model is fitted and by which it is judged: two things that every Debian
machine can have, its package descriptions and WordNet's glosses (package wordnet-base).

    texts.py WORK      reads WORK/wordnet and WORK/lists (tools/make_local_model.sh lays them), writes WORK/texts.jsonl

One JSON object a line: kind, key, text, held (true: kept out of the fit), and for glosses the lemmas and the
offsets of the hypernyms. What is held out is decided by a hash of the key, so it is the same on every machine:

  gloss    every text of a synset is held out together: PAIRS synsets with one of their hypernyms, and a
           tenth of all others
  package  every package of an eighth of the source packages
"""
import hashlib
import json
import pathlib
import re
import subprocess
import sys

PAIRS = 4000


def number(key):
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def read_wordnet(folder):
    """offset+pos -> {lemmas, definition, examples, hypernyms}"""
    synsets = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text("utf-8").splitlines():
            if line.startswith("  "):
                continue
            head, _, gloss = line.partition(" | ")
            field = head.split()
            pos = "a" if field[2] == "s" else field[2]
            n_words = int(field[3], 16)
            lemmas = [re.sub(r"\(.*\)$", "", w).replace("_", " ") for w in field[4:4 + 2 * n_words:2]]
            pointers = field[5 + 2 * n_words:]
            hypernyms = [pointers[i + 1] + pointers[i + 2] for i in range(0, len(pointers) - 3, 4)
                         if pointers[i] in ("@", "@i")] if pos in "nv" else []
            examples = [e.strip() for e in re.findall(r'"([^"]{15,})"', gloss)]
            definition = re.sub(r"[;\s]*\"[^\"]*\"?", "", gloss).strip(" ;")
            if definition:
                synsets[field[0] + pos] = {"lemmas": lemmas, "text": definition, "examples": examples,
                                           "hypernyms": hypernyms}
    return synsets


def held_synsets(synsets):
    held = {key for key in synsets if number(key) % 10 == 0}
    linked = sorted((k for k, s in synsets.items() if s["hypernyms"]), key=lambda k: number("pair" + k))
    for key in linked[:PAIRS]:
        held.add(key)
        held.add(synsets[key]["hypernyms"][0])
    return held


def wordnet_texts(folder):
    synsets = read_wordnet(folder)
    held = held_synsets(synsets)
    for key, synset in synsets.items():
        common = {"key": key, "held": key in held}
        yield {"kind": "gloss", **common, "text": synset["text"], "lemmas": synset["lemmas"],
               "hypernyms": synset["hypernyms"]}
        for example in synset["examples"]:
            yield {"kind": "example", **common, "text": example}
        if number("lemma" + key) % 3 == 0:
            yield {"kind": "lemmas", **common, "text": ", ".join(synset["lemmas"])}


def stanzas(files):
    for file in files:
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", str(file)], check=True,
                              stdout=subprocess.PIPE).stdout.decode("utf-8", "replace")
        for stanza in text.split("\n\n"):
            yield stanza


def package_texts(lists):
    sources, seen = {}, set()
    for stanza in stanzas(sorted(lists.glob("*_Packages*"))):
        name = re.search(r"^Package: (\S+)", stanza, re.M)
        source = re.search(r"^Source: (\S+)", stanza, re.M)
        if name:
            sources[name[1]] = source[1] if source else name[1]
    for stanza in stanzas(sorted(lists.glob("*_Translation-en*"))):
        name = re.search(r"^Package: (\S+)", stanza, re.M)
        body = re.search(r"^Description-en: (.*(?:\n .*)*)", stanza, re.M)
        if not name or not body:
            continue
        source = sources.get(name[1], name[1])
        common = {"key": name[1], "held": number("source" + source) % 8 == 0}
        summary, _, rest = body[1].partition("\n")
        paragraph = " ".join(rest.split("\n .\n")[0].split())[:600]
        for kind, text in (("summary", summary.strip()), ("paragraph", paragraph)):
            if len(text) > 10 and text not in seen:
                seen.add(text)
                yield {"kind": kind, **common, "text": text}


def main():
    work = pathlib.Path(sys.argv[1])
    texts = list(wordnet_texts(work / "wordnet")) + list(package_texts(work / "lists"))
    with open(work / "texts.jsonl", "w", encoding="utf-8") as out:
        for text in texts:
            out.write(json.dumps(text, ensure_ascii=False) + "\n")
    for kind in sorted({t["kind"] for t in texts}):
        of_kind = [t for t in texts if t["kind"] == kind]
        print(f"{kind:10} {len(of_kind):7} texts, {sum(t['held'] for t in of_kind):6} held out")


if __name__ == "__main__":
    main()
