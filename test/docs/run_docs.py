#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs every ```sql block of README.md and docs/*.md against the simulator.

    run_docs.py [FILE...]        from the root of the repository, after `make loadable sim`

The blocks of one file run in order on one fresh connection. A statement must not fail, and where
comments follow it that begin with `-- =>` its rows must be theirs, one comment a row, values joined
by |, NULL for NULL; `-- => error: TEXT` asks for an error that holds TEXT. A statement that gives no
such comment is only run. Before a block an HTML comment may hold more:

    <!-- setup: SQL -->       run first, on the same connection
    <!-- needs: vec0 -->      run only where sqlite-vec is there (SQLITE_VEC names its file)
    <!-- skip -->             not run

Clients that the documents register for real providers are pointed at the simulator; files they read
(*.png) are made in a directory of their own. The last line is `N passed, M failed`.
"""
import glob
import os
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXTENSION = os.path.join(ROOT, "dist", "rembed0")
SIMULATOR = os.environ.get("REMBED_SIM", os.path.join(ROOT, "build", "rembed-sim"))

# Where the simulator serves a provider whose base is not /name + the path of its own base url.
PREFIXES = {"openai-compatible": "/openai/v1", "azure": "/azure/openai/v1"}


class Simulator:
    def __enter__(self):
        self.process = subprocess.Popen([SIMULATOR, "--port", "0", "--parent-watch"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.search(r"http://[\d.]+:\d+", line)
        if not match:
            raise SystemExit("the simulator did not start: %r" % line)
        self.url = match.group()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def png(seed):
    """A small picture, another colour for another name."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    colour = zlib.crc32(seed.encode())
    row = b"\0" + bytes((colour & 255, colour >> 8 & 255, colour >> 16 & 255)) * 16
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * 16)) + chunk(b"IEND", b""))


def readfile(path):
    with open(path, "rb") as file:
        return file.read()


class Block:
    def __init__(self, file, line, text, setup, needs, skip):
        self.file, self.line, self.text = file, line, text
        self.setup, self.needs, self.skip = setup, needs, skip


def blocks_of(path):
    name = os.path.relpath(path, ROOT)
    blocks, comments, body, start = [], "", None, 0
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines, 1):
        if body is not None:
            if line.strip() == "```":
                if body[0]:
                    text = "\n".join(body[1:])
                    blocks.append(Block(name, start, text,
                                        re.findall(r"<!-- setup: (.*?) -->", comments, re.S),
                                        re.findall(r"<!-- needs: (\w+) -->", comments),
                                        "<!-- skip -->" in comments))
                body, comments = None, ""
            else:
                body.append(line)
        elif line.startswith("```"):
            body, start = [line.strip() == "```sql"], number
        elif line.startswith("<!--") or (comments and "-->" not in comments[-4:]):
            comments += line + "\n"
        elif line.strip():
            comments = ""
    return blocks


EXPECTED = re.compile(r"^\s*-- => ?(.*)$")


def statements_of(text):
    """(statement, expected rows) in order; a trailing comment belongs to the statement before it."""
    found, lines = [], []
    for line in text.split("\n"):
        match = EXPECTED.match(line)
        if match:
            if lines and "".join(lines).strip():
                raise SystemExit("an expectation inside a statement: " + line)
            found[-1][1].append(match.group(1))
            continue
        code, mark, value = line.partition("; -- => ")
        lines.append(code + ";" if mark else line)
        statement = "\n".join(lines)
        if sqlite3.complete_statement(statement):
            found.append((statement.strip(), [value] if mark else []))
            lines = []
        elif re.fullmatch(r"(\s*(--[^\n]*)?\n?)*", statement):
            lines = []
    if "\n".join(lines).strip():
        raise SystemExit("a statement without an end: " + " ".join(lines)[:80])
    return found


def show(value):
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return "%.15g" % value
    if isinstance(value, bytes):
        return value.hex().upper()
    return str(value)


