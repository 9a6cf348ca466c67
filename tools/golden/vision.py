# SPDX-License-Identifier: MIT OR Apache-2.0
"""Descriptions of images by vision chat.

A provider is a dictionary: source, options, url, auth, model (the vision model), body, answer, tokens,
error (status, body, expected error), refused (a 200 without a description, expected error).
"""
from golden.errors import oai_error
from golden.form import BEARER, PNG, dump, headers_of, http, refusal, request, write
from golden.text_clouds import CLOUDS, VERTEX_MODELS, google_error
from golden.text_hosted import HOSTED
from golden.text_local import LOCAL
from golden.text_variants import VARIANTS

PROMPT = "What is in this picture?"
CAPTION = "A red square on a white ground."
TEXTS = {**HOSTED, **VARIANTS, **LOCAL, **CLOUDS}


def openai_chat(model, field):
    return {"model": model, field: 300, "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG}},
        {"type": "text", "text": PROMPT}]}]}


def openai_answer(content, **more):
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content, **more},
                         "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}}


def chat_vendor(source, url, model, error, field="max_tokens", **more):
    return dict(source=source, url=url, model=model, body=openai_chat(model, field), error=error,
                answer=openai_answer(CAPTION), tokens="49", **more)


OAI_401 = (401, oai_error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
           "AUTH\nIncorrect API key provided.")
OAI_CHAT = "openai/openai-openapi openapi.yaml, CreateChatCompletionRequest, CreateChatCompletionResponse"
OTHERS_CHAT = OAI_CHAT + " (unconfirmed: that the vendor takes images in it was read in clients only)"
REFUSED = (openai_answer(None, refusal="I can't help with that image."), "INPUT\nI can't help with that image.")
NO_WORDS = (openai_answer("  \n"), "REPLY\nno description")

