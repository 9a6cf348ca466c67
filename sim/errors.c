/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every provider's own error body: one writer, one case for each shape. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

struct problem {
  int status;
  const char *message;
  const char *param; /* NULL: null */
  const char *code;  /* NULL: the usual one of the status */
};

static const char *openai_type(int status) {
  if (status == 401) return "invalid_request_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

static const char *openai_code(int status) {
  return status == 401 ? "invalid_api_key" : status == 429 ? "rate_limit_exceeded" : NULL;
}

static const char *google_status(int status) {
  switch (status) {
  case 400: return "INVALID_ARGUMENT";
  case 401: return "UNAUTHENTICATED";
  case 403: return "PERMISSION_DENIED";
  case 404: return "NOT_FOUND";
  case 429: return "RESOURCE_EXHAUSTED";
  case 503: return "UNAVAILABLE";
  case 504: return "DEADLINE_EXCEEDED";
  default: return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
  }
}

static const char *anthropic_type(int status) {
  switch (status) {
  case 401: return "authentication_error";
  case 403: return "permission_error";
  case 404: return "not_found_error";
  case 413: return "request_too_large";
  case 429: return "rate_limit_error";
  case 529: return "overloaded_error";
  default: return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

static const char *llamacpp_type(int status) {
  switch (status) {
  case 401: return "authentication_error";
  case 404: return "not_found_error";
  case 501: return "not_supported_error";
  case 503: return "unavailable_error";
  default: return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

static const char *tei_type(int status) {
  switch (status) {
  case 400: return "Empty";
  case 424: return "Backend";
  case 429: return "Overloaded";
  case 503: return "Unhealthy";
  default: return status >= 500 ? "Backend" : "Validation";
  }
}

static const char *vllm_type(int status) {
  switch (status) {
  case 401: return "AuthenticationError";
  case 404: return "NotFoundError";
  case 429: return "RateLimitError";
  default: return status >= 500 ? "InternalServerError" : "BadRequestError";
  }
}

/* The error types of the services that name them by status. */
static const char *aws_type(int status) {
  switch (status) {
  case 400: return "ValidationException";
  case 401:
  case 403: return "AccessDeniedException";
  case 404: return "ResourceNotFoundException";
  case 408: return "ModelTimeoutException";
  case 424: return "ModelErrorException";
  case 429: return "ThrottlingException";
  case 503: return "ServiceUnavailableException";
  default: return status >= 500 ? "InternalServerException" : "ValidationException";
  }
}

static const char *dashscope_code(int status) {
  switch (status) {
  case 401: return "InvalidApiKey";
  case 404: return "ModelNotFound";
  case 429: return "Throttling.RateQuota";
  default: return status >= 500 ? "InternalError" : "InvalidParameter";
  }
}

static const char *databricks_code(int status) {
  switch (status) {
  case 401: return "UNAUTHENTICATED";
  case 403: return "PERMISSION_DENIED";
  case 404: return "ENDPOINT_NOT_FOUND";
  case 429: return "REQUEST_LIMIT_EXCEEDED";
  default: return status >= 500 ? "INTERNAL_ERROR" : "BAD_REQUEST";
  }
}

static const char *watsonx_code(int status) {
  switch (status) {
  case 401: return "authentication_token_not_valid";
  case 404: return "model_not_supported";
  case 429: return "too_many_requests";
  default: return status >= 500 ? "internal_error" : "invalid_request_entity";
  }
}

static const char *vision_code(int status) {
  if (status == 401) return "401";
  if (status == 429) return "429";
  return status >= 500 ? "InternalServerError" : "InvalidRequest";
}

static int siliconflow_code(int status) {
  return status == 404 ? 20012 : status == 413 ? 20042 : status == 429 ? 50604 : 20015;
}

static const char *zhipu_code(int status) {
  return status == 401 ? "1000" : status == 429 ? "1302" : status >= 500 ? "1234" : "1210";
}

static int cloudflare_code(int status) {
  return status == 401 ? 10000 : status == 404 ? 7000 : status == 429 ? 3040 : 5006;
}

static void field(struct sim_text *out, const char *before, const char *value) {
  sim_text_adds(out, before);
  sim_text_quotes(out, value);
}

static void write_openai(struct sim_text *out, const struct problem *p) {
  field(out, "{\"error\":{\"message\":", p->message);
  field(out, ",\"type\":", openai_type(p->status));
  field(out, ",\"param\":", p->param);
  field(out, ",\"code\":", p->code ? p->code : openai_code(p->status));
  sim_text_adds(out, "}}");
}

static void write_gemini(struct sim_text *out, const struct problem *p, long retry_after_ms) {
  sim_text_addf(out, "{\"error\":{\"code\":%d", p->status);
  field(out, ",\"message\":", p->message);
  field(out, ",\"status\":", google_status(p->status));
  if (retry_after_ms >= 0)
    sim_text_addf(out,
                  ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
                  "\"retryDelay\":\"%ld.%03lds\"}]",
                  retry_after_ms / 1000, retry_after_ms % 1000);
  sim_text_adds(out, "}}");
}

static void write_plain(struct sim_call *call, const struct problem *p) {
  call->content_type = "text/plain";
  sim_text_adds(&call->out, p->message);
}

/* The shapes of the clouds. */
static void write_cloud(struct sim_call *call, const struct problem *p, enum sim_shape shape) {
  struct sim_text *out = &call->out;
  switch (shape) {
  case SIM_ERR_AWS:
    sim_reply_header(call, "x-amzn-ErrorType", "%s:http://internal.amazon.com/coral/",
                     p->code ? p->code : aws_type(p->status));
    field(out, "{\"message\":", p->message);
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_CLOUDFLARE:
    sim_text_addf(out, "{\"success\":false,\"errors\":[{\"code\":%d", cloudflare_code(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, "}],\"messages\":[],\"result\":null}");
    break;
  case SIM_ERR_DASHSCOPE:
    field(out, "{\"code\":", p->code ? p->code : dashscope_code(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, ",\"request_id\":\"sim-request\"}");
    break;
  case SIM_ERR_WATSONX:
    field(out, "{\"errors\":[{\"code\":", p->code ? p->code : watsonx_code(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_addf(out,
                  ",\"more_info\":\"https://cloud.ibm.com/apidocs/watsonx-ai\"}],"
                  "\"trace\":\"sim\",\"status_code\":%d}",
                  p->status);
    break;
  case SIM_ERR_IAM:
    field(out, "{\"errorCode\":", p->code ? p->code : "BXNIM0100E");
    field(out, ",\"errorMessage\":", p->message);
    sim_text_adds(out, ",\"context\":{\"requestId\":\"sim\"}}");
    break;
  case SIM_ERR_DATABRICKS:
    field(out, "{\"error_code\":", databricks_code(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_SNOWFLAKE:
    field(out, "{\"message\":", p->message);
    sim_text_addf(out, ",\"code\":\"%06d\",\"request_id\":\"sim-request\"}", 390000 + p->status);
    break;
  default:
    field(out, "{\"error\":{\"code\":", vision_code(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, "}}");
    break;
  }
}

static void write_problem(struct sim_call *call, const struct problem *p) {
  struct sim_text *out = &call->out;
  enum sim_shape shape = call->provider ? call->provider->shape : SIM_ERR_OPENAI;
  switch (shape) {
  case SIM_ERR_OPENAI: write_openai(out, p); break;
  case SIM_ERR_AZURE:
    sim_text_addf(out, "{\"error\":{\"code\":\"%d\"", p->status);
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, "}}");
    break;
  case SIM_ERR_OLLAMA:
  case SIM_ERR_LMSTUDIO:
    field(out, "{\"error\":", p->message);
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_COHERE:
    field(out, "{\"id\":\"5f1c2f0e-7d6b-4f6e-9f57-51b1ed000000\",\"message\":", p->message);
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_GEMINI: write_gemini(out, p, call->retry_after_ms); break;
  case SIM_ERR_MISTRAL:
    field(out, "{\"object\":\"error\",\"message\":", p->message);
    field(out, ",\"type\":", openai_type(p->status));
    field(out, ",\"param\":", p->param);
    field(out, ",\"code\":", p->code);
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_DETAIL:
    field(out, "{\"detail\":", p->message);
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_MESSAGE:
    field(out, "{\"message\":", p->message);
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_LLAMACPP:
    sim_text_addf(out, "{\"error\":{\"code\":%d", p->status);
    field(out, ",\"message\":", p->message);
    field(out, ",\"type\":", llamacpp_type(p->status));
    sim_text_adds(out, "}}");
    break;
  case SIM_ERR_TEI:
    field(out, "{\"error\":", p->message);
    field(out, ",\"error_type\":", tei_type(p->status));
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_TEI_COMPAT:
    field(out, "{\"message\":", p->message);
    sim_text_addf(out, ",\"code\":%d", p->status);
    field(out, ",\"error_type\":", tei_type(p->status));
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_INFINITY:
    if (p->status == 422) {
      field(out, "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\"],\"msg\":", p->message);
      sim_text_adds(out, "}]}");
      break;
    }
    field(out, "{\"error\":{\"message\":", p->message);
    field(out, ",\"type\":", NULL);
    field(out, ",\"param\":", p->param);
    sim_text_addf(out, ",\"code\":%d}}", p->status);
    break;
  case SIM_ERR_VLLM:
    field(out, "{\"error\":{\"message\":", p->message);
    field(out, ",\"type\":", vllm_type(p->status));
    field(out, ",\"param\":", p->param);
    sim_text_addf(out, ",\"code\":%d}}", p->status);
    break;
  case SIM_ERR_FIREWORKS:
    field(out, "{\"error\":{\"object\":\"error\",\"type\":", openai_type(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, "}}");
    break;
  case SIM_ERR_DEEPINFRA:
    field(out, "{\"error\":{\"message\":", p->message);
    sim_text_adds(out, "}}");
    break;
  case SIM_ERR_OPENROUTER:
    sim_text_addf(out, "{\"error\":{\"code\":%d", p->status);
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, ",\"metadata\":{}},\"user_id\":\"user_sim\"}");
    break;
  case SIM_ERR_ANTHROPIC:
    field(out, "{\"type\":\"error\",\"error\":{\"type\":", anthropic_type(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, "},\"request_id\":\"req_sim\"}");
    break;
  case SIM_ERR_LOCALAI:
    sim_text_addf(out, "{\"error\":{\"code\":%d", p->status);
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, ",\"type\":\"\"}}");
    break;
  case SIM_ERR_NVIDIA:
    if (p->status == 401) {
      write_plain(call, p);
      break;
    }
    field(out, "{\"object\":\"error\",\"message\":", p->message);
    field(out, ",\"detail\":{},\"type\":", openai_type(p->status));
    sim_text_adds(out, "}");
    break;
  case SIM_ERR_SILICONFLOW:
    if (p->status == 401) {
      sim_text_quotes(out, p->message);
      break;
    }
    sim_text_addf(out, "{\"code\":%d", siliconflow_code(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, ",\"data\":null}");
    break;
  case SIM_ERR_ZHIPU:
    field(out, "{\"error\":{\"code\":", zhipu_code(p->status));
    field(out, ",\"message\":", p->message);
    sim_text_adds(out, "}}");
    break;
  case SIM_ERR_AWS:
  case SIM_ERR_CLOUDFLARE:
  case SIM_ERR_DASHSCOPE:
  case SIM_ERR_WATSONX:
  case SIM_ERR_IAM:
  case SIM_ERR_DATABRICKS:
  case SIM_ERR_SNOWFLAKE:
  case SIM_ERR_VISION: write_cloud(call, p, shape); break;
  case SIM_ERR_XAI:
    field(out, "{\"code\":", p->status == 401 ? "Unauthenticated" : "invalid-argument");
    field(out, ",\"error\":", p->message);
    sim_text_adds(out, "}");
    break;
  }
}

bool sim_fail_param(struct sim_call *call, int status, const char *param, const char *code,
                    const char *message) {
  struct problem problem = {status, message, param, code};
  sim_text_clear(&call->out);
  call->reply_n = 0;
  call->status = status;
  call->content_type = "application/json";
  write_problem(call, &problem);
  return false;
}

bool sim_fail(struct sim_call *call, int status, const char *format, ...) {
  char message[512];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return sim_fail_param(call, status, NULL, NULL, message);
}

bool sim_fail_field(struct sim_call *call, const char *name) {
  char message[200];
  switch (call->provider->shape) {
  case SIM_ERR_MISTRAL:
  case SIM_ERR_DETAIL: break;
  case SIM_ERR_AWS:
    return sim_fail(call, 400,
                    "Malformed input request: #: extraneous key [%.80s] is not permitted, please "
                    "reformat your input and try again.",
                    name);
  case SIM_ERR_GEMINI:
    return sim_fail(call, 400,
                    "Invalid JSON payload received. Unknown name \"%.80s\": Cannot find field.",
                    name);
  case SIM_ERR_OPENAI:
  case SIM_ERR_DATABRICKS:
  case SIM_ERR_DASHSCOPE:
  case SIM_ERR_CLOUDFLARE:
  case SIM_ERR_SILICONFLOW:
  case SIM_ERR_ZHIPU:
  case SIM_ERR_WATSONX:
  case SIM_ERR_SNOWFLAKE:
  case SIM_ERR_VISION:
  case SIM_ERR_NVIDIA:
    snprintf(message, sizeof message, "Unrecognized request argument supplied: %.80s", name);
    return sim_fail_param(call, 400, name, NULL, message);
  default:
    snprintf(message, sizeof message, "Unrecognized request argument supplied: %.80s", name);
    return sim_fail_param(call, 422, name, NULL, message);
  }
  sim_text_clear(&call->out);
  call->reply_n = 0;
  call->status = 422;
  sim_text_adds(&call->out, "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",");
  sim_text_quotes(&call->out, name);
  sim_text_adds(&call->out, "],\"msg\":\"Extra inputs are not permitted\"}]}");
  return false;
}

bool sim_fail_words(struct sim_call *call, int status, const char *param, const char *words,
                    size_t got, size_t max, size_t i) {
  struct sim_text message = {0};
  while (*words) {
    if (strncmp(words, "{got}", 5) == 0) {
      sim_text_addf(&message, "%zu", got);
      words += 5;
    } else if (strncmp(words, "{max}", 5) == 0) {
      sim_text_addf(&message, "%zu", max);
      words += 5;
    } else if (strncmp(words, "{i}", 3) == 0) {
      sim_text_addf(&message, "%zu", i);
      words += 3;
    } else {
      sim_text_add(&message, words++, 1);
    }
  }
  sim_fail_param(call, status, param, NULL, message.data ? message.data : "");
  sim_text_release(&message);
  return false;
}
