# SPDX-License-Identifier: MIT OR Apache-2.0
"""Providers in OpenAI's form, each called by its own SDK where it has one."""

import fireworks
import groq
import mistralai.client
import mixedbread
import openai
import openrouter
import together

from pairs import (
    ABSENT,
    EACH_AS_LIST,
    KEY,
    PROMPT,
    RED,
    TEXTS,
    Case,
    Differ,
    batch,
    data_uri,
    describe,
    json_only,
    one,
    stainless,
)

CAPTION_TOKENS = 300
BASE64_OURS = Differ(
    "body.encoding_format", "base64", ABSENT, "not every model there can; numbers always work"
)
NOT_STREAMED = Differ("body.stream", False, ABSENT, "false is the default")
ONE_AS_LIST = [
    Differ("body.input", "one", ABSENT, EACH_AS_LIST),
    Differ("body.input[0]", ABSENT, "one", EACH_AS_LIST),
]


def vectors(reply):
    return [item.embedding for item in reply.data]


def messages():
    """A picture and a question, in the order that we send them."""
    return [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": data_uri(RED)}},
                {"type": "text", "text": PROMPT},
            ],
        }
    ]


def caption(make, model, field="max_tokens"):
    """The caption by any SDK with OpenAI's chat."""

    def call(sim):
        reply = make(sim).chat.completions.create(
            model=model, messages=messages(), **{field: CAPTION_TOKENS}
        )
        return reply.choices[0].message.content

    return call


def openai_sdk(path):
    return lambda sim: openai.OpenAI(base_url=f"{sim}{path}", api_key=KEY, max_retries=0)


def embed(make, model, **asked):
    return lambda sim: vectors(
        make(sim).embeddings.create(model=model, input=list(TEXTS), **asked)
    )


OPENAI = openai_sdk("/openai/v1")
OPENAI_CLIENT = {"provider": "openai", "url": "{sim}/openai/v1", "model": "text-embedding-3-small"}


def azure_classic(sim):
    return openai.AzureOpenAI(
        azure_endpoint=f"{sim}/azure", api_version="2024-10-21", api_key=KEY, max_retries=0
    )


# For the v1 url Azure's documents use the SDK's plain class, which AzureOpenAI is not made for.
AZURE_BEARER = [
    Differ("header.authorization", f"Bearer {KEY}", ABSENT, "Azure takes the key in either"),
    Differ("header.api-key", ABSENT, KEY, "Azure takes the key in either"),
]


def mistral(sim):
    return mistralai.client.Mistral(api_key=KEY, server_url=f"{sim}/mistral")


def open_router(sim):
    return openrouter.OpenRouter(api_key=KEY, server_url=f"{sim}/openrouter/api/v1")


OPENROUTER_ACCEPT = json_only("application/json;q=1, text/event-stream;q=0")

AZURE_CLASSIC = {
    "provider": "azure",
    "url": "{sim}/azure/openai/deployments/small/embeddings",
    "model": "small",
}

