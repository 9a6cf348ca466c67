# SPDX-License-Identifier: MIT OR Apache-2.0
"""Clouds: Bedrock, Vertex, watsonx, DashScope, Cloudflare, Databricks."""

import json
import logging

import boto3
import botocore.config
import cloudflare
import cohere
import cohere.aws_client
import dashscope
import databricks.sdk
import ibm_watsonx_ai
import ibm_watsonx_ai.foundation_models
from google import genai
from google.oauth2.credentials import Credentials

import cases_own
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
    json_only,
    one,
    pair,
    pictures,
    stainless,
)

# AWS. The secret is the one that the simulator knows, so it checks both signatures. Bedrock's own key
# as a bearer is not here: boto3 takes it for https only; test/sql/native.sql has it.
AWS_KEY = "AKIDSIM:SECRETSIM"
BEDROCK = {"provider": "bedrock", "url": "{sim}/bedrock", "key": AWS_KEY, "region": "us-east-1"}


def bedrock(sim, **settings):
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=f"{sim}/bedrock",
        region_name="us-east-1",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
        aws_access_key_id="AKIDSIM",
        aws_secret_access_key="SECRETSIM",
        **settings,
    )


def invoke(model, read, *bodies, **settings):
    """invoke_model() with each body; `read` takes the vectors out of a reply."""

    def call(sim):
        client = bedrock(sim, **settings)
        found = []
        for body in bodies:
            reply = client.invoke_model(
                modelId=model,
                body=json.dumps(body),
                contentType="application/json",
                accept="application/json",
            )
            found += read(json.load(reply["body"]))
        return found

    return call


def cohere_bedrock(sim):
    """Cohere's own client for Bedrock; it knows AWS's address only, so that is put in its place."""
    cohere.aws_client.get_url = lambda **of: f"{sim}/bedrock/model/{of['model']}/invoke"
    client = cohere.BedrockClientV2(
        aws_access_key="AKIDSIM", aws_secret_key="SECRETSIM", aws_region="us-east-1"
    )
    reply = client.embed(
        model="cohere.embed-english-v3",
        texts=list(TEXTS),
        input_type="search_document",
        embedding_types=["float"],
    )
    return reply.embeddings.float_


def converse(sim):
    reply = bedrock(sim).converse(
        modelId="amazon.nova-lite-v1:0",
        messages=[
            {
                "role": "user",
                "content": [
                    {"image": {"format": "png", "source": {"bytes": RED}}},
                    {"text": PROMPT},
                ],
            }
        ],
        inferenceConfig={"maxTokens": 300, "temperature": 0},
    )
    return reply["output"]["message"]["content"][0]["text"]


def titan(reply):
    return [reply["embedding"]]


def nova(reply):
    return [item["embedding"] for item in reply["embeddings"]]


def cohere_floats(reply):
    return reply["embeddings"]["float"]


def nova_body(**content):
    return {
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {
            "embeddingPurpose": "GENERIC_INDEX",
            "embeddingDimension": 256,
            **content,
        },
    }


NOVA_IMAGE = {
    "detailLevel": "STANDARD_IMAGE",
    "format": "png",
    "source": {"bytes": bare(RED)},
}
COHERE_BEDROCK_HABITS = [
    *cases_own.COHERE_HEADERS,
    Differ("header.x-client-name", ANY, ABSENT, "telemetry of the SDK"),
    Differ("header.authorization", ANY, ANY, "its telemetry is signed too"),
    Differ(
        "header.host", "127.0.0.1", ANY, "it leaves the port out, which AWS's addresses have not"
    ),
]
CONVERSE_ACCEPT = json_only(ABSENT)
CONVERSE_SIGNED = Differ("header.authorization", ANY, ANY, "and we sign what we say we take")
AWS_HABITS = [
    Differ("header.amz-sdk-*", ANY, ABSENT, "telemetry of the SDK"),
]

# Google.
VERTEX_PATH = "{sim}/vertex/v1/projects/p/locations/us-central1/publishers/google"


ROLE = Differ("body.content.role", "user", ABSENT, "the role is the default, and embeds nothing")


def vertex(sim):
    return genai.Client(
        vertexai=True,
        project="p",
        location="us-central1",
        credentials=Credentials(token=KEY),
        http_options={"base_url": f"{sim}/vertex", "api_version": "v1"},
    )


def vertex_embed(model, *contents, **config):
    def call(sim):
        client = vertex(sim)
        found = []
        for content in contents:
            reply = client.models.embed_content(model=model, contents=content, config=config)
            found += [item.values for item in reply.embeddings]
        return found

    return call