VISION = {
    "openai": chat_vendor(OAI_CHAT, "https://api.openai.com/v1/chat/completions", "gpt-4.1-mini", OAI_401,
                          "max_completion_tokens", refused=REFUSED),
    "openai-compatible": chat_vendor(OAI_CHAT, "https://llm.example/v1/chat/completions", "qwen2.5-vl",
                                     (400, oai_error("image input is not supported", "invalid_request_error", 400),
                                      "INPUT\nimage input is not supported"),
                                     options={"url": "https://llm.example/v1", "model": "bge-m3"}, refused=NO_WORDS),
    "azure": chat_vendor(OAI_CHAT + "; openai/openai-python lib/azure.py",
                         "https://res.openai.azure.com/openai/v1/chat/completions", "gpt-4.1-mini",
                         (400, {"error": {"code": "content_filter", "message": "The response was filtered due to the "
                                          "prompt triggering Azure OpenAI's content management policy."}},
                          "INPUT\ncontent management policy"), "max_completion_tokens",
                         options={"url": "https://res.openai.azure.com"}, auth=["api-key: k-test", "Authorization: -"],
                         refused=REFUSED),
    "azure-deployments": chat_vendor(
        OAI_CHAT + "; openai/openai-python lib/azure.py",
        "https://res.openai.azure.com/openai/deployments/see/chat/completions?api-version=2024-10-21", "gpt-4.1-mini",
        (404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not "
                         "exist."}}, "HTTP\ndoes not exist"), "max_completion_tokens", provider="azure",
        options={"url": "https://res.openai.azure.com/openai/deployments/emb",
                 "vision_url": "https://res.openai.azure.com/openai/deployments/see"},
        auth=["api-key: k-test", "Authorization: -"], refused=REFUSED),
    "mistral": chat_vendor("mistralai/platform-docs-public openapi.yaml, ChatCompletionRequest",
                           "https://api.mistral.ai/v1/chat/completions", "pixtral-12b-2409",
                           (401, {"detail": "Unauthorized"}, "AUTH\nUnauthorized"), refused=NO_WORDS),
    "llamacpp": chat_vendor("ggml-org/llama.cpp tools/server/README.md POST /v1/chat/completions",
                            "http://localhost:8080/v1/chat/completions", "qwen2.5-vl",
                            (500, {"error": {"code": 500, "message": "image input is not supported - hint: if this is "
                                             "unexpected, you may need to provide the mmproj", "type": "server_error"}},
                             "HTTP\nmmproj"), refused=NO_WORDS),
    "together": chat_vendor("https://docs.together.ai/docs/vision-overview",
                            "https://api.together.xyz/v1/chat/completions",
                            "meta-llama/Llama-4-Scout-17B-16E-Instruct", OAI_401, refused=NO_WORDS),
    "fireworks": chat_vendor("https://docs.fireworks.ai/guides/querying-vision-language-models",
                             "https://api.fireworks.ai/inference/v1/chat/completions",
                             "accounts/fireworks/models/llama4-scout-instruct-basic",
                             (404, {"error": {"object": "error", "message": "Model not found"}},
                              "HTTP\nModel not found"), refused=NO_WORDS),
    "deepinfra": chat_vendor("https://deepinfra.com/docs/openai_api",
                             "https://api.deepinfra.com/v1/openai/chat/completions",
                             "meta-llama/Llama-4-Scout-17B-16E-Instruct",
                             (401, {"detail": {"error": "User is not authenticated"}}, "AUTH\nnot authenticated"),
                             refused=NO_WORDS),
    "openrouter": chat_vendor("https://openrouter.ai/docs/features/multimodal/images",
                              "https://openrouter.ai/api/v1/chat/completions", "openai/gpt-4.1-mini",
                              (402, {"error": {"code": 402, "message": "Insufficient credits"}},
                               "QUOTA\nInsufficient credits"),
                              refused=({"error": {"code": 502, "message": "Provider returned error"}},
                                       "REPLY\nProvider returned error")),
    "lmstudio": chat_vendor("lmstudio-ai/docs 3_openai-compat/chat-completions.md",
                            "http://localhost:1234/v1/chat/completions", "qwen2-vl-2b-instruct",
                            (400, {"error": "No models loaded."}, "INPUT\nNo models loaded."),
                            refused=({"error": "Model unloaded."}, "REPLY\nModel unloaded.")),
    "vllm": chat_vendor("vllm-project/vllm docs/features/multimodal_inputs.md",
                        "http://localhost:8000/v1/chat/completions", "Qwen/Qwen2.5-VL-3B-Instruct",
                        (400, {"error": {"message": "At most 1 image(s) may be provided in one prompt.",
                                         "type": "BadRequestError", "param": None, "code": 400}},
                         "INPUT\nAt most 1 image"), options={"model": "intfloat/e5-mistral-7b-instruct"},
                        refused=NO_WORDS),
    "groq": chat_vendor("https://console.groq.com/docs/vision; groq/groq-python",
                        "https://api.groq.com/openai/v1/chat/completions",
                        "meta-llama/llama-4-scout-17b-16e-instruct",
                        (413, oai_error("Request Entity Too Large", "invalid_request_error", "request_too_large"),
                         "INPUT\nRequest Entity Too Large"), refused=NO_WORDS),
    "xai": chat_vendor("https://docs.x.ai/docs/guides/image-understanding",
                       "https://api.x.ai/v1/chat/completions", "grok-4",
                       (400, {"code": "invalid-argument", "error": "Incorrect API key provided."},
                        "AUTH\nIncorrect API key provided."), refused=REFUSED),
    "ollama": dict(
        source="ollama/ollama docs/api.md, Generate a chat completion (with images)",
        url="http://localhost:11434/api/chat", model="llava:7b",
        body={"model": "llava:7b", "stream": False, "messages": [{"role": "user", "content": PROMPT, "images": [PNG]}],
              "options": {"temperature": 0, "num_predict": 300}},
        answer={"model": "llava:7b", "message": {"role": "assistant", "content": " %s\n" % CAPTION}, "done": True,
                "prompt_eval_count": 26, "eval_count": 9}, tokens="9",
        error=(404, {"error": "model 'llava:7b' not found"}, "HTTP\nmodel 'llava:7b' not found"),
        refused=({"model": "llava:7b", "message": {"role": "assistant", "content": ""}, "done": True},
                 "REPLY\nno description")),
    "anthropic": dict(
        source="anthropics/anthropic-sdk-python types/message_create_params.py, message.py; "
               "https://docs.claude.com/en/api/errors",
        url="https://api.anthropic.com/v1/messages", model="claude-haiku-4-5",
        auth=["x-api-key: k-test", "anthropic-version: 2023-06-01", "Authorization: -"],
        body={"model": "claude-haiku-4-5", "max_tokens": 300, "messages": [{"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
            {"type": "text", "text": PROMPT}]}]},
        answer={"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
                "content": [{"type": "thinking", "thinking": "Let me look.", "signature": "x"},
                            {"type": "text", "text": "A red square "}, {"type": "text", "text": "on a white ground."}],
                "stop_reason": "end_turn", "usage": {"input_tokens": 40, "output_tokens": 9}}, tokens="9",
        error=(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"},
                     "request_id": "req_011"}, "HTTP\nHTTP 529: Overloaded"),
        refused=({"id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": "refusal",
                  "usage": {"input_tokens": 40, "output_tokens": 1}}, "REPLY\nno description")),
    "gemini": dict(
        source="googleapis/python-genai types.py GenerateContentResponse; google-gemini/cookbook "
               "quickstarts/rest/Prompting_REST.ipynb",
        url="https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent",
        model="gemini-2.5-flash", auth=["x-goog-api-key: k-test", "Authorization: -"],
        body={"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}},
                                                      {"text": PROMPT}]}],
              "generationConfig": {"maxOutputTokens": 1024, "temperature": 0}},
        answer={"candidates": [{"content": {"role": "model", "parts": [{"text": "A red square "},
                                                                       {"text": "on a white ground."}]},
                                "finishReason": "STOP", "index": 0}],
                "usageMetadata": {"promptTokenCount": 40, "candidatesTokenCount": 9, "totalTokenCount": 49}},
        tokens="49",
        error=(400, {"error": {"code": 400, "message": "Unable to process input image.",
                               "status": "INVALID_ARGUMENT"}}, "INPUT\nUnable to process input image."),
        refused=({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 40}},
                 "INPUT\nSAFETY")),
    "cohere": dict(
        source="cohere-ai/cohere-developer-experience cohere-openapi.yaml /v2/chat; image-inputs.mdx",
        url="https://api.cohere.com/v2/chat", model="command-a-vision-07-2025",
        body=openai_chat("command-a-vision-07-2025", "max_tokens"),
        answer={"id": "c1", "finish_reason": "COMPLETE",
                "message": {"role": "assistant", "content": [{"type": "text", "text": "A red square "},
                                                             {"type": "text", "text": "on a white ground."}]},
                "usage": {"billed_units": {"input_tokens": 40, "output_tokens": 9},
                          "tokens": {"input_tokens": 600, "output_tokens": 11}}}, tokens="9",
        error=(422, {"id": "c2", "message": "image file type is not supported"}, "INPUT\nimage file type is not"),
        refused=({"id": "c3", "finish_reason": "ERROR", "message": {"role": "assistant", "content": []}},
                 "REPLY\nno description")),
    "bedrock": dict(
        source="boto/botocore bedrock-runtime service-2.json, Converse",
        url="https://bedrock-runtime.us-east-1.amazonaws.com/model/us.amazon.nova-lite-v1%3A0/converse",
        options={"region": "us-east-1"}, model="us.amazon.nova-lite-v1:0",
        body={"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": PNG}}},
                                                        {"text": PROMPT}]}],
              "inferenceConfig": {"maxTokens": 300, "temperature": 0}},
        answer={"output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "Let me look.", "signature": "x"}}},
            {"text": "A red square "}, {"text": "on a white ground."}]}}, "stopReason": "end_turn",
            "usage": {"inputTokens": 40, "outputTokens": 9, "totalTokens": 49}, "metrics": {"latencyMs": 551}},
        tokens="49",
        error=(424, {"message": "The model returned the following errors: Could not process image",
                     "originalStatusCode": 400}, "HTTP\nCould not process image"),
        refused=({"output": {"message": {"role": "assistant", "content": []}}, "stopReason": "content_filtered",
                  "usage": {"inputTokens": 40, "outputTokens": 0, "totalTokens": 40}}, "REPLY\nno description")),
    "localai": chat_vendor(OTHERS_CHAT,
                           "http://localhost:8080/v1/chat/completions", "minicpm-v-2_6",
                           (500, {"error": {"code": 500, "message": "rpc error: code = Unknown", "type": ""}},
                            "HTTP\nrpc error"), refused=NO_WORDS),
    "huggingface": chat_vendor(OTHERS_CHAT,
                               "https://router.huggingface.co/v1/chat/completions", "Qwen/Qwen2.5-VL-7B-Instruct",
                               (400, {"error": {"message": "The requested model is not supported by any provider you "
                                                "have enabled.", "type": "invalid_request_error", "param": "model",
                                                "code": "model_not_supported"}},
                                "INPUT\nnot supported by any provider"), refused=NO_WORDS),
    "nvidia": chat_vendor(OTHERS_CHAT,
                          "https://integrate.api.nvidia.com/v1/chat/completions", "meta/llama-3.2-90b-vision-instruct",
                          (402, {"detail": "Cloud credits expired - Please contact NVIDIA representatives"},
                           "QUOTA\nCloud credits expired"), refused=NO_WORDS),
    "siliconflow": chat_vendor(OTHERS_CHAT,
                               "https://api.siliconflow.cn/v1/chat/completions", "Qwen/Qwen2.5-VL-72B-Instruct",
                               (400, {"code": 20012, "message": "Model does not exist. Please check it carefully.",
                                      "data": None}, "INPUT\nModel does not exist."), refused=NO_WORDS),
    "dashscope": chat_vendor(OTHERS_CHAT,
                             "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions", "qwen-vl-plus",
                             (400, oai_error("<400> InternalError.Algo.InvalidParameter: The image length and width do "
                                             "not meet the model restrictions.", "invalid_request_error",
                                             "invalid_parameter_error"), "INPUT\ndo not meet the model restrictions"),
                             refused=NO_WORDS),
    "zhipu": chat_vendor(OTHERS_CHAT,
                         "https://open.bigmodel.cn/api/paas/v4/chat/completions", "glm-4v-flash",
                         (400, {"error": {"code": "1301", "message": "contentFilter: unsafe or sensitive content"}},
                          "INPUT\nunsafe or sensitive content"), refused=NO_WORDS),
    "github": chat_vendor(OTHERS_CHAT,
                          "https://models.github.ai/inference/chat/completions", "openai/gpt-4.1-mini",
                          (401, {"error": {"code": "unauthorized", "message": "The `models` permission is required to "
                                           "access this endpoint"}}, "AUTH\n`models` permission"), refused=REFUSED),
    "databricks": dict(
        chat_vendor(OTHERS_CHAT,
                    "https://adb-1.7.azuredatabricks.net/serving-endpoints/databricks-llama-4-maverick/invocations",
                    "databricks-llama-4-maverick",
                    (403, {"error_code": "PERMISSION_DENIED", "message": "You do not have permission to query this "
                           "endpoint."}, "AUTH\ndo not have permission"), refused=NO_WORDS),
        body={k: v for k, v in openai_chat("", "max_tokens").items() if k != "model"}),
    "cloudflare": chat_vendor(
        OTHERS_CHAT,
        "https://api.cloudflare.com/client/v4/accounts/acc-1/ai/v1/chat/completions",
        "@cf/meta/llama-3.2-11b-vision-instruct",
        (403, {"success": False, "errors": [{"code": 5016, "message": "Model Agreement: Prior to using this model, you "
                                             "must submit the prompt 'agree'."}], "result": None, "messages": []},
         "AUTH\nModel Agreement"),
        refused=({"success": False, "errors": [{"code": 3043, "message": "Internal server error"}], "result": None,
                  "messages": []}, "REPLY\nInternal server error")),
}
VISION["vertex"] = dict(
    VISION["gemini"], url=VERTEX_MODELS + "gemini-2.5-flash:generateContent", auth=[BEARER, "x-goog-api-key: -"],
    source="googleapis/python-genai types.py GenerateContentResponse (Vertex AI)",
    error=(429, google_error(429, "Resource exhausted. Please try again later.", "RESOURCE_EXHAUSTED"),
           "RATE\nResource exhausted."))


def write_vision(root, name, p):
    text = TEXTS.get(name, {})
    model = {"model": text["model"]} if text.get("model") else {}
    options = {"provider": p.get("provider", name), "key": "k-test", **model,
               **p.get("options", {k: v for k, v in text.get("options", {}).items() if k in ("account", "region")}),
               "vision_model": p["model"], "prompt": PROMPT}
    status, body, error = p["error"]
    answer, refused = p["refused"]
    for case, reply, expect in [
            ("caption", http(200, p["answer"]), [("expect caption", CAPTION), ("expect tokens", p["tokens"])]),
            ("error", http(status, body, "req_2"), [("expect error", refusal(status, body, error))]),
            ("refused", http(200, answer), [("expect error", refused)])]:
        write(root, name, "vision_" + case, p["source"],
              [("options", dump(options)), ("call", "vision"), ("inputs", dump([PNG])),
               ("expect request", request(p["url"], headers_of(p), p["body"])), ("reply", reply)] + expect)
