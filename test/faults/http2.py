# SPDX-License-Identifier: MIT OR Apache-2.0
"""As much of an HTTP/2 server as is needed to break it: RFC 9113 frames by hand, no HPACK but literals. Request headers are
not decoded; the simulator is asked with those of `Wire.h2_request`. Faults are functions of (stream, request)."""
import struct
import threading

from wire import Request

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0, 2, 7


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Stream:
    def __init__(self, server, number):
        self.server, self.number, self.body = server, number, b""

    def frame(self, kind, flags, payload):
        self.server.frame(kind, flags, self.number, payload)

    def headers(self, status, *fields, end=False):
        block = literal(":status", str(status)) + b"".join(literal(*field) for field in fields)
        self.frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), block)

    def data(self, payload, end=True):
        for at in range(0, len(payload), 16384):
            piece = payload[at:at + 16384]
            self.frame(DATA, END_STREAM if end and at + 16384 >= len(payload) else 0, piece)

    def answer(self, request, *more):
        status, headers, body = request.answer(self.server.wire)
        self.headers(status, *((name.lower(), value) for name, value in headers), *more)
        return body

    def reset(self, code):
        self.frame(RST_STREAM, 0, struct.pack(">I", code))


class Server:
    def __init__(self, connection):
        self.connection, self.wire, self.streams, self.last, self.closing = connection, connection.wire, {}, 0, False
        self.lock = threading.Lock()

    def frame(self, kind, flags, stream, payload=b""):
        with self.lock:
            self.connection.send(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def goaway(self, last, code=NO_ERROR):
        self.frame(GOAWAY, 0, 0, struct.pack(">II", last, code))

    def run(self):
        self.connection.read_exactly(24)
        self.frame(SETTINGS, 0, 0)
        while not self.closing:
            head = self.connection.read_exactly(9)
            size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            number = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
            self.on_frame(kind, flags, number, self.connection.read_exactly(size))

    def on_frame(self, kind, flags, number, payload):
        if kind == SETTINGS and not flags & ACK:
            self.frame(SETTINGS, ACK, 0)
        elif kind == PING and not flags & ACK:
            self.frame(PING, ACK, 0, payload)
        elif kind == HEADERS:
            self.streams[number] = Stream(self, number)
            self.last = number
        elif kind == DATA and number in self.streams:
            self.streams[number].body += payload
            if payload:
                self.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", len(payload)))
        if kind in (HEADERS, DATA) and flags & END_STREAM and number in self.streams:
            self.respond(self.streams.pop(number))

    def respond(self, stream):
        path, headers = self.wire.h2_request
        request = Request("POST", path, headers, stream.body)
        fault = self.wire.note(request)
        if fault:
            fault(stream, request)
        else:
            stream.data(stream.answer(request))


def serve(connection):
    Server(connection).run()


# ---- faults ----

def internal(stream, _request):
    stream.reset(INTERNAL_ERROR)


def half_then_no_error(stream, request):
    """Half a body, then RST_STREAM(NO_ERROR): libcurl takes it for the end."""
    body = stream.answer(request)
    stream.data(body[:len(body) // 2], end=False)
    stream.reset(NO_ERROR)


def refused(stream, _request):
    stream.reset(REFUSED_STREAM)


def goaway_and_close(stream, _request):
    """Everything in flight is lost."""
    stream.server.goaway(0)
    stream.server.closing = True


def tcp_close(stream, _request):
    stream.server.closing = True


def wrong_length(stream, request):
    status, headers, body = request.answer(stream.server.wire)
    stream.headers(status, ("content-length", str(len(body) + 10)), *((n.lower(), v) for n, v in headers))
    stream.data(body)


def silent(_stream, _request):
    """No answer at all."""


def goaway_after(stream, request):
    """The answer, and that no further request is taken on this connection, as servers roll theirs."""
    stream.server.goaway(stream.number)
    stream.data(stream.answer(request))
