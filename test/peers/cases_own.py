# SPDX-License-Identifier: MIT OR Apache-2.0
"""Providers with a form of their own: cohere, voyage, gemini, ollama, anthropic, tei."""

import anthropic
import cohere
import huggingface_hub
import numpy
import ollama
import voyageai
from google import genai

from pairs import (
    ABSENT,
    ANY,
    KEY,
    PROMPT,
    RED,
    TEXTS,
    Case,
    Differ,
    bare,
    batch,
    data_uri,
    describe,
    json_only,
    one,
    stainless,
)

MODEL_COHERE = "embed-v4.0"
COHERE = {"provider": "cohere", "url": "{sim}/cohere", "model": MODEL_COHERE}


def cohere_embed(**asked):
    def call(sim):
        client = cohere.ClientV2(api_key=KEY, base_url=f"{sim}/cohere")
        reply = client.embed(model=MODEL_COHERE, embedding_types=["float"], **asked)
        return reply.embeddings.float_

    return call


def cohere_types(sim, kind):
    client = cohere.ClientV2(api_key=KEY, base_url=f"{sim}/cohere")
    return client.embed(
        model=MODEL_COHERE, texts=TEXTS, input_type="search_document", embedding_types=[kind]
    ).embeddings


def cohere_int8(sim):
    return [numpy.array(v, "i1").tobytes() for v in cohere_types(sim, "int8").int8]


def cohere_bits(sim):
    """The bits in the order of sqlite-vec, which begins with the lowest of a byte."""
    bits = [numpy.unpackbits(numpy.array(v, "u1")) for v in cohere_types(sim, "ubinary").ubinary]
    return [numpy.packbits(b, bitorder="little").tobytes() for b in bits]


def voyage_int8(sim):
    found = voyage_embed(TEXTS, input_type="document", output_dtype="int8")(sim)
    return [numpy.array(v, "i1").tobytes() for v in found]


def cohere_caption(sim):
    reply = cohere.ClientV2(api_key=KEY, base_url=f"{sim}/cohere").chat(
        model="command-a-vision-07-2025",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": data_uri(RED)}},
                    {"type": "text", "text": PROMPT},
                ],
            }
        ],
        max_tokens=300,
    )
    return reply.message.content[0].text


VLLM_MODEL = "Qwen/Qwen3-VL-Embedding-2B"


def vllm_embed(sim):
    """vLLM has Cohere's form beside OpenAI's."""
    client = cohere.ClientV2(api_key=KEY, base_url=f"{sim}/vllm")
    return client.embed(
        model=VLLM_MODEL,
        input_type="document",
        embedding_types=["float"],
        texts=list(TEXTS),
    ).embeddings.float_


COHERE_HEADERS = [
    Differ("header.x-fern-*", ANY, ABSENT, "telemetry of the SDK"),
    json_only("*/*"),
]
COHERE_CHAT = [
    *COHERE_HEADERS,
    Differ("body.stream", False, ABSENT, "false is the default"),
]
VOYAGE_HABITS = [
    Differ("body.output_dtype", None, ABSENT, "null is the default"),
    json_only("*/*"),
]
VOYAGE_BASE64 = Differ(
    "body.encoding_format", "base64", ABSENT, "small numbers are short enough as they are"
)
VOYAGE_DIMS = Differ("body.output_dimension", None, ABSENT, "null is the default")
OLLAMA_TOOLS = Differ("body.tools", [], ABSENT, "no tools either way")
HF_HABITS = [
    json_only("*/*"),
    Differ("header.x-amzn-trace-id", ANY, ABSENT, "telemetry of the SDK"),
]
GEMINI_HABITS = [
    json_only("*/*"),
    Differ("header.x-goog-api-client", ANY, ABSENT, "telemetry of the SDK"),
]
GEMINI_ROLE = Differ(
    "body.requests[*].content.role", "user", ABSENT, "the role is the default, and embeds nothing"
)
GEMINI_SPELLING = {"inline_data": "inlineData", "mime_type": "mimeType"}
ANTHROPIC_HABITS = [
    Differ("header.authorization", f"Bearer {KEY}", ABSENT, "Anthropic takes the key in either"),
    Differ("header.x-api-key", ABSENT, KEY, "Anthropic takes the key in either"),
    Differ(
        "header.anthropic-version",
        "2026-10-21",
        "2023-06-01",
        "the oldest version has all we need",
    ),
]

VOYAGE = {"provider": "voyage", "url": "{sim}/voyage/v1", "model": "voyage-3.5"}


def voyage_embed(texts, **asked):
    def call(sim):
        client = voyageai.Client(api_key=KEY, base_url=f"{sim}/voyage/v1")
        return client.embed(list(texts), model="voyage-3.5", **asked).embeddings

    return call


def gemini(sim):
    options = {"base_url": f"{sim}/gemini", "api_version": "v1beta"}
    return genai.Client(api_key=KEY, vertexai=False, http_options=options)


GEMINI = {"provider": "gemini", "url": "{sim}/gemini/v1beta", "model": "gemini-embedding-001"}


def gemini_embed(model, contents, **config):
    def call(sim):
        client = gemini(sim)  # which closes when nobody holds it
        reply = client.models.embed_content(model=model, contents=contents, config=config)
        return [item.values for item in reply.embeddings]

    return call


def gemini_caption(sim):
    types = genai.types
    client = gemini(sim)
    reply = client.models.generate_content(
        model="gemini-2.5-flash",
        contents=[types.Part.from_bytes(data=RED, mime_type="image/png"), PROMPT],
        config={"max_output_tokens": 1024, "temperature": 0},
    )
    return reply.text


