# SPDX-License-Identifier: MIT OR Apache-2.0
"""Servers of text embeddings that one runs oneself (see texts.py for the keys)."""
from golden import bodies, replies
from golden.errors import oai_error

LOCAL = {
    "ollama": dict(
        source="ollama/ollama docs/api.md, Generate Embeddings; server/routes.go EmbedHandler",
        url="http://localhost:11434/api/embed", model="nomic-embed-text", reply=replies.ollama, no_index=True,
        dims="dimensions", truncate=("truncate", True, False),
        error=(404, {"error": "model 'nomic-embed-text' not found"}, "HTTP", "model 'nomic-embed-text' not found")),
    "ollama-openai": dict(
        source="ollama/ollama docs/openai.md; openai/openai.go", provider="ollama",
        options={"url": "http://localhost:11434/v1/embeddings"}, url="http://localhost:11434/v1/embeddings",
        model="nomic-embed-text", encoding=("encoding_format", "float", "base64"), dims="dimensions",
        error=(404, oai_error("model 'nomic-embed-text' not found", "not_found_error", None), "HTTP",
               "model 'nomic-embed-text' not found")),
    "llamacpp": dict(
        source="ggml-org/llama.cpp tools/server/README.md POST /v1/embeddings; server-context.cpp",
        url="http://localhost:8080/v1/embeddings", encoding=("encoding_format", "float", "base64"),
        error=(501, {"error": {"code": 501, "message": "This server does not support embeddings. Start it with "
                               "`--embeddings`", "type": "not_supported_error"}}, "HTTP", "`--embeddings`")),
    "llamacpp-native": dict(
        source="ggml-org/llama.cpp tools/server/README.md POST /embedding (not OpenAI-compatible)",
        provider="llamacpp", options={"url": "http://localhost:8080/embedding"},
        url="http://localhost:8080/embedding", reply=replies.llama, no_tokens=True,
        error=(503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, "HTTP",
               "Loading model")),
    "tei": dict(
        source="huggingface/text-embeddings-inference docs/openapi.json 1.9.3 /embed, ErrorResponse",
        url="http://localhost:8080/embed", input="inputs", reply=replies.bare, no_index=True, no_tokens=True,
        task=("prompt_name", "query", "document"), dims="dimensions", truncate=("truncate", True, False),
        normalize="normalize",
        error=(422, {"error": "batch size 33 > maximum allowed batch size 32", "error_type": "Validation"}, "INPUT",
               "maximum allowed batch size 32")),
    "tei-openai": dict(
        source="huggingface/text-embeddings-inference docs/openapi.json 1.9.3 /v1/embeddings, "
               "OpenAICompatErrorResponse",
        provider="tei", options={"url": "http://localhost:8080/v1/embeddings"},
        url="http://localhost:8080/v1/embeddings", encoding=("encoding_format", "float", "base64"),
        dims="dimensions", user="user",
        error=(429, {"message": "Model is overloaded", "code": 429, "error_type": "Overloaded"}, "RATE",
               "Model is overloaded")),
    "lmstudio": dict(
        source="lmstudio-ai/docs 3_openai-compat/embeddings.md; openai-compat errors as reported to its bug tracker",
        url="http://localhost:1234/v1/embeddings", model="text-embedding-nomic-embed-text-v1.5",
        error=(400, {"error": "No models loaded. Please load a model in the developer page or use the 'lms load' "
                     "command."}, "INPUT", "No models loaded.")),
    "vllm": dict(
        source="vllm-project/vllm entrypoints/pooling/base/protocol.py; docs/serving/openai_compatible_server.md",
        url="http://localhost:8000/v1/embeddings", model="intfloat/e5-mistral-7b-instruct", dims="dimensions",
        encoding=("encoding_format", "float", "base64"), user="user",
        truncate=("truncate_prompt_tokens", -1, None), reply=replies.vllm,
        error=(400, {"error": {"message": "Model does not support matryoshka representation",
                               "type": "BadRequestError", "param": None, "code": 400}}, "INPUT",
               "does not support matryoshka")),
}


def variant(of, **more):
    return {**LOCAL[of], "provider": of, **more}


LOCAL.update({
    "ollama-legacy": dict(
        source="ollama/ollama docs/api.md, Generate Embedding (superseded by /api/embed)", provider="ollama",
        options={"url": "http://localhost:11434/api/embeddings"}, url="http://localhost:11434/api/embeddings",
        model="nomic-embed-text", single=True, no_tokens=True, reply=replies.one_embedding, input="prompt",
        request=bodies.single,
        error=(404, {"error": "model \"nomic-embed-text\" not found, try pulling it first"}, "HTTP",
               "try pulling it first")),
    "llamacpp-multimodal": variant("llamacpp", model="Qwen3-VL-Embedding-2B"),
    "infinity": dict(
        source="michaelfeil/infinity libs/infinity_emb infinity_server.py, fastapi_schemas/pymodels.py",
        url="http://localhost:7997/embeddings", model="michaelfeil/bge-small-en-v1.5", dims="dimensions",
        reply=replies.infinity, encoding=("encoding_format", "float", "base64"),
        error=(400, {"error": {"message": "Invalid model: x. Should be one of ['michaelfeil/bge-small-en-v1.5']",
                               "type": "", "param": None, "code": 400}}, "INPUT", "Invalid model: x.")),
    "localai": dict(
        source="mudler/LocalAI core/http/endpoints/openai/embeddings.go (its usage is zeros)",
        url="http://localhost:8080/v1/embeddings", model="bert-embeddings", reply=replies.localai, no_tokens=True,
        encoding=("encoding_format", "float", "base64"),
        error=(500, {"error": {"code": 500, "message": "could not load model: rpc error", "type": ""}}, "HTTP",
               "could not load model: rpc error")),
    "vllm-embed": dict(
        source="vllm-project/vllm docs/models/pooling_models/embed.md (/v2/embed; input_type is the model's prompt)",
        provider="vllm", options={"url": "http://localhost:8000/v2/embed"}, url="http://localhost:8000/v2/embed",
        model="Qwen/Qwen3-VL-Embedding-2B", no_index=True, reply=replies.cohere, request=bodies.cohere_without_task,
        dims="output_dimension", truncate=("truncate", "END", "NONE"), task=("input_type", "query", "document"),
        bit=({"embedding_types": ["ubinary"]}, replies.of_kind(replies.cohere, "ubinary")),
        error=(400, {"error": {"message": "Model does not support matryoshka representation",
                               "type": "BadRequestError", "param": None, "code": 400}}, "INPUT",
               "does not support matryoshka")),
    "vllm-multimodal": variant("vllm", model="TIGER-Lab/VLM2Vec-Full"),
})
LOCAL["infinity-multimodal"] = variant("infinity", model="openai/clip-vit-base-patch32")
