# SPDX-License-Identifier: MIT OR Apache-2.0
"""Services in OpenAI's form that came after the first: by their own SDK where they have one that can
be pointed here, else by OpenAI's, as their documents have it.

Not here, and why. xai-sdk speaks gRPC only, so xAI is called by OpenAI's. Jina has no SDK, and OpenAI's
always sends encoding_format, which Jina does not know. Snowflake's library is a Python of its own
inside Snowflake, and Azure AI Vision's has no embeddings. infinity-client needs an httpx that the
others have left behind; infinity itself is in the checks model and real."""

import base64

import azure.ai.inference
import azure.core.credentials
import numpy
import openai
import perplexity
import sambanova
import zai

from cases_openai import caption, embed, openai_sdk, vectors
from pairs import (
    ABSENT,
    ANY,
    BLUE,
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
    pictures,
    stainless,
)


def plain(name, path, model, options=None, **asked):
    """Texts of a service whose documents use OpenAI's SDK."""
    client = {"provider": name, "url": "{sim}" + path, "model": model} | (options or {})
    asked = {"encoding_format": "float"} | asked
    return Case(name, client, embed(openai_sdk(path), model, **asked), batch(*TEXTS), stainless())


def without_encoding(name, path, model, options=None, **asked):
    """The same where we leave encoding_format out and the SDK cannot."""
    case = plain(name, path, model, options, **asked)
    case.differ = stainless(
        [Differ("body.encoding_format", "float", ABSENT, "numbers are what comes without it")]
    )
    return case


def clip(name, path, model, extra, *images):
    """Images as data URIs in `input`."""
    client = {"provider": name, "url": "{sim}" + path, "model": model}
    call = embed_input(path, model, [data_uri(image) for image in images], extra)
    return Case(f"{name}, images", client, call, pictures(*images), stainless())


def embed_input(path, model, items, extra):
    return lambda sim: vectors(
        openai_sdk(path)(sim).embeddings.create(
            model=model, input=items, encoding_format="float", extra_body=extra
        )
    )


def vllm_messages(sim):
    """A picture, as vLLM's documents have it: OpenAI's client with a body of vLLM's own."""
    content = [{"type": "image_url", "image_url": {"url": data_uri(RED)}}]
    reply = openai_sdk("/vllm/v1")(sim).post(
        "/embeddings",
        cast_to=openai.types.CreateEmbeddingResponse,
        body={
            "messages": [{"role": "user", "content": content}],
            "model": "TIGER-Lab/VLM2Vec-Full",
            "encoding_format": "float",
        },
    )
    return vectors(reply)


def github(sim):
    client = azure.ai.inference.EmbeddingsClient(
        f"{sim}/github/inference", azure.core.credentials.AzureKeyCredential(KEY)
    )
    return vectors(
        client.embed(
            model="openai/text-embedding-3-small",
            input=list(TEXTS),
            encoding_format="float",
            dimensions=256,
        )
    )


def perplexity_embed(encoding):
    def call(sim):
        client = perplexity.Perplexity(api_key=KEY, base_url=f"{sim}/perplexity", max_retries=0)
        return vectors(
            client.embeddings.create(
                model="pplx-embed-v1-0.6b", input=list(TEXTS), encoding_format=encoding
            )
        )

    return call


def perplexity_bits(sim):
    """The bits in the order of sqlite-vec, which begins with the lowest of a byte."""
    packed = [base64.b64decode(v) for v in perplexity_embed("base64_binary")(sim)]
    bits = [numpy.unpackbits(numpy.frombuffer(v, "u1")) for v in packed]
    return [numpy.packbits(b, bitorder="little").tobytes() for b in bits]


def sambanova_sdk(sim):
    return sambanova.SambaNova(api_key=KEY, base_url=f"{sim}/sambanova/v1", max_retries=0)


def zhipu(sim):
    return zai.ZhipuAiClient(api_key=KEY, base_url=f"{sim}/zhipu/api/paas/v4", max_retries=0)