DASHSCOPE_HABITS = [
    Differ(
        "header.accept", "application/json; charset=utf-8", "application/json", "JSON is UTF-8"
    ),
    Differ(
        "header.content-type",
        "application/json; charset=utf-8",
        "application/json",
        "JSON is UTF-8",
    ),
    Differ("header.x-dashscope-sdk-*", ANY, ABSENT, "telemetry of the SDK"),
]
NO_PARAMETERS = Differ("body.parameters", {}, ABSENT, "no parameters either way")
CLOUDFLARE_RUN = "/cloudflare/client/v4/accounts/a/ai/run/@cf"
CLOUDFLARE_HABITS = [
    Differ("header.api-version", ANY, ABSENT, "the date of the day, which changes nothing there"),
    Differ(
        "path",
        f"{CLOUDFLARE_RUN}%2Fbaai%2Fbge-base-en-v1.5",
        f"{CLOUDFLARE_RUN}/baai/bge-base-en-v1.5",
        "Cloudflare's documents have a model's slashes as they are",
    ),
]


# DashScope. Its address is a variable of its module.
def dashscope_embed(make):
    def call(sim):
        dashscope.base_http_api_url = f"{sim}/dashscope/api/v1"
        reply = make()
        if reply.status_code != 200:
            raise RuntimeError(reply.message)
        return [item["embedding"] for item in reply.output["embeddings"]]

    return call


WATSONX_HABITS = [
    json_only("*/*"),
    Differ("query.version", ANY, "2024-05-31", "any day since embeddings came is a version"),
]
IAM_TOKEN = "eyJraWQiOiJzaW0ifQ.never.sim"  # one that does not end; the simulator takes it


def watsonx_embed(sim):
    """The client takes only https addresses and asks IBM about the project, so it gets its address
    and its project after it was made."""
    client = ibm_watsonx_ai.APIClient(
        ibm_watsonx_ai.Credentials(url="https://us-south.ml.cloud.ibm.com", token=IAM_TOKEN)
    )
    client._href_definitions.url = client.credentials.url = f"{sim}/watsonx"
    client.default_project_id = "p"
    return ibm_watsonx_ai.foundation_models.Embeddings(
        model_id="ibm/slate-125m-english-rtrvr", api_client=client
    ).embed_documents(list(TEXTS))


def cloudflare_embed(sim):
    client = cloudflare.Cloudflare(
        api_token=KEY, base_url=f"{sim}/cloudflare/client/v4", max_retries=0
    )
    reply = client.ai.run("@cf/baai/bge-base-en-v1.5", account_id="a", text=list(TEXTS))
    return reply["data"]


def databricks_embed(sim):
    logging.getLogger("databricks.sdk").setLevel(logging.ERROR)  # it asks the host about itself
    client = databricks.sdk.WorkspaceClient(host=f"{sim}/databricks", token=KEY)
    reply = client.serving_endpoints.query("databricks-gte-large-en", input=list(TEXTS))
    return [item.embedding for item in reply.data]


