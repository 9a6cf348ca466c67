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
    {NULL, NULL, NULL, SIM_JSON},
};
