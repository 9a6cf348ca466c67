# SPDX-License-Identifier: MIT OR Apache-2.0
"""One call made twice against the simulator, by an official SDK and by the extension, and compared.

A case holds both ways to make the call. Its checks are:

  1. the SDK takes the simulator's reply, so the simulator answers as the provider does;
  2. both sent the same requests: method, path, query, headers, and body as a document;
  3. both got the same out of it, every float bit for bit, or the same caption.

Where the two requests differ on purpose, the case lists it: where, the SDK's value, ours, and why.
A difference that is not listed fails, and so does a listed one that does not occur."""

import base64
import dataclasses
import email
import json
import re
import sqlite3
import struct
import typing
import urllib.parse
import urllib.request
import zlib

import numpy

KEY = "sesame-7f3a"


class Token:
    """A value in a list of differences that is no value of JSON."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


ABSENT = Token("absent")
ANY = Token("anything")


class Differ(typing.NamedTuple):
    """`where` as in "body.input[0]" or "header.accept"; * stands for any part of a name or index."""

    where: str
    sdk: object
    ours: object
    why: str

    def covers(self, where, sdk, ours):
        pattern = "[^.]*".join(re.escape(part) for part in self.where.split("*"))
        return (
            re.fullmatch(pattern, where)
            and (self.sdk is ANY and sdk is not ABSENT or self.sdk == sdk)
            and (self.ours is ANY and ours is not ABSENT or self.ours == ours)
        )


@dataclasses.dataclass
class Case:
    name: str
    client: dict  # our options; "{sim}" in a value is the simulator's root
    sdk: typing.Callable  # (simulator's root) -> list of vectors, or a caption
    ours: typing.Callable  # (database, name of the client) -> the same
    differ: list = dataclasses.field(default_factory=list)
    spelled: dict = dataclasses.field(default_factory=dict)  # names of the SDK: ours, where a
    # provider takes both spellings
    apart: float = 0.0  # most that a component may differ: 0 but where we make the length 1


# Headers of the connection, not of the call.
CONNECTION = {
    "user-agent": "names the program",
    "accept-encoding": "what the HTTP library can unpack",
    "connection": "keep-alive is HTTP/1.1's default",
    "content-length": "follows from the body, which is compared",
}

EACH_AS_LIST = "one text goes as a list of one, so that there is one shape of request"


def json_only(accept):
    """The header of SDKs that say otherwise what they take."""
    return Differ("header.accept", accept, "application/json", "we take only JSON")


def stainless(extra=()):
    """The headers that SDKs made by Stainless add (openai, anthropic, together, groq, ...)."""
    return [Differ("header.x-stainless-*", ANY, ABSENT, "telemetry of the SDK"), *extra]


# Our side.
def batch(*texts):
    """Texts as one JSON array."""

    def call(db, client):
        reply = db.execute("SELECT rembed_batch(?, ?)", (client, json.dumps(texts))).fetchone()[0]
        return [base64.b64decode(vector) for vector in json.loads(reply)]

    return call


def one(text, *input_type):
    """One text by rembed()."""

    def call(db, client):
        marks = ", ?" * len(input_type)
        sql = f"SELECT rembed(?, ?{marks})"
        return [db.execute(sql, (client, text, *input_type)).fetchone()[0]]

    return call


def pictures(*images):
    """Images as one JSON array."""

    def call(db, client):
        sql = "SELECT rembed_images_batch(?, ?)"
        reply = db.execute(sql, (client, json.dumps([bare(i) for i in images]))).fetchone()[0]
        return [base64.b64decode(vector) for vector in json.loads(reply)]

    return call


def pair(text, image):
    """The one vector of a text and an image."""
    return batch({"text": text, "image": bare(image)})


def describe(image, prompt):
    """A caption by rembed_describe()."""

    def call(db, client):
        return db.execute("SELECT rembed_describe(?, ?, ?)", (client, image, prompt)).fetchone()[0]

    return call


# The simulator's journal.
def control(simulator, path, method):
    request = urllib.request.Request(f"{simulator}/_sim/{path}", method=method)
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)


def flatten(value, where, out):
    """A document as {"body.input[0]": leaf}; an empty list or object is a leaf."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            flatten(member, f"{where}.{name}", out)
    elif isinstance(value, list) and value:
        for i, member in enumerate(value):
            flatten(member, f"{where}[{i}]", out)
    else:
        out[where] = value
    return out


