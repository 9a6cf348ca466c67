# SPDX-License-Identifier: MIT OR Apache-2.0
"""Native image embeddings, by the SDKs that have them."""

import io
import types

import cohere
import nomic.embed
import PIL.Image
import voyageai
from google import genai

import cases_openai
import cases_own
from pairs import (
    ABSENT,
    ANY,
    BLUE,
    KEY,
    RED,
    Case,
    Differ,
    data_uri,
    json_only,
    pair,
    pictures,
)


def image_part(image):
    return {"type": "image_url", "image_url": {"url": data_uri(image)}}


def text_part(text):
    return {"type": "text", "text": text}


def cohere_embed(model, **asked):
    def call(sim):
        client = cohere.ClientV2(api_key=KEY, base_url=f"{sim}/cohere")
        reply = client.embed(model=model, embedding_types=["float"], **asked)
        return reply.embeddings.float_

    return call


def voyage_embed(*contents):
    def call(sim):
        client = voyageai.Client(api_key=KEY, base_url=f"{sim}/voyage/v1")
        inputs = [{"content": list(content)} for content in contents]
        return client.multimodal_embed(inputs, model="voyage-multimodal-3.5").embeddings

    return call


def voyage_part(image):
    return {"type": "image_base64", "image_base64": data_uri(image)}


def gemini_embed(*contents):
    return cases_own.gemini_embed("gemini-embedding-2", list(contents))


def gemini_part(image):
    return genai.types.Part.from_bytes(data=image, mime_type="image/png")


def jpeg(image):
    """The picture as nomic's SDK sends it, which makes every picture a JPEG itself."""
    out = io.BytesIO()
    nomic.embed.resize_pil(PIL.Image.open(io.BytesIO(image))).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def point_nomic(sim):
    """The SDK reads its address from a file of a login, and only ever takes https."""
    headers = {"Authorization": f"Bearer {KEY}"}
    nomic.embed.atlas_class = types.SimpleNamespace(atlas_api_path=f"{sim}/nomic", header=headers)


def nomic_image(sim):
    point_nomic(sim)
    return nomic.embed.image([PIL.Image.open(io.BytesIO(RED))])["embeddings"]


def nomic_images(sim):
    """Two images by nomic.embed.image() would be two requests, one a thread."""
    point_nomic(sim)
    parts = [("images", jpeg(RED)), ("images", jpeg(BLUE))]
    return nomic.embed.image_api_request(parts)["embeddings"]


def openrouter_embed(*contents):
    def call(sim):
        reply = cases_openai.open_router(sim).embeddings.generate(
            model="a/embed-vl",
            input=[{"content": list(content)} for content in contents],
            encoding_format="float",
        )
        return cases_openai.vectors(reply)

    return call


VOYAGE_HABITS = [
    Differ("body.input_type", None, ABSENT, "null is the default"),
    Differ("body.encoding_format", "base64", ABSENT, "its documents name this field otherwise"),
    cases_own.VOYAGE_DIMS,
    *cases_own.VOYAGE_HABITS,
]
NOMIC_HABITS = [
    Differ("body[*].content-type", ABSENT, "image/jpeg", "the SDK leaves the type to the bytes"),
    Differ("body[*].filename", "images", ANY, "the name of a file says nothing"),
    json_only("*/*"),
]
COHERE = {"provider": "cohere", "url": "{sim}/cohere"}
VOYAGE = {"provider": "voyage", "url": "{sim}/voyage/v1", "model": "voyage-multimodal-3.5"}
GEMINI = {"provider": "gemini", "url": "{sim}/gemini/v1beta", "model": "gemini-embedding-2"}
NOMIC = {"provider": "nomic", "url": "{sim}/nomic/v1"}
OPENROUTER = {"provider": "openrouter", "url": "{sim}/openrouter/api/v1", "model": "a/embed-vl"}

CASES = [
    Case(
        "cohere v3, an image",
        COHERE | {"model": "embed-english-v3.0"},
        cohere_embed("embed-english-v3.0", input_type="image", images=[data_uri(RED)]),
        pictures(RED),
        cases_own.COHERE_HEADERS,
    ),
    Case(
        "cohere v4, images",
        COHERE | {"model": "embed-v4.0"},
        cohere_embed(
            "embed-v4.0",
            input_type="search_document",
            inputs=[{"content": [image_part(RED)]}, {"content": [image_part(BLUE)]}],
        ),
        pictures(RED, BLUE),
        cases_own.COHERE_HEADERS,
    ),
    Case(
        "cohere v4, text and image as one",
        COHERE | {"model": "embed-v4.0", "input_type": "document"},
        cohere_embed(
            "embed-v4.0",
            input_type="search_document",
            inputs=[{"content": [text_part("a bicycle"), image_part(RED)]}],
        ),
        pair("a bicycle", RED),
        cases_own.COHERE_HEADERS,
    ),
    Case(
        "voyage, images",
        VOYAGE | {"truncate": True},
        voyage_embed([voyage_part(RED)], [voyage_part(BLUE)]),
        pictures(RED, BLUE),
        VOYAGE_HABITS,
    ),
    Case(
        "voyage, text and image as one",
        VOYAGE | {"truncate": True},
        voyage_embed([text_part("a bicycle"), voyage_part(RED)]),
        pair("a bicycle", RED),
        VOYAGE_HABITS,
    ),
    Case(
        "gemini 2, images",
        GEMINI,
        gemini_embed(*(genai.types.Content(parts=[gemini_part(i)]) for i in (RED, BLUE))),
        pictures(RED, BLUE),
        cases_own.GEMINI_HABITS,
        cases_own.GEMINI_SPELLING,
    ),
    Case(
        "gemini 2, text and image as one",
        GEMINI,
        gemini_embed(genai.types.Content(parts=[{"text": "a bicycle"}, gemini_part(RED)])),
        pair("a bicycle", RED),
        cases_own.GEMINI_HABITS,
        cases_own.GEMINI_SPELLING,
    ),
    Case("nomic, an image", NOMIC, nomic_image, pictures(jpeg(RED)), NOMIC_HABITS),
    Case(
        "nomic, images in one request",
        NOMIC,
        nomic_images,
        pictures(jpeg(RED), jpeg(BLUE)),
        NOMIC_HABITS,
    ),
    Case(
        "openrouter, images",
        OPENROUTER,
        openrouter_embed([image_part(RED)], [image_part(BLUE)]),
        pictures(RED, BLUE),
        [cases_openai.OPENROUTER_ACCEPT],
    ),
    Case(
        "openrouter, text and image as one",
        OPENROUTER,
        openrouter_embed([text_part("a bicycle"), image_part(RED)]),
        pair("a bicycle", RED),
        [cases_openai.OPENROUTER_ACCEPT],
    ),
]
