/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The services with an API in OpenAI's shape, one row each, and their paths. */
#include "items.h"

#define OPENAI_FIELDS " model input encoding_format dimensions user "
#define OPENAI_TOO_MANY                                                                            \
  "Invalid 'input': array too long. Expected an array with maximum length {max}, but got an "      \
  "array "                                                                                         \
  "with length {got} instead."
#define OPENAI_EMPTY                                                                               \
  "'$.input' is invalid. Please check the API reference: "                                         \
  "https://platform.openai.com/docs/api-reference."

static const struct sim_provider openai = {.name = "openai",
                                           .auth = SIM_AUTH_BEARER,
                                           .shape = SIM_ERR_OPENAI,
                                           .max_items = 2048,
                                           .max_tokens = 300000,
                                           .too_many = OPENAI_TOO_MANY,
                                           .empty = OPENAI_EMPTY,
                                           .dims_field = "dimensions",
                                           .fields = OPENAI_FIELDS,
                                           .max_picture = 28u << 20};
static const struct sim_provider together = {.name = "together",
                                             .auth = SIM_AUTH_BEARER,
                                             .shape = SIM_ERR_OPENAI,
                                             .flags = SIM_NO_USAGE,
                                             .empty = "Input at index {i} is empty",
                                             .fields = " model input "};
static const struct sim_provider fireworks = {.name = "fireworks",
                                              .auth = SIM_AUTH_BEARER,
                                              .shape = SIM_ERR_FIREWORKS,
                                              .max_items = 256,
                                              .empty = "input[{i}] must be a non-empty string",
                                              .dims_field = "dimensions",
                                              .max_picture = 10u << 20};
static const struct sim_provider deepinfra = {
    .name = "deepinfra",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DEEPINFRA,
    .max_items = 1024,
    .too_many = "inputs: at most {max} items are allowed, got {got}",
    .empty = "input {i} is an empty string",
    .dims_field = "dimensions"};
static const struct sim_provider openrouter = {
    .name = "openrouter",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_OPENROUTER,
    .max_items = 2048,
    .empty = "Input {i} must not be empty",
    .dims_field = "dimensions",
    .rules = sim_rules_openrouter,
    .read_item = sim_item_contents,
    .image_models = " vl VL clip omni multimodal gemini-embedding-2 "};
static const struct sim_provider groq = {
    .name = "groq", .auth = SIM_AUTH_BEARER, .shape = SIM_ERR_OPENAI, .max_picture = 4u << 20};
static const struct sim_provider xai = {.name = "xai",
                                        .auth = SIM_AUTH_BEARER,
                                        .shape = SIM_ERR_XAI,
                                        .flags = SIM_JPEG_PNG,
                                        .max_picture = 27u << 20};
static const struct sim_provider github = {
    .name = "github",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_OPENAI,
    .max_items = 2048,
    .too_many = OPENAI_TOO_MANY,
    .empty = OPENAI_EMPTY,
    .dims_field = "dimensions",
    .rules = sim_rules_github,
    .fields = " model input encoding_format dimensions input_type user "};
static const struct sim_provider siliconflow = {
    .name = "siliconflow",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_SILICONFLOW,
    .max_items = 64,
    .too_many_status = 413,
    .too_many = "input batch size {got} > maximum allowed batch size {max}",
    .empty = "The parameter is invalid. Please check again.",
    .dims_field = "dimensions",
    .rules = sim_rules_siliconflow,
    .read_item = sim_item_object,
    .image_models = " Qwen3-VL-Embedding ",
    .request_id = "x-siliconcloud-trace-id",
    .fields = " model input encoding_format dimensions user "};
static const struct sim_provider dashscope = {
    .name = "dashscope",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_OPENAI,
    .encoding = SIM_ENC_FLOAT,
    .too_many = "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it "
                "should not be larger than {max}.: input.contents",
    .empty = "<400> InternalError.Algo.InvalidParameter: Value error, contents is empty.: "
             "input.contents",
    .dims_field = "dimensions",
    .rules = sim_rules_dashscope,
    .fields = " model input encoding_format dimensions user "};
static const struct sim_provider zhipu = {.name = "zhipu",
                                          .auth = SIM_AUTH_BEARER,
                                          .shape = SIM_ERR_ZHIPU,
                                          .flags = SIM_BARE_B64,
                                          .encoding = SIM_ENC_IGNORED,
                                          .max_items = 64,
                                          .dims_field = "dimensions",
                                          .rules = sim_rules_zhipu,
                                          .refused = " encoding_format "};
static const struct sim_provider upstage = {.name = "upstage",
                                            .auth = SIM_AUTH_BEARER,
                                            .shape = SIM_ERR_OPENAI,
                                            .max_items = 100,
                                            .empty = OPENAI_EMPTY,
                                            .rules = sim_rules_upstage,
                                            .fields = " model input encoding_format "};
