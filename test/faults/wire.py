# SPDX-License-Identifier: MIT OR Apache-2.0
"""A server between the extension and the simulator that spoils what passes, down to the bytes of the connection.

A request is read whole and handed to the simulator, which judges it and makes the right answer; then a fault, a function
of spoil.py or http2.py, sends what it likes of it. Which request meets which fault is said by content, so it holds under
any concurrency: `Wire.plan(marker, faults)` gives the faults, one an attempt, to the requests whose body holds the marker.
What happens before a request (refused connections, TLS) goes by the connection's number: `Wire.greet`.
"""
import http.client
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time


class Certificates:
    """A CA of its own and certificates for 127.0.0.1, good and bad, in a folder; contexts by name."""

    KINDS = {"good": ("IP:127.0.0.1,DNS:up.test", "20200101000000Z", "20500101000000Z"),
             "expired": ("IP:127.0.0.1", "20200101000000Z", "20210101000000Z"),
             "wrongname": ("DNS:elsewhere.example", "20200101000000Z", "20500101000000Z")}

    def __init__(self, folder):
        self.folder, self.ca = folder, f"{folder}/ca.pem"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                      "/CN=fault matrix CA", "-keyout", f"{folder}/ca.key", "-out", self.ca)
        self._self_signed()
        self.contexts = {"unknown": self._context("unknown")}
        for kind, parts in self.KINDS.items():
            self._issue(kind, *parts)
            self.contexts[kind] = self._context(kind)
        self.contexts["h2"] = self._context("good", ["h2", "http/1.1"])

    @staticmethod
    def _openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True)

    def _self_signed(self):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                      "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.folder}/unknown.key",
                      "-out", f"{self.folder}/unknown.pem")

    def _issue(self, kind, names, start, end):
        base = f"{self.folder}/{kind}"
        with open(f"{base}.cnf", "w", encoding="ascii") as file:
            file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={base}.db\nnew_certs_dir={self.folder}\ndefault_md=sha256\n"
                       f"policy=p\nx509_extensions=x\nrand_serial=yes\n[p]\ncommonName=supplied\n[x]\nsubjectAltName={names}\n")
        open(f"{base}.db", "w", encoding="ascii").close()
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={kind}", "-keyout",
                      f"{base}.key", "-out", f"{base}.csr")
        self._openssl("ca", "-batch", "-config", f"{base}.cnf", "-cert", self.ca, "-keyfile", f"{self.folder}/ca.key", "-in",
                      f"{base}.csr", "-out", f"{base}.pem", "-startdate", start, "-enddate", end, "-notext")

    def _context(self, kind, protocols=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.folder}/{kind}.pem", f"{self.folder}/{kind}.key")
        if protocols:
            context.set_alpn_protocols(protocols)
        return context


class Request:
    """What a client sent, and the simulator's answer to it."""

    def __init__(self, method, path, headers, body):
        if path.startswith("http://"):  # asked as a proxy
            path = "/" + path.split("/", 3)[3]
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.time = time.monotonic()
        self._answer = None

    @property
    def inputs(self):
        try:
            value = json.loads(self.body)["input"]
        except (ValueError, KeyError, TypeError):
            return []
        return value if isinstance(value, list) else [value]

    def answer(self, wire):
        """(status, headers, body) of the simulator."""
        if self._answer is None:
            upstream = http.client.HTTPConnection("127.0.0.1", wire.upstream, timeout=30)
            keep = {k: v for k, v in self.headers.items() if k in ("authorization", "content-type", "x-goog-api-key")}
            upstream.request(self.method, self.path, self.body, keep)
            reply = upstream.getresponse()
            self._answer = reply.status, [("Content-Type", reply.getheader("Content-Type") or "text/plain")], reply.read()
            upstream.close()
        return self._answer