OLLAMA = {"provider": "ollama", "url": "{sim}/ollama", "model": "all-minilm"}


def ollama_sdk(sim):
    return ollama.Client(host=f"{sim}/ollama", headers={"Authorization": f"Bearer {KEY}"})


def ollama_caption(sim):
    reply = ollama_sdk(sim).chat(
        model="llava:7b",
        messages=[{"role": "user", "content": PROMPT, "images": [RED]}],
        options={"temperature": 0, "num_predict": 300},
    )
    return reply.message.content


def anthropic_caption(sim):
    source = {"type": "base64", "media_type": "image/png", "data": bare(RED)}
    reply = anthropic.Anthropic(
        api_key=KEY, base_url=f"{sim}/anthropic", max_retries=0
    ).messages.create(
        model="claude-haiku-4-5",
        max_tokens=300,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": source},
                    {"type": "text", "text": PROMPT},
                ],
            }
        ],
    )
    return reply.content[0].text


def hugging_face(sim):
    """The router's address is a constant of the SDK; only the path of the request is its own."""
    return list(
        huggingface_hub.InferenceClient(
            provider="hf-inference",
            model=f"{sim}/huggingface/hf-inference/models/BAAI/bge-small-en-v1.5/pipeline/"
            "feature-extraction",
            token=KEY,
        ).feature_extraction(list(TEXTS))
    )


CASES = [
    Case(
        "cohere, documents",
        COHERE | {"dimensions": 256, "truncate": True},
        cohere_embed(
            texts=TEXTS, input_type="search_document", output_dimension=256, truncate="END"
        ),
        batch(*TEXTS),
        COHERE_HEADERS,
    ),
    Case("cohere, int8", COHERE | {"output": "int8"}, cohere_int8, batch(*TEXTS), COHERE_HEADERS),
    Case("cohere, bits", COHERE | {"output": "bit"}, cohere_bits, batch(*TEXTS), COHERE_HEADERS),
    Case(
        "cohere, a query",
        COHERE,
        cohere_embed(texts=["one"], input_type="search_query"),
        one("one", "query"),
        COHERE_HEADERS,
    ),
    Case("cohere, caption", COHERE, cohere_caption, describe(RED, PROMPT), COHERE_CHAT),
    Case(
        "vllm, /v2/embed",
        {"provider": "vllm", "url": "{sim}/vllm/v2/embed", "model": VLLM_MODEL}
        | {"input_type": "document"},
        vllm_embed,
        batch(*TEXTS),
        COHERE_HEADERS,
    ),
    Case(
        "voyage, documents",
        VOYAGE | {"encoding": "base64", "input_type": "document", "truncate": True},
        voyage_embed(TEXTS, input_type="document"),
        batch(*TEXTS),
        [*VOYAGE_HABITS, VOYAGE_DIMS],
    ),
    Case(
        "voyage, int8",
        VOYAGE | {"output": "int8", "input_type": "document", "truncate": True},
        voyage_int8,
        batch(*TEXTS),
        [VOYAGE_DIMS, json_only("*/*"), VOYAGE_BASE64],
    ),
    Case(
        "voyage, a query, 512 dimensions",
        VOYAGE | {"encoding": "base64", "dimensions": 512, "truncate": False},
        voyage_embed(["one"], input_type="query", truncation=False, output_dimension=512),
        one("one", "query"),
        VOYAGE_HABITS,
    ),
    Case(
        "gemini, documents",
        GEMINI | {"input_type": "document", "dimensions": 768},
        gemini_embed(
            "gemini-embedding-001",
            list(TEXTS),
            task_type="RETRIEVAL_DOCUMENT",
            output_dimensionality=768,
        ),
        batch(*TEXTS),
        [*GEMINI_HABITS, GEMINI_ROLE],
        apart=1e-7,  # gemini-embedding-001's shortened vectors are not of length 1; ours are
    ),
    Case(
        "gemini, caption",
        GEMINI,
        gemini_caption,
        describe(RED, PROMPT),
        GEMINI_HABITS,
        {"mime_type": "mimeType"},
    ),
    Case(
        "ollama",
        OLLAMA | {"truncate": True, "dimensions": 128},
        lambda sim: (
            ollama_sdk(sim)
            .embed("all-minilm", list(TEXTS), truncate=True, dimensions=128)
            .embeddings
        ),
        batch(*TEXTS),
    ),
    Case(
        "ollama, /api/embeddings",
        OLLAMA | {"url": "{sim}/ollama/api/embeddings"},
        lambda sim: [ollama_sdk(sim).embeddings("all-minilm", text).embedding for text in TEXTS],
        batch(*TEXTS),
    ),
    Case("ollama, caption", OLLAMA, ollama_caption, describe(RED, PROMPT), [OLLAMA_TOOLS]),
    Case(
        "anthropic, caption",
        {"provider": "anthropic", "url": "{sim}/anthropic/v1"},
        anthropic_caption,
        describe(RED, PROMPT),
        stainless(ANTHROPIC_HABITS),
    ),
    Case(
        "huggingface",
        {"provider": "huggingface", "url": "{sim}/huggingface", "model": "BAAI/bge-small-en-v1.5"},
        hugging_face,
        batch(*TEXTS),
        HF_HABITS,
    ),
    Case(
        "tei",
        {"provider": "tei", "url": "{sim}/tei/embed", "truncate": True, "normalize": True},
        lambda sim: list(
            huggingface_hub.InferenceClient(
                provider="hf-inference", model=f"{sim}/tei/embed", token=KEY
            ).feature_extraction(list(TEXTS), normalize=True, truncate=True)
        ),
        batch(*TEXTS),
        HF_HABITS,
    ),
]