class Session:
    def __init__(self, simulator):
        self.url = simulator.url
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.enable_load_extension(True)
        self.db.load_extension(EXTENSION)
        self.db.create_function("readfile", 1, readfile)
        self.bases = {}
        for name, aliases, base, keys in self.db.execute(
                "SELECT name, aliases, base_url, key_env FROM rembed_providers WHERE base_url IS NOT NULL"):
            path = re.sub(r"^https?://[^/]*", "", base)
            path = path.replace("{account}", "ACCOUNT").replace("{region}", "us-central1")
            for word in [name] + (aliases or "").split():
                self.bases[word] = PREFIXES.get(name, "/" + name + path)
            for key in (keys or "").split():
                os.environ.setdefault(key, "k")
        self.redirect()

    def has(self, module):
        if module != "vec0":
            return False
        path = os.environ.get("SQLITE_VEC")
        try:
            if not path:
                import sqlite_vec
                path = sqlite_vec.loadable_path()
            self.db.load_extension(path)
            return True
        except (ImportError, sqlite3.Error):
            return False

    def redirect(self):
        """Points every client that is not there yet at the simulator."""
        import json
        for name, text in self.db.execute("SELECT name, options FROM temp.rembed_clients").fetchall():
            if self.url in text:
                continue
            options = json.loads(text)
            native, endpoint = options.get("image_route") == "native", options.get("effective_url")
            for key in ("effective_model", "effective_url", "image_route", "image_route_reason", "image_model",
                        "image_url", "image_route_missing", "key_source", "key_env"):
                options.pop(key, None)
            provider = options["provider"]
            if provider not in self.bases:  # it runs in this process
                continue
            options.update(url=self.url + self.bases[provider], key="k")
            if native:  # the address of the model may be another one than that of the provider's others
                options["url"] = self.url + "/" + provider + re.sub(r"^https?://[^/]*", "", endpoint)
            if provider == "watsonx":
                options["token_url"] = self.url + "/watsonx/identity/token"
            if "vision_provider" in options:  # else the base serves both
                options.update(vision_url=self.url + self.bases[options["vision_provider"]], vision_key="k")
            self.db.execute("UPDATE temp.rembed_clients SET options = ? WHERE name = ?",
                            (json.dumps(options), name))

    def run(self, statement, expected):
        """None, or what is wrong."""
        try:
            rows = ["|".join(map(show, row)) for row in self.db.execute(statement).fetchall()]
        except (sqlite3.Error, sqlite3.Warning, OSError) as error:
            if len(expected) == 1 and expected[0].startswith("error: "):
                wanted = expected[0][len("error: "):]
                return None if wanted in str(error) else "another error: %s" % error
            return str(error)
        if "rembed_clients" in statement:
            self.redirect()
        if expected and rows != expected:
            return "expected %r, got %r" % (expected, rows)
        return None


def run_file(path, simulator):
    passed = failed = 0
    session = Session(simulator)
    for block in blocks_of(path):
        for name in re.findall(r"[\w/.-]+\.png", block.text):
            if os.path.dirname(name):
                os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "wb") as file:
                file.write(png(name))
        missing = [need for need in block.needs if not session.has(need)]
        if block.skip or missing:
            print("%s:%d: not run%s" % (block.file, block.line,
                                        " (no %s here)" % missing[0] if missing else ""))
            continue
        for setup in block.setup:
            session.db.executescript(setup)
            session.redirect()
        for statement, expected in statements_of(block.text):
            wrong = session.run(statement, expected)
            passed += not wrong
            failed += bool(wrong)
            if wrong:
                print("%s:%d: %s\n    %s" % (block.file, block.line,
                                             wrong, statement.replace("\n", "\n    ")))
    session.db.close()
    return passed, failed


def main():
    files = [os.path.abspath(file) for file in sys.argv[1:]]
    files = files or [os.path.join(ROOT, "README.md")] + sorted(
        glob.glob(os.path.join(ROOT, "docs", "*.md")))
    passed = failed = 0
    with Simulator() as simulator, tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for file in files:
            good, bad = run_file(file, simulator)
            passed += good
            failed += bad
        os.chdir(ROOT)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
