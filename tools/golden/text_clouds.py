# SPDX-License-Identifier: MIT OR Apache-2.0
"""Text embeddings of the clouds and of gateways to many models (see texts.py for the keys)."""
from golden import bodies, replies
from golden.errors import oai_error
from golden.form import BEARER

VERTEX = dict(provider="vertex", options={"account": "proj-1", "region": "us-central1"}, no_index=True,
              model_in_url=True, no_tokens=True)
VERTEX_MODELS = ("https://us-central1-aiplatform.googleapis.com/v1/projects/proj-1/locations/us-central1/publishers/"
                 "google/models/")


def google_error(code, message, status):
    return {"error": {"code": code, "message": message, "status": status}}


CLOUDS = {
    "azure_vision": dict(
        source="https://learn.microsoft.com/azure/ai-services/computer-vision/how-to/image-retrieval (unconfirmed: the "
               "error's shape)",
        options={"url": "https://res.cognitiveservices.azure.com"}, single=True, no_tokens=True,
        url="https://res.cognitiveservices.azure.com/computervision/retrieval:vectorizeText"
            "?api-version=2024-02-01&model-version=2023-04-15",
        auth="Ocp-Apim-Subscription-Key: k-test", not_auth="Authorization: -", input="text",
        request=bodies.single, reply=replies.azure_vision,
        error=(401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key or wrong API "
                               "endpoint."}}, "AUTH", "Access denied due to invalid subscription key")),
    "vertex": dict(
        VERTEX, model="gemini-embedding-001", url=VERTEX_MODELS + "gemini-embedding-001:predict",
        source="vercel/ai packages/google-vertex google-vertex-embedding-model.ts and its tests; "
               "googleapis/python-genai models.py (unconfirmed: an error in an array of one)",
        request=bodies.vertex_predict, reply=replies.vertex_predict, dims="outputDimensionality",
        task=("task_type", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT"), truncate=("autoTruncate", True, False),
        error=(400, google_error(400, "251 instance(s) is not allowed. Maximum is 250.", "INVALID_ARGUMENT"), "INPUT",
               "Maximum is 250.")),
    "vertex-multimodal": dict(
        VERTEX, model="multimodalembedding@001", url=VERTEX_MODELS + "multimodalembedding@001:predict", single=True,
        source="googleapis/python-aiplatform vertexai/vision_models; weaviate/weaviate modules/multi2vec-google",
        request=bodies.vertex_multimodal, reply=replies.vertex_text, dims="dimension",
        error=(403, google_error(403, "Permission 'aiplatform.endpoints.predict' denied on resource",
                                 "PERMISSION_DENIED"), "AUTH", "Permission 'aiplatform.endpoints.predict' denied")),
    "vertex-content": dict(
        {k: v for k, v in VERTEX.items() if k != "no_tokens"}, model="gemini-embedding-2", single=True,
        url=VERTEX_MODELS + "gemini-embedding-2:embedContent",
        source="googleapis/python-genai t_is_vertex_embed_content_model and its tests; BerriAI/litellm-docs "
               "vertex_embedding.md",
        request=bodies.vertex_content, reply=replies.vertex_content, dims="outputDimensionality",
        truncate=("autoTruncate", True, False),
        error=(429, google_error(429, "Resource exhausted, please try again later.", "RESOURCE_EXHAUSTED"), "RATE",
               "Resource exhausted, please try again later.")),

    "huggingface": dict(
        source="huggingface/huggingface_hub inference/_providers/hf_inference.py (feature-extraction; unconfirmed: "
               "estimated_time)",
        url="https://router.huggingface.co/hf-inference/models/BAAI/bge-small-en-v1.5/pipeline/feature-extraction",
        model="BAAI/bge-small-en-v1.5", model_in_url=True, input="inputs", reply=replies.bare, no_index=True,
        no_tokens=True, task=("prompt_name", "query", "document"), dims="dimensions",
        truncate=("truncate", True, False), normalize="normalize",
        error=(401, {"error": "Invalid credentials in Authorization header"}, "AUTH", "Invalid credentials")),

    "cloudflare": dict(
        source="Portkey-AI/gateway src/providers/workers-ai/embed.ts; chroma-core/chroma cloudflare_workers_ai",
        options={"account": "acc-1"}, model="@cf/baai/bge-base-en-v1.5", model_in_url=True, input="text",
        url="https://api.cloudflare.com/client/v4/accounts/acc-1/ai/run/@cf/baai/bge-base-en-v1.5",
        reply=replies.cloudflare, no_index=True, no_tokens=True,
        error=(400, {"success": False, "errors": [{"code": 7009, "message": "Upstream service unavailable"}],
                     "result": None, "messages": []}, "INPUT", "Upstream service unavailable")),
    "cloudflare-openai": dict(
        source="openai/openai-openapi openapi.yaml, CreateEmbeddingRequest, at Cloudflare's compatible address "
               "(unconfirmed: read in clients only)",
        provider="cloudflare", options={"url": "https://api.cloudflare.com/client/v4/accounts/acc-1/ai/v1/embeddings"},
        url="https://api.cloudflare.com/client/v4/accounts/acc-1/ai/v1/embeddings", model="@cf/baai/bge-m3",
        error=(401, {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}], "result": None,
                     "messages": []}, "AUTH", "Authentication error")),
    "github": dict(
        source="https://docs.github.com/en/rest/models/embeddings (unconfirmed: base64, the error's shape)",
        url="https://models.github.ai/inference/embeddings", model="openai/text-embedding-3-small", user="user",
        encoding=("encoding_format", "float", "base64"), dims="dimensions",
        error=(429, {"error": {"code": "RateLimitReached", "message": "Rate limit of 150 per 86400s exceeded for "
                               "UserByModelByDay."}}, "RATE", "Rate limit of 150 per 86400s exceeded")),

    "siliconflow": dict(
        source="https://api-docs.siliconflow.cn/docs/api/embeddings-post; n4ze3m/page-assist#371",
        url="https://api.siliconflow.cn/v1/embeddings", model="BAAI/bge-m3",
        encoding=("encoding_format", "float", "base64"),
        error=(400, {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None},
               "INPUT", "Model does not exist.")),
    "dashscope": dict(
        source="https://www.alibabacloud.com/help/en/model-studio (compatible-mode embeddings)",
        url="https://dashscope.aliyuncs.com/compatible-mode/v1/embeddings", model="text-embedding-v4",
        request=bodies.dashscope_compatible, dims="dimensions",
        error=(400, oai_error("<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it "
                              "should not be larger than 10.: input.contents", "InvalidParameter", "InvalidParameter"),
               "INPUT", "it should not be larger than 10.")),
    "dashscope-native": dict(
        source="vercel/ai packages/alibaba; https://www.alibabacloud.com/help/en/model-studio (text-embedding)",
        provider="dashscope",
        options={"url": "https://dashscope.aliyuncs.com/api/v1/services/embeddings/text-embedding/text-embedding"},
        url="https://dashscope.aliyuncs.com/api/v1/services/embeddings/text-embedding/text-embedding",
        model="text-embedding-v4", request=bodies.dashscope_text, reply=replies.dashscope, dims="dimension",
        task=("text_type", "query", "document"),
        error=(400, {"code": "InvalidParameter", "message": "batch size is invalid, it should not be larger than 10.",
                     "request_id": "a4e7d3"}, "INPUT", "it should not be larger than 10.")),
    "zhipu": dict(
        source="zai-org/z-ai-sdk-python api_resource/embeddings",
        url="https://open.bigmodel.cn/api/paas/v4/embeddings", model="embedding-3", dims="dimensions",
        error=(400, {"error": {"code": "1210", "message": "API \u8c03\u7528\u53c2\u6570\u6709\u8bef"}}, "INPUT",
               "API \u8c03\u7528\u53c2\u6570\u6709\u8bef")),
    "watsonx": dict(
        source="IBM/watsonx-ai-node-sdk types/vml_v1.ts, TextEmbeddings; https://cloud.ibm.com/apidocs/iam-identity-"
               "token-api",
        options={"account": "proj-1"}, token="t-iam", auth="Authorization: Bearer t-iam",
        url="https://us-south.ml.cloud.ibm.com/ml/v1/text/embeddings?version=2024-05-31",
        model="ibm/slate-125m-english-rtrvr", model_field="model_id", input="inputs", request=bodies.watsonx,
        reply=replies.watsonx, no_index=True,
        error=(400, {"errors": [{"code": "invalid_input_argument", "message": "Invalid input argument for Model 'ibm/"
                                 "slate-125m-english-rtrvr': the number of input tokens 520 cannot exceed the total "
                                 "tokens limit 512 for this model", "more_info": "https://cloud.ibm.com/apidocs"}],
                     "trace": "f1f2", "status_code": 400}, "INPUT", "cannot exceed the total tokens limit 512")),
    "databricks": dict(
        source="weaviate/weaviate modules/text2vec-databricks",
        options={"account": "adb-1.7.azuredatabricks.net"}, model="databricks-gte-large-en", model_in_url=True,
        url="https://adb-1.7.azuredatabricks.net/serving-endpoints/databricks-gte-large-en/invocations",
        task=("instruction", "Represent this sentence for searching relevant passages: ", None),
        error=(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Endpoint with name 'x' does not exist."},
               "HTTP", "Endpoint with name 'x' does not exist.")),
    "snowflake": dict(
        source="BerriAI/litellm-docs providers/snowflake; a public client that unwraps [[vector]] (unconfirmed: the "
               "error's shape)",
        options={"account": "acc-1"}, url="https://acc-1.snowflakecomputing.com/api/v2/cortex/inference:embed",
        auth=["Authorization: Bearer k-test", "X-Snowflake-Authorization-Token-Type: PROGRAMMATIC_ACCESS_TOKEN"],
        model="snowflake-arctic-embed-l-v2.0", input="text", reply=replies.snowflake,
        error=(400, {"message": "unknown model \"snowflake-arctic-embed-xl\"", "code": "399504", "request_id": "r-1"},
               "INPUT", "unknown model \"snowflake-arctic-embed-xl\"")),
}