CASES = [
    Case(
        "openai, numbers",
        OPENAI_CLIENT | {"encoding": "float"},
        embed(OPENAI, "text-embedding-3-small", encoding_format="float"),
        batch(*TEXTS),
        stainless(),
    ),
    Case(
        "openai, the SDK's own choice of encoding",
        OPENAI_CLIENT | {"encoding": "base64"},
        embed(OPENAI, "text-embedding-3-small"),
        batch(*TEXTS),
        stainless(),
    ),
    Case(
        "openai, dimensions and user",
        OPENAI_CLIENT | {"encoding": "base64", "dimensions": 256, "user": "u-1"},
        embed(OPENAI, "text-embedding-3-small", dimensions=256, user="u-1"),
        batch(*TEXTS),
        stainless(),
    ),
    Case(
        "openai, one text",
        OPENAI_CLIENT | {"encoding": "base64"},
        lambda sim: vectors(
            OPENAI(sim).embeddings.create(model="text-embedding-3-small", input="one")
        ),
        one("one"),
        stainless(ONE_AS_LIST),
    ),
    Case(
        "openai, caption",
        OPENAI_CLIENT | {"vision_model": "gpt-4.1-mini"},
        caption(OPENAI, "gpt-4.1-mini", "max_completion_tokens"),
        describe(RED, PROMPT),
        stainless(),
    ),
    Case(
        "azure, deployment url",
        AZURE_CLASSIC | {"encoding": "base64"},
        embed(azure_classic, "small"),
        batch(*TEXTS),
        stainless(),
    ),
    Case(
        "azure, v1 url",
        {
            "provider": "azure",
            "url": "{sim}/azure/openai/v1",
            "model": "small",
            "encoding": "base64",
        },
        embed(openai_sdk("/azure/openai/v1"), "small"),
        batch(*TEXTS),
        stainless(AZURE_BEARER),
    ),
    Case(
        "azure, caption",
        {"provider": "azure", "url": "{sim}/azure/openai/v1", "vision_model": "gpt"},
        caption(openai_sdk("/azure/openai/v1"), "gpt", "max_completion_tokens"),
        describe(RED, PROMPT),
        stainless(AZURE_BEARER),
    ),
    Case(
        "mistral",
        {"provider": "mistral", "url": "{sim}/mistral/v1", "dimensions": 512},
        lambda sim: vectors(
            mistral(sim).embeddings.create(
                model="mistral-embed",
                inputs=list(TEXTS),
                output_dimension=512,
                encoding_format="float",
            )
        ),
        batch(*TEXTS),
    ),
    Case(
        "mistral, caption",
        {"provider": "mistral", "url": "{sim}/mistral/v1", "vision_model": "m"},
        lambda sim: (
            mistral(sim)
            .chat.complete(model="m", messages=messages(), max_tokens=CAPTION_TOKENS)
            .choices[0]
            .message.content
        ),
        describe(RED, PROMPT),
        [NOT_STREAMED],
    ),
    Case(
        "together",
        {"provider": "together", "url": "{sim}/together/v1", "model": "BAAI/bge-base-en-v1.5"},
        embed(
            lambda sim: together.Together(api_key=KEY, base_url=f"{sim}/together", max_retries=0),
            "BAAI/bge-base-en-v1.5",
        ),
        batch(*TEXTS),
        stainless(),
    ),
    Case(
        "together, caption",
        {"provider": "together", "url": "{sim}/together/v1", "vision_model": "m"},
        caption(
            lambda sim: together.Together(api_key=KEY, base_url=f"{sim}/together", max_retries=0),
            "m",
        ),
        describe(RED, PROMPT),
        stainless(),
    ),
    Case(
        "groq, caption",
        {"provider": "groq", "url": "{sim}/groq/openai/v1", "vision_model": "m"},
        caption(lambda sim: groq.Groq(api_key=KEY, base_url=f"{sim}/groq", max_retries=0), "m"),
        describe(RED, PROMPT),
        stainless(),
    ),
    Case(
        "fireworks, caption",
        {"provider": "fireworks", "url": "{sim}/fireworks/inference/v1", "vision_model": "m"},
        caption(
            lambda sim: fireworks.Fireworks(
                api_key=KEY, base_url=f"{sim}/fireworks/inference", max_retries=0
            ),
            "m",
        ),
        describe(RED, PROMPT),
        stainless(),
    ),
    Case(
        "fireworks",  # its own SDK has no embeddings; its documents use OpenAI's
        {"provider": "fireworks", "url": "{sim}/fireworks/inference/v1", "model": "m"},
        embed(openai_sdk("/fireworks/inference/v1"), "m"),
        batch(*TEXTS),
        stainless([BASE64_OURS]),
    ),
    Case(
        "mixedbread",
        {"provider": "mixedbread", "url": "{sim}/mixedbread/v1", "dimensions": 512},
        lambda sim: vectors(
            mixedbread.Mixedbread(api_key=KEY, base_url=f"{sim}/mixedbread", max_retries=0).embed(
                model="mixedbread-ai/mxbai-embed-large-v1",
                input=list(TEXTS),
                dimensions=512,
                encoding_format="float",
            )
        ),
        batch(*TEXTS),
        stainless(),
    ),
    Case(
        "openrouter",
        {"provider": "openrouter", "url": "{sim}/openrouter/api/v1", "model": "a/b"},
        lambda sim: vectors(
            open_router(sim).embeddings.generate(
                model="a/b", input=list(TEXTS), encoding_format="float"
            )
        ),
        batch(*TEXTS),
        [OPENROUTER_ACCEPT],
    ),
    Case(
        "openrouter, caption",
        {"provider": "openrouter", "url": "{sim}/openrouter/api/v1", "vision_model": "a/b"},
        lambda sim: (
            open_router(sim)
            .chat.send(model="a/b", messages=messages(), max_tokens=CAPTION_TOKENS)
            .choices[0]
            .message.content
        ),
        describe(RED, PROMPT),
        [NOT_STREAMED],
    ),
]