class Connection:
    """One accepted connection: bytes in and out."""

    def __init__(self, wire, sock, number):
        self.wire, self.sock, self.number, self.buffer = wire, sock, number, b""
        self.served = 0
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, n=65536):
        data = self.sock.recv(n)
        if not data:
            raise ConnectionError("closed")
        return data

    def read_exactly(self, n):
        while len(self.buffer) < n:
            self.buffer += self.read()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.read()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path = lines[0].split(" ")[:2]
        return method, path, {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}

    def read_request(self):
        """None when the head alone was refused: see Wire.early."""
        method, path, headers = self.read_head()
        early = self.wire.early and self.wire.early(headers)
        if early:
            self.wire.hits += 1
            early(self)
            return None
        return Request(method, path, headers, self.read_exactly(int(headers.get("content-length", 0))))

    def send(self, data):
        self.sock.sendall(data)

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def end(self):
        """Half-closes: what was sent arrives, then a FIN. Without a TLS close_notify where there is TLS."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(self.sock, ssl.SSLSocket):
            fd = self.sock.detach()
            os.close(fd)
        else:
            self.sock.close()

    def wait(self, seconds):
        """Waits, but not beyond the client's hanging up or the server's end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.wire.ended.is_set():
            self.sock.settimeout(min(0.05, max(0.001, end - time.monotonic())))
            try:
                if not self.sock.recv(65536):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


class Wire:
    """Listens on a port of its own. `seen` holds every request, `hits` those that met a fault."""

    def __init__(self, upstream, certificates=None, tls=None, close_each=False):
        self.upstream, self.certificates, self.tls, self.close_each = upstream, certificates, tls, close_each
        self.greet = None  # number of a connection -> what it meets before any request: a function, a context's name, or None
        self.seen, self.hits, self.at_hits, self.connections = [], 0, [], 0
        self.plans, self.lock, self.ended, self.open = [], threading.Lock(), threading.Event(), []
        self.port, self.listener = 0, None
        self.before_answer = None  # called with the number of answers, this one included, before it is sent: what it
        # changes holds for whatever the client does next
        self.answers = 0
        self.connect_status = 405  # of a proxy's CONNECT
        self.serve_http2 = self.h2_request = None  # what speaks HTTP/2, and (path, headers) it asks the simulator with
        self.early = None  # headers of a request -> what answers it before its body is read, or None
        self.listen()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(256)
        self.port, self.listener = listener.getsockname()[1], listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self, seconds):
        """Nothing listens for so long."""
        listener, self.listener = self.listener, None
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        if seconds is not None:
            threading.Timer(seconds, lambda: None if self.ended.is_set() else self.listen()).start()

    def plan(self, marker, faults):
        """The requests whose body holds the marker meet these faults, one each; what is left of them is returned."""
        faults = iter(faults)
        self.plans.append((marker.encode(), faults))
        return faults

    def clear(self):
        with self.lock:
            self.plans, self.greet = [], None

    def _accept(self, listener):
        while not self.ended.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                number = self.connections
                self.connections += 1
                self.open.append(sock)
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _fault(self, request):
        with self.lock:
            for marker, faults in self.plans:
                if marker in request.body:
                    fault = next(faults, None)
                    if fault:
                        self.hits += 1
                        self.at_hits.append(request.time)
                        return fault
        return None

    def _serve(self, sock, number):
        connection = Connection(self, sock, number)
        try:
            greet = self.greet and self.greet(number)
            context = self.tls
            if callable(greet):
                self.hits += 1
                if not greet(connection):
                    return
            elif greet:
                self.hits += 1
                context = greet
            if context:
                connection.sock = self.certificates.contexts[context].wrap_socket(connection.sock, server_side=True)
                with self.lock:
                    self.open.append(connection.sock)
                if connection.sock.selected_alpn_protocol() == "h2":
                    self.serve_http2(connection)
                    return
            while self._turn(connection):
                pass
        except (OSError, ValueError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def _turn(self, connection):
        """One request and its answer; False when the connection is at its end."""
        request = connection.read_request()
        if not request:
            return False
        if request.method == "CONNECT":
            connection.send(http1(self.connect_status, [], b""))
            return False
        fault = self.note(request)
        connection.served += 1
        answer = None if fault else request.answer(self)
        self.answers += 1
        if self.before_answer:
            self.before_answer(self.answers)
        if fault:
            alive = fault(connection, request)
        else:
            status, headers, body = answer
            connection.send(http1(status, headers, body, close=self.close_each))
            alive = not self.close_each
        return alive

    def note(self, request):
        with self.lock:
            self.seen.append(request)
        return self._fault(request)

    def end(self):
        self.ended.set()
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
        with self.lock:
            sockets, self.open = self.open, []
        for sock in sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def http1(status, headers, body, close=False, length=True, version="HTTP/1.1"):
    """The bytes of a reply."""
    lines = [f"{version} {status} Reason"] + [f"{k}: {v}" for k, v in headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
