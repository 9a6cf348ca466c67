/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The servers people run themselves, one row each, and their paths. */
#include "items.h"

#define OPENAI_FIELDS " model input encoding_format dimensions user "
#define OPENAI_TOO_MANY                                                                            \
  "Invalid 'input': array too long. Expected an array with maximum length {max}, but got an "      \
  "array "                                                                                         \
  "with length {got} instead."
#define OPENAI_EMPTY                                                                               \
  "'$.input' is invalid. Please check the API reference: "                                         \
  "https://platform.openai.com/docs/api-reference."

/* The paths at the top: any OpenAI-compatible server, taken as it comes. */
static const struct sim_provider plain = {.name = "plain",
                                          .shape = SIM_ERR_OPENAI,
                                          .max_items = 2048,
                                          .too_many = OPENAI_TOO_MANY,
                                          .empty = OPENAI_EMPTY,
                                          .dims_field = "dimensions",
                                          .flags = SIM_NO_MODEL | SIM_STRING_URL};
static const struct sim_provider ollama = {.name = "ollama",
                                           .shape = SIM_ERR_OLLAMA,
                                           .dims_field = "dimensions",
                                           .truncate_field = "truncate",
                                           .truncates = true,
                                           .flags = SIM_EMPTY_OK | SIM_NO_INDEX};
static const struct sim_provider ollama_compat = {.name = "ollama",
                                                  .shape = SIM_ERR_OPENAI,
                                                  .dims_field = "dimensions",
                                                  .flags = SIM_EMPTY_OK | SIM_DATA_URI};
static const struct sim_provider llamacpp = {.name = "llamacpp",
                                             .shape = SIM_ERR_LLAMACPP,
                                             .empty = "Input content cannot be empty",
                                             .flags = SIM_NO_MODEL | SIM_BARE_B64,
                                             .read_item = sim_item_media};
static const struct sim_provider tei = {.name = "tei",
                                        .shape = SIM_ERR_TEI,
                                        .max_items = 32,
                                        .too_many_status = 422,
                                        .too_many =
                                            "batch size {got} > maximum allowed batch size {max}",
                                        .empty = "`inputs` cannot be empty",
                                        .dims_field = "dimensions",
                                        .truncate_field = "truncate",
                                        .truncates = true,
                                        .max_body = 2000000,
                                        .flags = SIM_NO_MODEL | SIM_NO_INDEX};
static const struct sim_provider tei_compat = {
    .name = "tei",
    .shape = SIM_ERR_TEI_COMPAT,
    .max_items = 32,
    .too_many_status = 422,
    .too_many = "batch size {got} > maximum allowed batch size {max}",
    .empty = "`input` cannot be empty",
    .dims_field = "dimensions",
    .max_body = 2000000,
    .flags = SIM_NO_MODEL};
static const struct sim_provider lmstudio = {.name = "lmstudio",
                                             .shape = SIM_ERR_LMSTUDIO,
                                             .encoding = SIM_ENC_IGNORED,
                                             .flags = SIM_EMPTY_OK | SIM_DATA_URI};
static const struct sim_provider vllm = {.name = "vllm",
                                         .shape = SIM_ERR_VLLM,
                                         .dims_field = "dimensions",
                                         .refused = " normalize ",
                                         .empty = "The prompt at index {i} is empty",
                                         .rules = sim_rules_vllm,
                                         .flags = SIM_MESSAGES | SIM_HAS_ID};
static const struct sim_provider localai = {.name = "localai",
                                            .shape = SIM_ERR_LOCALAI,
                                            .empty = "input {i} is empty",
                                            .flags = SIM_ZERO_USAGE | SIM_MESSAGES | SIM_BLIND};
static const struct sim_provider infinity = {
    .name = "infinity",
    .shape = SIM_ERR_INFINITY,
    .max_items = 2048,
    .too_many_status = 422,
    .too_many = "List should have at most {max} items after validation, not {got}",
    .empty_status = 422,
    .dims_field = "dimensions",
    .rules = sim_rules_infinity,
    .read_item = sim_item_uri,
    .flags = SIM_EMPTY_OK | SIM_URI_STRINGS | SIM_HAS_ID,
    .fields = " model input encoding_format dimensions modality user "};

static const struct sim_provider vllm_cohere = {.name = "vllm",
                                                .shape = SIM_ERR_VLLM,
                                                .empty = "The prompt at index {i} is empty",
                                                .truncate_field = "truncate",
                                                .truncates = true,
                                                .flags = SIM_NO_INDEX};

const struct sim_route sim_routes_local[] = {
    {"/ollama/api/embed", &ollama, sim_ollama_embed, SIM_JSON},
    {"/ollama/api/embeddings", &ollama, sim_ollama_embed_old, SIM_JSON},
    {"/ollama/api/chat", &ollama, sim_ollama_chat, SIM_JSON},
    {"/ollama/api/generate", &ollama, sim_ollama_generate, SIM_JSON},
    {"/ollama/v1/embeddings", &ollama_compat, sim_openai_embed, SIM_JSON},
    {"/ollama/v1/chat/completions", &ollama_compat, sim_openai_chat, SIM_JSON},
    {"/llamacpp/v1/embeddings", &llamacpp, sim_llamacpp_openai, SIM_JSON},
    {"/llamacpp/embedding", &llamacpp, sim_llamacpp_embedding, SIM_JSON},
    {"/llamacpp/embeddings", &llamacpp, sim_llamacpp_embedding, SIM_JSON},
    {"/llamacpp/v1/chat/completions", &llamacpp, sim_openai_chat, SIM_JSON},
    {"/tei/embed", &tei, sim_tei_embed, SIM_JSON},
    {"/tei/v1/embeddings", &tei_compat, sim_openai_embed, SIM_JSON},
    {"/lmstudio/v1/embeddings", &lmstudio, sim_openai_embed, SIM_JSON},
    {"/lmstudio/v1/chat/completions", &lmstudio, sim_openai_chat, SIM_JSON},
    {"/vllm/v1/embeddings", &vllm, sim_openai_embed, SIM_JSON},
    {"/vllm/v1/chat/completions", &vllm, sim_openai_chat, SIM_JSON},
    {"/v1/embeddings", &plain, sim_openai_embed, SIM_JSON},
    {"/v1/chat/completions", &plain, sim_openai_chat, SIM_JSON},
    {"/api/embed", &ollama, sim_ollama_embed, SIM_JSON},
    {"/api/embeddings", &ollama, sim_ollama_embed_old, SIM_JSON},
    {"/api/chat", &ollama, sim_ollama_chat, SIM_JSON},
    {"/api/generate", &ollama, sim_ollama_generate, SIM_JSON},
    {"/llamacpp/props", &llamacpp, sim_llamacpp_props, SIM_GET},
    {"/vllm/v2/embed", &vllm_cohere, sim_vllm_cohere, SIM_JSON},
    {"/localai/v1/embeddings", &localai, sim_openai_embed, SIM_JSON},
    {"/localai/embeddings", &localai, sim_openai_embed, SIM_JSON},
    {"/localai/v1/chat/completions", &localai, sim_openai_chat, SIM_JSON},
    {"/infinity/embeddings", &infinity, sim_openai_embed, SIM_JSON},
    {NULL, NULL, NULL, SIM_JSON},
};
