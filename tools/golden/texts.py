# SPDX-License-Identifier: MIT OR Apache-2.0
"""The list of cases of one text provider.

A provider is a dictionary: source, options (of the client, beside provider, key and model), url, auth
and not_auth (headers), model, model_in_url, request and reply (functions of bodies.py and replies.py),
single (one input a request), no_index, no_tokens, error (status, body, code, words), retry_delay; and
the fields that the reference names: always (sent with every request), encoding (field, word for float,
word for base64), default_base64, task (field, query word, document word), dims, truncate (field, word
for true, word for false; None: nothing), normalize, user, int8 and bit (fields, reply; None: the same),
task_in_model (endings of the model's name; sent: its name by default), token (what a prelude gave).
"""
from golden import bodies, replies
from golden.errors import EXTRA
from golden.form import (BITS, INT8, MANY, ONE, PACKED, VECTORS, b64, dump, headers_of, http, options_of, refusal,
                         request, write)


class TextCases:
    def __init__(self, root, name, p):
        self.root, self.name, self.p = root, name, p
        self.reply = p.get("reply", replies.openai)
        self.vectors, self.element = p.get("vectors", VECTORS), p.get("element", lambda v: v)

    def document(self, vectors, indexes=None):
        return self.reply([self.element(v) for v in vectors], indexes or range(len(vectors)))

    def encoding(self, asked):
        """The field that says how vectors travel."""
        p = self.p
        if "encoding" not in p:
            return {}
        own_url = "url" in p.get("options", {}) and p.get("provider", self.name) != "azure"
        if (asked or ("base64" if p.get("default_base64") and not own_url else "float")) == "base64":
            return {p["encoding"][0]: p["encoding"][2]}
        return {p["encoding"][0]: p["encoding"][1]} if p["encoding"][1] else {}

    def case(self, name, texts, reply, expect, options=None, fields=None, call="text", encoding=None, sent=None,
             source=""):
        sent = sent or self.p.get("sent")  # the model's name as it must be sent
        p = {**self.p, **({"model": sent} if sent else {})}
        fields = {**p.get("always", {}), **(fields or {})}
        fields = {**fields, **{k: v for k, v in self.encoding(encoding).items() if k not in fields}}
        body = p.get("request", bodies.plain)(p, texts, fields)
        write(self.root, self.name, name, p["source"] + source,
              [("options", dump(options_of(self.name, self.p, **(options or {})))), ("call", call)]
              + ([("token", p["token"])] if "token" in p else [])
              + [("inputs", dump(texts)), ("expect request", request(p["url"], headers_of(p), body)),
                 ("reply", reply)] + expect)

    def good(self, name, texts, vectors, expected=None, indexes=None, document=None, **more):
        expect = [("expect vectors", dump(expected or vectors))]
        if not self.p.get("no_tokens"):
            expect.append(("expect tokens", "8"))
        self.case(name, texts, http(200, document or self.document(vectors, indexes)), expect, **more)

    def bad(self, name, texts, reply, error, **more):
        self.case(name, texts, reply, [("expect error", error)], **more)

    def write_replies(self):
        p, v = self.p, self.vectors
        as_sent = [b64(x) for x in v] if p.get("default_base64") else v
        self.good("one", ONE, as_sent[:1], v[:1])
        self.bad("empty", ONE, http(200, self.document([])), "REPLY")
        self.bad("no_body", ONE, http(200, ""), "TRUNCATED")
        if p.get("single"):
            whole = dump(self.document(v[:1]))
            self.good("nan", ONE, [[0.5, None, 0.25, 1.0]], [None])
            self.bad("truncated", ONE, http(200, whole[:whole.rindex("]") - 5]), "TRUNCATED")
            return
        whole = dump(self.document(v[:2]))
        self.good("many", MANY, v, encoding="float", options={"encoding": "float"} if "encoding" in p else None)
        self.bad("wrong_count", MANY, http(200, self.document(v[:2])), "REPLY\n2 vectors for 3 inputs")
        self.bad("wrong_dimension", MANY[:2], http(200, self.document([v[0], v[1][:3]])),
                 "REPLY\n3 dimensions, but 4 in the items before")
        self.good("nan", MANY[:2], [v[0], [0.5, None, 0.25, 1.0]], [v[0], None])
        self.bad("truncated", MANY[:2], http(200, whole[:whole.rindex("]") - 5]), "TRUNCATED")
        if not p.get("no_index"):
            self.good("reordered", MANY, [v[2], v[0], v[1]], v, indexes=[2, 0, 1])
            self.bad("bad_index", MANY[:2], http(200, self.document(v[:2], [1, 1])), "REPLY\nindex 1 comes twice")
        if "encoding" in p:
            self.good("base64", MANY, [b64(x) for x in v], v, encoding="base64", options={"encoding": "base64"})

    def write_errors(self):
        status, body, code, words = self.p["error"]
        more = [("expect retry delay", self.p["retry_delay"])] if "retry_delay" in self.p else []
        expected = refusal(status, body, "%s\n%s" % (code, words))
        self.case("error", ONE, http(status, body, "req_1"), [("expect error", expected)] + more)
        for name, (status, body, *expected) in EXTRA.get(self.name, {}).items():
            self.bad(name, ONE, http(status, body), refusal(status, body, *expected))

    def write_options(self):
        p, one = self.p, self.vectors[:1]
        if "task" in p:
            field, query, document = p["task"]
            self.good("query", ONE, one, fields={field: query}, call="text\nquery")
            self.good("document", ONE, one, fields={field: document} if document else {}, call="text\ndocument")
        if "task_in_model" in p:
            for call, ending in zip(("query", "document"), p["task_in_model"]):
                self.good(call, ONE, one, call="text\n" + call, sent=p["model"] + ending)
        if "dims" in p:
            self.good("dimensions", ONE, [one[0][:2]], fields={p["dims"]: 2}, options={"dimensions": 2})
            self.bad("ignored_dimensions", ONE, http(200, self.document(one)),
                     "REPLY\n4 dimensions where 2 were expected", fields={p["dims"]: 2}, options={"dimensions": 2})
        if "truncate" in p:
            self.good("truncate", ONE, one, fields={p["truncate"][0]: p["truncate"][1]}, options={"truncate": True})
            if len(p["truncate"]) > 2:
                field, _, word = p["truncate"]
                self.good("truncate_off", ONE, one, fields={} if word is None else {field: word},
                          options={"truncate": False})
        if "normalize" in p:
            self.good("normalize", ONE, one, fields={p["normalize"]: True}, options={"normalize": True})
        if "user" in p:
            self.good("user", ONE, one, fields={p["user"]: "user-7"}, options={"user": "user-7"})

    def write_outputs(self):
        """Vectors of another element type, as many as a request takes."""
        n = 1 if self.p.get("single") else 3
        for kind, sent, expected in (("int8", INT8, INT8), ("bit", PACKED, BITS)):
            if kind not in self.p:
                continue
            fields, reply, *forms = self.p[kind]
            if forms:  # what the reply holds and what must come of it, where that is another thing
                sent, expected = forms
            document = (reply or self.reply)(sent[:n], range(n))
            self.good(kind, MANY[:n], None, expected[:n], document=document, encoding="float", fields=fields,
                      options={"output": kind})

    def write_all(self):
        self.write_replies()
        self.write_errors()
        self.write_options()
        self.write_outputs()