CASES = [
    Case(
        "bedrock, titan v2",
        BEDROCK | {"model": "amazon.titan-embed-text-v2:0", "dimensions": 256},
        invoke(
            "amazon.titan-embed-text-v2:0",
            titan,
            *({"inputText": text, "dimensions": 256} for text in TEXTS),
        ),
        batch(*TEXTS),
        AWS_HABITS,
    ),
    Case(
        "bedrock, titan v2, a session",
        BEDROCK | {"model": "amazon.titan-embed-text-v2:0", "key": f"{AWS_KEY}:SESSION"},
        invoke(
            "amazon.titan-embed-text-v2:0",
            titan,
            {"inputText": "one"},
            aws_session_token="SESSION",
        ),
        one("one"),
        AWS_HABITS,
    ),
    Case(
        "bedrock, cohere v3, by Cohere's client",
        BEDROCK | {"model": "cohere.embed-english-v3"},
        cohere_bedrock,
        batch(*TEXTS),
        COHERE_BEDROCK_HABITS,
    ),
    Case(
        "bedrock, titan image",
        BEDROCK | {"model": "amazon.titan-embed-image-v1", "dimensions": 256},
        invoke(
            "amazon.titan-embed-image-v1",
            titan,
            {"inputImage": bare(RED), "embeddingConfig": {"outputEmbeddingLength": 256}},
        ),
        pictures(RED),
        AWS_HABITS,
    ),
    Case(
        "bedrock, titan image, text and image as one",
        BEDROCK | {"model": "amazon.titan-embed-image-v1", "dimensions": 256},
        invoke(
            "amazon.titan-embed-image-v1",
            titan,
            {
                "inputText": "a bicycle",
                "inputImage": bare(RED),
                "embeddingConfig": {"outputEmbeddingLength": 256},
            },
        ),
        pair("a bicycle", RED),
        AWS_HABITS,
    ),
    Case(
        "bedrock, nova",
        BEDROCK | {"model": "amazon.nova-2-multimodal-embeddings-v1:0", "dimensions": 256},
        invoke(
            "amazon.nova-2-multimodal-embeddings-v1:0",
            nova,
            *(nova_body(text={"truncationMode": "END", "value": text}) for text in TEXTS),
        ),
        batch(*TEXTS),
        AWS_HABITS,
    ),
    Case(
        "bedrock, nova, an image",
        BEDROCK | {"model": "amazon.nova-2-multimodal-embeddings-v1:0", "dimensions": 256},
        invoke(
            "amazon.nova-2-multimodal-embeddings-v1:0",
            nova,
            nova_body(image=NOVA_IMAGE),
        ),
        pictures(RED),
        AWS_HABITS,
    ),
    Case(
        "bedrock, cohere v4",
        BEDROCK | {"model": "us.cohere.embed-v4:0", "dimensions": 256},
        invoke(
            "us.cohere.embed-v4:0",
            cohere_floats,
            {
                "texts": list(TEXTS),
                "input_type": "search_document",
                "embedding_types": ["float"],
                "output_dimension": 256,
            },
        ),
        batch(*TEXTS),
        AWS_HABITS,
    ),
    Case(
        "bedrock, caption",
        BEDROCK | {"vision_model": "amazon.nova-lite-v1:0"},
        converse,
        describe(RED, PROMPT),
        [*AWS_HABITS, CONVERSE_ACCEPT, CONVERSE_SIGNED],
    ),
    Case(
        "vertex, documents",
        {
            "provider": "vertex",
            "url": VERTEX_PATH,
            "model": "text-embedding-005",
            "account": "p",
            "input_type": "document",
            "dimensions": 256,
            "truncate": True,
        },
        vertex_embed(
            "text-embedding-005",
            list(TEXTS),
            task_type="RETRIEVAL_DOCUMENT",
            output_dimensionality=256,
            auto_truncate=True,
        ),
        batch(*TEXTS),
        cases_own.GEMINI_HABITS,
    ),
    Case(
        "vertex, gemini 2",
        {"provider": "vertex", "url": VERTEX_PATH, "model": "gemini-embedding-2", "account": "p"},
        vertex_embed("gemini-embedding-2", "one"),
        one("one"),
        [*cases_own.GEMINI_HABITS, ROLE],
    ),
    Case(
        "dashscope, native texts",
        {
            "provider": "dashscope",
            "url": "{sim}/dashscope/api/v1/services/embeddings/text-embedding/text-embedding",
            "model": "text-embedding-v4",
            "input_type": "document",
            "dimensions": 256,
        },
        dashscope_embed(
            lambda: dashscope.TextEmbedding.call(
                "text-embedding-v4",
                list(TEXTS),
                api_key=KEY,
                text_type="document",
                dimension=256,
            )
        ),
        batch(*TEXTS),
        DASHSCOPE_HABITS,
    ),
    Case(
        "dashscope, images",
        {
            "provider": "dashscope",
            "url": "{sim}/dashscope/api/v1/services/embeddings",
            "model": "qwen3-vl-embedding",
        },
        dashscope_embed(
            lambda: dashscope.MultiModalEmbedding.call(
                "qwen3-vl-embedding",
                [{"image": data_uri(RED)}, {"image": data_uri(BLUE)}],
                api_key=KEY,
            )
        ),
        pictures(RED, BLUE),
        [*DASHSCOPE_HABITS, NO_PARAMETERS],
    ),
    Case(
        "dashscope, text and image as one",
        {
            "provider": "dashscope",
            "url": "{sim}/dashscope/api/v1/services/embeddings",
            "model": "qwen3-vl-embedding",
        },
        dashscope_embed(
            lambda: dashscope.MultiModalEmbedding.call(
                "qwen3-vl-embedding",
                [{"text": "a bicycle", "image": data_uri(RED)}],
                api_key=KEY,
            )
        ),
        pair("a bicycle", RED),
        [*DASHSCOPE_HABITS, NO_PARAMETERS],
    ),
    Case(
        "watsonx",
        {"provider": "watsonx", "url": "{sim}/watsonx/ml/v1", "account": "p", "key": IAM_TOKEN},
        watsonx_embed,
        batch(*TEXTS),
        WATSONX_HABITS,
    ),
    Case(
        "cloudflare",
        {"provider": "cloudflare", "url": "{sim}/cloudflare/client/v4/accounts/a/ai"},
        cloudflare_embed,
        batch(*TEXTS),
        stainless(CLOUDFLARE_HABITS),
    ),
    Case(
        "databricks",
        {"provider": "databricks", "url": "{sim}/databricks/serving-endpoints"},
        databricks_embed,
        batch(*TEXTS),
    ),
]