static const struct sim_provider sambanova = {.name = "sambanova",
                                              .auth = SIM_AUTH_BEARER,
                                              .shape = SIM_ERR_OPENAI,
                                              .empty = OPENAI_EMPTY,
                                              .refused = " dimensions "};
static const struct sim_provider perplexity = {.name = "perplexity",
                                               .auth = SIM_AUTH_BEARER,
                                               .shape = SIM_ERR_OPENAI,
                                               .encoding = SIM_ENC_NO_FLOATS,
                                               .max_items = 512,
                                               .empty = OPENAI_EMPTY,
                                               .dims_field = "dimensions",
                                               .rules = sim_rules_perplexity,
                                               .fields =
                                                   " model input encoding_format dimensions "};
static const struct sim_provider nebius = {.name = "nebius",
                                           .auth = SIM_AUTH_BEARER,
                                           .shape = SIM_ERR_OPENAI,
                                           .empty = OPENAI_EMPTY,
                                           .dims_field = "dimensions",
                                           .fields = OPENAI_FIELDS};
static const struct sim_provider nvidia = {
    .name = "nvidia",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_NVIDIA,
    .empty = "Input at index {i} is empty or holds white space alone",
    .dims_field = "dimensions",
    .truncate_field = "truncate",
    .rules = sim_rules_nvidia,
    .read_item = sim_item_nvidia,
    .image_models = " nvclip embed-vl vlm-embed ",
    .flags = SIM_URI_STRINGS | SIM_NO_BLANKS,
    .fields = " model input input_type truncate encoding_format dimensions modality "
              "embedding_type user "};

const struct sim_route sim_routes_openai[] = {
    {"/openai/v1/embeddings", &openai, sim_openai_embed, SIM_JSON},
    {"/openai/v1/chat/completions", &openai, sim_openai_chat, SIM_JSON},
    {"/together/v1/embeddings", &together, sim_openai_embed, SIM_JSON},
    {"/together/v1/chat/completions", &together, sim_openai_chat, SIM_JSON},
    {"/fireworks/inference/v1/embeddings", &fireworks, sim_openai_embed, SIM_JSON},
    {"/fireworks/inference/v1/chat/completions", &fireworks, sim_openai_chat, SIM_JSON},
    {"/deepinfra/v1/openai/embeddings", &deepinfra, sim_openai_embed, SIM_JSON},
    {"/deepinfra/v1/openai/chat/completions", &deepinfra, sim_openai_chat, SIM_JSON},
    {"/openrouter/api/v1/embeddings", &openrouter, sim_openai_embed, SIM_JSON},
    {"/openrouter/api/v1/chat/completions", &openrouter, sim_openai_chat, SIM_JSON},
    {"/groq/openai/v1/chat/completions", &groq, sim_openai_chat, SIM_JSON},
    {"/xai/v1/chat/completions", &xai, sim_openai_chat, SIM_JSON},
    {"/github/inference/embeddings", &github, sim_openai_embed, SIM_JSON},
    {"/github/orgs/*/inference/embeddings", &github, sim_openai_embed, SIM_JSON},
    {"/github/inference/chat/completions", &github, sim_openai_chat, SIM_JSON},
    {"/siliconflow/v1/embeddings", &siliconflow, sim_openai_embed, SIM_JSON},
    {"/siliconflow/v1/chat/completions", &siliconflow, sim_openai_chat, SIM_JSON},
    {"/dashscope/compatible-mode/v1/embeddings", &dashscope, sim_openai_embed, SIM_JSON},
    {"/dashscope/compatible-mode/v1/chat/completions", &dashscope, sim_openai_chat, SIM_JSON},
    {"/zhipu/api/paas/v4/embeddings", &zhipu, sim_openai_embed, SIM_JSON},
    {"/zhipu/api/paas/v4/chat/completions", &zhipu, sim_openai_chat, SIM_JSON},
    {"/upstage/v1/embeddings", &upstage, sim_openai_embed, SIM_JSON},
    {"/upstage/v1/solar/embeddings", &upstage, sim_openai_embed, SIM_JSON},
    {"/sambanova/v1/embeddings", &sambanova, sim_openai_embed, SIM_JSON},
    {"/perplexity/v1/embeddings", &perplexity, sim_openai_embed, SIM_JSON},
    {"/nebius/v1/embeddings", &nebius, sim_openai_embed, SIM_JSON},
    {"/nvidia/v1/embeddings", &nvidia, sim_openai_embed, SIM_JSON},
    {"/nvidia/v1/chat/completions", &nvidia, sim_openai_chat, SIM_JSON},
    {NULL, NULL, NULL, SIM_JSON},
};
