# SPDX-License-Identifier: MIT OR Apache-2.0
"""Replies with vectors, one function a documented shape: (vectors, indexes) -> document."""

def openai(vectors, indexes, **more):
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in zip(indexes, vectors)]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 8, "total_tokens": 8}, **more}


def voyage(vectors, indexes):
    data = [{"object": "embedding", "embedding": v, "index": i} for i, v in zip(indexes, vectors)]
    return {"object": "list", "data": data, "model": "voyage-3.5", "usage": {"total_tokens": 8}}


def voyage_multimodal(vectors, indexes):
    data = [{"object": "embedding", "embedding": v, "index": i} for i, v in zip(indexes, vectors)]
    return {"object": "list", "data": data, "model": "voyage-multimodal-3.5",
            "usage": {"text_tokens": 5, "image_pixels": 1, "video_pixels": 0, "total_tokens": 8}}


def without_usage(vectors, indexes):
    return {"object": "list", "model": "m",
            "data": [{"object": "embedding", "embedding": v, "index": i} for i, v in zip(indexes, vectors)]}


def localai(vectors, indexes):  # its usage is zeros
    return openai(vectors, indexes, usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})


def vllm(vectors, indexes):
    return openai(vectors, indexes, id="embd-1", created=1766000000,
                  usage={"prompt_tokens": 8, "total_tokens": 8, "completion_tokens": 0, "prompt_tokens_details": None})


def infinity(vectors, indexes):
    return openai(vectors, indexes, id="infinity-1", created=1766000000)


def openrouter(vectors, indexes):
    return openai(vectors, indexes, usage={"prompt_tokens": 8, "total_tokens": 8, "cost": 1e-07, "is_byok": False,
                                           "prompt_tokens_details": {"text_tokens": 5, "image_tokens": 3}})


def ollama(vectors, indexes):
    return {"model": "nomic-embed-text", "embeddings": vectors, "total_duration": 14143917,
            "load_duration": 1019500, "prompt_eval_count": 8}


def one_embedding(vectors, indexes):
    return {"embedding": vectors[0] if vectors else []}


def cohere(vectors, indexes, kind="float"):
    return {"id": "da6e531f-54c5-4a73-bf92-f60566d8d753", "embeddings": {kind: vectors}, "texts": ["t"],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 8}},
            "response_type": "embeddings_by_type"}


def cohere_images(vectors, indexes):
    return {"id": "5807ee2e", "embeddings": {"float": vectors}, "texts": [],
            "images": [{"width": 1, "height": 1, "format": "png", "bit_depth": 24}],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"images": len(vectors), "image_tokens": 8}},
            "response_type": "embeddings_by_type"}


def cohere_on_bedrock(vectors, indexes, kind="float"):
    return {"embeddings": {kind: vectors}, "id": "f3b0c442", "response_type": "embeddings_by_type", "texts": ["t"]}


def of_kind(reply, kind):
    """The same reply with another type of elements."""
    return lambda vectors, indexes: reply(vectors, indexes, kind=kind)


def gemini(vectors, indexes):
    return {"embeddings": [{"values": v} for v in vectors]} if vectors else {}


def vertex_predict(vectors, indexes):
    return {"predictions": [{"embeddings": {"statistics": {"token_count": 8, "truncated": False}, "values": v}}
                            for v in vectors], "metadata": {"billableCharacterCount": 30}}


def vertex_text(vectors, indexes):
    return {"predictions": [{"textEmbedding": v} for v in vectors], "deployedModelId": "1"}


def vertex_image(vectors, indexes):
    return {"predictions": [{"imageEmbedding": v} for v in vectors], "deployedModelId": "1"}


def vertex_content(vectors, indexes):
    return {"embedding": {"values": vectors[0]} if vectors else {}, "usageMetadata": {"promptTokenCount": 8},
            "truncated": False}


def nomic(vectors, indexes):
    return {"embeddings": vectors, "usage": {"prompt_tokens": 8, "total_tokens": 8},
            "model": "nomic-embed-text-v1.5"}


def bare(vectors, indexes):
    return vectors


def llama(vectors, indexes):
    return [{"index": i, "embedding": [v]} for i, v in zip(indexes, vectors)]


def titan(vectors, indexes):
    first = vectors[0] if vectors else []
    return {"embedding": first, "embeddingsByType": {"float": first}, "inputTextTokenCount": 8}


def titan_v1(vectors, indexes):
    return {**one_embedding(vectors, indexes), "inputTextTokenCount": 8}


def titan_bits(vectors, indexes):
    return {"embeddingsByType": {"binary": vectors[0]}, "inputTextTokenCount": 8}


def titan_image(vectors, indexes):
    return {**one_embedding(vectors, indexes), "inputTextTokenCount": 8, "message": None}


def nova(vectors, indexes, kind="TEXT"):
    return {"embeddings": [{"embeddingType": kind, "embedding": v} for v in vectors], "inputTokenCount": 8}


def cloudflare(vectors, indexes):
    return {"result": {"shape": [len(vectors), len(vectors[0]) if vectors else 0], "data": vectors, "pooling": "mean"},
            "success": True, "errors": [], "messages": []}


def watsonx(vectors, indexes):
    return {"model_id": "ibm/slate-125m-english-rtrvr", "results": [{"embedding": v} for v in vectors],
            "created_at": "2026-08-20T10:00:00.000Z", "input_token_count": 8}


def dashscope(vectors, indexes):
    return {"request_id": "a4e7d1", "usage": {"total_tokens": 8},
            "output": {"embeddings": [{"embedding": v, "text_index": i} for i, v in zip(indexes, vectors)]}}


def dashscope_multimodal(vectors, indexes):
    return {"output": {"embeddings": [{"index": i, "embedding": v, "type": "text"} for i, v in zip(indexes, vectors)]},
            "usage": {"input_tokens": 5, "image_tokens": 3, "total_tokens": 8}, "request_id": "a4e7d2"}


def azure_vision(vectors, indexes):
    return {"modelVersion": "2023-04-15", "vector": vectors[0] if vectors else []}


def snowflake(vectors, indexes):  # each vector is wrapped in one more array
    return {"object": "list", "model": "snowflake-arctic-embed-l-v2.0", "usage": {"total_tokens": 8},
            "data": [{"object": "embedding", "embedding": [v], "index": i} for i, v in zip(indexes, vectors)]}
