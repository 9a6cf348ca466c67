/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * THE TABLE of providers: one row per name, and one per further form of it (`of`). To add an
 * OpenAI-compatible provider, add a line; nothing else in the code knows provider names. Columns
 * are explained in wire.h (struct emb_provider); a field that is left out is a thing the provider
 * does not have. The golden cases of test/wire name the sources of the facts.
 */
#include "wire/body.h"

/* clang-format off */

/* Where vectors are in a reply: list, vector, index, tokens. */
static const struct emb_reply_shape
  openai      = {"data", "embedding", "index", "usage.total_tokens"},
  ollama      = {"embeddings", "", NULL, "prompt_eval_count"},
  nomic       = {"embeddings", "", NULL, "usage.total_tokens"},
  cohere      = {"embeddings.float", "", NULL, "meta.billed_units.input_tokens"},
  cohere_int8 = {"embeddings.int8", "", NULL, "meta.billed_units.input_tokens"},
  cohere_bit  = {"embeddings.ubinary", "", NULL, "meta.billed_units.input_tokens"},
  gemini      = {"embeddings", "values", NULL, NULL},
  content     = {"embedding", "values", NULL, "usageMetadata.promptTokenCount"},
  instance    = {"predictions", "embeddings.values", NULL, NULL},
  vertex_text = {"predictions", "textEmbedding", NULL, NULL},
  vertex_image = {"predictions", "imageEmbedding", NULL, NULL},
  bare_array  = {"", "", NULL, NULL},
  llamacpp    = {"", "embedding", "index", NULL},
  single      = {"embedding", "", NULL, "inputTextTokenCount"},
  titan_bit   = {"embeddingsByType.binary", "", NULL, "inputTextTokenCount"},
  nova        = {"embeddings", "embedding", NULL, "inputTokenCount"},
  cloudflare  = {"result.data", "", NULL, NULL},
  watsonx     = {"results", "embedding", NULL, "input_token_count"},
  dashscope_text = {"output.embeddings", "embedding", "text_index", "usage.total_tokens"},
  dashscope_any = {"output.embeddings", "embedding", "index", "usage.total_tokens"},
  azure_vision = {"vector", "", NULL, NULL};

static const struct emb_prelude
  iam_token = {.url = "https://iam.cloud.ibm.com/identity/token", .answer = "access_token", .ttl_s = "expires_in",
               .form = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey="},
  media_marker = {.url = "/props", .answer = "media_marker", .fallback = "<__media__>"};

/* What families of rows have in common. */
#define BEARER       .auth = "Authorization: Bearer "
#define TEXTS(...)   .text = {emb_item_string, "/embeddings", &openai, "input", .max_items = __VA_ARGS__}
#define ENCODING     .encoding_field = "encoding_format"
#define DIMENSIONS   .dims_field = "dimensions"
#define ALL_FIELDS   DIMENSIONS, ENCODING, .user_field = "user"
#define CHAT         .vision = &emb_chat_openai, .vision_path = "/chat/completions", .max_tokens_field = "max_tokens"
#define NEW_CHAT     .vision = &emb_chat_openai, .vision_path = "/chat/completions", .max_tokens_field = "max_completion_tokens"
#define TASKS(field, query, document) .task_field = field, .query_word = query, .document_word = document
#define COHERE_TASKS TASKS("input_type", "search_query", "search_document")
#define COHERE_WORDS .truncate_field = "truncate", .truncate_on = "\"END\"", .truncate_off = "\"NONE\"", \
  .float32 = {"embedding_types", "[\"float\"]", NULL, EMB_ELEMENT_FLOAT}, \
  .int8 = {"embedding_types", "[\"int8\"]", &cohere_int8, EMB_ELEMENT_INT8}, \
  .bit = {"embedding_types", "[\"ubinary\"]", &cohere_bit, EMB_ELEMENT_BITS}
#define BYTE_TYPES(field) .int8 = {field, "\"int8\"", NULL, EMB_ELEMENT_INT8}, BIT_TYPE(field)
#define BIT_TYPE(field)   .bit = {field, "\"ubinary\"", NULL, EMB_ELEMENT_BITS}

/* Models that run inside this process: no address, and nothing of the text route is used but that it is there. */
#define IN_PROCESS .base_url = "", .flags = EMB_IN_PROCESS, .text = {.item = emb_item_string}, DIMENSIONS

/* An OpenAI-compatible provider in one line: name, base url, key variables, most texts a request. */
#define OPENAI_LIKE(row, base, env, ...) .name = row, API(base, env, __VA_ARGS__)
#define API(base, env, ...) .base_url = base, .key_env = env, BEARER, TEXTS(__VA_ARGS__)
/* A further form of a provider: for some models (when_model) or urls (when_url). */
#define VARIANT(row, provider) .name = row, .of = provider

#define AZURE .base_url = "https://RESOURCE.openai.azure.com/openai/v1", .auth = "api-key: "
#define COHERE .base_url = "https://api.cohere.com", BEARER, .key_env = "CO_API_KEY COHERE_API_KEY", .models = "embed-*", \
  .flags = EMB_TASK_REQUIRED, COHERE_TASKS, COHERE_WORDS, .vision = &emb_chat_cohere, .vision_path = "/v2/chat", \
  .vision_model = "command-a-vision-07-2025", .max_tokens_field = "max_tokens"
#define GEMINI .base_url = "https://generativelanguage.googleapis.com/v1beta", .auth = "x-goog-api-key: ", \
  .key_env = "GOOGLE_API_KEY GEMINI_API_KEY", .models = "gemini-embedding-* text-embedding-00*", \
  .dims_field = "outputDimensionality", .vision = &emb_chat_gemini, \
  .vision_path = "/models/{model}:generateContent", .vision_model = "gemini-2.5-flash"
#define VERTEX .base_url = "https://{region}-aiplatform.googleapis.com/v1/projects/{account}/locations/{region}/publishers/google", \
  .region = "us-central1", .region_env = "GOOGLE_CLOUD_LOCATION", .account_env = "GOOGLE_CLOUD_PROJECT", BEARER, \
  .key_env = "GOOGLE_OAUTH_ACCESS_TOKEN"
#define GOOGLE_TASKS TASKS("taskType", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT")
#define VOYAGE .base_url = "https://api.voyageai.com/v1", .key_env = "VOYAGE_API_KEY", BEARER, .models = "voyage-*", \
  .key_prefix = "al-", .key_base_url = "https://ai.mongodb.com/v1", \
  .dims_field = "output_dimension", .truncate_field = "truncation", BYTE_TYPES("output_dtype"), TASKS("input_type", "query", "document")
#define JINA API("https://api.jina.ai/v1", "JINA_API_KEY JINA_AI_API_KEY", 128), .flags = EMB_BASE64_DEFAULT, DIMENSIONS, \
  .encoding_field = "embedding_type", .truncate_field = "truncate", BIT_TYPE("embedding_type")
#define JINA_TASKS TASKS("task", "retrieval.query", "retrieval.passage")
#define JINA_IMAGES .image = {emb_item_object_bare, "/embeddings", &openai, "input", .max_items = 32}
#define NOMIC .base_url = "https://api-atlas.nomic.ai/v1", .key_env = "NOMIC_API_KEY", BEARER, .dims_field = "dimensionality", \
  TASKS("task_type", "search_query", "search_document")
#define NOMIC_TEXT(twin) .text = {emb_item_string, "/embedding/text", &nomic, "texts", .model = twin, .max_items = 10}
#define NOMIC_IMAGE(twin) .image = {emb_item_string, "/embedding/image", &nomic, "images", .model = twin, \
  .flags = EMB_API_FORM | EMB_API_NO_DIMS, .max_items = 512}
