# SPDX-License-Identifier: MIT OR Apache-2.0
"""The same search in other hosts than Python: the sqlite3 shell, and Node with the SQLite
that better-sqlite3 brings along (newer than Debian's, and stricter about subtypes)."""

import json
import pathlib
import subprocess
import tempfile

import peers

HERE = pathlib.Path(__file__).resolve().parent
FOUND = {
    "firearm courtroom": "The jury",
    "marine wildlife": "After saying Charlotte",
    "American football": "Larry Allen",
    "illegal betting": "Shohei Ohtani",
}

OPENING = """
.load {rembed}
.load {vec}
INSERT INTO temp.rembed_clients(name, options) VALUES ('minilm', rembed_client_options(
  'provider', 'openai-compatible', 'url', '{url}', 'model', 'minilm', 'key', '{key}'));
.read {articles}
"""
NEAREST = """
SELECT headline FROM vec_articles LEFT JOIN articles ON articles.id = vec_articles.rowid
  WHERE headline_embedding MATCH rembed('minilm', '{query}') AND k = 1;
"""


def run(command, text=None):
    """What the command printed; its complaint where it failed."""
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return (
        done.stdout.strip() if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"
    )


def shell(tally, base):
    script = OPENING.format(
        rembed=peers.REMBED, vec=peers.VEC, url=base, key=peers.KEY, articles=HERE / "articles.sql"
    ) + "".join(NEAREST.format(query=query) for query in FOUND)
    with tempfile.TemporaryDirectory() as folder:
        told = run(["sqlite3", "-batch", "-bail", f"{folder}/articles.db"], script)
    lines = told.splitlines()
    tally.that(
        len(lines) == len(FOUND) and all(map(str.startswith, lines, FOUND.values())),
        f"the sqlite3 shell finds the {len(FOUND)} headlines: {' | '.join(lines)}",
    )


def node(tally, base):
    command = [
        "node",
        str(HERE / "node_host.mjs"),
        str(peers.NPM),
        str(peers.REMBED),
        base,
        peers.KEY,
    ]
    told = run(command + list(FOUND))
    good = told.startswith("{")
    reply = json.loads(told) if good else {"found": []}
    tally.that(
        good
        and len(reply["found"]) == len(FOUND)
        and all(map(str.startswith, reply["found"], FOUND.values()))
        and reply["type"] == "float32",
        f"Node finds the {len(FOUND)} headlines: {told}",
    )


def check(tally, servers):
    shell(tally, servers.infinity)
    node(tally, servers.infinity)