def siliconflow(model, **more):
    return {**CLOUDS["siliconflow"], "provider": "siliconflow", "model": model, **more}


CLOUDS["siliconflow-qwen3"] = siliconflow("Qwen/Qwen3-Embedding-8B", dims="dimensions")
CLOUDS["siliconflow-vl"] = siliconflow(
    "Qwen/Qwen3-VL-Embedding-8B", source="https://api-docs.siliconflow.cn/docs/api/embeddings-post (unconfirmed: one "
    "vector an element, base64 with a data: prefix)")


def dashscope_contents(model, **more):
    path = "/api/v1/services/embeddings/multimodal-embedding/multimodal-embedding"
    return dict(source="dashscope/dashscope-sdk-python embeddings/multimodal_embedding.py; "
                       "https://www.alibabacloud.com/help/en/model-studio/multimodal-embedding-api-reference",
                provider="dashscope", model=model, url="https://dashscope.aliyuncs.com" + path, dims="dimension",
                request=bodies.dashscope_contents, reply=replies.dashscope_multimodal,
                error=(429, {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded, please try "
                             "again later.", "request_id": "a4e7d4"}, "RATE", "Requests rate limit exceeded"), **more)


CLOUDS["dashscope-qwen3-vl"] = dashscope_contents("qwen3-vl-embedding")
CLOUDS["dashscope-vision"] = dashscope_contents("tongyi-embedding-vision-plus")
CLOUDS["dashscope-multimodal"] = dashscope_contents("multimodal-embedding-v1", single=True)


