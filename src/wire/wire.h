/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_WIRE_H
#define EMB_WIRE_H
/*
 * The codecs: provider table, requests out of inputs, errors and captions out of replies.
 * Everything here is pure: no I/O, no clock, no environment, no SQL. Vectors are read by vectors.h.
 *
 * A provider is a row (providers.c); a dialect is the shape of a request body. A row names its
 * dialects and the names of the fields it knows: a field name of NULL means that the provider has
 * no such field, and a client that sets the option gets an error when it is registered.
 */
#include "base/message.h"
#include "wire/vectors.h"

enum emb_auth {
  EMB_AUTH_NONE,      /* never a key */
  EMB_AUTH_BEARER,    /* Authorization: Bearer KEY */
  EMB_AUTH_API_KEY,   /* api-key: KEY */
  EMB_AUTH_X_API_KEY, /* x-api-key: KEY, with anthropic-version */
  EMB_AUTH_GOOG       /* x-goog-api-key: KEY */
};

enum emb_provider_flags {
  EMB_KEY_OPTIONAL = 1 << 0, /* local servers: a key is sent when there is one */
  EMB_BASE64_DEFAULT =
      1 << 1, /* base64 vectors are asked for unless the client says float or has its own url */
  EMB_NO_FLOAT_WORD = 1 << 2, /* floats are asked for by leaving the encoding field out */
  EMB_NEEDS_URL = 1 << 3,     /* there is no public address */
  EMB_HIDDEN = 1 << 4,        /* a second shape of another row, chosen by the url; not listed */
  EMB_TASK_REQUIRED = 1 << 5, /* input_type is always sent; document when not given */
  EMB_MODEL_OPTIONAL = 1 << 6 /* the server serves one model and ignores the name */
};

struct emb_call;

struct emb_dialect {
  const char *name;
  /* Writes the body. The url and the headers are there already. */
  int (*body)(const struct emb_call *call, struct emb_buf *body);
  const char *caption; /* vision: path of the caption in the reply (pick.h) */
  const char *stop;    /* vision: path of a refusal or block reason, or NULL */
  const char *tokens;  /* vision: path of the token count, or NULL */
};

struct emb_provider {
  const char *name;
  const char *aliases;  /* space separated, or NULL */
  const char *base_url; /* default base; its path is appended to a user's base that has none */
  enum emb_auth auth;
  unsigned flags;
  const char *key_env; /* environment variables, first one set wins; space separated; NULL: none */
  const char
      *signup; /* where text embedding is not offered: why, and what to use instead; else NULL */
  /* text */
  const struct emb_dialect *text; /* NULL: no embedding API */
  const char *text_path;          /* appended to the base; {model} is replaced */
  const struct emb_reply_shape *shape;
  const char *model;         /* default */
  const char *model_pattern; /* globs that a client's name must match to be taken for a model */
  const char *input_field;   /* name of the array of texts */
  const char *dims_field, *encoding_field, *task_field, *query_word, *document_word;
  const char *truncate_field, *normalize_field, *user_field;
  int max_items;  /* per request */
  int max_tokens; /* per request, 0 unknown */
  int max_bytes;  /* of input text per request, 0: default */
  /* vision chat */
  const struct emb_dialect *vision; /* NULL: none */
  const char *vision_path, *vision_model, *max_tokens_field;
  /* a url with this ending speaks the shape of that (hidden) row */
  const char *alternative_suffix, *alternative;
};

/* One thing to embed or to describe. */
struct emb_input {
  const char *text; /* borrowed; NULL when there is none */
  size_t n_text;
  const unsigned char *image; /* borrowed; NULL when there is none */
  size_t n_image;
  const char *prompt; /* borrowed; NULL: the client's */
  size_t n_prompt;
};

enum emb_route { EMB_ROUTE_TEXT, EMB_ROUTE_VISION };

