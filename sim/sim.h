/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_H
#define SIM_H
/*
 * The parts of rembed-sim and how a request passes through them:
 *
 *   server.c  receives it -> fault.c chooses what goes wrong -> router.c finds the row of the path
 *   (providers*.c) and checks its query, type and body, auth.c its key -> a dialect_*.c reads the
 *   fields and writes the body -> server.c waits (timer.c), spoils the answer as asked, sends it ->
 *   journal.c remembers it.
 *
 * A dialect knows no HTTP: it reads call->root (or call->part, or call->body) and writes call->out,
 * or calls sim_fail().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "fault.h"
#include "text.h"
#include "vector.h"

struct sim_options {
  int port; /* 0: any free one */
  bool tls;
  const char *cert_file;
  const char *key_file;
  const char *port_file;
  const char *log_file;
  const char *key; /* NULL: any key but "bad-key" */
  bool parent_watch;
  bool no_limits; /* texts and requests of any size */
  int threads;
  int dims;
  uint64_t seed;
  long latency_ms;
  long vision_latency_ms; /* -1: latency_ms */
  long per_item_us;
  long jitter_ms;
  double rate_limit;     /* requests a second; 0: no limit */
  double error_rate;     /* 0..1 */
  char media_marker[48]; /* llama.cpp's, another one each start */
};

/* Where a provider looks for the key. */
enum sim_auth {
  SIM_AUTH_NONE,    /* none needed; a Bearer "bad-key" is still refused */
  SIM_AUTH_BEARER,  /* Authorization: Bearer K */
  SIM_AUTH_API_KEY, /* api-key: K, or Bearer */
  SIM_AUTH_X_API,   /* x-api-key: K, or Bearer; with anthropic-version */
  SIM_AUTH_GOOGLE,  /* x-goog-api-key: K, or ?key=K */
  SIM_AUTH_VISION,  /* Ocp-Apim-Subscription-Key: K */
  SIM_AUTH_AWS,     /* Bearer, or a SigV4 signature (sigv4.h) */
  SIM_AUTH_IAM,     /* Bearer with a token of sim_watsonx_token(), no key */
  SIM_AUTH_SNOW     /* Bearer, with X-Snowflake-Authorization-Token-Type */
};

/* How an error looks. errors.c has one writer each. */
enum sim_shape {
  SIM_ERR_OPENAI,
  SIM_ERR_AZURE,
  SIM_ERR_OLLAMA,
  SIM_ERR_COHERE,
  SIM_ERR_GEMINI,
  SIM_ERR_MISTRAL,
  SIM_ERR_DETAIL,
  SIM_ERR_MESSAGE,
  SIM_ERR_LLAMACPP,
  SIM_ERR_TEI,
  SIM_ERR_TEI_COMPAT,
  SIM_ERR_VLLM,
  SIM_ERR_LMSTUDIO,
  SIM_ERR_FIREWORKS,
  SIM_ERR_DEEPINFRA,
  SIM_ERR_OPENROUTER,
  SIM_ERR_ANTHROPIC,
  SIM_ERR_XAI,
  SIM_ERR_LOCALAI,
  SIM_ERR_INFINITY,
  SIM_ERR_NVIDIA,
  SIM_ERR_AWS,
  SIM_ERR_CLOUDFLARE,
  SIM_ERR_SILICONFLOW,
  SIM_ERR_DASHSCOPE,
  SIM_ERR_ZHIPU,
  SIM_ERR_WATSONX,
  SIM_ERR_IAM,
  SIM_ERR_DATABRICKS,
  SIM_ERR_SNOWFLAKE,
  SIM_ERR_VISION
};

/* Which field says how vectors come back, and what it may say. */
enum sim_encoding {
  SIM_ENC_BOTH,        /* encoding_format: float or base64 */
  SIM_ENC_FLOAT,       /* encoding_format: float */
  SIM_ENC_IGNORED,     /* always floats */
  SIM_ENC_DTYPE,       /* encoding_format as in BOTH, and output_dtype */
  SIM_ENC_BASE64_ONLY, /* encoding_format: null or base64, and output_dtype */
  SIM_ENC_TYPE_FIELD,  /* embedding_type: a type but no int8, or a list of them */
  SIM_ENC_ANY,         /* encoding_format: any type, or a list of them */
  SIM_ENC_NO_FLOATS    /* encoding_format: base64_int8 (when absent) or base64_binary */
};

