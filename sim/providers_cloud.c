/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The clouds, one row each, and their paths. */
#include "items.h"

#define OPENAI_FIELDS " model input encoding_format dimensions user "
#define OPENAI_TOO_MANY                                                                            \
  "Invalid 'input': array too long. Expected an array with maximum length {max}, but got an "      \
  "array "                                                                                         \
  "with length {got} instead."
#define OPENAI_EMPTY                                                                               \
  "'$.input' is invalid. Please check the API reference: "                                         \
  "https://platform.openai.com/docs/api-reference."

static const struct sim_provider azure = {.name = "azure",
                                          .auth = SIM_AUTH_API_KEY,
                                          .shape = SIM_ERR_AZURE,
                                          .max_items = 2048,
                                          .too_many = OPENAI_TOO_MANY,
                                          .empty = OPENAI_EMPTY,
                                          .dims_field = "dimensions",
                                          .fields = OPENAI_FIELDS,
                                          .query = " api-version ",
                                          .flags = SIM_NO_MODEL};
static const struct sim_provider azure_v1 = {.name = "azure",
                                             .auth = SIM_AUTH_API_KEY,
                                             .shape = SIM_ERR_AZURE,
                                             .max_items = 2048,
                                             .too_many = OPENAI_TOO_MANY,
                                             .empty = OPENAI_EMPTY,
                                             .dims_field = "dimensions",
                                             .fields = OPENAI_FIELDS};
static const struct sim_provider huggingface = {.name = "huggingface",
                                                .auth = SIM_AUTH_BEARER,
                                                .shape = SIM_ERR_OLLAMA,
                                                .max_items = 32,
                                                .too_many_status = 422,
                                                .too_many = "batch size {got} > maximum allowed "
                                                            "batch size {max}",
                                                .empty = "`inputs` cannot be empty",
                                                .dims_field = "dimensions",
                                                .truncate_field = "truncate",
                                                .truncates = true,
                                                .flags = SIM_NO_INDEX | SIM_NO_MODEL,
                                                .max_body = 2000000,
                                                .fields = " inputs normalize prompt_name truncate "
                                                          "truncation_direction dimensions "};
static const struct sim_provider huggingface_chat = {
    .name = "huggingface", .auth = SIM_AUTH_BEARER, .shape = SIM_ERR_OPENAI};
static const struct sim_provider cloudflare = {
    .name = "cloudflare",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_CLOUDFLARE,
    .max_items = 100,
    .max_tokens = 60000,
    .too_many =
        "AiError: Bad input: Error: oneOf at '/' not met, 0 matches: maxItems of '/text' is "
        "{max}, got {got}",
    .empty = "AiError: Bad input: Error: minLength of '/text/{i}' not met",
    .flags = SIM_NO_INDEX | SIM_NO_MODEL,
    .fields = " text pooling "};
static const struct sim_provider cloudflare_compat = {
    .name = "cloudflare",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_CLOUDFLARE,
    .encoding = SIM_ENC_IGNORED,
    .max_items = 100,
    .max_tokens = 60000,
    .empty = "AiError: Bad input: Error: minLength of '/input/{i}' not met",
    .refused = " encoding_format dimensions "};
static const struct sim_provider databricks = {
    .name = "databricks",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DATABRICKS,
    .encoding = SIM_ENC_IGNORED,
    .max_items = 150,
    .too_many = "Input embeddings size is too large, exceeding {max} limit",
    .empty = "Input at index {i} is empty",
    .flags = SIM_NO_MODEL,
    .fields = " input instruction "};
static const struct sim_provider snowflake = {.name = "snowflake",
                                              .auth = SIM_AUTH_SNOW,
                                              .shape = SIM_ERR_SNOWFLAKE,
                                              .encoding = SIM_ENC_IGNORED,
                                              .input_field = "text",
                                              .empty = "text[{i}] must not be empty",
                                              .flags = SIM_NESTED | SIM_TOTAL_ONLY,
                                              .fields = " text model "};
static const struct sim_provider azure_vision = {.name = "azure_vision",
                                                 .auth = SIM_AUTH_VISION,
                                                 .shape = SIM_ERR_VISION,
                                                 .empty = "The text must not be empty.",
                                                 .query = " api-version model-version ",
                                                 .flags = SIM_NO_INDEX | SIM_NO_MODEL,
                                                 .max_body = 20u << 20,
                                                 .max_edge = 16000};
static const struct sim_provider bedrock = {.name = "bedrock",
                                            .auth = SIM_AUTH_AWS,
                                            .shape = SIM_ERR_AWS,
                                            .empty = "Malformed input request: expected minLength: "
                                                     "1, actualLength: 0",
                                            .truncate_field = "truncate",
                                            .truncates = true,
                                            .flags = SIM_NO_INDEX | SIM_NO_MODEL | SIM_DATA_URI,
                                            .max_picture = 34u << 20,
                                            .request_id = "x-amzn-RequestId"};
static const struct sim_provider bedrock_chat = {.name = "bedrock",
                                                 .auth = SIM_AUTH_AWS,
                                                 .shape = SIM_ERR_AWS,
                                                 .max_picture = 5u << 20,
                                                 .max_edge = 8000,
                                                 .request_id = "x-amzn-RequestId"};
