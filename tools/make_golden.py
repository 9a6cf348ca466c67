#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the golden cases of test/wire from the providers' documented shapes.

Usage: make_golden.py DIRECTORY. The form of a case is explained in test/wire/run_golden.c. Nothing
here is computed by the code under test: a provider is a dictionary of what its API reference says
(address, header, names of fields, reply, error), and the files that come of it are committed.
"""
import base64
import json
import os
import struct
import sys

ONE = ["Sphinx of black quartz, judge my vow"]
MANY = ["caf\u00e9 \u6f22\u5b57 \U0001f600", 'a "quoted" word\nand a second line', "back\\slash\tand tab"]
VECTORS = [[0.1, -0.25, 3.5e-3, 1.0], [-0.0123456789, 0.5, 1e-7, 0.0], [0.75, 0.2, -1.5, 12.0]]
PNG = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
       "rkJggg==")
PROMPT = "What is in this picture?"
CAPTION = "A red square on a white ground."


def b64(vector):
    return base64.b64encode(struct.pack("<%df" % len(vector), *vector)).decode()


# ---- replies with vectors: (vectors, indexes, tokens) -> document ----

def openai_reply(vectors, indexes, **more):
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in zip(indexes, vectors)]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 8, "total_tokens": 8}, **more}


def voyage_reply(vectors, indexes):
    data = [{"object": "embedding", "embedding": v, "index": i} for i, v in zip(indexes, vectors)]
    return {"object": "list", "data": data, "model": "voyage-3.5", "usage": {"total_tokens": 8}}


def together_reply(vectors, indexes):  # usage may be absent
    return {"object": "list", "model": "m",
            "data": [{"object": "embedding", "embedding": v, "index": i} for i, v in zip(indexes, vectors)]}


def ollama_reply(vectors, indexes):
    return {"model": "nomic-embed-text", "embeddings": vectors, "total_duration": 14143917,
            "load_duration": 1019500, "prompt_eval_count": 8}


def cohere_reply(vectors, indexes):
    return {"id": "da6e531f-54c5-4a73-bf92-f60566d8d753", "embeddings": {"float": vectors}, "texts": ["t"],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 8}},
            "response_type": "embeddings_by_type"}


def gemini_reply(vectors, indexes):
    return {"embeddings": [{"values": v} for v in vectors]} if vectors else {}


def nomic_reply(vectors, indexes):
    return {"embeddings": vectors, "usage": {"prompt_tokens": 8, "total_tokens": 8},
            "model": "nomic-embed-text-v1.5"}


def bare_reply(vectors, indexes):
    return vectors


def llama_reply(vectors, indexes):
    return [{"index": i, "embedding": [v]} for i, v in zip(indexes, vectors)]


# ---- text requests: (provider, texts, fields) -> document ----

def plain_body(p, texts, fields):
    body = {"model": p["model"]} if p.get("model") else {}
    return {**body, p.get("input", "input"): texts, **fields}


def cohere_body(p, texts, fields):
    return {"model": p["model"], "texts": texts, "embedding_types": ["float"],
            "input_type": "search_document", **fields}


def gemini_body(p, texts, fields):
    return {"requests": [{"model": "models/" + p["model"], "content": {"parts": [{"text": t}]}, **fields}
                         for t in texts]}


def oai_error(message, kind, code, param=None):
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


BEARER = "Authorization: Bearer k-test"

# name: source, base options, url, auth header, model, request form, reply form, and the fields that the
# reference names: float/base64 (encoding), task (field, query word, document word), dims, truncate
# (field, value for true), normalize, user; error (status, body, code, words).
TEXT = {
    "openai": dict(
        source="openai/openai-openapi openapi.yaml, CreateEmbeddingRequest, CreateEmbeddingResponse, Error",
        url="https://api.openai.com/v1/embeddings", model="text-embedding-3-small", user="user",
        encoding=("encoding_format", "float", "base64"), default_base64=True, dims="dimensions",
        error=(429, oai_error("Rate limit reached for text-embedding-3-small in organization org-1 on tokens per "
                              "min (TPM): Limit 1000000.", "tokens", "rate_limit_exceeded"),
               "RATE", "HTTP 429: Rate limit reached")),
    "openai-compatible": dict(
        source="openai/openai-openapi openapi.yaml, CreateEmbeddingRequest, at an address of the user's",
        options={"url": "https://llm.example/v1"}, url="https://llm.example/v1/embeddings", model="bge-m3",
        encoding=("encoding_format", "float", "base64"), dims="dimensions", user="user",
        error=(400, oai_error("input is too long", "invalid_request_error", None, "input"), "INPUT",
               "HTTP 400: input is too long")),
    "azure": dict(
        source="openai/openai-python lib/azure.py; vercel/ai packages/azure/src/azure-openai-provider.ts (v1 urls)",
        options={"url": "https://res.openai.azure.com/openai/v1"},
        url="https://res.openai.azure.com/openai/v1/embeddings", model="my-deployment",
        auth="api-key: k-test", not_auth="Authorization: -",
        encoding=("encoding_format", "float", "base64"), default_base64=True, dims="dimensions", user="user",
        error=(429, {"error": {"code": "429", "message": "Requests to the Embeddings_Create Operation have exceeded "
                               "call rate limit. Please retry after 6 seconds."}}, "RATE", "Please retry after 6")),
    "azure-deployments": dict(
        source="openai/openai-python lib/azure.py, examples/azure.py (deployment urls)", provider="azure",
        options={"url": "https://res.openai.azure.com/openai/deployments/emb", "api_version": "2024-10-21"},
        url="https://res.openai.azure.com/openai/deployments/emb/embeddings?api-version=2024-10-21",
        model="text-embedding-3-small", auth="api-key: k-test", not_auth="Authorization: -",
        encoding=("encoding_format", "float", "base64"), default_base64=True, dims="dimensions", user="user",
        error=(404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does "
                               "not exist."}}, "HTTP", "does not exist")),
    "ollama": dict(
        source="ollama/ollama docs/api.md, Generate Embeddings; server/routes.go EmbedHandler",
        url="http://localhost:11434/api/embed", model="nomic-embed-text", reply=ollama_reply, no_index=True,
        dims="dimensions", truncate=("truncate", True),
        error=(404, {"error": "model 'nomic-embed-text' not found"}, "HTTP", "model 'nomic-embed-text' not found")),
    "ollama-openai": dict(
        source="ollama/ollama docs/openai.md; openai/openai.go", provider="ollama",
        options={"url": "http://localhost:11434/v1/embeddings"}, url="http://localhost:11434/v1/embeddings",
        model="nomic-embed-text", encoding=("encoding_format", "float", "base64"), dims="dimensions",
        error=(404, oai_error("model 'nomic-embed-text' not found", "not_found_error", None), "HTTP",
               "model 'nomic-embed-text' not found")),
    "cohere": dict(
        source="cohere-ai/cohere-developer-experience cohere-openapi.yaml /v2/embed; pages/cohere-api/errors.mdx",
        url="https://api.cohere.com/v2/embed", model="embed-v4.0", request=cohere_body, reply=cohere_reply,
        no_index=True, task=("input_type", "search_query", "search_document"), dims="output_dimension",
        truncate=("truncate", "END"),
        error=(400, {"id": "8c9d", "message": "invalid request: total number of texts must be at most 96 - received "
                     "104"}, "INPUT", "at most 96 - received 104")),
    "gemini": dict(
        source="google-gemini/cookbook quickstarts/rest/Embeddings_REST.ipynb; googleapis/python-genai types.py",
        url="https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents",
        model="gemini-embedding-001", auth="x-goog-api-key: k-test", not_auth="Authorization: -",
        request=gemini_body, reply=gemini_reply, no_index=True, no_tokens=True,
        task=("taskType", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT"), dims="outputDimensionality",
        error=(429, {"error": {"code": 429, "message": "Resource has been exhausted (e.g. check quota).",
                               "status": "RESOURCE_EXHAUSTED",
                               "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo",
                                            "retryDelay": "37s"}]}},
               "RATE", "Resource has been exhausted"), retry_delay="37s"),
    "mistral": dict(
        source="mistralai/platform-docs-public openapi.yaml, EmbeddingRequest, EmbeddingResponse",
        url="https://api.mistral.ai/v1/embeddings", model="mistral-embed",
        encoding=("encoding_format", "float", "base64"), dims="output_dimension",
        error=(400, {"object": "error", "message": "Too many tokens in batch. Max is 16384 got 17555",
                     "type": "invalid_request_error", "param": None, "code": None}, "INPUT",
               "Max is 16384 got 17555")),
    "voyage": dict(
        source="voyage-ai/voyageai-python api_resources, util.py, api_requestor.py; mongodb.com Atlas Embedding API",
        url="https://api.voyageai.com/v1/embeddings", model="voyage-3.5", reply=voyage_reply,
        encoding=("encoding_format", None, "base64"), default_base64=True,
        task=("input_type", "query", "document"), dims="output_dimension", truncate=("truncation", True),
        error=(401, {"detail": "Provided API key is invalid."}, "AUTH", "Provided API key is invalid.")),
    "jina": dict(
        source="https://api.jina.ai/openapi.json; jina-ai/meta-prompt v9",
        url="https://api.jina.ai/v1/embeddings", model="jina-embeddings-v3",
        encoding=("embedding_type", "float", "base64"), default_base64=True,
        task=("task", "retrieval.query", "retrieval.passage"), dims="dimensions", truncate=("truncate", True),
        normalize="normalized",
        error=(400, {"detail": "input length is larger than the largest allowed size 2048"}, "INPUT",
               "largest allowed size 2048")),
    "nomic": dict(
        source="nomic-ai/nomic nomic/embed.py (the error body is not specified: plain text)",
        url="https://api-atlas.nomic.ai/v1/embedding/text", model="nomic-embed-text-v1.5", input="texts",
        reply=nomic_reply, no_index=True, task=("task_type", "search_query", "search_document"),
        dims="dimensionality", error=(429, "Too Many Requests", "RATE", "HTTP 429: Too Many Requests")),
    "mixedbread": dict(
        source="mixedbread-ai/mixedbread-python _client.py, types/embedding_create_response.py",
        url="https://api.mixedbread.com/v1/embeddings", model="mixedbread-ai/mxbai-embed-large-v1",
        encoding=("encoding_format", "float", "base64"), dims="dimensions", normalize="normalized",
        task=("prompt", "Represent this sentence for searching relevant passages: ", None),
        error=(401, {"message": "Invalid API key"}, "AUTH", "Invalid API key")),
    "llamacpp": dict(
        source="ggml-org/llama.cpp tools/server/README.md POST /v1/embeddings; server-context.cpp",
        url="http://localhost:8080/v1/embeddings", encoding=("encoding_format", "float", "base64"),
        error=(501, {"error": {"code": 501, "message": "This server does not support embeddings. Start it with "
                               "`--embeddings`", "type": "not_supported_error"}}, "HTTP", "`--embeddings`")),
    "llamacpp-native": dict(
        source="ggml-org/llama.cpp tools/server/README.md POST /embedding (not OpenAI-compatible)",
        provider="llamacpp", options={"url": "http://localhost:8080/embedding"},
        url="http://localhost:8080/embedding", reply=llama_reply, no_tokens=True,
        error=(503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, "HTTP",
               "Loading model")),
    "tei": dict(
        source="huggingface/text-embeddings-inference docs/openapi.json 1.9.3 /embed, ErrorResponse",
        url="http://localhost:8080/embed", input="inputs", reply=bare_reply, no_index=True, no_tokens=True,
        task=("prompt_name", "query", "document"), dims="dimensions", truncate=("truncate", True),
        normalize="normalize",
        error=(422, {"error": "batch size 33 > maximum allowed batch size 32", "error_type": "Validation"}, "INPUT",
               "maximum allowed batch size 32")),
    "tei-openai": dict(
        source="huggingface/text-embeddings-inference docs/openapi.json 1.9.3 /v1/embeddings, OpenAICompatErrorResponse",
        provider="tei", options={"url": "http://localhost:8080/v1/embeddings"},
        url="http://localhost:8080/v1/embeddings", encoding=("encoding_format", "float", "base64"),
        dims="dimensions", user="user",
        error=(429, {"message": "Model is overloaded", "code": 429, "error_type": "Overloaded"}, "RATE",
               "Model is overloaded")),
    "together": dict(
        source="togethercomputer/together-python types/embeddings.py",
        url="https://api.together.xyz/v1/embeddings", model="BAAI/bge-base-en-v1.5", reply=together_reply,
        no_tokens=True,
        error=(401, oai_error("Invalid API key provided.", "invalid_request_error", "invalid_api_key"), "AUTH",
               "Invalid API key provided.")),
    "fireworks": dict(
        source="https://docs.fireworks.ai/api-reference/creates-an-embedding-vector-representing-the-input-text",
        url="https://api.fireworks.ai/inference/v1/embeddings", model="nomic-ai/nomic-embed-text-v1.5",
        dims="dimensions",
        error=(404, {"error": {"object": "error", "type": "invalid_request_error", "code": "NOT_FOUND",
                               "message": "Model not found, inaccessible, and/or not deployed"}}, "HTTP",
               "Model not found")),
    "deepinfra": dict(
        source="https://deepinfra.com/docs/openai_api; vercel/ai packages/deepinfra",
        url="https://api.deepinfra.com/v1/openai/embeddings", model="BAAI/bge-base-en-v1.5",
        encoding=("encoding_format", "float", "base64"), dims="dimensions",
        error=(500, {"error": {"message": "inference failed"}}, "HTTP", "inference failed")),
    "openrouter": dict(
        source="OpenRouterTeam/typescript-sdk models/operations/createembeddings.ts",
        url="https://openrouter.ai/api/v1/embeddings", model="openai/text-embedding-3-small", user="user",
        encoding=("encoding_format", "float", "base64"), dims="dimensions",
        task=("input_type", "search_query", "search_document"),
        error=(402, {"error": {"code": 402, "message": "Insufficient credits", "metadata": {}}}, "QUOTA",
               "Insufficient credits")),
    "lmstudio": dict(
        source="lmstudio-ai/docs 3_openai-compat/embeddings.md; openai-compat errors as reported to its bug tracker",
        url="http://localhost:1234/v1/embeddings", model="text-embedding-nomic-embed-text-v1.5",
        error=(400, {"error": "No models loaded. Please load a model in the developer page or use the 'lms load' "
                     "command."}, "INPUT", "No models loaded.")),
    "vllm": dict(
        source="vllm-project/vllm entrypoints/pooling/base/protocol.py; docs/serving/openai_compatible_server.md",
        url="http://localhost:8000/v1/embeddings", model="intfloat/e5-mistral-7b-instruct", dims="dimensions",
        encoding=("encoding_format", "float", "base64"), user="user",
        error=(400, {"error": {"message": "Model does not support matryoshka representation",
                               "type": "BadRequestError", "param": None, "code": 400}}, "INPUT",
               "does not support matryoshka")),
}

# Replies and errors that one provider has beside the common list: name of the case -> (HTTP status, body,
# expected section, its text); the request is that of one input.
EXTRA = {
    "openai": {"error_quota": (429, oai_error("You exceeded your current quota, please check your plan and billing "
                                              "details.", "insufficient_quota", "insufficient_quota"),
                               "QUOTA\nYou exceeded your current quota\nplan and billing")},
    "mistral": {"error_validation": (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "dimensions"],
                                                       "msg": "Extra inputs are not permitted"}]},
                                     "INPUT\nExtra inputs are not permitted")},
    "jina": {"error_balance": (403, {"code": "AUTHZ_INSUFFICIENT_BALANCE", "detail": "Account balance not enough to "
                                     "run this query, please recharge."}, "QUOTA\nAccount balance not enough")},
    "mixedbread": {"error_detail": (422, {"detail": "dimensions must be at most 1024"},
                                    "INPUT\nat most 1024")},
    "deepinfra": {"error_native": (422, {"detail": {"error": "inputs is empty"}}, "INPUT\ninputs is empty")},
    "openrouter": {"error_in_200": (200, {"error": {"code": 502, "message": "Upstream error from provider"}},
                                    "REPLY\nUpstream error from provider")},
    "lmstudio": {"error_nested": (404, oai_error("Model is not embedding.", "invalid_request_error",
                                                 "model_not_found", "model"), "HTTP\nModel is not embedding.")},
    "vllm": {"error_flat": (400, {"object": "error", "message": "This model's maximum context length is 512 tokens.",
                                  "type": "BadRequestError", "param": None, "code": 400},
                            "INPUT\nmaximum context length is 512")},
    "ollama": {"error_truncate": (400, {"error": "the input length exceeds the context length"},
                                  "INPUT\nexceeds the context length")},
    "cohere": {"error_key": (401, {"id": "1", "message": "invalid api token"}, "AUTH\ninvalid api token"),
               "error_token": (498, {"id": "1", "message": "invalid token"}, "AUTH\nHTTP 498: invalid token")},
    "gemini": {"error_batch": (400, {"error": {"code": 400, "message": "* BatchEmbedContentsRequest.requests: at most "
                                               "100 requests can be in one batch", "status": "INVALID_ARGUMENT"}},
                               "INPUT\nat most 100 requests")},
}


def section(name, text):
    return "== %s\n%s\n" % (name, text)


def dump(document):
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def http(status, document, request_id=None):
    head = "HTTP %d\n" % status
    if request_id:
        head += "x-request-id: %s\n" % request_id
    return head + "\n" + dump(document)


def request(url, headers, body):
    return "POST %s\n%s\n\n%s" % (url, "\n".join(["Content-Type: application/json"] + headers), dump(body))


def write(root, directory, name, source, sections):
    path = os.path.join(root, directory)
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, name + ".txt"), "w", encoding="utf-8", newline="\n") as file:
        file.write("# source: %s\n" % source + "".join(section(n, t) for n, t in sections))


class TextCases:
    """The list of cases of one text provider."""

    def __init__(self, root, name):
        self.root, self.name, self.p = root, name, TEXT[name]
        self.reply = self.p.get("reply", openai_reply)

    def document(self, vectors, indexes=None):
        return self.reply(vectors, indexes or range(len(vectors)))

    def case(self, name, texts, reply, expect, options=None, fields=None, call="text", encoding=None):
        p = self.p
        own = {"provider": p.get("provider", self.name), "key": "k-test", **p.get("options", {}),
               **({"model": p["model"]} if p.get("model") else {}), **(options or {})}
        fields = dict(fields or {})
        if "encoding" in p:
            field, word, packed = p["encoding"]
            asked = encoding or ("base64" if p.get("default_base64") and "url" not in p.get("options", {})
                                 or p.get("provider", self.name) == "azure" else "float")
            value = packed if asked == "base64" else word
            if value:
                fields[field] = value
        body = p.get("request", plain_body)(p, texts, fields)
        headers = [p.get("auth", BEARER)] + ([p["not_auth"]] if "not_auth" in p else [])
        write(self.root, self.name, name, p["source"],
              [("options", dump(own)), ("call", call), ("inputs", dump(texts)),
               ("expect request", request(p["url"], headers, body)), ("reply", reply)] + expect)

    def good(self, name, texts, vectors, expected=None, indexes=None, **more):
        expect = [("expect vectors", dump(expected or vectors))]
        if not self.p.get("no_tokens"):
            expect.append(("expect tokens", "8"))
        self.case(name, texts, http(200, self.document(vectors, indexes)), expect, **more)

    def bad(self, name, texts, reply, error, **more):
        self.case(name, texts, reply, [("expect error", error)], **more)

    def write_replies(self):
        v, whole = VECTORS, dump(self.document(VECTORS[:2]))
        as_sent = [b64(x) for x in v] if self.p.get("default_base64") else v
        self.good("one", ONE, as_sent[:1], v[:1])
        self.good("many", MANY, v, encoding="float", options={"encoding": "float"} if "encoding" in self.p else None)
        self.bad("wrong_count", MANY, http(200, self.document(v[:2])), "REPLY\n2 vectors for 3 inputs")
        self.bad("wrong_dimension", MANY[:2], http(200, self.document([v[0], v[1][:3]])),
                 "REPLY\n3 dimensions, but 4 in the items before")
        self.good("nan", MANY[:2], [v[0], [0.5, None, 0.25, 1.0]], [v[0], None])
        self.bad("truncated", MANY[:2], http(200, whole[:whole.rindex("]") - 5]), "TRUNCATED")
        self.bad("empty", ONE, http(200, self.document([])), "REPLY")
        self.bad("no_body", ONE, http(200, ""), "TRUNCATED")
        if not self.p.get("no_index"):
            self.good("reordered", MANY, [v[2], v[0], v[1]], v, indexes=[2, 0, 1])
            self.bad("bad_index", MANY[:2], http(200, self.document(v[:2], [1, 1])), "REPLY\nindex 1 comes twice")
        if "encoding" in self.p:
            self.good("base64", MANY, [b64(x) for x in v], v, encoding="base64", options={"encoding": "base64"})

    def write_errors(self):
        status, body, code, words = self.p["error"]
        more = [("expect retry delay", self.p["retry_delay"])] if "retry_delay" in self.p else []
        self.case("error", ONE, http(status, body, "req_1"), [("expect error", "%s\n%s" % (code, words))] + more)
        for name, (status, body, expected) in EXTRA.get(self.name, {}).items():
            self.bad(name, ONE, http(status, body), expected)

    def write_options(self):
        p, one = self.p, VECTORS[:1]
        if "task" in p:
            field, query, document = p["task"]
            self.good("query", ONE, one, fields={field: query}, call="text\nquery")
            self.good("document", ONE, one, fields={field: document} if document else {}, call="text\ndocument")
        if "dims" in p:
            self.good("dimensions", ONE, [one[0][:2]], fields={p["dims"]: 2}, options={"dimensions": 2})
            self.bad("ignored_dimensions", ONE, http(200, self.document(one)),
                     "REPLY\n4 dimensions where 2 were expected", fields={p["dims"]: 2}, options={"dimensions": 2})
        if "truncate" in p:
            self.good("truncate", ONE, one, fields={p["truncate"][0]: p["truncate"][1]}, options={"truncate": True})
        if "normalize" in p:
            self.good("normalize", ONE, one, fields={p["normalize"]: True}, options={"normalize": True})
        if "user" in p:
            self.good("user", ONE, one, fields={p["user"]: "user-7"}, options={"user": "user-7"})


# ---- captions ----

def openai_chat(model, field):
    return {"model": model, field: 300, "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG}},
        {"type": "text", "text": PROMPT}]}]}


def openai_answer(content, **more):
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content, **more},
                         "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}}


def chat_vendor(source, url, model, error, field="max_tokens", **more):
    return dict(source=source, url=url, model=model, body=openai_chat(model, field), error=error,
                answer=openai_answer(CAPTION), tokens="49", **more)


OAI_401 = (401, oai_error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
           "AUTH\nIncorrect API key provided.")
OAI_CHAT = "openai/openai-openapi openapi.yaml, CreateChatCompletionRequest, CreateChatCompletionResponse"
REFUSED = (openai_answer(None, refusal="I can't help with that image."), "INPUT\nI can't help with that image.")
NO_WORDS = (openai_answer("  \n"), "REPLY\nno description")

VISION = {
    "openai": chat_vendor(OAI_CHAT, "https://api.openai.com/v1/chat/completions", "gpt-4.1-mini", OAI_401,
                          "max_completion_tokens", refused=REFUSED),
    "openai-compatible": chat_vendor(OAI_CHAT, "https://llm.example/v1/chat/completions", "qwen2.5-vl",
                                     (400, oai_error("image input is not supported", "invalid_request_error", 400),
                                      "INPUT\nimage input is not supported"),
                                     options={"url": "https://llm.example/v1", "model": "bge-m3"}, refused=NO_WORDS),
    "azure": chat_vendor(OAI_CHAT + "; openai/openai-python lib/azure.py",
                         "https://res.openai.azure.com/openai/v1/chat/completions", "gpt-4.1-mini",
                         (400, {"error": {"code": "content_filter", "message": "The response was filtered due to the "
                                          "prompt triggering Azure OpenAI's content management policy."}},
                          "INPUT\ncontent management policy"), "max_completion_tokens",
                         options={"url": "https://res.openai.azure.com"}, auth=["api-key: k-test", "Authorization: -"],
                         refused=REFUSED),
    "azure-deployments": chat_vendor(
        OAI_CHAT + "; openai/openai-python lib/azure.py",
        "https://res.openai.azure.com/openai/deployments/see/chat/completions?api-version=2024-10-21", "gpt-4.1-mini",
        (404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not "
                         "exist."}}, "HTTP\ndoes not exist"), "max_completion_tokens", provider="azure",
        options={"url": "https://res.openai.azure.com/openai/deployments/emb",
                 "vision_url": "https://res.openai.azure.com/openai/deployments/see"},
        auth=["api-key: k-test", "Authorization: -"], refused=REFUSED),
    "mistral": chat_vendor("mistralai/platform-docs-public openapi.yaml, ChatCompletionRequest",
                           "https://api.mistral.ai/v1/chat/completions", "pixtral-12b-2409",
                           (401, {"detail": "Unauthorized"}, "AUTH\nUnauthorized"), refused=NO_WORDS),
    "llamacpp": chat_vendor("ggml-org/llama.cpp tools/server/README.md POST /v1/chat/completions",
                            "http://localhost:8080/v1/chat/completions", "qwen2.5-vl",
                            (500, {"error": {"code": 500, "message": "image input is not supported - hint: if this is "
                                             "unexpected, you may need to provide the mmproj", "type": "server_error"}},
                             "HTTP\nmmproj"), refused=NO_WORDS),
    "together": chat_vendor("https://docs.together.ai/docs/vision-overview",
                            "https://api.together.xyz/v1/chat/completions",
                            "meta-llama/Llama-4-Scout-17B-16E-Instruct", OAI_401, refused=NO_WORDS),
    "fireworks": chat_vendor("https://docs.fireworks.ai/guides/querying-vision-language-models",
                             "https://api.fireworks.ai/inference/v1/chat/completions",
                             "accounts/fireworks/models/llama4-scout-instruct-basic",
                             (404, {"error": {"object": "error", "message": "Model not found"}},
                              "HTTP\nModel not found"), refused=NO_WORDS),
    "deepinfra": chat_vendor("https://deepinfra.com/docs/openai_api",
                             "https://api.deepinfra.com/v1/openai/chat/completions",
                             "meta-llama/Llama-4-Scout-17B-16E-Instruct",
                             (401, {"detail": {"error": "User is not authenticated"}}, "AUTH\nnot authenticated"),
                             refused=NO_WORDS),
    "openrouter": chat_vendor("https://openrouter.ai/docs/features/multimodal/images",
                              "https://openrouter.ai/api/v1/chat/completions", "openai/gpt-4.1-mini",
                              (402, {"error": {"code": 402, "message": "Insufficient credits"}},
                               "QUOTA\nInsufficient credits"),
                              refused=({"error": {"code": 502, "message": "Provider returned error"}},
                                       "REPLY\nProvider returned error")),
    "lmstudio": chat_vendor("lmstudio-ai/docs 3_openai-compat/chat-completions.md",
                            "http://localhost:1234/v1/chat/completions", "qwen2-vl-2b-instruct",
                            (400, {"error": "No models loaded."}, "INPUT\nNo models loaded."), refused=NO_WORDS),
    "vllm": chat_vendor("vllm-project/vllm docs/features/multimodal_inputs.md",
                        "http://localhost:8000/v1/chat/completions", "Qwen/Qwen2.5-VL-3B-Instruct",
                        (400, {"error": {"message": "At most 1 image(s) may be provided in one prompt.",
                                         "type": "BadRequestError", "param": None, "code": 400}},
                         "INPUT\nAt most 1 image"), options={"model": "intfloat/e5-mistral-7b-instruct"},
                        refused=NO_WORDS),
    "groq": chat_vendor("https://console.groq.com/docs/vision; groq/groq-python",
                        "https://api.groq.com/openai/v1/chat/completions",
                        "meta-llama/llama-4-scout-17b-16e-instruct",
                        (413, oai_error("Request Entity Too Large", "invalid_request_error", "request_too_large"),
                         "INPUT\nRequest Entity Too Large"), refused=NO_WORDS),
    "xai": chat_vendor("https://docs.x.ai/docs/guides/image-understanding",
                       "https://api.x.ai/v1/chat/completions", "grok-4",
                       (400, {"code": "invalid-argument", "error": "Incorrect API key provided."},
                        "INPUT\nIncorrect API key provided."), refused=REFUSED),
    "ollama": dict(
        source="ollama/ollama docs/api.md, Generate a chat completion (with images)",
        url="http://localhost:11434/api/chat", model="llava:7b",
        body={"model": "llava:7b", "stream": False, "messages": [{"role": "user", "content": PROMPT, "images": [PNG]}],
              "options": {"temperature": 0, "num_predict": 300}},
        answer={"model": "llava:7b", "message": {"role": "assistant", "content": " %s\n" % CAPTION}, "done": True,
                "prompt_eval_count": 26, "eval_count": 9}, tokens="9",
        error=(404, {"error": "model 'llava:7b' not found"}, "HTTP\nmodel 'llava:7b' not found"),
        refused=({"model": "llava:7b", "message": {"role": "assistant", "content": ""}, "done": True},
                 "REPLY\nno description")),
    "anthropic": dict(
        source="anthropics/anthropic-sdk-python types/message_create_params.py, message.py; "
               "https://docs.claude.com/en/api/errors",
        url="https://api.anthropic.com/v1/messages", model="claude-haiku-4-5",
        auth=["x-api-key: k-test", "anthropic-version: 2023-06-01", "Authorization: -"],
        body={"model": "claude-haiku-4-5", "max_tokens": 300, "messages": [{"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
            {"type": "text", "text": PROMPT}]}]},
        answer={"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
                "content": [{"type": "thinking", "thinking": "Let me look.", "signature": "x"},
                            {"type": "text", "text": "A red square "}, {"type": "text", "text": "on a white ground."}],
                "stop_reason": "end_turn", "usage": {"input_tokens": 40, "output_tokens": 9}}, tokens="9",
        error=(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"},
                     "request_id": "req_011"}, "HTTP\nHTTP 529: Overloaded"),
        refused=({"id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": "refusal",
                  "usage": {"input_tokens": 40, "output_tokens": 1}}, "REPLY\nno description")),
    "gemini": dict(
        source="googleapis/python-genai types.py GenerateContentResponse; google-gemini/cookbook "
               "quickstarts/rest/Prompting_REST.ipynb",
        url="https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent",
        model="gemini-2.5-flash", auth=["x-goog-api-key: k-test", "Authorization: -"],
        body={"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}},
                                                      {"text": PROMPT}]}],
              "generationConfig": {"maxOutputTokens": 1024, "temperature": 0}},
        answer={"candidates": [{"content": {"role": "model", "parts": [{"text": "A red square "},
                                                                       {"text": "on a white ground."}]},
                                "finishReason": "STOP", "index": 0}],
                "usageMetadata": {"promptTokenCount": 40, "candidatesTokenCount": 9, "totalTokenCount": 49}},
        tokens="49",
        error=(400, {"error": {"code": 400, "message": "Unable to process input image.",
                               "status": "INVALID_ARGUMENT"}}, "INPUT\nUnable to process input image."),
        refused=({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 40}},
                 "INPUT\nSAFETY")),
}


def write_vision(root, name):
    p = VISION[name]
    model = TEXT.get(name, {}).get("model")
    options = {"provider": p.get("provider", name), "key": "k-test", **({"model": model} if model else {}),
               **p.get("options", {}), "vision_model": p["model"], "prompt": PROMPT}
    status, body, error = p["error"]
    answer, refused = p["refused"]
    for case, reply, expect in [
            ("caption", http(200, p["answer"]), [("expect caption", CAPTION), ("expect tokens", p["tokens"])]),
            ("error", http(status, body, "req_2"), [("expect error", error)]),
            ("refused", http(200, answer), [("expect error", refused)])]:
        write(root, name, "vision_" + case, p["source"],
              [("options", dump(options)), ("call", "vision"), ("inputs", dump([PNG])),
               ("expect request", request(p["url"], p.get("auth", [BEARER]), p["body"])), ("reply", reply)] + expect)


def write_special(root):
    """Shapes that only one provider has."""
    llama = TextCases(root, "llamacpp-native")
    llama.case("one_object", ONE, http(200, {"embedding": VECTORS[0]}), [("expect vectors", dump(VECTORS[:1]))])
    router = TextCases(root, "openrouter")  # index is optional there
    bare = [{"object": "embedding", "embedding": v} for v in VECTORS]
    router.case("no_index", MANY, http(200, {"object": "list", "model": "m", "data": bare}),
                [("expect vectors", dump(VECTORS))])
    p = TEXT["gemini"]
    second = {**p, "model": "gemini-embedding-2", "url": p["url"].replace("-001", "-2"),
              "source": "google-gemini/cookbook quickstarts/Embeddings.ipynb (no taskType: the task stands in the text)"}
    for kind, prefix in (("query", "task: search result | query: "), ("document", "title: none | text: ")):
        body = gemini_body(second, [prefix + ONE[0]], {})
        write(root, "gemini", kind + "_in_text", second["source"],
              [("options", dump({"provider": "gemini", "key": "k-test", "model": second["model"]})),
               ("call", "text\n" + kind), ("inputs", dump(ONE)),
               ("expect request", request(second["url"], [p["auth"]], body)),
               ("reply", http(200, gemini_reply(VECTORS[:1], [0]))), ("expect vectors", dump(VECTORS[:1]))])


def main():
    root = sys.argv[1]
    for name in TEXT:
        cases = TextCases(root, name)
        cases.write_replies()
        cases.write_errors()
        cases.write_options()
    for name in VISION:
        write_vision(root, name)
    write_special(root)


if __name__ == "__main__":
    main()