#define OLLAMA .base_url = "http://localhost:11434", BEARER, .key_env = "OLLAMA_API_KEY", .model = "nomic-embed-text", .models = "*"
#define LLAMACPP API("http://localhost:8080/v1", "LLAMA_API_KEY", 16), .models = "*", \
  .flags = EMB_KEY_OPTIONAL | EMB_MODEL_OPTIONAL, ENCODING, CHAT
#define NVIDIA(...) API("https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY NVIDIA_NIM_API_KEY", 50, __VA_ARGS__), DIMENSIONS, \
  ENCODING, .truncate_field = "truncate", .truncate_on = "\"END\"", .truncate_off = "\"NONE\"", .models = "nvidia/* baai/* snowflake/*", CHAT
#define OPENROUTER API("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY OPEN_ROUTER_API_KEY", 96), ALL_FIELDS, \
  COHERE_TASKS, .models = "*/*", CHAT
#define SILICONFLOW API("https://api.siliconflow.cn/v1", "SILICONFLOW_API_KEY", 32), ENCODING, .models = "*/*", CHAT
#define DASHSCOPE(base) .base_url = base, .key_env = "DASHSCOPE_API_KEY", BEARER
#define DASHSCOPE_SERVICE DASHSCOPE("https://dashscope.aliyuncs.com/api/v1/services/embeddings"), .options_in = "parameters", \
  .dims_field = "dimension"
#define CONTENTS(max) {emb_item_object, "/multimodal-embedding/multimodal-embedding", &dashscope_any, "input.contents", .max_items = (max)}
#define BEDROCK .base_url = "https://bedrock-runtime.{region}.amazonaws.com", BEARER, .region = "us-east-1", \
  .region_env = "AWS_REGION AWS_DEFAULT_REGION", \
  .key_env = "AWS_BEARER_TOKEN_BEDROCK BEDROCK_API_KEY AWS_ACCESS_KEY_ID+AWS_SECRET_ACCESS_KEY+AWS_SESSION_TOKEN?"
#define BEDROCK_FLAGS (EMB_SIGV4 | EMB_ENCODE_SLASH)
#define INVOKE "/model/{model}/invoke"
#define VLLM API("http://localhost:8000/v1", "VLLM_API_KEY", 32), .models = "*", .flags = EMB_KEY_OPTIONAL, ALL_FIELDS, \
  .truncate_field = "truncate_prompt_tokens", .truncate_on = "-1", .truncate_off = "", CHAT

enum { MIB = 1024 * 1024 };

