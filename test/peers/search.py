# SPDX-License-Identifier: MIT OR Apache-2.0
"""Search over Debian's programs: embedded through SQL, kept and searched by sqlite-vec.

What should be found is told by Debian's own sections and tags (debtags), which people wrote and
the model never sees: it sees only the line "name: synopsis"."""

import json
import re
import time

import numpy

import peers

K = 10
N_OTHER_WAYS = 1500
LEAST_HITS = 6
LEAST_MEAN = 8.0
TIE = 1e-6  # two rows this near may change places between float and double arithmetic

QUERIES = [
    ("image editor", r"^graphics|works-with::image"),
    ("web server", r"^httpd|^web|protocol::http"),
    ("compiler for C", r"^devel|devel::compiler|devel::lang:c\b"),
    ("play chess against the computer", r"game::board:chess"),
    ("read e-mail in the terminal", r"^mail|works-with::mail"),
    ("SQL database", r"^database|works-with::db"),
    ("listen to music", r"^sound|works-with::audio|works-with::music"),
    ("programmer's text editor", r"^editors|use::editing"),
    ("cut and convert videos", r"^video|works-with::video"),
    ("back up files", r"admin::backup|use::synchronizing|works-with::archive"),
    ("map of the night sky and planets", r"field::astronomy"),
    ("draw and view molecules", r"field::chemistry|field::biology"),
    ("version control of source code", r"^vcs|devel::rcs|works-with::vcs"),
    ("monitor network traffic", r"use::monitor|use::analysing|network::scanner"),
]

BRUTE_FORCE = """
    SELECT rowid, rembed_cosine(embedding, :vector) AS cosine FROM docs
    ORDER BY cosine DESC LIMIT :k"""
NEAREST = """
    SELECT rowid, distance FROM docs WHERE embedding MATCH rembed('minilm', :query) AND k = :k
    ORDER BY distance"""


def same_order(nearest, brute):
    """Same distances rank by rank, and the same rows except where two are as good as equal."""
    if len(nearest) != K:
        return False
    for (row, distance), (other, cosine) in zip(nearest, brute):
        if abs(distance - (1 - cosine)) > 1e-5:
            return False
        if row != other and not any(r == row and abs(c - cosine) <= TIE for r, c in brute):
            return False
    return True


def forms(tally, db, base):
    """Every output form is the type that sqlite-vec takes it for, by its subtype."""
    text = "a text for every form"
    for output, kind in (("float32", "float32"), ("int8", "int8"), ("bit", "bit")):
        peers.register_minilm(db, base, output, output=output)
        got = db.execute(
            "SELECT vec_type(rembed(?1, ?2)), vec_length(rembed(?1, ?2)), vec_to_json(rembed(?1, ?2))",
            (output, text),
        ).fetchone()
        tally.that(
            got[:2] == (kind, peers.DIMS) and len(json.loads(got[2])) == peers.DIMS,
            f"output {output} is sqlite-vec's {got[0]} of {got[1]}",
        )
    tally.that(
        peers.one(
            db, "SELECT vec_quantize_binary(rembed('float32', ?1)) = rembed('bit', ?1)", text
        ),
        "output bit is sqlite-vec's own vec_quantize_binary, bit for bit",
    )
    for output in ("int8", "bit"):
        db.execute(
            f"CREATE VIRTUAL TABLE as_{output} USING vec0(embedding {output}[{peers.DIMS}])"
        )
        for i, (query, _) in enumerate(QUERIES):
            db.execute(f"INSERT INTO as_{output} VALUES (?, rembed(?, ?))", (i, output, query))
        found = [
            peers.one(
                db,
                f"SELECT rowid FROM as_{output} WHERE embedding MATCH rembed(?, ?) AND k = 1",
                output,
                query,
            )
            for query, _ in QUERIES
        ]
        tally.that(
            found == list(range(len(QUERIES))), f"a vec0 column of {output} finds every row"
        )


def as_int8(blob):
    """What output int8 is documented to be: components of the unit vector times 127."""
    return numpy.rint(peers.rows(peers.vector(blob)) * 127).astype("i1").tobytes()


