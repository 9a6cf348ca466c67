/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_WIRE_H
#define EMB_WIRE_H
/*
 * The codecs: provider table, requests out of inputs, errors and captions out of replies.
 * Everything here is pure: no I/O, no clock, no environment, no SQL. Vectors are read by vectors.h.
 *
 * A provider is a row (providers.c). Where one name has several forms - another model, another
 * endpoint - each is a row of its own, a variant (`of`), found by model and url. A row says how its
 * requests look: which field holds the inputs and how one input stands in it (item.h), the names of
 * the fields for the options, and where the vectors are in the reply. A field name of NULL means
 * that the provider has no such field, and a client that sets the option gets an error when it is
 * registered.
 */
#include "base/message.h"
#include "wire/vectors.h"

enum emb_provider_flags {
  EMB_KEY_OPTIONAL = 1 << 0, /* local servers: a key is sent when there is one */
  EMB_BASE64_DEFAULT =
      1 << 1, /* base64 vectors are asked for unless the client says float or has its own url */
  EMB_NO_FLOAT_WORD = 1 << 2,   /* floats are asked for by leaving the encoding field out */
  EMB_NEEDS_URL = 1 << 3,       /* there is no public address */
  EMB_TASK_REQUIRED = 1 << 4,   /* input_type is always sent; document when not given */
  EMB_MODEL_OPTIONAL = 1 << 5,  /* the server serves one model and ignores the name */
  EMB_OPTIONS_IN_ITEM = 1 << 6, /* dimensions and input_type stand in each item */
  EMB_TASK_IN_ITEM = 1 << 7,    /* input_type alone does */
  EMB_TASK_IN_MODEL = 1 << 8,   /* query_word and document_word are endings of the model's name */
  EMB_SIGV4 = 1 << 9,           /* a key ACCESS:SECRET[:TOKEN] signs requests instead */
  EMB_ENCODE_SLASH = 1 << 10,   /* a / in a model is %2F in the path */
  EMB_CUT_UNEVEN = 1 << 11,     /* vectors of fewer dimensions come without unit length */
  EMB_IN_PROCESS = 1 << 12      /* no server: texts never come to this layer */
};

enum emb_api_flags {
  EMB_API_BARE = 1 << 0,     /* the one input stands there itself, not in an array */
  EMB_API_NO_TASK = 1 << 1,  /* input_type is not sent on this route */
  EMB_API_NO_DIMS = 1 << 2,  /* dimensions are not sent on this route */
  EMB_API_MODALITY = 1 << 3, /* "modality": one word for each input */
  EMB_API_BYTES = 1 << 4,    /* the body is the image itself */
  EMB_API_FORM = 1 << 5      /* the body is multipart/form-data, the images parts named `list` */
};

struct emb_call;
struct emb_input;

/* Appends one input as a row wants it: a value, or (where `list` is NULL) members of the body. */
typedef void emb_item_fn(const struct emb_call *call, struct emb_buf *body,
                         const struct emb_input *input);

/* Something to fetch before the first request: a token for a key, or what the server alone knows.
 */
struct emb_prelude {
  const char *url;      /* absolute, or a path on the endpoint's host ("/props") */
  const char *form;     /* POST: a form body that the percent-encoded key follows; NULL: GET */
  const char *answer;   /* path of what is wanted in the reply (pick.h) */
  const char *ttl_s;    /* path of its lifetime in seconds, NULL: until it is refused */
  const char *fallback; /* what to take where the server has no such place (404), or NULL */
};

/* One route of a provider for embeddings. */
struct emb_api {
  emb_item_fn *item; /* NULL: the provider has no such route */
  const char *path;  /* appended to the base; {model} is replaced; may carry a query */
  const struct emb_reply_shape *shape;
  const char *list;    /* name of the array of inputs; "a.b": b inside the object a */
  const char *members; /* JSON object of what every request carries besides, or NULL */
  const char *model;   /* asked for whatever the client's model: its twin; NULL: the client's */
  const struct emb_prelude *prelude; /* or NULL */
  unsigned flags;                    /* enum emb_api_flags */
  int max_items;                     /* inputs of one request */
  int max_tokens;                    /* of one request, 0 unknown */
  int max_bytes; /* of texts or (raw) images in one request, 0: default. A larger input goes alone
                  */
};

/* What a provider takes of images, checked before sending. */
struct emb_image_rules {
  const char *models;   /* globs of the row's models that embed images; NULL: all */
  const char *apart;    /* globs of its models that fuse nothing, where others do */
  const char *formats;  /* space separated ("png jpeg"); NULL: not said */
  long max_bytes;       /* of one image, 0: not said */
  long max_side_px;     /* 0: not said */
  long long max_pixels; /* 0: not said */
  int fuses;            /* text and image of one item become one vector */
};

/* How vectors of another element type are asked for, where the provider has it. */
struct emb_element_field {
  const char *field, *word;            /* word as JSON; field NULL: not offered */
  const struct emb_reply_shape *shape; /* where they are then; NULL: the route's */
  enum emb_element element;
};

