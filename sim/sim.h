/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_H
#define SIM_H
/*
 * The parts of rembed-sim and how a request passes through them:
 *
 *   server.c  receives it -> fault.c chooses what goes wrong -> providers.c finds the row of the
 * path, checks key, type and JSON -> a dialect_*.c reads the fields and writes the body -> server.c
 *   waits (timer.c), spoils the answer as asked, sends it -> journal.c remembers it.
 *
 * A dialect knows no HTTP: it reads call->root and writes call->out, or calls sim_fail().
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
  int threads;
  int dims;
  uint64_t seed;
  long latency_ms;
  long vision_latency_ms; /* -1: latency_ms */
  long per_item_us;
  long jitter_ms;
  double rate_limit; /* requests a second; 0: no limit */
  double error_rate; /* 0..1 */
};

/* Where a provider looks for the key. */
enum sim_auth {
  SIM_AUTH_NONE,    /* none needed; a Bearer "bad-key" is still refused */
  SIM_AUTH_BEARER,  /* Authorization: Bearer K */
  SIM_AUTH_API_KEY, /* api-key: K, or Bearer */
  SIM_AUTH_X_API,   /* x-api-key: K, with anthropic-version */
  SIM_AUTH_GOOGLE   /* x-goog-api-key: K, or ?key=K */
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
  SIM_ERR_XAI
};

/* What a provider does with encoding_format. */
enum sim_encoding {
  SIM_ENC_BOTH,        /* float and base64 */
  SIM_ENC_IGNORED,     /* always floats */
  SIM_ENC_BASE64_ONLY, /* null or base64 */
  SIM_ENC_TYPE_FIELD,  /* the field is called embedding_type */
  SIM_ENC_ANY          /* every type of enum sim_dtype, also as a list */
};

#define SIM_NO_INDEX 1u      /* items carry no index */
#define SIM_EMPTY_OK 2u      /* an empty string is embedded like any other */
#define SIM_OBJECTS 4u       /* items may be {"text":..} or {"image":..} objects */
#define SIM_CONTENTS 8u      /* items may be {"content":[parts]} objects */
#define SIM_NO_USAGE 16u     /* no usage object */
#define SIM_DATA_URI 32u     /* chat: data URIs only, http addresses are refused in its own words */
#define SIM_JPEG_PNG 64u     /* chat: no other picture type */
#define SIM_STRING_URL 128u  /* chat: image_url may be a plain string */
#define SIM_BARE_B64 256u    /* chat: image_url may hold base64 without data: */
#define SIM_NO_MODEL 512u    /* model may be left out */
#define SIM_TOTAL_ONLY 1024u /* usage holds total_tokens alone */
#define SIM_MEDIA 2048u      /* items may be {"prompt_string":..,"multimodal_data":[..]} */

struct sim_provider {
  const char *name;
  enum sim_auth auth;
  enum sim_shape shape;
  enum sim_encoding encoding;
  unsigned flags;
  size_t max_items;    /* 0: no limit */
  size_t max_tokens;   /* over all inputs; 0: no limit */
  int too_many_status; /* with too_many: {got} and {max} are replaced */
  const char *too_many;
  int empty_status; /* with empty: {i} is replaced */
  const char *empty;
  const char *dims_field;     /* NULL: none */
  const char *truncate_field; /* NULL: over-long texts are refused */
  bool truncates;             /* when the field is absent */
  const char *fields;         /* " a b c ": any other field gets 422; NULL: all are taken */
  const char *refused;        /* " a b ": fields that get 422 (embeddings) */
  const char *chat_refused;   /* " a b ": fields that get 422 (chat) */
  size_t max_picture;         /* base64 bytes of one picture; 0: no limit */
};

struct sim_call {
  /* The request. */
  const struct sim_provider *provider;
  const struct sim_options *options;
  const struct sim_fault *fault;
  const char *method;
  const char *path;  /* without query and fault prefix, percent-decoded */
  const char *query; /* raw, "" when absent */
  char segment[128]; /* what '*' in the route stood for */
  const char *body;
  size_t body_n;
  json_t *root;     /* owned */
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
};

/* server.c */
struct sim_server;
struct sim_server *sim_server_start(const struct sim_options *options);
int sim_server_port(const struct sim_server *server);
void sim_server_stop(struct sim_server *server);
const char *sim_header(const struct sim_call *call, const char *name); /* NULL: absent */

/* providers.c */
void sim_answer(struct sim_call *call);
bool sim_query_value(const char *query, const char *name, char *value, size_t size);

/* Checks refused and unknown fields of call->root; false with the error written. */
bool sim_check_fields(struct sim_call *call, const char *refused, const char *fields);
bool sim_check_model(struct sim_call *call);

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
typedef void sim_handler(struct sim_call *call);
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
sim_handler sim_tei_embed;
sim_handler sim_anthropic_messages;

#endif
