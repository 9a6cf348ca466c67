# SPDX-License-Identifier: MIT OR Apache-2.0
"""The faults of HTTP/1.1: each is a function of (connection, request) that answers as it pleases and says whether the
connection can be used again. Those that take parameters are made by a function of that name."""
import email.utils
import gzip
import json
import re
import time
import zlib

from wire import http1

JSON = [("Content-Type", "application/json")]


# ---- the connection ----

def close(connection, _request):
    """FIN in place of an answer."""
    return False


def reset(connection, _request):
    connection.reset()
    return False


def stall(connection, _request):
    connection.wait(30)
    return False


def cut(share, how, length=True):
    """A share of the body, then `how`: fin or rst; without length the end is all there is to tell by."""
    def fault(connection, request):
        status, headers, body = request.answer(connection.wire)
        whole = http1(status, headers + ([("Content-Length", str(len(body)))] if length else [("Connection", "close")]), body,
                      length=False)
        connection.send(whole[:len(whole) - len(body) + int(len(body) * share)])
        if how == "rst":
            time.sleep(0.02)  # else the reset overtakes what was sent
            connection.reset()
        return False
    return fault


def drip(n, every_s):
    """n bytes at a time."""
    def fault(connection, request):
        data = http1(*request.answer(connection.wire))
        head = data.index(b"\r\n\r\n") + 4
        connection.send(data[:head])
        for at in range(head, len(data), n):
            connection.send(data[at:at + n])
            time.sleep(every_s)
            if connection.wire.ended.is_set():
                return False
        return True
    return fault


def pieces(n):
    """The right answer in chunks of n bytes, each in a packet of its own."""
    def fault(connection, request):
        status, headers, body = request.answer(connection.wire)
        connection.send(http1(status, headers + [("Transfer-Encoding", "chunked")], b"", length=False))
        for at in range(0, len(body), n):
            piece = body[at:at + n]
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        return True
    return fault


def half_head(connection, _request):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    connection.wait(30)
    return False


# ---- the framing ----

def length(value):
    """A Content-Length that is wrong: 'more' and 'less' than the body, or the given text."""
    def fault(connection, request):
        status, headers, body = request.answer(connection.wire)
        text = {"more": str(len(body) + 100), "less": str(len(body) // 2), "two": str(len(body))}.get(value, value)
        headers = headers + [("Content-Length", text)]
        if value == "two":
            headers.append(("Content-Length", str(len(body) // 2)))
        connection.send(http1(status, headers, body, length=False))
        if value == "more":
            connection.wait(30)
        return False
    return fault


def chunks(kind):
    """A chunked body that is broken."""
    def fault(connection, request):
        status, headers, body = request.answer(connection.wire)
        head = http1(status, headers + [("Transfer-Encoding", "chunked")], b"", length=False)
        half = len(body) // 2
        good = b"%x\r\n%s\r\n" % (half, body[:half])
        tail = {"garbage": b"zz!\r\n", "truncated": b"%x\r\n%s" % (len(body), body[half:half + 9]), "no end": b"",
                "overflow": b"fffffffffffffffff\r\n"}[kind]
        connection.send(head + good + tail)
        return False
    return fault


def interim(connection, request):
    """100, 102 and 103 before the answer."""
    connection.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nRetry-After: 100\r\n\r\n")
    connection.send(http1(*request.answer(connection.wire)))
    return True


def half_close(connection, request):
    """A whole answer that only the end of the connection ends, as HTTP/1.0 servers do."""
    connection.send(http1(*request.answer(connection.wire), length=False, version="HTTP/1.0"))
    connection.end()
    connection.wait(1)
    return False


def huge_header(connection, request):
    status, headers, body = request.answer(connection.wire)
    connection.send(http1(status, headers + [("X-Large", "x" * 400000)], body))
    return False


def banner(connection, _request=None):
    connection.send(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    connection.wait(1)
    return False


# ---- status and words ----

def status(code, body="", headers=()):
    data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body.encode()

    def fault(connection, _request):
        connection.send(http1(code, JSON + list(headers), data))
        return True
    return fault


def error(http, message, headers=(), **more):
    """An error in OpenAI's form."""
    return status(http, {"error": {"message": message, "type": "fault", "param": None, "code": None, **more}}, headers)


def limited(*headers, message="Rate limit reached", **body):
    """429; a header's value may be a function, for dates."""
    def fault(connection, request):
        shown = [(name, value() if callable(value) else value) for name, value in headers]
        return error(429, message, shown, **body)(connection, request)
    return fault


def date_in(seconds):
    return lambda: email.utils.formatdate(time.time() + seconds, usegmt=True)


def too_many(fault, most=1):
    """The fault while the batch holds more inputs than `most`."""
    def fault_or_answer(connection, request):
        if len(request.inputs) > most:
            return fault(connection, request)
        connection.send(http1(*request.answer(connection.wire)))
        return True
    return fault_or_answer


def early_413(connection_head):
    """Answers 413 while the body is still on its way, then resets. For Wire.early."""
    connection_head.send(http1(413, JSON, b'{"error":{"message":"Request too large"}}'))
    time.sleep(0.05)
    connection_head.reset()


# ---- the body ----

def edit(change):
    """The right answer with a change: of its document, or, where it returns bytes, of the text."""
    def fault(connection, request):
        code, headers, body = request.answer(connection.wire)
        document = json.loads(body)
        try:
            changed = change(document)
        except IndexError:  # a half of a batch has no second vector to spoil
            changed = body
        if not isinstance(changed, bytes):
            changed = json.dumps(document).encode()
        connection.send(http1(code, headers, changed))
        return True
    return fault


def first_number(text):
    """The first number of the first vector becomes this text."""
    return edit(lambda document: re.sub(rb'("embedding": ?\[)[^,]*', rb"\g<1>" + text.encode(), json.dumps(document).encode(), 1))


def vector(change, at=0):
    """The vector at a place goes through a function."""
    def change_one(document):
        document["data"][at]["embedding"] = change(document["data"][at]["embedding"])
    return edit(change_one)


def compressed(body, *encodings):
    """A body under these Content-Encodings."""
    def fault(connection, request):
        code, headers, right = request.answer(connection.wire)
        data = body(right)
        connection.send(http1(code, headers + [("Content-Encoding", ", ".join(encodings))], data))
        return True
    return fault


def gzipped(times):
    def compress(body):
        for _ in range(times):
            body = gzip.compress(body, 1)
        return body
    return compress


def bomb(connection, _request):
    """1 GiB of spaces, gzipped: one compressed MiB, again and again."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = deflate.compress(b" " * (1 << 20)) + deflate.flush(zlib.Z_FULL_FLUSH)
    connection.send(http1(200, JSON + [("Content-Encoding", "gzip"), ("Connection", "close")],
                          b"\x1f\x8b\x08\0\0\0\0\0\0\x03", length=False))
    for _ in range(1024):
        connection.send(block)
    return False


def huge(connection, _request):
    """1.3 GB of chunks."""
    connection.send(http1(200, JSON + [("Transfer-Encoding", "chunked")], b"", length=False))
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    for _ in range(1300):
        connection.send(chunk)
    return False
