# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hosted providers of text embeddings (see texts.py for the keys)."""
from golden import bodies, replies
from golden.errors import oai_error
from golden.form import BEARER

COHERE_TYPES = dict(int8=({"embedding_types": ["int8"]}, replies.of_kind(replies.cohere, "int8")),
                    bit=({"embedding_types": ["ubinary"]}, replies.of_kind(replies.cohere, "ubinary")))

HOSTED = {
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
    "cohere": dict(
        source="cohere-ai/cohere-developer-experience cohere-openapi.yaml /v2/embed; pages/cohere-api/errors.mdx",
        url="https://api.cohere.com/v2/embed", model="embed-v4.0", request=bodies.cohere, reply=replies.cohere,
        no_index=True, task=("input_type", "search_query", "search_document"), dims="output_dimension",
        truncate=("truncate", "END", "NONE"), **COHERE_TYPES,
        error=(400, {"id": "8c9d", "message": "invalid request: total number of texts must be at most 96 - received "
                     "104"}, "INPUT", "at most 96 - received 104")),
    "gemini": dict(
        source="google-gemini/cookbook quickstarts/rest/Embeddings_REST.ipynb; googleapis/python-genai types.py",
        url="https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents",
        model="gemini-embedding-001", auth="x-goog-api-key: k-test", not_auth="Authorization: -",
        request=bodies.gemini, reply=replies.gemini, no_index=True, no_tokens=True,
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
        url="https://api.voyageai.com/v1/embeddings", model="voyage-3.5", reply=replies.voyage,
        encoding=("encoding_format", None, "base64"), default_base64=True,
        task=("input_type", "query", "document"), dims="output_dimension", truncate=("truncation", True, False),
        int8=({"output_dtype": "int8"}, None), bit=({"output_dtype": "ubinary"}, None),
        error=(401, {"detail": "Provided API key is invalid."}, "AUTH", "Provided API key is invalid.")),
    "jina": dict(
        source="https://api.jina.ai/openapi.json; jina-ai/meta-prompt v9",
        url="https://api.jina.ai/v1/embeddings", model="jina-embeddings-v3", auth=[BEARER, "Accept: application/json"],
        encoding=("embedding_type", "float", "base64"), default_base64=True,
        task=("task", "retrieval.query", "retrieval.passage"), dims="dimensions", truncate=("truncate", True, False),
        normalize="normalized", bit=({"embedding_type": "ubinary"}, None),
        error=(400, {"detail": "input length is larger than the largest allowed size 2048"}, "INPUT",
               "largest allowed size 2048")),
    "nomic": dict(
        source="nomic-ai/nomic nomic/embed.py (the error body is not specified: plain text)",
        url="https://api-atlas.nomic.ai/v1/embedding/text", model="nomic-embed-text-v1.5", input="texts",
        reply=replies.nomic, no_index=True, task=("task_type", "search_query", "search_document"),
        dims="dimensionality", error=(429, "Too Many Requests", "RATE", "HTTP 429: Too Many Requests")),
    "mixedbread": dict(
        source="mixedbread-ai/mixedbread-python _client.py, types/embedding_create_response.py",
        url="https://api.mixedbread.com/v1/embeddings", model="mixedbread-ai/mxbai-embed-large-v1",
        encoding=("encoding_format", "float", "base64"), dims="dimensions", normalize="normalized",
        int8=({"encoding_format": "int8"}, None), bit=({"encoding_format": "ubinary"}, None),
        task=("prompt", "Represent this sentence for searching relevant passages: ", None),
        error=(401, {"message": "Invalid API key"}, "AUTH", "Invalid API key")),
    "together": dict(
        source="togethercomputer/together-python types/embeddings.py",
        url="https://api.together.xyz/v1/embeddings", model="BAAI/bge-base-en-v1.5", reply=replies.without_usage,
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
        source="OpenRouterTeam/typescript-sdk models/operations/createembeddings.ts (unconfirmed: an error in 200)",
        url="https://openrouter.ai/api/v1/embeddings", model="openai/text-embedding-3-small", user="user",
        reply=replies.openrouter,
        encoding=("encoding_format", "float", "base64"), dims="dimensions",
        task=("input_type", "search_query", "search_document"),
        error=(402, {"error": {"code": 402, "message": "Insufficient credits", "metadata": {}}}, "QUOTA",
               "Insufficient credits")),
}