#define SIM_NO_INDEX 1u       /* items carry no index */
#define SIM_EMPTY_OK 2u       /* an empty string is embedded like any other */
#define SIM_MESSAGES 4u       /* embeddings: `messages` may stand in place of `input` */
#define SIM_BLIND 8u          /* embeddings: picture parts of messages are passed over in silence */
#define SIM_NO_USAGE 16u      /* no usage object */
#define SIM_DATA_URI 32u      /* data URIs only, http addresses are refused in its own words */
#define SIM_JPEG_PNG 64u      /* no other picture type */
#define SIM_STRING_URL 128u   /* chat: image_url may be a plain string */
#define SIM_BARE_B64 256u     /* chat: image_url may hold base64 without data: */
#define SIM_NO_MODEL 512u     /* model may be left out */
#define SIM_TOTAL_ONLY 1024u  /* usage holds total_tokens alone */
#define SIM_ZERO_USAGE 2048u  /* usage is all zeros */
#define SIM_NESTED 4096u      /* each vector is wrapped in one more array */
#define SIM_ROLE_NEEDED 8192u /* chat: contents must name their role */
#define SIM_URI_STRINGS 16384u /* read_item reads strings too: they may be pictures */
#define SIM_PIXEL_USAGE 32768u /* usage counts pixels too */
#define SIM_NO_BLANKS 65536u   /* a text of white space alone counts as empty */
#define SIM_HAS_ID 131072u     /* the answer has an id and a time */

struct sim_items;

struct sim_provider {
  const char *name;
  enum sim_auth auth;
  enum sim_shape shape;
  enum sim_encoding encoding;
  unsigned flags;
  size_t max_items;    /* 0: no limit */
  size_t max_images;   /* in one request; 0: no limit */
  size_t max_tokens;   /* over all inputs; 0: no limit */
  int too_many_status; /* with too_many: {got} and {max} are replaced */
  const char *too_many;
  int empty_status; /* with empty: {i} is replaced */
  const char *empty;
  const char *input_field;    /* NULL: input */
  const char *dims_field;     /* NULL: none */
  const char *truncate_field; /* NULL: over-long texts are refused */
  bool truncates;             /* when the field is absent */
  const char *fields;         /* " a b c ": any other field gets 422; NULL: all are taken */
  const char *refused;        /* " a b ": fields that get 422 (embeddings) */
  const char *chat_refused;   /* " a b ": fields that get 422 (chat) */
  const char *query;          /* " a b ": parameters that must be there */
  const char *image_models;   /* " a b ": pictures only for models with one of these in their
                                 name; NULL: for all */
  size_t max_picture;         /* base64 bytes of one picture; 0: no limit */
  unsigned max_edge;          /* pixels of a picture; 0: no limit */
  size_t max_body;            /* 0: no limit */
  const char *request_id;     /* the reply's header; NULL: x-request-id */
  /* What depends on the model or on other fields; may change the limits in items. */
  bool (*rules)(struct sim_items *items);
  /* Reads input i where it is an object; NULL: strings only. */
  bool (*read_item)(struct sim_items *items, const json_t *value, size_t i);
};

/* A part of a multipart/form-data body; the bytes are the body's. */
struct sim_part {
  char name[64];
  char type[64];
  bool file; /* it has a file name */
  const char *bytes;
  size_t n;
};

#define SIM_MAX_PARTS 600
#define SIM_MAX_REPLY_HEADERS 4

struct sim_call {
  /* The request. */
  const struct sim_provider *provider;
  const struct sim_options *options;
  const struct sim_fault *fault;
  const char *method;
  const char *path;     /* without query and fault prefix, percent-decoded */
  const char *raw_path; /* the same, not decoded */
  const char *target;   /* the path as it came: fault prefix included, not decoded */
  const char *query;    /* raw, "" when absent */
  char segment[256];    /* what the last '*' of the route stood for, decoded */
  const char *body;
  size_t body_n;
  json_t *root;          /* owned; the body, a form's as an object of strings; NULL for bytes */
  bool is_json;          /* root is the body itself */
  struct sim_part *part; /* owned */
  size_t parts_n;
  void *connection; /* for sim_header() */
  uint64_t random;  /* differs by request */
  /* The answer. */
  int status;
  const char *content_type;
  struct sim_text out;
  size_t items;
  size_t images;
  bool embeds;
  bool vision;
  long retry_after_ms; /* -1: no header */
  struct {
    const char *name; /* a literal */
    char value[160];
  } reply[SIM_MAX_REPLY_HEADERS];
  size_t reply_n;
};