TELEMETRY = "telemetry of the SDK"
GITHUB_HABITS = [
    Differ(
        "header.api-key", KEY, ABSENT, "the SDK sends the key twice, for Azure's other services"
    ),
    Differ("header.x-ms-client-request-id", ANY, ABSENT, TELEMETRY),
    Differ("query.api-version", ANY, ABSENT, "Azure's; GitHub's documents have none in the url"),
]
PERPLEXITY_HABITS = [
    Differ("header.x-source", ANY, ABSENT, TELEMETRY),
    Differ("header.x-title", ANY, ABSENT, TELEMETRY),
]
ZHIPU_HABITS = [
    Differ(
        "header.content-type",
        "application/json; charset=UTF-8",
        "application/json",
        "JSON is UTF-8",
    ),
    Differ("header.source_type", ANY, ABSENT, TELEMETRY),
    Differ("header.x-request-sdk", ANY, ABSENT, TELEMETRY),
    Differ("header.x-source-channel", ANY, ABSENT, TELEMETRY),
    Differ("header.zai-sdk-ver", ANY, ABSENT, TELEMETRY),
]
ZHIPU_IMAGE = Differ(
    "body.messages[0].content[0].image_url.url",
    bare(RED),
    data_uri(RED),
    "the SDK cuts the data URI down to its base64; clients of OpenAI's form send it whole",
)
ZHIPU_NULLS = [
    Differ("body.response_format", None, ABSENT, "null is the default"),
    Differ("body.thinking", None, ABSENT, "null is the default"),
]
PERPLEXITY = {
    "provider": "perplexity",
    "url": "{sim}/perplexity/v1",
    "model": "pplx-embed-v1-0.6b",
}
CASES = [
    plain("siliconflow", "/siliconflow/v1", "BAAI/bge-m3"),
    plain("dashscope", "/dashscope/compatible-mode/v1", "text-embedding-v4"),
    plain("upstage", "/upstage/v1", "embedding-passage"),
    plain("deepinfra", "/deepinfra/v1/openai", "BAAI/bge-base-en-v1.5"),
    plain("localai", "/localai/v1", "bge-m3"),
    plain("llamacpp", "/llamacpp/v1", "m"),
    plain("infinity", "/infinity", "BAAI/bge-m3"),
    plain("vllm", "/vllm/v1", "BAAI/bge-m3"),
    without_encoding("lmstudio", "/lmstudio/v1", "m"),
    without_encoding("nebius", "/nebius/v1", "BAAI/bge-en-icl"),
    plain(
        "nvidia",
        "/nvidia/v1",
        "nvidia/nv-embedqa-e5-v5",
        {"truncate": True},
        extra_body={"input_type": "passage", "truncate": "END"},
    ),
    clip(
        "infinity", "/infinity", "openai/clip-vit-base-patch32", {"modality": "image"}, RED, BLUE
    ),
    clip("nvidia", "/nvidia/v1", "nvidia/nvclip", {}, RED, BLUE),
    Case(
        "vllm, an image",
        {"provider": "vllm", "url": "{sim}/vllm/v1", "model": "TIGER-Lab/VLM2Vec-Full"},
        vllm_messages,
        pictures(RED),
        stainless(),
    ),
    Case(
        "xai, caption",
        {"provider": "xai", "url": "{sim}/xai/v1", "vision_model": "grok-4"},
        caption(openai_sdk("/xai/v1"), "grok-4"),
        describe(RED, PROMPT),
        stainless(),
    ),
    Case(
        "github",
        {"provider": "github", "url": "{sim}/github/inference", "dimensions": 256},
        github,
        batch(*TEXTS),
        GITHUB_HABITS,
    ),
    Case(
        "perplexity, int8",
        PERPLEXITY | {"output": "int8"},
        perplexity_embed("base64_int8"),
        batch(*TEXTS),
        stainless(PERPLEXITY_HABITS),
    ),
    Case(
        "perplexity, bits",
        PERPLEXITY | {"output": "bit"},
        perplexity_bits,
        batch(*TEXTS),
        stainless(PERPLEXITY_HABITS),
    ),
    Case(
        "sambanova",
        {"provider": "sambanova", "url": "{sim}/sambanova/v1"},
        embed(sambanova_sdk, "E5-Mistral-7B-Instruct"),
        batch(*TEXTS),
        stainless(),
    ),
    Case(
        "zhipu",
        {"provider": "zhipu", "url": "{sim}/zhipu/api/paas/v4", "dimensions": 512},
        embed(zhipu, "embedding-3", dimensions=512),
        batch(*TEXTS),
        ZHIPU_HABITS,
    ),
    Case(
        "zhipu, caption",
        {"provider": "zhipu", "url": "{sim}/zhipu/api/paas/v4", "vision_model": "glm-4v"},
        caption(zhipu, "glm-4v"),
        describe(RED, PROMPT),
        [*ZHIPU_HABITS, ZHIPU_IMAGE, *ZHIPU_NULLS],
    ),
]
