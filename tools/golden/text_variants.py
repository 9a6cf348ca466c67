# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hosted providers of text embeddings by their further models, and those in OpenAI's form (see texts.py)."""
from golden import bodies, replies
from golden.errors import oai_error
from golden.form import BITS, INT8, PACKED, b64_bytes
from golden.text_hosted import HOSTED


def base64_of_bytes(vectors, indexes):
    return replies.openai([b64_bytes(v) for v in vectors], indexes)


def variant(of, **more):
    """Another model of a provider: its fields, those that the model does not have taken away (None)."""
    p = {**HOSTED[of], "provider": of, **more}
    return {k: v for k, v in p.items() if v is not None}


MULTIMODAL_DOC = "voyage-ai/voyageai-python object/multimodal_embeddings.py; mongodb.com Atlas Embedding API"
NEMOTRON = "https://docs.nvidia.com/nim (NeMo Retriever 2.0.0, use-the-api-openai, reference)"
NVIDIA = dict(url="https://integrate.api.nvidia.com/v1/embeddings", encoding=("encoding_format", "float", "base64"),
              dims="dimensions", truncate=("truncate", "END", "NONE"),
              error=(400, {"object": "error", "message": "Input length 513 exceeds maximum allowed token size 512",
                           "detail": {}, "type": "invalid_request_error"}, "INPUT",
                     "Input length 513 exceeds maximum allowed token size 512"))

VARIANTS = {
    "cohere-v3": variant(
        "cohere", model="embed-english-v3.0", dims=None,
        source="cohere-ai/cohere-developer-experience cohere-openapi.yaml /v2/embed; models/cohere-embed.mdx"),
    "gemini-2": variant(
        "gemini", model="gemini-embedding-2", task=None,
        source="google-gemini/cookbook quickstarts/Embeddings.ipynb; vercel/ai packages/google "
               "google-embedding-model.ts",
        url="https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-2:batchEmbedContents"),
    "mistral-codestral": variant(
        "mistral", model="codestral-embed",
        source="mistralai/platform-docs-public openapi.yaml, EmbeddingRequest; code_embeddings.md (unconfirmed: "
               "encoding_format beside output_dtype)",
        int8=({"output_dtype": "int8"}, None), bit=({"output_dtype": "ubinary"}, None)),
    "voyage-multimodal": variant(
        "voyage", model="voyage-multimodal-3.5", source=MULTIMODAL_DOC, encoding=None, default_base64=None,
        url="https://api.voyageai.com/v1/multimodalembeddings", reply=replies.voyage_multimodal,
        request=bodies.mapped(bodies.as_voyage_parts, "inputs"),
        error=(400, {"detail": "The request to model 'voyage-multimodal-3.5' with 1001 inputs exceeds 1000."}, "INPUT",
               "with 1001 inputs exceeds 1000.")),
    "jina-clip": variant("jina", model="jina-clip-v2"),
    "jina-multimodal": variant("jina", model="jina-embeddings-v4", normalize=None),
    "nomic-v1.5": variant("nomic", model="nomic-embed-text-v1.5"),
    "nomic-v1": variant("nomic", model="nomic-embed-text-v1"),
    "openrouter-multimodal": variant("openrouter", model="nvidia/llama-nemotron-embed-vl-1b-v2"),

    "nvidia": dict(
        NVIDIA, source=NEMOTRON + "; langchain-ai/langchain-nvidia", model="nvidia/nv-embedqa-e5-v5",
        always={"input_type": "passage"}, task=("input_type", "query", "passage")),
    "nvidia-clip": dict(
        NVIDIA, provider="nvidia", model="nvidia/nvclip",
        source="https://docs.nvidia.com/nim nvclip; weaviate/weaviate modules/multi2vec-nvidia (unconfirmed: "
               "dimensions and truncate of this model)"),
    "nvidia-vl": dict(
        NVIDIA, provider="nvidia", model="nvidia/llama-nemotron-embed-vl-1b-v2",
        source=NEMOTRON + " (unconfirmed: the words of modality)", request=bodies.with_modality,
        always={"input_type": "passage"}, task=("input_type", "query", "passage")),

    "upstage": dict(
        source="langgenius/dify-official-plugins models/upstage; https://api.upstage.ai (unconfirmed: the error's "
               "shape)",
        url="https://api.upstage.ai/v1/embeddings", model="solar-embedding-1-large",
        sent="solar-embedding-1-large-passage", task_in_model=("-query", "-passage"),
        encoding=("encoding_format", "float", "base64"),
        error=(401, oai_error("API key suspended or invalid.", "invalid_request_error", "invalid_api_key"), "AUTH",
               "API key suspended or invalid.")),
    "sambanova": dict(
        source="BerriAI/litellm-docs providers/sambanova; openai/openai-openapi openapi.yaml (unconfirmed: the error's "
               "shape)",
        url="https://api.sambanova.ai/v1/embeddings", model="E5-Mistral-7B-Instruct",
        error=(429, oai_error("Rate limit exceeded", "rate_limit_exceeded", None), "RATE", "Rate limit exceeded")),
    "nebius": dict(
        source="BerriAI/litellm-docs providers/nebius; jeremychone/rust-genai; openai/openai-openapi openapi.yaml "
               "(unconfirmed: the error's shape)",
        url="https://api.studio.nebius.ai/v1/embeddings", model="BAAI/bge-en-icl",
        error=(404, oai_error("The model `BAAI/bge-en-icl` does not exist.", "invalid_request_error", None), "HTTP",
               "The model `BAAI/bge-en-icl` does not exist.")),
    "perplexity": dict(  # never floats: base64 of int8 or of packed bits
        source="vercel/ai packages/perplexity (embeddings; unconfirmed: the error's shape)",
        url="https://api.perplexity.ai/v1/embeddings", model="pplx-embed-v1-0.6b", dims="dimensions",
        always={"encoding_format": "base64_int8"}, vectors=INT8,
        element=lambda v: v if None in v else b64_bytes(v),
        int8=({"encoding_format": "base64_int8"}, base64_of_bytes, INT8, INT8),
        bit=({"encoding_format": "base64_binary"}, base64_of_bytes, PACKED, BITS),
        error=(400, oai_error("Input array must have at most 512 items", "invalid_request", 400), "INPUT",
               "at most 512 items")),
}