/* server.c */
struct sim_server;
struct sim_server *sim_server_start(const struct sim_options *options);
int sim_server_port(const struct sim_server *server);
void sim_server_stop(struct sim_server *server);
const char *sim_header(const struct sim_call *call, const char *name); /* NULL: absent */

typedef void sim_handler(struct sim_call *call);

/* What the body of a request must be. */
enum sim_body {
  SIM_JSON,
  SIM_JSON_ASSUMED, /* also where no Content-Type says so */
  SIM_GET,          /* no body */
  SIM_FORM,
  SIM_MULTIPART,
  SIM_BYTES /* or JSON */
};

/* '*' in a path is one segment, or what is left of one before a ':'; '**' is one or more. */
struct sim_route {
  const char *path;
  const struct sim_provider *provider;
  sim_handler *handle;
  enum sim_body body;
};

/* providers*.c: tables that end with a row without a path. */
extern const struct sim_route sim_routes_openai[];
extern const struct sim_route sim_routes_own[];
extern const struct sim_route sim_routes_cloud[];
extern const struct sim_route sim_routes_local[];

/* router.c */
void sim_answer(struct sim_call *call);
bool sim_query_value(const char *query, const char *name, char *value, size_t size);
bool sim_listed(const char *list, const char *word); /* word is one of " a b " */
/* Adds a header to the answer; an error forgets it. */
void sim_reply_header(struct sim_call *call, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* auth.c: the key of the request, where its provider looks for it. False with the error written. */
bool sim_check_key(struct sim_call *call);

/* Checks refused and unknown fields of call->root; false with the error written. */
bool sim_check_fields(struct sim_call *call, const char *refused, const char *fields);
bool sim_check_model(struct sim_call *call);
/* The model the request is for: its field, else the route's '*'; "" for none. */
const char *sim_model(const struct sim_call *call);
bool sim_model_has(const struct sim_call *call, const char *list); /* one of " a b " in its name */

/* errors.c. Each replaces what was written so far and returns false. */
bool sim_fail(struct sim_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool sim_fail_param(struct sim_call *call, int status, const char *param, const char *code,
                    const char *message);
bool sim_fail_field(struct sim_call *call, const char *field); /* 422: field not permitted */
/* `words` with {got}, {max} and {i} replaced. */
bool sim_fail_words(struct sim_call *call, int status, const char *param, const char *words,
                    size_t got, size_t max, size_t i);

/* Handlers of routes: one each kind of request. */
sim_handler sim_openai_embed;
sim_handler sim_voyage_multimodal;
sim_handler sim_openai_chat;
sim_handler sim_ollama_embed;
sim_handler sim_ollama_embed_old;
sim_handler sim_ollama_chat;
sim_handler sim_ollama_generate;
sim_handler sim_cohere_embed;
sim_handler sim_cohere_chat;
sim_handler sim_gemini_batch;
sim_handler sim_gemini_single;
sim_handler sim_gemini_generate;
sim_handler sim_nomic_text;
sim_handler sim_llamacpp_embedding;
sim_handler sim_llamacpp_openai;
sim_handler sim_llamacpp_props;
sim_handler sim_tei_embed;
sim_handler sim_anthropic_messages;
sim_handler sim_huggingface_embed;
sim_handler sim_cloudflare_run;
sim_handler sim_databricks_invoke;
sim_handler sim_vllm_cohere;
sim_handler sim_bedrock_invoke;
sim_handler sim_bedrock_cohere; /* for sim_bedrock_invoke */
sim_handler sim_bedrock_converse;
sim_handler sim_watsonx_token;
sim_handler sim_watsonx_embed;
sim_handler sim_vision_text;
sim_handler sim_vision_image;
sim_handler sim_dashscope_text;
sim_handler sim_dashscope_multimodal;
sim_handler sim_nomic_image;
sim_handler sim_vertex_predict;
sim_handler sim_vertex_embed;

#endif