def header_view(name, value):
    """A header under its name; a form's type without its boundary; of AWS's signature what does not
    change from one second to the next. (The simulator checks it; sigv4.py compares all of it.)"""
    if name == "authorization" and value.startswith("AWS4-HMAC-SHA256 "):
        credential, signed, _ = value.split(", ")
        yield "header.authorization", f"{credential}, {signed}"
    elif name == "x-amz-date":
        yield f"header.{name}", re.sub(r"\d", "9", value)
    elif value.startswith("multipart/form-data;"):
        yield f"header.{name}", "multipart/form-data"
    else:
        yield f"header.{name}", value


def form_view(content_type, body):
    """multipart/form-data as {"body[0].name": ..., "body[0].content-type": ..., ...}."""
    message = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\n\n" + body)
    view = {}
    for i, part in enumerate(message.get_payload()):
        view[f"body[{i}].name"] = part.get_param("name", header="content-disposition")
        view[f"body[{i}].filename"] = part.get_filename(ABSENT)
        view[f"body[{i}].content-type"] = part["content-type"] or ABSENT
        view[f"body[{i}].bytes"] = part.get_payload(decode=True)
    return {where: value for where, value in view.items() if value is not ABSENT}


def wire_view(entry):
    """A request of the journal as one flat dictionary. The path is as it was sent."""
    path = entry["raw_path"].partition("?")[0]
    view = {"method": entry["method"], "path": path, "status": entry["status"]}
    for name, values in urllib.parse.parse_qs(entry["query"], keep_blank_values=True).items():
        view[f"query.{name}"] = " ".join(values)
    for name, value in entry["headers"].items():
        if name not in CONNECTION:
            view |= header_view(name, value)
    if "body_base64" not in entry:
        if entry["body_bytes"] and entry["body"] is None:
            raise RuntimeError("the journal left this body out: it is too long")
        return flatten(entry["body"], "body", view)
    body, kind = base64.b64decode(entry["body_base64"]), entry["headers"].get("content-type", "")
    if kind.startswith("multipart/form-data;"):
        return view | form_view(kind, body)
    return view | {"body": body}


def recorded(simulator, call):
    """What the call gave, and the requests it made; some SDKs look around by GET first."""
    control(simulator, "reset", "POST")
    result = call()
    log = control(simulator, "log", "GET")
    return result, [wire_view(entry) for entry in log if entry["method"] == "POST"]


def differences(sdk, ours):
    """(where, SDK's value, ours) of all that is not the same. JSON's 1 and 1.0 are the same, 1 and
    true are not."""
    for where in sorted(sdk.keys() | ours.keys()):
        a, b = sdk.get(where, ABSENT), ours.get(where, ABSENT)
        if a != b or isinstance(a, bool) != isinstance(b, bool):
            yield where, a, b


def shown(value):
    text = repr(value)
    return text if len(text) <= 90 else f"{text[:70]}... ({len(text)} characters)"


def respelled(views, names):
    """Requests with those member names replaced, and the names that did not occur."""
    unused = set(names)
    renamed = []
    for view in views:
        renamed.append({})
        for where, value in view.items():
            words = re.split(r"([.\[\]])", where)
            unused.difference_update(words)
            renamed[-1]["".join(names.get(word, word) for word in words)] = value
    return renamed, sorted(unused)


def compare_requests(case, sdk, ours):
    """Complaints about requests that differ otherwise than the case lists."""
    if len(sdk) != len(ours) or not sdk:
        return [f"the SDK made {len(sdk)} requests, we {len(ours)}"]
    sdk, unused = respelled(sdk, case.spelled)
    complaints = [f"the SDK never spells it {name}" for name in unused]
    seen = set()
    for i, (theirs, mine) in enumerate(zip(sdk, ours)):
        for where, a, b in differences(theirs, mine):
            rules = [n for n, rule in enumerate(case.differ) if rule.covers(where, a, b)]
            seen.update(rules)
            if not rules:
                complaints.append(f"request {i}: {where}: SDK {shown(a)}, ours {shown(b)}")
    for n, rule in enumerate(case.differ):
        if n not in seen:
            complaints.append(f"listed, but not so: {rule.where} ({rule.why})")
    return complaints