# ---- Amazon Bedrock ----

def bedrock(model, encoded, source, **more):
    return dict(provider="bedrock", options={"region": "us-east-1"}, model=model, model_in_url=True, source=source,
                auth=[BEARER, "Accept: application/json"],
                url="https://bedrock-runtime.us-east-1.amazonaws.com/model/%s/invoke" % encoded, **more)


TITAN_DOC = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html"
COHERE_DOC = ("langchain-ai/langchain-aws embeddings; vercel/ai packages/amazon-bedrock "
              "amazon-bedrock-embedding-model.ts")
TITAN_BITS = [[1, 0, 0, 1, 1, 0, 1, 0]]  # one number a bit, not packed
COHERE_ON_BEDROCK = dict(
    request=bodies.on_bedrock, reply=replies.cohere_on_bedrock, no_index=True, no_tokens=True,
    task=("input_type", "search_query", "search_document"), truncate=("truncate", "END", "NONE"),
    int8=({"embedding_types": ["int8"]}, replies.of_kind(replies.cohere_on_bedrock, "int8")),
    bit=({"embedding_types": ["ubinary"]}, replies.of_kind(replies.cohere_on_bedrock, "ubinary")),
    error=(400, {"message": "Malformed input request: #: required key [input_type] not found, please reformat your "
                 "input and try again."}, "INPUT", "required key [input_type] not found"))

