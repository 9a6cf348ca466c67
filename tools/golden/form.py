# SPDX-License-Identifier: MIT OR Apache-2.0
"""The file form of a case (see test/wire/run_golden.c) and the inputs that all cases share."""
import base64
import json
import os
import struct

ONE = ["Sphinx of black quartz, judge my vow"]
MANY = ["caf\u00e9 \u6f22\u5b57 \U0001f600", 'a "quoted" word\nand a second line', "back\\slash\tand tab"]
VECTORS = [[0.1, -0.25, 3.5e-3, 1.0], [-0.0123456789, 0.5, 1e-7, 0.0], [0.75, 0.2, -1.5, 12.0]]
INT8 = [[-128, 0, 5, 127], [1, -1, 64, -2], [3, 2, 1, 0]]
# Packed bits: bytes, and the components they stand for, the first the highest bit.
PACKED = [[0b10100101, 0b00001111], [0b00000000, 0b11111111], [0b11010010, 0b10000001]]
BITS = [[1, -1, 1, -1, -1, 1, -1, 1, -1, -1, -1, -1, 1, 1, 1, 1],
        [-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, -1, 1, -1, -1, 1, -1, 1, -1, -1, -1, -1, -1, -1, 1]]

# Pictures of one pixel, in base64.
PNG = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
       "rkJggg==")
JPEG = ("/9j/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/"
        "yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=")
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
MEDIA = {PNG: "png", JPEG: "jpeg", GIF: "gif", WEBP: "webp"}

BEARER = "Authorization: Bearer k-test"


def uri(picture):
    return "data:image/%s;base64,%s" % (MEDIA[picture], picture)


def b64(vector):
    """The base64 of a vector's little-endian float32."""
    return base64.b64encode(struct.pack("<%df" % len(vector), *vector)).decode()


def b64_bytes(numbers):
    """The base64 of numbers of one byte each."""
    return base64.b64encode(bytes(x & 255 for x in numbers)).decode()


def dump(document):
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def http(status, document, request_id=None):
    head = "HTTP %d\n" % status
    if request_id:
        head += "x-request-id: %s\n" % request_id
    return head + "\n" + dump(document)


def said(document, words):
    """The string of a reply that holds these words: what a message must quote, not the bytes around it."""
    if isinstance(document, str):
        return document if words in document else None
    values = document.values() if isinstance(document, dict) else document if isinstance(document, list) else []
    return next((text for text in (said(v, words) for v in values) if text), None)


def refusal(status, document, expected, raw=False):
    """What must come of an error reply: the code and the provider's words after the status, unless the body
    is quoted as it is."""
    if raw or status == 200:
        return expected
    words = expected.partition("\n")[2].partition("\n")[0]
    return expected + "\nHTTP %d: %s" % (status, said(document, words.replace("HTTP %d: " % status, "", 1))[:150])


def request(url, headers, body, media_type="application/json"):
    return "POST %s\n%s\n\n%s" % (url, "\n".join(["Content-Type: " + media_type] + headers), dump(body))


def headers_of(p):
    """The headers of a provider's requests: its auth (default: a bearer key) and what must not be there."""
    auth = p.get("auth", BEARER)
    return ([auth] if isinstance(auth, str) else list(auth)) + ([p["not_auth"]] if "not_auth" in p else [])


def options_of(name, p, **more):
    return {"provider": p.get("provider", name), "key": p.get("key", "k-test"), **p.get("options", {}),
            **({"model": p["model"]} if p.get("model") else {}), **more}


def write(root, directory, name, source, sections):
    path = os.path.join(root, directory)
    os.makedirs(path, exist_ok=True)
    text = "# source: %s\n" % source + "".join("== %s\n%s\n" % pair for pair in sections)
    with open(os.path.join(path, name + ".txt"), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