def as_bytes(vector):
    """Little-endian float32 of a vector in any of the forms SDKs give."""
    if isinstance(vector, bytes):
        return vector
    if isinstance(vector, str):
        return base64.b64decode(vector)
    return numpy.asarray(vector, "<f4").tobytes()


def same_vector(a, b, apart):
    if not apart or len(a) != len(b):
        return a == b
    return abs(numpy.frombuffer(a, "<f4") - numpy.frombuffer(b, "<f4")).max() <= apart


def compare_results(case, sdk, ours):
    if isinstance(sdk, str):
        return [] if sdk == ours else [f"captions differ: {sdk!r} and {ours!r}"]
    a, b = [as_bytes(v) for v in sdk], [as_bytes(v) for v in ours]
    if len(a) != len(b) or not a or not a[0]:
        return [f"the SDK got {len(a)} vectors, we {len(b)}"]
    wrong = [i for i in range(len(a)) if not same_vector(a[i], b[i], case.apart)]
    return [f"vectors {wrong} differ"] if wrong else []


def named(value, simulator):
    """The options with the simulator's root in place of {sim}."""
    if isinstance(value, dict):
        return {name: named(member, simulator) for name, member in value.items()}
    return value.replace("{sim}", simulator) if isinstance(value, str) else value


def run(case, db, simulator):
    """Complaints about one case, and what to say of it when there are none."""
    try:
        theirs, sdk_requests = recorded(simulator, lambda: case.sdk(simulator))
    except Exception as error:  # whatever the SDK raises says that it did not take the reply
        return [f"the SDK fails: {type(error).__name__}: {str(error)[:300]}"], ""
    options = {"key": KEY, "max_concurrent_requests": 1, "max_retries": 0} | case.client
    try:
        db.execute(
            "INSERT OR REPLACE INTO temp.rembed_clients VALUES ('case', ?)",
            (json.dumps(named(options, simulator)),),
        )
        mine, our_requests = recorded(simulator, lambda: case.ours(db, "case"))
    except sqlite3.Error as error:
        return [f"we fail: {error}"], ""
    complaints = compare_requests(case, sdk_requests, our_requests)
    complaints += compare_results(case, theirs, mine)
    exact = f"within {case.apart:g}" if case.apart else "bit for bit"
    what = "same caption" if isinstance(theirs, str) else f"{len(theirs)} vectors {exact}"
    return complaints, f"{len(our_requests)} request(s) equal, {what}"


def check_itself(tally, db, simulator, case):
    """Differences put into a case that has none: each must be found, and named."""
    changed = {
        "body.model: SDK": {"client": case.client | {"model": "another"}},
        "header.authorization: SDK": {"client": case.client | {"key": "another"}},
        "body.user: SDK absent": {"client": case.client | {"extra": {"user": "u"}}},
        "header.x-more: SDK absent": {"client": case.client | {"headers": {"X-More": "1"}}},
        "the SDK made 1 requests, we 4": {"client": case.client | {"batch_size": 1}},
        "header.x-stainless-lang: SDK": {"differ": []},
        "listed, but not so: body.x": {"differ": [*case.differ, Differ("body.x", 1, 2, "no")]},
        "vectors [0, 1, 2, 3] differ": {"sdk": lambda sim: numpy.array(case.sdk(sim), "<f4") + 1},
        "the SDK fails: HTTPError": {"sdk": lambda sim: control(sim, "nothing", "POST")},
    }
    for expected, change in changed.items():
        complaints, _ = run(dataclasses.replace(case, **change), db, simulator)
        found = any(complaint.find(expected) >= 0 for complaint in complaints)
        tally.that(found, f"a difference is found: {expected} ({len(complaints)} complaints)")


def check(tally, db, simulator, cases):
    for case in cases:
        complaints, said = run(case, db, simulator)
        tally.that(not complaints, f"{case.name}: {'; '.join(complaints) or said}")


def png(red, green, blue, size=32):
    """A picture of one colour."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    row = b"\0" + bytes((red, green, blue)) * size
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * size))
        + chunk(b"IEND", b"")
    )


RED = png(220, 20, 30)
BLUE = png(20, 40, 210)
TEXTS = ("one", "two words", 'naïve 🎉 "quoted"\n', "x" * 3000)
PROMPT = "What is in this picture?"


def bare(image):
    return base64.b64encode(image).decode()


def data_uri(image):
    return "data:image/png;base64," + bare(image)
