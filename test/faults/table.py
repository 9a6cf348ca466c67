# SPDX-License-Identifier: MIT OR Apache-2.0
"""The fault matrix: its rows, their faults and what must come of each. `words` is a pattern of the error a user reads."""
import json

import http2
import scenes
import spoil
from run import Case


class Row:
    """must: the fixed text of the table. cases: faults to place; scene: a function for what is no single reply."""

    def __init__(self, number, title, must, cases=(), scene=None):
        self.number, self.title, self.must, self.cases, self.scene = number, title, must, cases, scene


def statuses(ends, words, *codes):
    return [Case(f"HTTP {code}", spoil.error(code, "said so"), ends, words.format(code), pair=code in (401, 500)) for code in codes]


BROKE = "broke|closed the connection without a reply"
LATE = r"no complete reply within [\d.]+ s"

ROWS = [
    Row(1, "connection refused", "tried again; says host and port, and what to check", [
        Case("refused", 0.3, "retry", r"could not connect to 127.0.0.1:\d+ \(connection refused\).*is the server running",
             "down", max_retry_wait=0.5)]),
    Row(2, "name does not resolve", "at most 3 attempts; names the host", scene=scenes.no_name),
    Row(3, "resolver hangs 8 s", "the time limits hold, an interrupt ends it at once", scene=scenes.resolver_hangs),
    Row(4, "connect into a black hole (full backlog)", "tried again after connect_timeout", scene=scenes.black_hole),
    Row(5, "TLS peer that does not shake hands, is cut while it does, or speaks plain HTTP", "tried again; says TLS", [
        Case("no handshake", scenes.mute, "retry", "could not connect to .* in time", "greet", tls="good", connect_timeout=0.3),
        Case("cut in the handshake", scenes.hello_cut, "retry", "TLS to|broke", "greet", tls="good"),
        Case("reset in the handshake", scenes.hello_reset, "retry", "TLS to|broke", "greet", tls="good"),
        Case("plain HTTP", scenes.plain_on_tls, "retry", "TLS to .*wrong version.*http://", "greet", tls="good")]),
    Row(6, "certificate of an unknown CA, expired, for another name", "final; says which, and names ca_file", [
        Case("unknown CA", "unknown", "fatal", "TLS to .*(self-signed|unable to get).*ca_file", "greet", tls="good"),
        Case("expired", "expired", "fatal", "TLS to .*expired", "greet", tls="good"),
        Case("wrong name", "wrongname", "fatal", "TLS to .*does not match|no alternative certificate subject name", "greet",
             tls="good")]),
    Row(7, "CA file missing", "final; names the file", scene=scenes.no_ca_file),
    Row(8, "RST in the middle of a body", "tried again", [
        Case("RST mid body", spoil.cut(0.5, "rst"), "retry", BROKE, pair=True),
        Case("RST mid body, TLS", spoil.cut(0.5, "rst"), "retry", BROKE, tls="good"),
        Case("RST after the head", spoil.cut(0, "rst"), "retry", BROKE)]),
    Row(9, "FIN in the middle of a body with Content-Length", "tried again", [
        Case("FIN mid body", spoil.cut(0.5, "fin"), "retry", "cut short after", pair=True),
        Case("FIN mid body, TLS", spoil.cut(0.5, "fin"), "retry", "cut short|broke", tls="good")]),
    Row(10, "FIN in the middle of a body without length", "tried again, as cut JSON", [
        Case("no length", spoil.cut(0.5, "fin", length=False), "retry", "cut short|text stops", pair=True),
        Case("no length, TLS", spoil.cut(0.5, "fin", length=False), "retry", "cut short|text stops|broke", tls="good")]),
    Row(11, "drip: a byte each 50 ms", "tried again after request_timeout", [
        Case("drip", spoil.drip(1, 0.05), "retry", LATE + ".*reading the reply", request_timeout=0.4)]),
    Row(12, "no answer, or half a header line", "tried again after request_timeout", [
        Case("no answer", spoil.stall, "retry", LATE + ".*waiting for", request_timeout=0.4),
        Case("half a header", spoil.half_head, "retry", LATE, request_timeout=0.4)]),
    Row(13, "Content-Length too big, too small, negative, twice", "tried again", [
        Case("too big", spoil.length("more"), "retry", LATE, request_timeout=0.4),
        Case("too small", spoil.length("less"), "retry", "cut short|text stops", pair=True),
        Case("negative", spoil.length("-5"), "retry", "understood|reply|weird", pair=True),
        Case("no number", spoil.length("many"), "retry", "understood|reply|weird"),
        Case("two values", spoil.length("two"), "retry", "cut short|text stops|understood")]),
    Row(14, "broken chunks", "tried again", [
        Case("garbage for a size", spoil.chunks("garbage"), "retry", BROKE, pair=True),
        Case("size overflows", spoil.chunks("overflow"), "retry", BROKE),
        Case("truncated chunk", spoil.chunks("truncated"), "retry", "cut short|" + BROKE),
        Case("no last chunk", spoil.chunks("no end"), "retry", "cut short|" + BROKE)]),
    Row(15, "200 with a page, with an error, with nothing", "not tried again; quotes the start", [
        Case("a page", spoil.status(200, "<!DOCTYPE html><h1>It works!</h1>"), "fail", "check the client's url.*It works!", pair=True),
        Case("an error", spoil.error(200, "simulated error"), "fail", "simulated error", pair=True),
        Case("204", spoil.status(204), "fail", "HTTP 204: no content; check", pair=True),
        Case("nothing", spoil.status(200), "retry", "the reply is empty", pair=True)]),
    Row(16, "JSON cut at every byte; every chunk of 1 to 64 bytes", "tried again; never a wrong vector", scene=scenes.every_byte),
    Row(17, "vectors missing, doubled, out of place, of other lengths, no numbers, too deep",
        "an error for the rows of the request, or for the one row; order by index", [
            Case("one vector less", spoil.edit(lambda d: d["data"].pop() and None), "fail", r"\d vectors? for \d inputs", pair=True),
            Case("one vector more", spoil.edit(lambda d: d["data"].append(dict(d["data"][0], index=2))), "fail", "more than 2 vectors for 2 inputs"),
            Case("permuted", spoil.edit(lambda d: d["data"].reverse()), "ok", pair=True),
            Case("double index", spoil.edit(lambda d: d["data"][1].update(index=0)), "fail", "index 0 comes twice", pair=True),
            Case("index too large", spoil.edit(lambda d: d["data"][1].update(index=7)), "fail", "index 7"),
            Case("negative index", spoil.edit(lambda d: d["data"][1].update(index=-1)), "fail", "index"),
            Case("one index missing", spoil.edit(lambda d: d["data"][1].pop("index") and None), "fail", "only 1 of 2 items"),
            Case("mixed lengths", spoil.vector(lambda v: v[:-1]), "fail", "dimensions|numbers", encoding="float"),
            Case("another length than asked for", spoil.edit(lambda d: [x.update(embedding=x["embedding"][:4]) for x in d["data"]]
                                                             and None), "fail", "dimensions", encoding="float", dimensions=8),
            Case("null", spoil.first_number("null"), "ok", encoding="float", pair="others"),
            Case("NaN", spoil.first_number("NaN"), "fail", "bad JSON: 'N'", encoding="float"),
            Case("1e999", spoil.first_number("1e999"), "ok", encoding="float"),
            Case("a string", spoil.first_number('"0.5"'), "fail", "item 0", encoding="float"),
            Case("empty vector", spoil.vector(lambda v: []), "fail", "item 0|empty|dimensions", encoding="float"),
            Case("nested arrays", spoil.vector(lambda v: [[v, v]]), "fail", "item 0", encoding="float"),
            Case("depth bomb", spoil.edit(lambda d: b'{"data":' + b"[" * 100000), "fail", "deep"),
            Case("trailing garbage", spoil.edit(lambda d: json.dumps(d).encode() + b"}x"), "fail", "where the end should be")]),
    Row(18, "base64: bad character, wrong padding, no whole floats", "not tried again", [
        Case("bad character", spoil.vector(lambda v: "*" + v[1:]), "fail", "base64", encoding="base64", pair=True),
        Case("wrong padding", spoil.vector(lambda v: v.rstrip("=")[:-1] + "==="), "fail", "base64", encoding="base64"),
        Case("no whole floats", spoil.vector(lambda v: v[:-4] + "AA=="), "fail", "base64|bytes|floats", encoding="base64")]),
    Row(19, "huge body (1.3 GB)", "not tried again; cut at the limit", [
        Case("huge", spoil.huge, "fail", r"larger than \d+ bytes", seconds=6)]),
    Row(20, "gzip bomb (1 GiB)", "not tried again; cut at the limit", [
        Case("bomb", spoil.bomb, "fail", r"larger than \d+ bytes", seconds=6)]),
    Row(21, "compressed unasked; six times; damaged; unknown", "decoded, or not tried again", [
        Case("gzip, unasked", spoil.compressed(spoil.gzipped(1), "gzip"), "ok", pair=True),
        Case("six times", spoil.compressed(spoil.gzipped(6), *["gzip"] * 6), "fail", "compressed reply"),
        Case("damaged", spoil.compressed(lambda b: spoil.gzipped(1)(b)[:20] + b"\xff" * 40, "gzip"), "fail", "compressed reply"),
        Case("cut", spoil.compressed(lambda b: spoil.gzipped(1)(b)[:60], "gzip"), "retry", "compressed reply|text stops"),
        Case("unknown", spoil.compressed(lambda b: b, "x-nonsense"), "fail", "compressed reply")]),
    Row(22, "redirect to another host, another port, a file, itself", "final, not followed; nothing reaches the target",
        scene=scenes.redirects),
    Row(23, "batch too large (400, 413), one poisoned row (422)", "halved; only the poisoned row is lost", [
        Case("400 of size", spoil.too_many(spoil.error(400, "Requested 375703 tokens, max 300000 tokens per request",
                                                       code="max_tokens_per_request")), "split", pair=True),
        Case("413", spoil.too_many(spoil.error(413, "Payload too large")), "split", pair=True)] + [
            Case("422 of one row", scenes.poison, "split", "HTTP 422: .*poisoned", lost=("text 00", "text 10", "text 18"),
                 how="poison")]),
    Row(24, "401, 403, 404", "final, sent once; says what to check", statuses("fatal", "HTTP {}.*check the client's", 401, 403, 404)),
    Row(25, "408 409 425 500 502 503 504 529", "tried again",
        statuses("retry", "HTTP {}", 408, 409, 425, 500, 502, 503, 504, 529)),
    Row(26, "429 with every form of hint", "waits as it says, no longer than max_retry_wait", [
        Case("seconds", spoil.limited(("Retry-After", "1")), "retry", "HTTP 429", least_wait=1, lasting=False, max_retry_wait=5),
        Case("a fraction", spoil.limited(("Retry-After", "0.3")), "retry", "HTTP 429", least_wait=0.3, lasting=False,
             max_retry_wait=5, pair=False),
        Case("milliseconds", spoil.limited(("retry-after-ms", "300"), ("Retry-After", "9")), "retry", "HTTP 429", least_wait=0.3,
             lasting=False, max_retry_wait=5, seconds=5),
        Case("a date to come", spoil.limited(("Retry-After", spoil.date_in(2))), "retry", "HTTP 429", least_wait=0.9,
             lasting=False, max_retry_wait=5),
        Case("a date past", spoil.limited(("Retry-After", spoil.date_in(-90))), "retry", "HTTP 429", pair=True),
        Case("negative", spoil.limited(("Retry-After", "-5")), "retry", "HTTP 429"),
        Case("no number", spoil.limited(("Retry-After", "abc")), "retry", "HTTP 429"),
        Case("a duration", spoil.limited(("Retry-After", "0m0.3s")), "retry", "HTTP 429", least_wait=0.3, lasting=False,
             max_retry_wait=5),
        Case("1e20", spoil.limited(("Retry-After", "1e20")), "retry", "HTTP 429"),
        Case("6m0s", spoil.limited(("Retry-After", "6m0s")), "fatal", "asks to wait 360 s, longer than max_retry_wait"),
        Case("RetryInfo", spoil.limited(details=[{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.3s"}]),
             "retry", "HTTP 429", least_wait=0.3, lasting=False, max_retry_wait=5),
        Case("reset of a spent limit", spoil.limited(("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests",
                                                                                               "300ms")),
             "retry", "HTTP 429", least_wait=0.3, lasting=False, max_retry_wait=5),
        Case("in words", spoil.limited(message="Rate limit reached. Please try again in 300ms."), "retry", "HTTP 429",
             least_wait=0.3, lasting=False, max_retry_wait=5),
        Case("none", spoil.limited(), "retry", "HTTP 429", pair=True)]),
    Row(27, "429 insufficient_quota", "final; says that the quota is used up", [
        Case("quota", spoil.error(429, "You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"),
             "fatal", "exceeded your current quota.*billing", pair=True)]),
    Row(28, "413 and RST while 5 MB are still being sent", "halved", scene=scenes.early_413),
    Row(29, "body over 1 MB to a server that ignores Expect", "no second of waiting for 100-continue", scene=scenes.no_expect),
    Row(30, "a header of 400 KB", "not tried again; not called a lack of memory of ours", [
        Case("huge header", spoil.huge_header, "fail", "headers are too large", pair=True)]),
    Row(31, "not HTTP (an SSH banner)", "not tried again; says so", [
        Case("banner", spoil.banner, "fail", "does not speak HTTP", "greet"),
        Case("banner for an answer", spoil.banner, "fail", "does not speak HTTP")]),
    Row(32, "no answer: FIN or RST, on new and on used connections", "tried again", [
        Case("FIN, used", spoil.close, "retry", BROKE, pair=True),
        Case("RST, used", spoil.reset, "retry", BROKE, pair=True),
        Case("FIN, new", lambda c: c.read_request() and None, "retry", BROKE, "greet"),
        Case("RST, new", lambda c: c.read_request() and c.reset(), "retry", BROKE, "greet"),
        Case("1xx before the answer", spoil.interim, "ok", pair=True),
        Case("half-closed after it", spoil.half_close, "ok", pair=True)]),
    Row(33, "HTTP/2: RST_STREAM, REFUSED_STREAM, GOAWAY, close, wrong length, silence", "tried again", [
        Case("RST INTERNAL", http2.internal, "retry", "stream|" + BROKE, "h2", tls="h2"),
        Case("RST NO_ERROR, half a body", http2.half_then_no_error, "retry", "cut short|stream|text stops|" + BROKE, "h2", tls="h2"),
        Case("REFUSED_STREAM", http2.refused, "retry", "stream|" + BROKE, "h2", tls="h2"),
        Case("GOAWAY and close", http2.goaway_and_close, "retry", "stream|framing|" + BROKE, "h2", tls="h2"),
        Case("close", http2.tcp_close, "retry", "stream|cut short|" + BROKE, "h2", tls="h2"),
        Case("wrong length", http2.wrong_length, "retry", "stream|cut short|" + BROKE, "h2", tls="h2"),
        Case("silence", http2.silent, "retry", LATE, "h2", tls="h2", request_timeout=0.4),
        Case("GOAWAY after each answer", http2.goaway_after, "ok", how="h2", tls="h2")]),
    Row(34, "server closes idle connections", "nothing to be seen", scene=scenes.idle_closed),
    Row(35, "interrupt while queued, resolving, connecting, in TLS, sending, waiting, reading, backing off, held by the gate",
        "SQLITE_INTERRUPT within 100 ms", scene=scenes.interrupts),
    Row(36, "close, finalize, reset or abandon with 64 requests in flight", "at once; no descriptor left", scene=scenes.abandoned),
    Row(37, "consumer pauses for twice the timeout", "no error", scene=scenes.pauses),
    Row(38, "fork after use, parent and child both ask", "each its own vectors", scene=scenes.forks),
    Row(39, "fork and exec", "no connection in the other program (libcurl before 8.8 leaves it the two ends of its own wake-up pair)", scene=scenes.execs),
    Row(40, "load and unload 1,000 times; two connections, two threads; resolver hanging at unload", "no crash",
        scene=scenes.unloads),
    Row(41, "each allocation fails in turn", "SQLITE_NOMEM; usable afterwards", scene=scenes.no_memory),
    Row(42, "no descriptors, no threads, full disk", "a clear error; usable afterwards", scene=scenes.no_resources),
    Row(43, "clock jumps; proxy refuses (407), is down, from the environment, NO_PROXY", "as documented", scene=scenes.proxies),
    Row(44, "keys", "in no error text of any of these runs, in no table, on no output", scene=scenes.secrets),
    Row(45, "host with a decimal comma", "the same floats", scene=scenes.locale),
    Row(46, "64 requests at once against a rate limit", "at most 3 % refused, nothing lost", scene=scenes.rate_limited),
    Row(47, "many rows, random latency, 5 % faults, a rate limit", "every row once, in order, the right vector; flat memory",
        scene=scenes.big_run),
]