struct emb_chat {
  const char *name;
  /* Writes the members of the body. */
  int (*body)(const struct emb_call *call, struct emb_buf *body);
  const char *caption; /* path of the caption in the reply (pick.h) */
  const char *parts;   /* where it is when it came as a list of parts, or NULL */
  const char *stop;    /* path of a refusal or block reason, or NULL */
  const char *tokens;  /* path of the token count, or NULL */
};

struct emb_provider {
  const char *name;
  const char *aliases;  /* space separated, or NULL */
  const char *of;       /* a variant: the row it is another form of; not listed. NULL: a provider */
  const char *when_url; /* a variant: glob of the urls it speaks to; NULL: any */
  const char *when_model; /* a variant: globs of the models it serves; NULL: any */
  const char *base_url;   /* default base; its path is appended to a user's base that has none.
                             {region} and {account} are replaced by the options */
  const char *region, *region_env; /* default of the option region and where else it comes from */
  const char *account_env;
  const char *auth;       /* the header that carries the key, up to the key; NULL: never a key */
  const char *header;     /* "Name: value" that every request carries, or NULL */
  const char *header_jwt; /* the same where the key is a JSON web token */
  unsigned flags;
  const char *key_env; /* environment variables, first one set wins; space separated; A+B+C?: joined
                          by colons, C may be missing; NULL: none */
  const char *note;    /* where text embedding is not offered: why, and what to use instead */
  const char *unconfirmed; /* facts of this row not confirmed from a primary source, or NULL */
  struct emb_api text, image;
  struct emb_image_rules images;
  const char *model;         /* default */
  const char *models;        /* globs that a client's name must match to be taken for a model */
  const char *model_field;   /* NULL: "model", unless it stands in the path */
  const char *account_field; /* where the account stands in the body */
  const char *account_other; /* a member of `extra` that may stand in its place */
  const char *key_prefix, *key_base_url; /* keys that begin so have another default base, or NULL */
  const char *options_in; /* name of the object that holds the options below; NULL: the body */
  const char *dims_field, *encoding_field, *task_field, *query_word, *document_word;
  const char *truncate_field, *truncate_on, *truncate_off; /* words as JSON; NULL: true, false */
  const char *normalize_field, *user_field;
  struct emb_element_field float32, int8, bit;
  /* vision chat */
  const struct emb_chat *vision; /* NULL: none */
  const char *vision_path, *vision_model, *max_tokens_field;
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

enum emb_route {
  EMB_ROUTE_TEXT,   /* texts become vectors */
  EMB_ROUTE_IMAGE,  /* images, or text and image together, become vectors */
  EMB_ROUTE_VISION, /* an image becomes a description */
  EMB_N_ROUTES
};

/* Everything an encoder needs. All pointers borrowed. */
struct emb_call {
  const struct emb_provider *provider;
  enum emb_route route;
  const char *url; /* the full endpoint */
  const char *key; /* NULL: none; what a prelude gave in exchange, where there was one */
  const char *model;
  const char *account;
  const char *marker;                      /* what a prelude found out, for items that need it */
  const char *input_type;                  /* as the user said it; NULL: none */
  int dimensions;                          /* to ask for; 0: the model's */
  int truncate;                            /* -1: the provider's default, 0, 1 */
  int normalize;                           /* -1, 0, 1 */
  int base64;                              /* ask for base64 vectors */
  const struct emb_element_field *element; /* what to ask for; NULL: nothing to say */
  const char *user;
  const char *extra;   /* JSON object merged into the body; its members win */
  const char *headers; /* JSON object of more headers */
  const char *query_prefix, *document_prefix;
  const char *prompt; /* vision: when the input has none */
  int caption_tokens; /* vision: most tokens of a caption */
  const struct emb_input *inputs;
  int n_inputs;
};

/* ---- the table (providers.c) and finding rows in it (provider.c) ---- */

/* The rows; *n gets their number. */
const struct emb_provider *emb_providers(int *n);
/* The row of that name or alias (case-insensitive), variants included, or NULL. */
const struct emb_provider *emb_provider_find(const char *name, size_t n);
/* The next row after `row` of that provider, itself first (row NULL), then its variants; NULL at
 * the end. */
const struct emb_provider *emb_provider_next(const struct emb_provider *provider,
                                             const struct emb_provider *row);
/* The row to speak for a client with this url and model (NULL: default). With want_image a row that
 * embeds images, where the provider has one and the model may be one of its. */
const struct emb_provider *emb_provider_for(const struct emb_provider *provider, const char *url,
                                            const char *model, int want_image);
/* What a provider can do with images over all its forms: how many rows embed them, whether one
 * fuses, how many go into a request, and (where models is not NULL) the globs of their models, "*"
 * for any. */
struct emb_image_abilities {
  int n_rows, fuses, max_items; /* max_items: of the row that takes most in one request */
};
struct emb_image_abilities emb_provider_images(const struct emb_provider *provider,
                                               struct emb_buf *models);
/* Whether all rows of a provider that embed texts have something (2), some (1) or none (0). */
int emb_provider_over(const struct emb_provider *provider,
                      int (*has)(const struct emb_provider *row));
int emb_provider_has_dims(const struct emb_provider *row);
int emb_provider_has_truncate(const struct emb_provider *row);
int emb_provider_has_normalize(const struct emb_provider *row);
int emb_provider_has_base64(const struct emb_provider *row);
int emb_provider_has_int8(const struct emb_provider *row);
int emb_provider_has_bit(const struct emb_provider *row);
int emb_provider_has_task(const struct emb_provider *row);
/* 1 where the name looks like a model of this provider. */
int emb_provider_knows_model(const struct emb_provider *provider, const char *name);
/* 1 where text matches one of the space-separated globs (`*` any run, case-insensitive). The first
 * that matches decides; one with a minus in front says no. */
int emb_globs_match(const char *globs, const char *text);
/* The route's api, NULL for vision or where there is none. */
const struct emb_api *emb_provider_api(const struct emb_provider *provider, enum emb_route route);

/* What is known of a model by its name, whoever serves it (models.c). */
struct emb_model_facts {
  const char *models;                         /* globs */
  int matryoshka;                             /* a prefix of its vectors is a vector */
  const char *query_prefix, *document_prefix; /* NULL: none */
};
/* NULL: nothing is known. */
const struct emb_model_facts *emb_model_facts(const char *model);

/* ---- requests ---- */

/* What a url is made of besides the row. All may be NULL. */
struct emb_url_parts {
  const char *url;  /* the user's: a full endpoint or a base */
  const char *base; /* in place of the row's base */
  const char *model, *api_version, *region, *account;
};
/* The full endpoint of a route, owned by the caller. EMB_ECONFIG where the user's url is the full
 * endpoint of another route, or a part is missing. */
int emb_wire_url(const struct emb_provider *provider, enum emb_route route,
                 const struct emb_url_parts *parts, char **out, struct emb_err *err);
/* 1 when the url is a full endpoint, 0 when a base. */
int emb_wire_url_is_endpoint(const struct emb_provider *provider, const char *url);
/* 1 for a JSON web token. */
int emb_wire_is_jwt(const char *key);
/* Fills url, headers and body. The request must be zeroed. */
int emb_wire_encode(const struct emb_call *call, struct emb_request *request, struct emb_err *err);
/* Appends text as a form value: everything but letters, digits and -._~ percent-encoded. */
void emb_wire_percent(struct emb_buf *out, const char *text);
/* The request of a prelude. key is that of the client; endpoint its url; url replaces the
 * prelude's own, or NULL. */
int emb_wire_prelude(const struct emb_prelude *prelude, const char *endpoint, const char *url,
                     const char *key, const char *auth, struct emb_request *request,
                     struct emb_err *err);
/* What came of it: appends the answer. *ttl_s 0: no end. */
int emb_wire_prelude_answer(const struct emb_prelude *prelude, const struct emb_reply *reply,
                            struct emb_buf *answer, long *ttl_s, struct emb_err *err);
/* Signs the request anew where key is ACCESS:SECRET[:TOKEN] and the provider signs. */
int emb_wire_sign(const struct emb_provider *provider, const char *key, const char *region,
                  long long unix_s, struct emb_request *request, struct emb_err *err);
/* Checks an image against what the provider takes: format, bytes, pixels. */
int emb_wire_check_image(const struct emb_provider *provider, const unsigned char *image, size_t n,
                         struct emb_err *err);
/* The provider's word for an input type: query/document and their synonyms are mapped, others pass.
 * NULL in, NULL out (unless the provider requires one). */
const char *emb_wire_task(const struct emb_provider *provider, const char *input_type);
/* 1: query, 2: document, 0: something else. */
int emb_wire_task_kind(const char *input_type);

/* ---- replies without vectors ---- */

/* What a non-2xx reply (or an error body in a 2xx) means. */
enum emb_size_refusal {
  EMB_SIZE_FITS,
  EMB_SIZE_ITEMS, /* too many items in one request */
  EMB_SIZE_BYTES  /* too many tokens or bytes */
};
struct emb_refusal {
  int quota; /* final: the account, not the rate */
  int fatal; /* no other request of the client would fare better: the key, the model */
  enum emb_size_refusal size; /* the request as a whole was too large */
  char retry_delay[32];       /* raw duration in the body ("37s"), "" if none */
};
/* Fills err (code, status, provider's words, request id) and refusal. */
void emb_wire_refusal(const struct emb_reply *reply, struct emb_refusal *refusal,
                      struct emb_err *err);
/* Appends the caption in a vision reply, trimmed. EMB_EREPLY when there is none (empty, refused,
 * blocked). tokens -1: unknown. */
int emb_wire_caption(const struct emb_provider *provider, const struct emb_reply *reply,
                     struct emb_buf *caption, long long *tokens, struct emb_err *err);

/* The chat forms, for the table. */
extern const struct emb_chat emb_chat_openai, emb_chat_ollama, emb_chat_anthropic, emb_chat_gemini,
    emb_chat_cohere, emb_chat_converse;

#endif