def other_ways(tally, db):
    """Streams and rembed_into fill a vec0 table with the vectors that rembed_batch gave."""
    some = f"SELECT id, body FROM programs WHERE id <= {N_OTHER_WAYS}"
    ways = {
        "rembed_stream": """INSERT INTO {table}(rowid, embedding)
            SELECT id, embedding FROM rembed_stream('{client}', '{some}')""",
        "rembed_each": """INSERT INTO {table}(rowid, embedding)
            SELECT idx + 1, embedding FROM rembed_each('{client}',
              (SELECT json_group_array(body) FROM ({some} ORDER BY id)))""",
        "rembed_into": """SELECT rembed_into('{client}', '{some}',
            'INSERT INTO {table}(rowid, embedding) VALUES (?1, {typed})', 500)""",
    }
    for way, sql in ways.items():
        for client, kind in (("minilm", "float"), ("int8", "int8")):
            table = f"{way}_{kind}"
            db.execute(f"CREATE VIRTUAL TABLE {table} USING vec0(embedding {kind}[{peers.DIMS}])")
            typed = "?2" if kind == "float" else "vec_int8(?2)"  # parameters have no subtype
            began = time.monotonic()
            db.execute(sql.format(table=table, client=client, some=some, typed=typed)).fetchall()
            seconds = time.monotonic() - began
            n, worst = db.execute(
                f"""SELECT count(*), max(vec_distance_cosine(docs.embedding, t.embedding))
                    FROM {table} AS t JOIN docs USING (rowid)"""
                if kind == "float"
                else f"""SELECT count(*), max(vec_distance_cosine(
                      vec_int8(as_int8(docs.embedding)), vec_int8(t.embedding)))
                    FROM {table} AS t JOIN docs USING (rowid)"""
            ).fetchone()
            tally.that(
                n == N_OTHER_WAYS and worst < (1e-5 if kind == "float" else 1e-4),
                f"{way}, a vec0 column of {kind}: {n} rows, farthest {worst:.1e} from "
                f"rembed_batch's ({seconds:.1f} s)",
            )


def check(tally, servers):
    db = peers.connect()
    peers.register_minilm(db, servers.infinity, batch_size=128)
    forms(tally, db, servers.infinity)

    programs = peers.programs()
    db.execute("CREATE TABLE programs(id INTEGER PRIMARY KEY, body TEXT)")
    db.executemany("INSERT INTO programs(body) VALUES (?)", [(text,) for text, _ in programs])
    db.execute(
        f"CREATE VIRTUAL TABLE docs USING vec0(embedding float[{peers.DIMS}] distance_metric=cosine)"
    )
    began = time.monotonic()
    db.execute(
        """INSERT INTO docs(rowid, embedding)
           SELECT key + 1, base64_decode(value) FROM json_each(rembed_batch('minilm',
             (SELECT json_group_array(body) FROM (SELECT body FROM programs ORDER BY id))))"""
    )
    seconds = time.monotonic() - began
    n = peers.one(db, "SELECT count(*) FROM docs")
    tally.that(
        n == len(programs) and n >= 1000,
        f"one INSERT embedded {n} texts into a vec0 table ({seconds:.1f} s, {n / seconds:.0f}/s)",
    )

    db.create_function("as_int8", 1, as_int8, deterministic=True)
    other_ways(tally, db)

    hits = []
    agree = 0
    for query, pattern in QUERIES:
        expected = [bool(re.search(pattern, labels)) for _, labels in programs]
        nearest = db.execute(NEAREST, {"query": query, "k": K}).fetchall()
        vector = peers.one(db, "SELECT rembed('minilm', ?)", query)
        brute = db.execute(BRUTE_FORCE, {"vector": vector, "k": 2 * K}).fetchall()
        agree += same_order(nearest, brute)
        hits.append(sum(expected[row - 1] for row, _ in nearest))
        names = ", ".join(programs[row - 1][0].split(":")[0] for row, _ in nearest)
        chance = K * sum(expected) / n
        tally.that(
            hits[-1] >= LEAST_HITS and hits[-1] > chance,
            f"{query}: {hits[-1]} of {K} are (by chance {chance:.1f}): {names}",
        )
    mean = sum(hits) / len(hits)
    tally.that(mean >= LEAST_MEAN, f"{mean:.1f} of {K} on average")
    tally.that(
        agree == len(QUERIES),
        f"sqlite-vec's order is rembed_cosine's over all rows: {agree} of {len(QUERIES)} queries",
    )
