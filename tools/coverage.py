#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much of src/ `make test` reaches, and what kind the lines are that it does not.

  tools/coverage.py BUILD

BUILD is a tree that was compiled with --coverage and whose tests have run. Prints lines by file, then
every line that was not reached under the kind that explains it: by what the line says, or by the
function that it is in. Fails below 95 %, and where a line has no kind: test it, or say here why not."""
import json
import re
import subprocess
import sys

LEAST_PERCENT = 95

# kind: (what it is, pattern of lines, functions as "file:function")
KINDS = {
    "memory": (
        "memory that runs out at this very place: test/load/static_nomem.c and nomem.c let every allocation fail,\n"
        "  but another one fails first, or it is libcurl's or the C library's own",
        r"ENOMEM|NOMEM|nomem|no_memory|out of memory",
        ["src/http/curl.c:start", "src/http/curl.c:emb_curl_open", "src/http/curl_setup.c:start_failed",
         "src/wire/vectors.c:no_room", "src/sql/clients.c:insert", "src/sql/value.c:emb_value_error"],
    ),
    "machine": (
        "another machine: an older libcurl or SQLite, no file of certificates where Debian has it, a TLS library\n"
        "  that raises SIGPIPE, a build without the built-in model",
        None,
        ["src/http/curl.c:emb_curl_global", "src/base/sigpipe.c:emb_sigpipe_release", "src/http/curl_setup.c:emb_curl_find_ca",
         "src/http/curl_setup.c:only_http", "src/http/curl_setup.c:set_ca", "src/sql/rembed.c:sqlite3_rembed_init", "src/local/model.c:emb_local_builtin"],
    ),
    "network": (
        "states of the network that a loopback does not have: no route, no permission, a proxy without a name;\n"
        "  and a URL that passed our own check and not libcurl's",
        None,
        ["src/http/curl_setup.c:connect_reason", "src/http/curl_setup.c:code_of",
         "src/http/curl_setup.c:advice_of", "src/http/curl_setup.c:failure_text"],
    ),
    "file": (
        "a file that can be opened and then not be read or mapped, or that is larger than memory",
        None,
        ["src/local/folder.c:map_file", "src/local/folder.c:read_tokenizer", "src/sql/guard.c:cannot_check"],
    ),
    "peers": (
        "what only make test-peers asks for",
        None,
        ["src/local/model.c:emb_local_tokens"],
    ),
    "advice": (
        "what rembed_doctor() and rembed_stats say in states that servers and hosts are rarely in",
        None,
        ["src/embed/doctor.c:key_words", "src/embed/doctor.c:add_learned", "src/embed/doctor.c:dimensions",
         "src/embed/doctor.c:find_out_here", "src/embed/doctor.c:find_out", "src/sql/tables.c:gate_of"],
    ),
    "race": (
        "two threads at the same instruction at once",
        None,
        ["src/wire/number.c:get_c_locale"],
    ),
    "size": (
        "results and files beyond two gigabytes",
        r"toobig|text64|too large \(over",
        [],
    ),
    "mistake": (
        "mistakes of our own or of the host's that cannot happen; the line is what they would meet",
        r"EMB_EINTERNAL",
        ["src/wire/item.c:emb_item_media", "src/http/engine.c:append", "src/embed/registry.c:emb_registry_position",
         "src/local/wordpiece.c:find"],
    ),
    "moment": (
        "a route whose prelude fails at the moment when halves of the client's other route wait to be sent",
        None,
        ["src/embed/task.c:finish_prelude"],
    ),
    "pool": (
        "more idle handles than connections may be kept",
        None,
        ["src/http/curl.c:land"],
    ),
}


def functions_of(lines):
    """The function each line is in, by the layout that clang-format gives."""
    current, out = "", []
    for line in lines:
        begin = re.match(r" {4}int (sqlite3_rembed_init)\(", line) or re.match(r"(?:[A-Za-z_][\w \*]*?[ \*])?\*?([A-Za-z_]\w*)\(", line)
        if begin and not line.startswith(("#", "typedef")):
            current = begin.group(1)
        out.append(current)
        if line == "}":
            current = ""
    return out


def kind_of(path, function, line):
    for kind, (_, pattern, _) in KINDS.items():
        if pattern and re.search(pattern, line):
            return kind
    for kind, (_, _, functions) in KINDS.items():
        if f"{path}:{function}" in functions:
            return kind
    return None


def main(build):
    command = ["gcovr", "-r", ".", "--object-directory", build, "-f", "src/", "--json", "-"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    total = reached = 0
    missed = {}
    for file in report["files"]:
        path = file["file"]
        with open(path, encoding="utf-8") as source:
            lines = source.read().split("\n")
        functions = functions_of(lines)
        counts = {}
        for entry in file["lines"]:
            if not entry.get("gcovr/noncode"):
                n = entry["line_number"]
                counts[n] = max(counts.get(n, 0), entry["count"])
        hit = sum(count > 0 for count in counts.values())
        total, reached = total + len(counts), reached + hit
        print(f"{path:28} {hit:5} of {len(counts):5}  {100 * hit / len(counts):5.1f} %")
        for n in sorted(n for n, count in counts.items() if not count):
            text = lines[n - 1]
            # the rest of a statement is of the kind of its beginning
            before, start = text, n
            while start > 1 and not lines[start - 2].rstrip().endswith((";", "{", "}", ":")) and start > n - 4:
                start -= 1
                before = lines[start - 1] + " " + before
            kind = kind_of(path, functions[n - 1], before)
            missed.setdefault(kind, []).append(f"{path}:{n}: {text.strip()}")
    percent = 100 * reached / total
    print(f"\n{reached} of {total} lines of src/: {percent:.1f} %")
    for kind, (explanation, _, _) in KINDS.items():
        if kind in missed:
            print(f"\n{kind} ({len(missed[kind])}): {explanation}")
            print("\n".join("    " + line for line in missed[kind]))
    if None in missed:
        print(f"\nof no kind ({len(missed[None])}): test them, or explain them in tools/coverage.py")
        print("\n".join("    " + line for line in missed[None]))
    if percent < LEAST_PERCENT:
        print(f"\nless than {LEAST_PERCENT} %")
    return 1 if None in missed or percent < LEAST_PERCENT else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