static const struct emb_provider rows[] = {
  {.name = "local", IN_PROCESS, .model = "rembed-local-en-256-v1"},
  {.name = "model2vec", IN_PROCESS},

  {OPENAI_LIKE("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", 2048, .max_tokens = 300000),
   .flags = EMB_BASE64_DEFAULT, ALL_FIELDS, .model = "text-embedding-3-small", .models = "text-embedding-*", NEW_CHAT,
   .vision_model = "gpt-4.1-mini"},
  {OPENAI_LIKE("openai-compatible", "http://localhost:8000/v1", NULL, 32), .models = "*", .aliases = "compatible custom",
   .flags = EMB_NEEDS_URL | EMB_KEY_OPTIONAL, ALL_FIELDS, CHAT},
  {.name = "azure", .aliases = "azure_openai azure-openai", AZURE, .key_env = "AZURE_OPENAI_API_KEY AZURE_API_KEY",
   .flags = EMB_BASE64_DEFAULT | EMB_NEEDS_URL, TEXTS(2048, .max_tokens = 300000), ALL_FIELDS,
   .model = "text-embedding-3-small", .models = "text-embedding-*", NEW_CHAT, .vision_model = "gpt-4.1-mini"},
  {.name = "azure_vision", .aliases = "azure-vision", .base_url = "https://RESOURCE.cognitiveservices.azure.com",
   .auth = "Ocp-Apim-Subscription-Key: ", .key_env = "AZURE_VISION_KEY", .flags = EMB_NEEDS_URL, .model = "2023-04-15",
   .models = "20*", .unconfirmed = "limits of images",
   .text = {emb_item_string, "/computervision/retrieval:vectorizeText?api-version=2024-02-01&model-version={model}",
   &azure_vision, "text", .flags = EMB_API_BARE, .max_items = 1}, .image = {emb_item_string,
   "/computervision/retrieval:vectorizeImage?api-version=2024-02-01&model-version={model}", &azure_vision,
   .flags = EMB_API_BYTES, .max_items = 1}, .images = {.max_bytes = 20 * MIB, .max_side_px = 16000}},

  {.name = "ollama", OLLAMA, .flags = EMB_KEY_OPTIONAL,
   .text = {emb_item_string, "/api/embed", &ollama, "input", .max_items = 32}, DIMENSIONS, .truncate_field = "truncate",
   .vision = &emb_chat_ollama, .vision_path = "/api/chat", .vision_model = "llava:7b"},
  {VARIANT("ollama-openai", "ollama"), .when_url = "*/v1/embeddings", .base_url = "http://localhost:11434/v1", BEARER,
   .key_env = "OLLAMA_API_KEY", .flags = EMB_KEY_OPTIONAL, TEXTS(32), .model = "nomic-embed-text", .models = "*", DIMENSIONS,
   ENCODING, CHAT, .vision_model = "llava:7b"},
  {VARIANT("ollama-legacy", "ollama"), OLLAMA, .when_url = "*/api/embeddings", .flags = EMB_KEY_OPTIONAL,
   .text = {emb_item_string, "/api/embeddings", &single, "prompt", .flags = EMB_API_BARE, .max_items = 1}},

  {.name = "cohere", COHERE, .text = {emb_item_string, "/v2/embed", &cohere, "texts", .max_items = 96}, .model = "embed-v4.0",
   .dims_field = "output_dimension",
   .image = {emb_item_parts, "/v2/embed", &cohere, "inputs", .max_items = 96, .max_bytes = 14 * MIB},
   .images = {.formats = "png jpeg webp gif", .max_bytes = 14 * MIB, .fuses = 1}},
  {VARIANT("cohere-v3", "cohere"), COHERE, .when_model = "embed-*-v3.0 embed-*-v2.0",
   .text = {emb_item_string, "/v2/embed", &cohere, "texts", .max_items = 96},
   .image = {emb_item_string, "/v2/embed", &cohere, "images", "{\"input_type\":\"image\"}", .flags = EMB_API_NO_TASK,
   .max_items = 1}, .images = {"embed-*-v3.0", .formats = "png jpeg webp gif", .max_bytes = 5 * 1000 * 1000}},

  {.name = "gemini", .aliases = "google googleai", GEMINI,
   .text = {emb_item_gemini, "/models/{model}:batchEmbedContents", &gemini, "requests", .max_items = 100},
   .flags = EMB_OPTIONS_IN_ITEM | EMB_CUT_UNEVEN, .model = "gemini-embedding-001", GOOGLE_TASKS},
  {VARIANT("gemini-2", "gemini"), GEMINI, .when_model = "gemini-embedding-2*", .flags = EMB_OPTIONS_IN_ITEM, .model = "gemini-embedding-2",
   .text = {emb_item_gemini, "/models/{model}:batchEmbedContents", &gemini, "requests", .max_items = 100},
   .image = {emb_item_gemini, "/models/{model}:batchEmbedContents", &gemini, "requests", .max_items = 6},
   .images = {.formats = "png jpeg", .fuses = 1}, .unconfirmed = "the document prefix"},
  {.name = "vertex", .aliases = "vertex_ai vertexai vertex-ai", VERTEX, .unconfirmed = "the variable of the token",
   .model = "gemini-embedding-001",
   .models = "gemini-embedding-* text-embedding-* text-multilingual-* multimodalembedding*",
   .text = {emb_item_instance, "/models/{model}:predict", &instance, "instances", .max_items = 250, .max_tokens = 20000},
   .flags = EMB_TASK_IN_ITEM | EMB_CUT_UNEVEN, .options_in = "parameters", .dims_field = "outputDimensionality",
   .truncate_field = "autoTruncate", TASKS("task_type", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT"), .vision = &emb_chat_gemini,
   .vision_path = "/models/{model}:generateContent", .vision_model = "gemini-2.5-flash"},
  {VARIANT("vertex-multimodal", "vertex"), VERTEX, .when_model = "multimodalembedding*", .model = "multimodalembedding@001",
   .options_in = "parameters", .dims_field = "dimension",
   .text = {emb_item_vertex_image, "/models/{model}:predict", &vertex_text, "instances", .max_items = 1},
   .image = {emb_item_vertex_image, "/models/{model}:predict", &vertex_image, "instances", .max_items = 1},
   .images = {.formats = "png jpeg gif bmp", .max_bytes = 20 * MIB},
   .unconfirmed = "formats and size of images"},
  {VARIANT("vertex-content", "vertex"), VERTEX, .when_model = "-gemini-embedding-001 gemini-* *maas*", .model = "gemini-embedding-2",
   .options_in = "embedContentConfig", .dims_field = "outputDimensionality", .truncate_field = "autoTruncate",
   .text = {emb_item_content, "/models/{model}:embedContent", &content, .max_items = 1},
   .image = {emb_item_content, "/models/{model}:embedContent", &content, .max_items = 1},
   .images = {.formats = "png jpeg", .fuses = 1}, .unconfirmed = "taskType, which is not sent"},

  {OPENAI_LIKE("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", 32, .max_tokens = 16384),  .model = "mistral-embed",
   .models = "mistral-embed* codestral-embed*", .dims_field = "output_dimension", ENCODING, CHAT,
   .vision_model = "pixtral-12b-2409"},
  {VARIANT("mistral-codestral", "mistral"), API("https://api.mistral.ai/v1", "MISTRAL_API_KEY", 32, .max_tokens = 16384),
   .when_model = "codestral-embed*", .model = "codestral-embed", .dims_field = "output_dimension", ENCODING,
   BYTE_TYPES("output_dtype"), .unconfirmed = "base64 beside output_dtype"},

  {.name = "voyage", .aliases = "voyageai", VOYAGE, TEXTS(128, .max_tokens = 120000),
   .flags = EMB_BASE64_DEFAULT | EMB_NO_FLOAT_WORD, ENCODING, .model = "voyage-3.5"},
  {VARIANT("voyage-multimodal", "voyage"), VOYAGE, .when_model = "voyage-multimodal-*", .model = "voyage-multimodal-3.5",
   .text = {emb_item_voyage, "/multimodalembeddings", &openai, "inputs", .max_items = 128, .max_tokens = 320000},
   .image = {emb_item_voyage, "/multimodalembeddings", &openai, "inputs", .max_items = 128},
   .images = {.formats = "png jpeg webp gif", .max_bytes = 20 * MIB, .max_pixels = 16000000, .fuses = 1}},

  {.name = "jina", JINA, .aliases = "jina_ai jinaai", .model = "jina-embeddings-v3", .models = "jina-*", .unconfirmed = "base64",
   .normalize_field = "normalized", JINA_TASKS},
  {VARIANT("jina-clip", "jina"), JINA, .when_model = "jina-clip-*", .model = "jina-clip-v2", .normalize_field = "normalized",
   JINA_TASKS, JINA_IMAGES},
  {VARIANT("jina-multimodal", "jina"), JINA, .when_model = "jina-embeddings-v4* jina-embeddings-v5-omni*",
   .model = "jina-embeddings-v4", JINA_TASKS, JINA_IMAGES, .unconfirmed = "images of v5-omni"},

  {.name = "nomic", NOMIC, NOMIC_TEXT(NULL), .model = "nomic-embed-text-v1.5", .models = "nomic-embed-*"},
  {VARIANT("nomic-v1.5", "nomic"), NOMIC, .when_model = "nomic-embed-text-v1.5 nomic-embed-vision-v1.5",
   .model = "nomic-embed-text-v1.5", NOMIC_TEXT("nomic-embed-text-v1.5"), NOMIC_IMAGE("nomic-embed-vision-v1.5"),
   .images = {.formats = "jpeg png webp gif"}, .unconfirmed = "formats of images other than jpeg"},
  {VARIANT("nomic-v1", "nomic"), NOMIC, .when_model = "nomic-embed-text-v1 nomic-embed-vision-v1",
   .model = "nomic-embed-text-v1", NOMIC_TEXT("nomic-embed-text-v1"), NOMIC_IMAGE("nomic-embed-vision-v1"),
   .images = {.formats = "jpeg png webp gif"}, .unconfirmed = "formats of images other than jpeg"},

  {OPENAI_LIKE("mixedbread", "https://api.mixedbread.com/v1", "MXBAI_API_KEY MIXEDBREAD_API_KEY", 32), .aliases = "mxbai",
   .model = "mixedbread-ai/mxbai-embed-large-v1", .models = "mixedbread-ai/* mxbai-embed-*", DIMENSIONS, ENCODING,
   BYTE_TYPES("encoding_format"), .normalize_field = "normalized",
   TASKS("prompt", "Represent this sentence for searching relevant passages: ", NULL), .unconfirmed = "texts a request"},

  {.name = "llamacpp", LLAMACPP, .aliases = "llama.cpp llamafile llama-cpp"},
  {VARIANT("llamacpp-native", "llamacpp"), .when_url = "-*/v1/embeddings */embedding */embeddings", .base_url = "http://localhost:8080", BEARER,
   .key_env = "LLAMA_API_KEY", .flags = EMB_KEY_OPTIONAL | EMB_MODEL_OPTIONAL,
   .text = {emb_item_string, "/embedding", &llamacpp, "input", .max_items = 16}, .models = "*",
   .image = {emb_item_media, "/embedding", &llamacpp, "input", .prelude = &media_marker, .max_items = 16},
   .images = {.fuses = 1}},
  {VARIANT("llamacpp-multimodal", "llamacpp"), LLAMACPP, .when_model = "*vl-embed* *embed-vl* *vl_embed*",
   .image = {emb_item_media, "/embeddings", &openai, "input", .prelude = &media_marker, .max_items = 16},
   .images = {.formats = "png jpeg gif bmp", .fuses = 1}, .unconfirmed = "images on /v1/embeddings"},

  {.name = "tei", .aliases = "text-embeddings-inference", .base_url = "http://localhost:8080", BEARER, .key_env = "TEI_API_KEY",
   .flags = EMB_KEY_OPTIONAL | EMB_MODEL_OPTIONAL, .models = "*",
   .text = {emb_item_string, "/embed", &bare_array, "inputs", .max_items = 32, .max_bytes = 1000000}, DIMENSIONS,
   .truncate_field = "truncate", .normalize_field = "normalize", TASKS("prompt_name", "query", "document")},
  {VARIANT("tei-openai", "tei"), API("http://localhost:8080/v1", "TEI_API_KEY", 32, .max_bytes = 1000000), .models = "*",
   .when_url = "*/v1/embeddings", .flags = EMB_KEY_OPTIONAL | EMB_MODEL_OPTIONAL, ALL_FIELDS},
  {.name = "huggingface", .aliases = "hf hugging_face hugging-face", .base_url = "https://router.huggingface.co", BEARER,
   .key_env = "HF_TOKEN HUGGINGFACE_API_KEY",
   .text = {emb_item_string, "/hf-inference/models/{model}/pipeline/feature-extraction", &bare_array, "inputs",
   .max_items = 32}, .model = "BAAI/bge-small-en-v1.5", .models = "*/*", DIMENSIONS, .truncate_field = "truncate",
   .normalize_field = "normalize", TASKS("prompt_name", "query", "document"), .vision = &emb_chat_openai,
   .vision_path = "/v1/chat/completions", .vision_model = "Qwen/Qwen2.5-VL-7B-Instruct", .max_tokens_field = "max_tokens",
   .unconfirmed = "texts a request, dimensions"},
  {OPENAI_LIKE("infinity", "http://localhost:7997", "INFINITY_API_KEY", 32), .models = "*", .flags = EMB_KEY_OPTIONAL,
   DIMENSIONS, ENCODING},
  {VARIANT("infinity-multimodal", "infinity"), API("http://localhost:7997", "INFINITY_API_KEY", 32), .models = "*",
   .when_model = "*clip* *siglip* *nomic-embed-vision*", .flags = EMB_KEY_OPTIONAL, DIMENSIONS, ENCODING,
   .image = {emb_item_string, "/embeddings", &openai, "input", "{\"modality\":\"image\"}", .max_items = 32}},
  {OPENAI_LIKE("localai", "http://localhost:8080/v1", "LOCALAI_API_KEY", 32), .models = "*", .flags = EMB_KEY_OPTIONAL,
   ENCODING, CHAT},
  {OPENAI_LIKE("lmstudio", "http://localhost:1234/v1", NULL, 32), .models = "*", .aliases = "lm-studio lm_studio",
   .flags = EMB_KEY_OPTIONAL, .model = "text-embedding-nomic-embed-text-v1.5", CHAT},
  {.name = "vllm", VLLM},
  {VARIANT("vllm-embed", "vllm"), .when_url = "*/v2/embed", .base_url = "http://localhost:8000", BEARER,
   .key_env = "VLLM_API_KEY", .flags = EMB_KEY_OPTIONAL, .models = "*",
   .text = {emb_item_string, "/v2/embed", &cohere, "texts", .max_items = 32},
   .image = {emb_item_parts, "/v2/embed", &cohere, "inputs", .max_items = 32}, .images = {.fuses = 1},
   .dims_field = "output_dimension", .truncate_field = "truncate", .truncate_on = "\"END\"", .truncate_off = "\"NONE\"",
   TASKS("input_type", "query", "document"), .float32 = {"embedding_types", "[\"float\"]", NULL, EMB_ELEMENT_FLOAT},
   .bit = {"embedding_types", "[\"ubinary\"]", &cohere_bit, EMB_ELEMENT_BITS}},
  {VARIANT("vllm-multimodal", "vllm"), VLLM, .when_model = "*vlm2vec* *clip* *siglip* *vl-embed* *dse-qwen2* *embed-vl*",
   .image = {emb_item_messages, "/embeddings", &openai, .max_items = 1}, .images = {.apart = "*clip* *siglip*", .fuses = 1}},

  {OPENAI_LIKE("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY TOGETHER_AI_API_KEY", 32), .aliases = "togetherai",
   .model = "BAAI/bge-base-en-v1.5", .models = "*/*", CHAT, .vision_model = "meta-llama/Llama-4-Scout-17B-16E-Instruct",
   .unconfirmed = "texts a request"},
  {OPENAI_LIKE("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", 16),
   .model = "nomic-ai/nomic-embed-text-v1.5", .models = "*/*", DIMENSIONS, CHAT,
   .vision_model = "accounts/fireworks/models/llama4-scout-instruct-basic"},
  {OPENAI_LIKE("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY DEEPINFRA_TOKEN", 128),
   .model = "BAAI/bge-base-en-v1.5", .models = "*/*", DIMENSIONS, ENCODING, CHAT,
   .vision_model = "meta-llama/Llama-4-Scout-17B-16E-Instruct", .unconfirmed = "dimensions, base64"},
  {.name = "openrouter", OPENROUTER, .model = "openai/text-embedding-3-small", .vision_model = "openai/gpt-4.1-mini",
   .unconfirmed = "texts a request"},
  {VARIANT("openrouter-multimodal", "openrouter"), OPENROUTER,
   .when_model = "*embed-vl* *vl-embed* */gemini-embedding-2* *multimodal*", .model = "nvidia/llama-nemotron-embed-vl-1b-v2",
   .image = {emb_item_parts, "/embeddings", &openai, "input", .max_items = 32}, .images = {.fuses = 1},
   .unconfirmed = "images a request"},

  {.name = "nvidia", NVIDIA(), .aliases = "nim nvidia_nim", .flags = EMB_TASK_REQUIRED, .model = "nvidia/nv-embedqa-e5-v5",
   TASKS("input_type", "query", "passage"), .vision_model = "meta/llama-3.2-90b-vision-instruct"},
  {VARIANT("nvidia-clip", "nvidia"), NVIDIA(), .when_model = "*nvclip*", .model = "nvidia/nvclip",
   .image = {emb_item_string, "/embeddings", &openai, "input", .max_items = 50}},
  {VARIANT("nvidia-vl", "nvidia"), NVIDIA(.flags = EMB_API_MODALITY), .when_model = "*embed-vl* *vlm-embed*",
   .model = "nvidia/llama-nemotron-embed-vl-1b-v2", .flags = EMB_TASK_REQUIRED, TASKS("input_type", "query", "passage"),
   .image = {emb_item_string, "/embeddings", &openai, "input", "{\"input_type\":\"passage\"}",
   .flags = EMB_API_MODALITY | EMB_API_NO_TASK, .max_items = 50},
   .images = {.fuses = 1}, .unconfirmed = "the words of modality, how text and image stand in one string"},

  {.name = "bedrock", .aliases = "aws aws_bedrock aws-bedrock", BEDROCK, .flags = BEDROCK_FLAGS,
   .model = "amazon.titan-embed-text-v2:0", .models = "amazon.* cohere.* us.* eu.* apac.* global.* arn:*",
   .text = {emb_item_string, INVOKE, &single, "inputText", .flags = EMB_API_BARE, .max_items = 1}, DIMENSIONS,
   .normalize_field = "normalize", .bit = {"embeddingTypes", "[\"binary\"]", &titan_bit, EMB_ELEMENT_FLOAT},
   .vision = &emb_chat_converse, .vision_path = "/model/{model}/converse", .vision_model = "amazon.nova-lite-v1:0"},
  {VARIANT("bedrock-titan-v1", "bedrock"), BEDROCK, .flags = BEDROCK_FLAGS,
   .when_model = "*titan-embed-text-v1* *titan-embed-g1*", .model = "amazon.titan-embed-text-v1",
   .text = {emb_item_string, INVOKE, &single, "inputText", .flags = EMB_API_BARE, .max_items = 1}},
  {VARIANT("bedrock-titan-image", "bedrock"), BEDROCK, .flags = BEDROCK_FLAGS, .when_model = "*titan-embed-image*",
   .model = "amazon.titan-embed-image-v1", .text = {emb_item_titan, INVOKE, &single, .max_items = 1},
   .image = {emb_item_titan, INVOKE, &single, .max_items = 1}, .options_in = "embeddingConfig",
   .dims_field = "outputEmbeddingLength", .images = {.formats = "png jpeg", .max_bytes = 25 * MIB, .max_side_px = 2048, .fuses = 1}},
  {VARIANT("bedrock-nova", "bedrock"), BEDROCK, .flags = BEDROCK_FLAGS | EMB_OPTIONS_IN_ITEM | EMB_TASK_REQUIRED,
   .when_model = "*nova*embed*", .model = "amazon.nova-2-multimodal-embeddings-v1:0",
   .text = {emb_item_nova, INVOKE, &nova, NULL, "{\"taskType\":\"SINGLE_EMBEDDING\"}", .max_items = 1},
   .image = {emb_item_nova, INVOKE, &nova, NULL, "{\"taskType\":\"SINGLE_EMBEDDING\"}", .max_items = 1},
   .dims_field = "embeddingDimension", .truncate_field = "truncationMode", .truncate_on = "\"END\"", .truncate_off = "\"NONE\"",
   TASKS("embeddingPurpose", "GENERIC_RETRIEVAL", "GENERIC_INDEX"), .images = {.formats = "png jpeg gif webp", .max_bytes = 25 * MIB},
   .unconfirmed = "schemaVersion, the count of tokens, the largest image"},
  {VARIANT("bedrock-cohere-v3", "bedrock"), BEDROCK, .flags = BEDROCK_FLAGS | EMB_TASK_REQUIRED,
   .when_model = "*cohere.embed-english-v3* *cohere.embed-multilingual-v3*", .model = "cohere.embed-english-v3",
   .text = {emb_item_string, INVOKE, &cohere, "texts", .max_items = 96}, COHERE_TASKS, COHERE_WORDS,
   .image = {emb_item_string, INVOKE, &cohere, "images", "{\"input_type\":\"image\"}", .flags = EMB_API_NO_TASK,
   .max_items = 1}, .images = {.formats = "png jpeg webp gif", .max_bytes = 5 * 1000 * 1000}},
  {VARIANT("bedrock-cohere", "bedrock"), BEDROCK, .flags = BEDROCK_FLAGS | EMB_TASK_REQUIRED, .when_model = "*cohere.embed-*",
   .model = "cohere.embed-v4:0", .dims_field = "output_dimension",
   .text = {emb_item_string, INVOKE, &cohere, "texts", .max_items = 96}, COHERE_TASKS, COHERE_WORDS,
   .image = {emb_item_parts, INVOKE, &cohere, "inputs", .max_items = 96, .max_bytes = 14 * MIB},
   .images = {.formats = "png jpeg webp gif", .max_bytes = 14 * MIB, .fuses = 1}, .unconfirmed = "inputs of v4"},

  {.name = "cloudflare", .aliases = "workers_ai workers-ai",
   .base_url = "https://api.cloudflare.com/client/v4/accounts/{account}/ai", .account_env = "CLOUDFLARE_ACCOUNT_ID", BEARER,
   .key_env = "CLOUDFLARE_API_TOKEN", .text = {emb_item_string, "/run/{model}", &cloudflare, "text", .max_items = 100},
   .model = "@cf/baai/bge-base-en-v1.5", .models = "@cf/*", .vision = &emb_chat_openai, .vision_path = "/v1/chat/completions",
   .vision_model = "@cf/meta/llama-3.2-11b-vision-instruct", .max_tokens_field = "max_tokens"},
  {VARIANT("cloudflare-openai", "cloudflare"),
   API("https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1", "CLOUDFLARE_API_TOKEN", 100),
   .when_url = "*/ai/v1/embeddings", .account_env = "CLOUDFLARE_ACCOUNT_ID", .model = "@cf/baai/bge-base-en-v1.5"},
  {OPENAI_LIKE("github", "https://models.github.ai/inference", "GITHUB_TOKEN", 16), .aliases = "github_models github-models",
   .model = "openai/text-embedding-3-small", .models = "*/*", ALL_FIELDS, CHAT, .vision_model = "openai/gpt-4.1-mini",
   .unconfirmed = "base64"},
  {.name = "siliconflow", SILICONFLOW, .model = "BAAI/bge-m3", .vision_model = "Qwen/Qwen2.5-VL-72B-Instruct"},
  {VARIANT("siliconflow-vl", "siliconflow"), SILICONFLOW, .when_model = "*vl-embedding*", .model = "Qwen/Qwen3-VL-Embedding-8B",
   .image = {emb_item_object, "/embeddings", &openai, "input", .max_items = 32},
   .unconfirmed = "one vector for each object, base64 with a data: prefix"},
  {VARIANT("siliconflow-qwen3", "siliconflow"), SILICONFLOW, .when_model = "*qwen3-embedding*",
   .model = "Qwen/Qwen3-Embedding-8B", DIMENSIONS},
  {.name = "dashscope", .aliases = "qwen aliyun alibaba", DASHSCOPE("https://dashscope.aliyuncs.com/compatible-mode/v1"),
   .text = {emb_item_string, "/embeddings", &openai, "input", "{\"encoding_format\":\"float\"}", .max_items = 10}, DIMENSIONS,
   .model = "text-embedding-v4",
   .models = "text-embedding-v* qwen*-vl-embedding tongyi-embedding-vision-* multimodal-embedding-v1", CHAT,
   .vision_model = "qwen-vl-plus"},
  {VARIANT("dashscope-native", "dashscope"), DASHSCOPE_SERVICE, .when_url = "*/text-embedding/text-embedding",
   .text = {emb_item_string, "/text-embedding/text-embedding", &dashscope_text, "input.texts", .max_items = 10},
   .model = "text-embedding-v4", TASKS("text_type", "query", "document")},
  {VARIANT("dashscope-qwen3-vl", "dashscope"), DASHSCOPE_SERVICE, .when_model = "qwen3-vl-embedding*",
   .model = "qwen3-vl-embedding", .text = CONTENTS(20), .image = CONTENTS(20),
   .images = {.formats = "png jpeg webp bmp tiff", .max_bytes = 5 * MIB, .fuses = 1}},
  {VARIANT("dashscope-vision", "dashscope"), DASHSCOPE_SERVICE, .when_model = "tongyi-embedding-vision-*",
   .model = "tongyi-embedding-vision-plus", .text = CONTENTS(20), .image = CONTENTS(8),
   .images = {.formats = "png jpeg webp bmp tiff", .max_bytes = 3 * MIB}},
  {VARIANT("dashscope-multimodal", "dashscope"), DASHSCOPE_SERVICE, .when_model = "qwen*-vl-embedding* multimodal-embedding-*",
   .model = "multimodal-embedding-v1", .text = CONTENTS(1), .image = CONTENTS(1),
   .images = {.formats = "png jpeg webp bmp tiff", .max_bytes = 3 * MIB}},
  {OPENAI_LIKE("zhipu", "https://open.bigmodel.cn/api/paas/v4", "ZAI_API_KEY ZHIPUAI_API_KEY BIGMODEL_API_KEY", 64),
   .aliases = "bigmodel zai z.ai", .model = "embedding-3", .models = "embedding-*", DIMENSIONS, CHAT,
   .vision_model = "glm-4v-flash", .unconfirmed = "texts a request"},
  {.name = "watsonx", .aliases = "ibm watsonx.ai", .base_url = "https://{region}.ml.cloud.ibm.com/ml/v1", .region = "us-south",
   BEARER, .key_env = "WATSONX_TOKEN WATSONX_APIKEY", .account_env = "WATSONX_PROJECT_ID", .account_field = "project_id", .account_other = "space_id",
   .model_field = "model_id", .model = "ibm/slate-125m-english-rtrvr", .models = "*/*", .unconfirmed = "texts a request",
   .text = {emb_item_string, "/text/embeddings?version=2024-05-31", &watsonx, "inputs", .prelude = &iam_token,
   .max_items = 100}},
  {.name = "databricks", .base_url = "https://{account}/serving-endpoints", .account_env = "DATABRICKS_HOST", BEARER,
   .key_env = "DATABRICKS_TOKEN DATABRICKS_API_KEY",
   .text = {emb_item_string, "/{model}/invocations", &openai, "input", .max_items = 100}, .model = "databricks-gte-large-en",
   .models = "databricks-*", TASKS("instruction", "Represent this sentence for searching relevant passages: ", NULL),
   .vision = &emb_chat_openai, .vision_path = "/{model}/invocations", .max_tokens_field = "max_tokens",
   .unconfirmed = "texts a request"},
  {.name = "snowflake", .base_url = "https://{account}.snowflakecomputing.com/api/v2/cortex",
   .account_env = "SNOWFLAKE_ACCOUNT_ID SNOWFLAKE_ACCOUNT", BEARER, .key_env = "SNOWFLAKE_JWT SNOWFLAKE_PAT",
   .header = "X-Snowflake-Authorization-Token-Type: PROGRAMMATIC_ACCESS_TOKEN",
   .header_jwt = "X-Snowflake-Authorization-Token-Type: KEYPAIR_JWT",
   .text = {emb_item_string, "/inference:embed", &openai, "text", .max_items = 50}, .model = "snowflake-arctic-embed-l-v2.0",
   .models = "snowflake-* e5-* nv-embed-* voyage-*", .unconfirmed = "texts a request, the error's shape"},
  {OPENAI_LIKE("upstage", "https://api.upstage.ai/v1", "UPSTAGE_API_KEY", 32), .aliases = "solar",
   .flags = EMB_TASK_IN_MODEL | EMB_TASK_REQUIRED, .model = "solar-embedding-1-large", .models = "solar-* embedding-*",
   ENCODING, .query_word = "-query", .document_word = "-passage"},
  {OPENAI_LIKE("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY", 32), .model = "E5-Mistral-7B-Instruct",
   .models = "E5-*", .unconfirmed = "texts a request"},
  {OPENAI_LIKE("perplexity", "https://api.perplexity.ai/v1", "PERPLEXITY_API_KEY PERPLEXITYAI_API_KEY", 512),
   .model = "pplx-embed-v1-0.6b", .models = "pplx-embed-*", DIMENSIONS,
   .float32 = {"encoding_format", "\"base64_int8\"", NULL, EMB_ELEMENT_INT8},
   .int8 = {"encoding_format", "\"base64_int8\"", NULL, EMB_ELEMENT_INT8},
   .bit = {"encoding_format", "\"base64_binary\"", NULL, EMB_ELEMENT_BITS}},
  {OPENAI_LIKE("nebius", "https://api.studio.nebius.ai/v1", "NEBIUS_API_KEY", 32), .model = "BAAI/bge-en-icl", .models = "*/*",
   .unconfirmed = "texts a request"},

  /* Vision only: captions for the describe route, whose text model is another client's or `embedding_model`. */
  {.name = "anthropic", .aliases = "claude", .base_url = "https://api.anthropic.com/v1", .auth = "x-api-key: ",
   .header = "anthropic-version: 2023-06-01", .key_env = "ANTHROPIC_API_KEY",
   .note = "Anthropic has no embedding API; use voyage (Anthropic's own advice), openai or ollama for text, with vision_provider 'anthropic' for captions", .vision = &emb_chat_anthropic, .vision_path = "/messages", .vision_model = "claude-haiku-4-5", .max_tokens_field = "max_tokens"},
  {.name = "groq", .base_url = "https://api.groq.com/openai/v1", BEARER, .key_env = "GROQ_API_KEY", CHAT,
   .vision_model = "meta-llama/llama-4-scout-17b-16e-instruct",
   .note = "Groq has no embedding API; use openai, together or ollama for text, with vision_provider 'groq' for captions"},
  {.name = "xai", .aliases = "grok", .base_url = "https://api.x.ai/v1", BEARER, .key_env = "XAI_API_KEY", CHAT,
   .vision_model = "grok-4",
   .note = "xAI has no embedding API; use openai, voyage or ollama for text, with vision_provider 'xai' for captions"},
  {.name = "deepseek", .base_url = "https://api.deepseek.com", BEARER, .key_env = "DEEPSEEK_API_KEY",
   .note = "DeepSeek has no embedding API and takes no images; use openai, jina or ollama"},
};

/* clang-format on */

const struct emb_provider *emb_providers(int *n) {
  *n = sizeof rows / sizeof *rows;
  return rows;
}