static const struct sim_provider watsonx_iam = {.name = "watsonx", .shape = SIM_ERR_IAM};
static const struct sim_provider watsonx = {.name = "watsonx",
                                            .auth = SIM_AUTH_IAM,
                                            .shape = SIM_ERR_WATSONX,
                                            .max_items = 1000,
                                            .empty = "inputs[{i}] must not be empty",
                                            .query = " version ",
                                            .flags = SIM_NO_INDEX | SIM_NO_MODEL,
                                            .fields =
                                                " model_id inputs project_id space_id parameters "};
static const struct sim_provider dashscope = {
    .name = "dashscope",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DASHSCOPE,
    .too_many = "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it "
                "should not be larger than {max}.: input.contents",
    .empty = "<400> InternalError.Algo.InvalidParameter: Value error, contents is empty.: "
             "input.contents",
    .max_picture = 7u << 20,
    .fields = " model input parameters "};
static const struct sim_provider vertex = {
    .name = "vertex",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_GEMINI,
    .too_many = "{got} instance(s) is more than the allowed {max} of one request.",
    .empty = "The text content is empty.",
    .max_images = 6,
    .image_models = " multimodalembedding gemini-embedding-2 ",
    .flags = SIM_NO_INDEX | SIM_NO_MODEL | SIM_JPEG_PNG};
static const struct sim_provider vertex_chat = {.name = "vertex",
                                                .auth = SIM_AUTH_BEARER,
                                                .shape = SIM_ERR_GEMINI,
                                                .flags = SIM_ROLE_NEEDED,
                                                .max_picture = 10u << 20};

#define VERTEX(version) "/vertex/" version "/projects/*/locations/*/publishers/google/models/*"
#define DASHSCOPE "/dashscope/api/v1/services/embeddings"

const struct sim_route sim_routes_cloud[] = {
    {"/azure/openai/deployments/*/embeddings", &azure, sim_openai_embed, SIM_JSON},
    {"/azure/openai/deployments/*/chat/completions", &azure, sim_openai_chat, SIM_JSON},
    {"/azure/openai/v1/embeddings", &azure_v1, sim_openai_embed, SIM_JSON},
    {"/azure/openai/v1/chat/completions", &azure_v1, sim_openai_chat, SIM_JSON},
    {"/huggingface/hf-inference/models/**/pipeline/feature-extraction", &huggingface,
     sim_huggingface_embed, SIM_JSON},
    {"/huggingface/v1/chat/completions", &huggingface_chat, sim_openai_chat, SIM_JSON},
    {"/cloudflare/client/v4/accounts/*/ai/run/**", &cloudflare, sim_cloudflare_run, SIM_JSON},
    {"/cloudflare/client/v4/accounts/*/ai/v1/embeddings", &cloudflare_compat, sim_openai_embed,
     SIM_JSON},
    {"/cloudflare/client/v4/accounts/*/ai/v1/chat/completions", &cloudflare_compat, sim_openai_chat,
     SIM_JSON},
    {"/databricks/serving-endpoints/*/invocations", &databricks, sim_databricks_invoke, SIM_JSON},
    {"/snowflake/api/v2/cortex/inference:embed", &snowflake, sim_openai_embed, SIM_JSON},
    {"/azure_vision/computervision/retrieval:vectorizeText", &azure_vision, sim_vision_text,
     SIM_JSON},
    {"/azure_vision/computervision/retrieval:vectorizeImage", &azure_vision, sim_vision_image,
     SIM_BYTES},
    {"/bedrock/model/*/invoke", &bedrock, sim_bedrock_invoke, SIM_JSON_ASSUMED},
    {"/bedrock/model/*/converse", &bedrock_chat, sim_bedrock_converse, SIM_JSON},
    {"/watsonx/identity/token", &watsonx_iam, sim_watsonx_token, SIM_FORM},
    {"/watsonx/ml/v1/text/embeddings", &watsonx, sim_watsonx_embed, SIM_JSON},
    {DASHSCOPE "/text-embedding/text-embedding", &dashscope, sim_dashscope_text, SIM_JSON},
    {DASHSCOPE "/multimodal-embedding/multimodal-embedding", &dashscope, sim_dashscope_multimodal,
     SIM_JSON},
    {VERTEX("v1") ":predict", &vertex, sim_vertex_predict, SIM_JSON},
    {VERTEX("v1beta1") ":predict", &vertex, sim_vertex_predict, SIM_JSON},
    {VERTEX("v1") ":embedContent", &vertex, sim_vertex_embed, SIM_JSON},
    {VERTEX("v1beta1") ":embedContent", &vertex, sim_vertex_embed, SIM_JSON},
    {VERTEX("v1") ":generateContent", &vertex_chat, sim_gemini_generate, SIM_JSON},
    {VERTEX("v1beta1") ":generateContent", &vertex_chat, sim_gemini_generate, SIM_JSON},
    {NULL, NULL, NULL, SIM_JSON},
};