/* Everything an encoder needs. All pointers borrowed. */
struct emb_call {
  const struct emb_provider *provider;
  enum emb_route route;
  const char *url; /* the full endpoint */
  const char *key; /* NULL: none */
  const char *model;
  const char *input_type; /* as the user said it; NULL: none */
  int dimensions;         /* 0: the model's */
  int truncate;           /* -1: the provider's default, 0, 1 */
  int normalize;          /* -1, 0, 1 */
  int base64;             /* ask for base64 vectors */
  const char *user;
  const char *extra;   /* JSON object merged into the body; its members win */
  const char *headers; /* JSON object of more headers */
  const char *query_prefix, *document_prefix;
  const char *prompt; /* vision: when the input has none */
  int caption_tokens; /* vision: most tokens of a caption */
  const struct emb_input *inputs;
  int n_inputs;
};

/* The rows; *n gets their number. */
const struct emb_provider *emb_providers(int *n);
/* The row of that name or alias (case-insensitive), or NULL. */
const struct emb_provider *emb_provider_find(const char *name, size_t n);
/* The row to speak for a client with this url (NULL: default): the row itself or its alternative.
 */
const struct emb_provider *emb_provider_for_url(const struct emb_provider *provider,
                                                const char *url);
/* 1 where the name looks like a model of this provider. */
int emb_provider_knows_model(const struct emb_provider *provider, const char *name);

/* The full endpoint of a route, owned by the caller. url: the user's (a full endpoint or a base) or
 * NULL. With a full text endpoint the vision route has no address: EMB_ECONFIG. */
int emb_wire_url(const struct emb_provider *provider, enum emb_route route, const char *url,
                 const char *model, const char *api_version, char **out, struct emb_err *err);
/* 1 when the url is a full endpoint, 0 when a base. */
int emb_wire_url_is_endpoint(const struct emb_provider *provider, const char *url);
/* Fills url, headers and body. The request must be zeroed. */
int emb_wire_encode(const struct emb_call *call, struct emb_request *request, struct emb_err *err);
/* The provider's word for an input type: query/document and their synonyms are mapped, others pass.
 * NULL in, NULL out (unless the provider requires one). */
const char *emb_wire_task(const struct emb_provider *provider, const char *input_type);
/* 1: query, 2: document, 0: something else. */
int emb_wire_task_kind(const char *input_type);

/* What a non-2xx reply (or an error body in a 2xx) means. */
struct emb_refusal {
  int quota;            /* final: the account, not the rate */
  char retry_delay[32]; /* raw duration in the body ("37s"), "" if none */
};
/* Fills err (code, status, provider's words, request id) and refusal. */
void emb_wire_refusal(const struct emb_reply *reply, struct emb_refusal *refusal,
                      struct emb_err *err);
/* Appends the caption in a vision reply, trimmed. EMB_EREPLY when there is none (empty, refused,
 * blocked). tokens -1: unknown. */
int emb_wire_caption(const struct emb_provider *provider, const struct emb_reply *reply,
                     struct emb_buf *caption, long long *tokens, struct emb_err *err);

/* The dialects, for the table. */
extern const struct emb_dialect emb_dialect_array, emb_dialect_cohere, emb_dialect_gemini;
extern const struct emb_dialect emb_chat_openai, emb_chat_ollama, emb_chat_anthropic,
    emb_chat_gemini;

/* For dialects: starts a member `"name":` with its comma unless extra holds it (returns 0 then). */
int emb_body_member(const struct emb_call *call, struct emb_buf *body, const char *name);
/* Writes a string member, when value is not NULL. */
void emb_body_string(const struct emb_call *call, struct emb_buf *body, const char *name,
                     const char *value);
void emb_body_int(const struct emb_call *call, struct emb_buf *body, const char *name, int value);
void emb_body_bool(const struct emb_call *call, struct emb_buf *body, const char *name, int value);
/* Writes the text of an input, with the prefix of the call's input type, as a JSON string. */
void emb_body_text(const struct emb_call *call, struct emb_buf *body,
                   const struct emb_input *input);
/* Writes the bytes of an image as a JSON string: base64, with a data URI in front when asked. */
void emb_body_image(struct emb_buf *body, const struct emb_input *input, int data_uri);
/* The prompt of an input. */
void emb_body_prompt(const struct emb_call *call, struct emb_buf *body,
                     const struct emb_input *input);

#endif