CLOUDS.update({
    "bedrock": bedrock(
        "amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v2%3A0", TITAN_DOC
        + " (unconfirmed: binary alone comes without embedding, the limit of characters)", single=True,
        input="inputText", request=bodies.single, reply=replies.titan, dims="dimensions", normalize="normalize",
        bit=({"embeddingTypes": ["binary"]}, replies.titan_bits, TITAN_BITS, TITAN_BITS),
        error=(400, {"message": "Malformed input request: expected maxLength: 50000, actual: 50001, please reformat "
                     "your input and try again."}, "INPUT", "expected maxLength: 50000")),
    "bedrock-titan-v1": bedrock(
        "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v1", TITAN_DOC + " (G1: inputText alone)", single=True,
        input="inputText", request=bodies.single, reply=replies.titan_v1,
        error=(429, {"message": "Too many requests, please wait before trying again."}, "RATE",
               "Too many requests, please wait")),
    "bedrock-titan-image": bedrock(
        "amazon.titan-embed-image-v1", "amazon.titan-embed-image-v1",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/titan-multiemb-models.html", single=True,
        request=bodies.titan_image, reply=replies.titan_image, dims="outputEmbeddingLength",
        error=(403, {"message": "You don't have access to the model with the specified model ID."}, "AUTH",
               "You don't have access to the model")),
    "bedrock-nova": bedrock(
        "amazon.nova-2-multimodal-embeddings-v1:0", "amazon.nova-2-multimodal-embeddings-v1%3A0",
        "https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html; langchain-ai/langchain-aws "
        "embeddings (unconfirmed: schemaVersion, inputTokenCount)", single=True,
        request=bodies.nova, reply=replies.nova, dims="embeddingDimension",
        task=("embeddingPurpose", "GENERIC_RETRIEVAL", "GENERIC_INDEX"), truncate=("truncationMode", "END", "NONE"),
        error=(400, {"message": "The provided request is not valid: singleEmbeddingParams.embeddingDimension"},
               "INPUT", "The provided request is not valid")),
    "bedrock-cohere-v3": bedrock("cohere.embed-english-v3", "cohere.embed-english-v3", COHERE_DOC, **COHERE_ON_BEDROCK),
    "bedrock-cohere": bedrock("cohere.embed-v4:0", "cohere.embed-v4%3A0", COHERE_DOC, dims="output_dimension",
                              **COHERE_ON_BEDROCK),
})
