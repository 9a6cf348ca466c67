/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The companies whose APIs have shapes of their own, one row each, and their paths. */
#include "items.h"

static const struct sim_provider cohere = {
    .name = "cohere",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_COHERE,
    .max_items = 96,
    .too_many = "invalid request: total number of texts must be at most {max} - received {got}",
    .empty = "inputs contains an element that is the empty string at index {i}",
    .dims_field = "output_dimension",
    .truncate_field = "truncate",
    .truncates = true,
    .flags = SIM_NO_INDEX | SIM_DATA_URI,
    .max_picture = 7u << 20,
    .image_models = " embed- ",
    .fields = " model input_type texts images inputs embedding_types output_dimension truncate "
              "max_tokens priority "};
static const struct sim_provider gemini = {
    .name = "gemini",
    .auth = SIM_AUTH_GOOGLE,
    .shape = SIM_ERR_GEMINI,
    .max_items = 100,
    .too_many = "* BatchEmbedContentsRequest.requests: at most {max} requests can be in one batch",
    .empty_status = 429,
    .empty = "Resource has been exhausted (e.g. check quota).",
    .max_images = 6,
    .image_models = " gemini-embedding-2 ",
    .flags = SIM_NO_INDEX | SIM_NO_MODEL | SIM_JPEG_PNG};
static const struct sim_provider gemini_chat = {
    .name = "gemini", .auth = SIM_AUTH_GOOGLE, .shape = SIM_ERR_GEMINI};
static const struct sim_provider cohere_chat = {
    .name = "cohere", .auth = SIM_AUTH_BEARER, .shape = SIM_ERR_COHERE, .max_picture = 28u << 20};
static const struct sim_provider nomic_image = {.name = "nomic",
                                                .auth = SIM_AUTH_BEARER,
                                                .shape = SIM_ERR_DETAIL,
                                                .max_items = 512,
                                                .flags = SIM_NO_INDEX};
static const struct sim_provider mistral = {
    .name = "mistral",
    .auth = SIM_AUTH_BEARER,
    .encoding = SIM_ENC_DTYPE,
    .rules = sim_rules_mistral,
    .shape = SIM_ERR_MISTRAL,
    .max_tokens = 16384,
    .empty = "Input at index {i} must not be empty",
    .dims_field = "output_dimension",
    .flags = SIM_STRING_URL | SIM_HAS_ID,
    .max_picture = 14u << 20,
    .fields = " model input encoding_format output_dimension output_dtype metadata ",
    .chat_refused = " max_completion_tokens user store detail "};
static const struct sim_provider voyage = {
    .name = "voyage",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DETAIL,
    .max_items = 1000,
    .max_tokens = 320000,
    .encoding = SIM_ENC_BASE64_ONLY,
    .too_many = "The batch size limit is {max}. Your batch size is {got}.",
    .empty = "Input cannot contain empty strings or empty lists",
    .dims_field = "output_dimension",
    .truncate_field = "truncation",
    .truncates = true,
    .rules = sim_rules_voyage,
    .flags = SIM_TOTAL_ONLY,
    .fields = " input model input_type truncation output_dimension output_dtype encoding_format "};
static const struct sim_provider jina = {
    .name = "jina",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DETAIL,
    .max_items = 2048,
    .encoding = SIM_ENC_TYPE_FIELD,
    .too_many = "input length {got} is larger than the largest allowed size {max}",
    .empty_status = 422,
    .empty = "Input text at index {i} cannot be empty",
    .dims_field = "dimensions",
    .truncate_field = "truncate",
    .rules = sim_rules_jina,
    .read_item = sim_item_object,
    .image_models = " clip -v4 omni ",
    .fields = " model input task dimensions embedding_type normalized late_chunking truncate "
              "return_multivector "};
static const struct sim_provider nomic = {
    .name = "nomic",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DETAIL,
    .max_items = 512,
    .too_many = "texts: at most {max} items, got {got}",
    .empty_status = 422,
    .empty = "texts[{i}] must not be empty",
    .dims_field = "dimensionality",
    .truncate_field = "long_text_mode",
    .truncates = true,
    .flags = SIM_NO_INDEX,
    .fields = " texts model task_type dimensionality long_text_mode "};
static const struct sim_provider mixedbread = {
    .name = "mixedbread",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_MESSAGE,
    .max_items = 256,
    .encoding = SIM_ENC_ANY,
    .too_many = "input must hold at most {max} items, got {got}",
    .empty_status = 422,
    .empty = "input[{i}] must not be empty",
    .dims_field = "dimensions",
    .fields = " model input dimensions prompt normalized encoding_format "};
static const struct sim_provider anthropic = {.name = "anthropic",
                                              .auth = SIM_AUTH_X_API,
                                              .shape = SIM_ERR_ANTHROPIC,
                                              .max_picture = 5u << 20};
static const struct sim_provider voyage_multimodal = {
    .name = "voyage",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DETAIL,
    .max_items = 1000,
    .max_tokens = 320000,
    .encoding = SIM_ENC_BASE64_ONLY,
    .too_many = "The batch size limit is {max}. Your batch size is {got}.",
    .empty = "Input cannot contain empty strings or empty lists",
    .dims_field = "output_dimension",
    .truncate_field = "truncation",
    .truncates = true,
    .flags = SIM_PIXEL_USAGE,
    .max_picture = 28u << 20,
    .fields = " inputs model input_type truncation output_dimension output_dtype output_encoding "
              "encoding_format "};

const struct sim_route sim_routes_own[] = {
    {"/cohere/v2/embed", &cohere, sim_cohere_embed, SIM_JSON},
    {"/cohere/v2/chat", &cohere_chat, sim_cohere_chat, SIM_JSON},
    {"/gemini/v1beta/models/*:batchEmbedContents", &gemini, sim_gemini_batch, SIM_JSON},
    {"/gemini/v1/models/*:batchEmbedContents", &gemini, sim_gemini_batch, SIM_JSON},
    {"/gemini/v1beta/models/*:embedContent", &gemini, sim_gemini_single, SIM_JSON},
    {"/gemini/v1/models/*:embedContent", &gemini, sim_gemini_single, SIM_JSON},
    {"/gemini/v1beta/models/*:generateContent", &gemini_chat, sim_gemini_generate, SIM_JSON},
    {"/gemini/v1/models/*:generateContent", &gemini_chat, sim_gemini_generate, SIM_JSON},
    {"/mistral/v1/embeddings", &mistral, sim_openai_embed, SIM_JSON},
    {"/mistral/v1/chat/completions", &mistral, sim_openai_chat, SIM_JSON},
    {"/voyage/v1/embeddings", &voyage, sim_openai_embed, SIM_JSON},
    {"/voyage/v1/multimodalembeddings", &voyage_multimodal, sim_voyage_multimodal, SIM_JSON},
    {"/jina/v1/embeddings", &jina, sim_openai_embed, SIM_JSON},
    {"/nomic/v1/embedding/text", &nomic, sim_nomic_text, SIM_JSON},
    {"/nomic/v1/embedding/image", &nomic_image, sim_nomic_image, SIM_MULTIPART},
    {"/mixedbread/v1/embeddings", &mixedbread, sim_openai_embed, SIM_JSON},
    {"/anthropic/v1/messages", &anthropic, sim_anthropic_messages, SIM_JSON},
    {NULL, NULL, NULL, SIM_JSON},
};
