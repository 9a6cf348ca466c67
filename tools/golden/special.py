# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a common list of cases does not reach: shapes that one provider has, other addresses, other keys,
and the words that models want in front of queries and documents."""
import re

from golden import bodies, replies
from golden.form import BEARER, MANY, ONE, PNG, VECTORS, dump, http
from golden.images import FUSED, IMAGES, ImageCases
from golden.text_clouds import CLOUDS
from golden.text_hosted import HOSTED
from golden.text_local import LOCAL
from golden.text_variants import VARIANTS
from golden.texts import TextCases

TEXTS = {**HOSTED, **VARIANTS, **LOCAL, **CLOUDS}

# ---- prefixes: (provider, model, short name, query prefix, document prefix, source) ----

RETRIEVAL = "Represent this sentence for searching relevant passages: "
WEB_SEARCH = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
CARD = "https://huggingface.co/"
NOMIC = ("nomic", "search_query: ", "search_document: ", CARD + "nomic-ai/nomic-embed-text-v1.5")
GEMMA = ("embeddinggemma", "task: search result | query: ", "title: none | text: ",
         CARD + "google/embeddinggemma-300m")
MXBAI = ("mxbai", RETRIEVAL, "", CARD + "mixedbread-ai/mxbai-embed-large-v1")
BGE = ("bge", RETRIEVAL, "", CARD + "BAAI/bge-base-en-v1.5")
E5 = ("e5", "query: ", "passage: ", CARD + "intfloat/multilingual-e5-large")
E5_MISTRAL = ("e5", WEB_SEARCH + " ", "", CARD + "intfloat/e5-mistral-7b-instruct")
QWEN3 = ("qwen3", WEB_SEARCH, "", CARD + "Qwen/Qwen3-Embedding-8B")
NOMIC_V1 = ("nomic_v1", "search_query: ", "search_document: ", CARD + "nomic-ai/nomic-embed-text-v1")
MXBAI_2D = ("mxbai_2d", RETRIEVAL, "", CARD + "mixedbread-ai/mxbai-embed-2d-large-v1")
ARCTIC_V1 = ("arctic_v1", RETRIEVAL, "", CARD + "Snowflake/snowflake-arctic-embed-l")
ARCTIC_V15 = ("arctic_v1_5", RETRIEVAL, "", CARD + "Snowflake/snowflake-arctic-embed-m-v1.5")
ARCTIC = ("arctic", "query: ", "", CARD + "Snowflake/snowflake-arctic-embed-l-v2.0")
GEMINI = ("gemini", "task: search result | query: ", "title: none | text: ",
          "google-gemini/cookbook quickstarts/Embeddings.ipynb (no taskType: the task stands in the text; "
          "unconfirmed: the document prefix)")

PREFIXES = [
    ("ollama", "nomic-embed-text", NOMIC), ("ollama", "embeddinggemma", GEMMA), ("ollama", "mxbai-embed-large", MXBAI),
    ("ollama", "snowflake-arctic-embed2", ARCTIC), ("ollama", "qwen3-embedding:0.6b", QWEN3),
    ("ollama", "bge-large", BGE), ("fireworks", "nomic-ai/nomic-embed-text-v1.5", NOMIC),
    ("fireworks", "fireworks/qwen3-embedding-8b", QWEN3), ("vllm", "intfloat/e5-mistral-7b-instruct", E5_MISTRAL),
    ("vllm", "Qwen/Qwen3-Embedding-0.6B", QWEN3), ("vllm", "BAAI/bge-base-en-v1.5", BGE),
    ("infinity", "intfloat/multilingual-e5-large", E5), ("together", "BAAI/bge-base-en-v1.5", BGE),
    ("deepinfra", "intfloat/e5-large-v2", E5), ("deepinfra", "Qwen/Qwen3-Embedding-8B", QWEN3),
    ("lmstudio", "text-embedding-nomic-embed-text-v1.5", NOMIC), ("sambanova", "E5-Mistral-7B-Instruct", E5_MISTRAL),
    ("siliconflow-qwen3", "Qwen/Qwen3-Embedding-8B", QWEN3), ("snowflake", "snowflake-arctic-embed-l-v2.0", ARCTIC),
    ("fireworks", "nomic-ai/nomic-embed-text-v1", NOMIC_V1),
    ("vllm", "mixedbread-ai/mxbai-embed-2d-large-v1", MXBAI_2D),
    ("ollama", "snowflake-arctic-embed:335m", ARCTIC_V1), ("snowflake", "snowflake-arctic-embed-m-v1.5", ARCTIC_V15),
    ("gemini-2", "gemini-embedding-2", GEMINI), ("vertex-content", "gemini-embedding-2", GEMINI),
]


def write_prefixes(root):
    for name, model, (short, query, document, source) in PREFIXES:
        p = {**TEXTS[name], "model": model}
        for kind, prefix in (("query", query), ("document", document)):
            plain = p.get("request", bodies.plain)
            cases = TextCases(root, name, {
                **p, "request": lambda p, texts, fields: plain(p, [prefix + t for t in texts], fields)})
            cases.good("prefix_%s_%s" % (short, kind), ONE, VECTORS[:1], call="text\n" + kind, source="; " + source)
    own = TextCases(root, "ollama", {**TEXTS["ollama"], "request": lambda p, texts, fields: bodies.plain(
        p, ["q> " + t for t in texts], fields)})
    own.good("prefix_own_query", ONE, VECTORS[:1], call="text\nquery", options={"query_prefix": "q> "})


# ---- the same requests at other addresses, for other models, with other keys ----

def changed(name, **more):
    return {**TEXTS[name], **more}


def vertex(region, host, model):
    return changed("vertex", model=model, options={"account": "proj-1", "region": region},
                   url="https://%s/v1/projects/proj-1/locations/%s/publishers/google/models/%s:predict"
                       % (host, region, model))


def bedrock(name, model, encoded, region="us-east-1", **more):
    return changed(name, model=model, options={"region": region}, **more,
                   url="https://bedrock-runtime.%s.amazonaws.com/model/%s/invoke" % (region, encoded))


ARN = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.cohere.embed-v4:0"
JWT = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
VISION_PATH = "/computervision/retrieval:vectorizeText?api-version=2024-02-01&model-version="
CONTENTS_PATH = "/api/v1/services/embeddings/multimodal-embedding/multimodal-embedding"

OTHERS = [
    ("vertex", "global", vertex("global", "aiplatform.googleapis.com", "gemini-embedding-001")),
    ("vertex", "other_region", vertex("europe-west4", "europe-west4-aiplatform.googleapis.com", "text-embedding-005")),
    ("bedrock", "other_region", bedrock("bedrock", "amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v2%3A0",
                                        "eu-west-1")),
    # With access keys the request is signed later: no bearer key.
    ("bedrock", "access_keys", bedrock("bedrock", "amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v2%3A0",
                                       key="AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                       auth="Accept: application/json", not_auth="Authorization: -")),
    ("bedrock-cohere", "profile", bedrock("bedrock-cohere", "us.cohere.embed-v4:0", "us.cohere.embed-v4%3A0")),
    ("bedrock-cohere", "arn", bedrock("bedrock-cohere", ARN, ARN.replace(":", "%3A").replace("/", "%2F"),
                                      "eu-central-1")),
    ("watsonx", "own_token", changed("watsonx", key=JWT, token=None, auth="Authorization: Bearer " + JWT)),
    ("watsonx", "other_region", changed("watsonx", options={"account": "proj-1", "region": "eu-de"}, url=TEXTS[
        "watsonx"]["url"].replace("us-south", "eu-de"))),
    ("snowflake", "key_pair", changed("snowflake", key=JWT, auth=[
        "Authorization: Bearer " + JWT, "X-Snowflake-Authorization-Token-Type: KEYPAIR_JWT"])),
    ("snowflake", "flat", changed("snowflake", reply=replies.openai)),
    ("snowflake", "oauth", changed(
        "snowflake", options={"account": "acc-1", "headers": {"X-Snowflake-Authorization-Token-Type": "OAUTH"}},
        auth=[BEARER, "X-Snowflake-Authorization-Token-Type: OAUTH"])),
    ("cloudflare", "other_model", changed("cloudflare", model="@cf/baai/bge-m3", url=TEXTS["cloudflare"]["url"].replace(
        "bge-base-en-v1.5", "bge-m3"))),
    ("github", "organisation", changed("github", options={"url": "https://models.github.ai/orgs/acme/inference"},
                                       url="https://models.github.ai/orgs/acme/inference/embeddings")),
    ("zhipu", "international", changed("zhipu", options={"url": "https://api.z.ai/api/paas/v4"},
                                       url="https://api.z.ai/api/paas/v4/embeddings")),
    ("siliconflow", "international", changed("siliconflow", options={"url": "https://api.siliconflow.com/v1"},
                                             url="https://api.siliconflow.com/v1/embeddings")),
    ("dashscope", "international", changed(
        "dashscope", options={"url": "https://dashscope-intl.aliyuncs.com"},
        url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1/embeddings")),
    ("dashscope-qwen3-vl", "international", changed(
        "dashscope-qwen3-vl", options={"url": "https://dashscope-intl.aliyuncs.com"},
        url="https://dashscope-intl.aliyuncs.com" + CONTENTS_PATH)),
    ("infinity", "url_prefix", changed("infinity", options={"url": "http://localhost:7997/v1"},
                                       url="http://localhost:7997/v1/embeddings")),
    ("azure_vision", "foundry", changed("azure_vision", options={"url": "https://res.services.ai.azure.com"},
                                        url="https://res.services.ai.azure.com" + VISION_PATH + "2023-04-15")),
    ("azure_vision", "other_model", changed(
        "azure_vision", options={"url": "https://res.cognitiveservices.azure.com", "model": "2022-04-11"},
        url="https://res.cognitiveservices.azure.com" + VISION_PATH + "2022-04-11")),
    ("upstage", "ending_given", changed("upstage", model="solar-embedding-1-large-query",
                                        sent="solar-embedding-1-large-query")),
    ("upstage", "short_model", changed("upstage", model="embedding", sent="embedding-passage")),
    ("dashscope-vision", "flash", changed("dashscope-vision", model="tongyi-embedding-vision-flash")),
    ("dashscope-multimodal", "qwen2.5-vl", changed("dashscope-multimodal", model="qwen2.5-vl-embedding")),
    ("gemini-2", "preview", changed("gemini-2", model="gemini-embedding-2-preview", url=TEXTS["gemini-2"][
        "url"].replace("embedding-2", "embedding-2-preview"))),
    # The twin of a vision model embeds its texts.
    ("nomic-v1.5", "vision_model", changed("nomic-v1.5", options={"model": "nomic-embed-vision-v1.5"}, model=None,
                                           request=lambda p, texts, fields: {"model": "nomic-embed-text-v1.5",
                                                                             "texts": texts, **fields})),
]


def write_others(root):
    for name, case, p in OTHERS:
        p = {k: v for k, v in p.items() if v is not None}
        TextCases(root, name, p).good(case, ONE, VECTORS[:1])


# ---- input types: the synonyms of query and document; other words of the provider's pass as they are ----

def write_input_types(root):
    for name, word, sent in (("voyage", "search_query", "query"), ("voyage", "retrieval.query", "query"),
                             ("voyage", "RETRIEVAL_QUERY", "query"), ("voyage", "search_document", "document"),
                             ("voyage", "passage", "document"), ("voyage", "retrieval.passage", "document"),
                             ("voyage", "RETRIEVAL_DOCUMENT", "document"),
                             ("cohere", "classification", "classification"), ("jina", "text-matching", "text-matching"),
                             ("gemini", "SEMANTIC_SIMILARITY", "SEMANTIC_SIMILARITY")):
        TextCases(root, name, TEXTS[name]).good(
            "input_type_" + re.sub("[.-]", "_", word.lower()), ONE, VECTORS[:1], call="text\n" + word,
            encoding="float", options={"encoding": "float"} if "encoding" in TEXTS[name] else None,
            fields={TEXTS[name]["task"][0]: sent})


# ---- replies ----

def write_replies(root):
    llama = TextCases(root, "llamacpp-native", TEXTS["llamacpp-native"])
    llama.case("one_object", ONE, http(200, {"embedding": VECTORS[0]}), [("expect vectors", dump(VECTORS[:1]))])
    router = TextCases(root, "openrouter", TEXTS["openrouter"])  # index is optional there
    bare = [{"object": "embedding", "embedding": v} for v in VECTORS]
    router.case("no_index", MANY, http(200, {"object": "list", "model": "m", "data": bare}),
                [("expect vectors", dump(VECTORS))])
    face = TextCases(root, "huggingface", TEXTS["huggingface"])
    face.case("one_vector", ONE, http(200, VECTORS[0]), [("expect vectors", dump(VECTORS[:1]))])
    face.bad("token_matrix", ONE, http(200, [VECTORS]), "REPLY\na matrix per input")
    titan = TextCases(root, "bedrock", TEXTS["bedrock"])
    titan.case("no_type", ONE, http(200, {"embedding": VECTORS[0], "inputTextTokenCount": 8}),
               [("expect vectors", dump(VECTORS[:1])), ("expect tokens", "8")])


# ---- images ----

def write_images(root):
    v = VECTORS[:1]
    # The prefix stands in the text of a fused item; a picture alone has none.
    for name in ("gemini-2", "vertex-content"):
        p = IMAGES[name]
        prefixed = {"text": GEMINI[1] + FUSED["text"], "image": PNG}
        cases = ImageCases(root, name, {**p, "request": lambda p, inputs, fields, plain=p["request"]: plain(
            p, [prefixed], fields)})
        cases.good("image_fused_query", [FUSED], v, call="image\nquery")
        ImageCases(root, name, p).good("image_alone_query", [{"image": PNG}], v, call="image\nquery")
    # The endpoint of texts is known to be that of images by another path.
    text_url = CLOUDS["azure_vision"]["url"]
    for case, url in (("image_text_url", text_url), ("image_text_url_bare", text_url[:text_url.index("?")])):
        ImageCases(root, "azure_vision", {**IMAGES["azure_vision"], "options": {"url": url}}).good(
            case, [{"image": PNG}], v)
    for name, case, model in (("cohere-v3", "light", "embed-multilingual-light-v3.0"),
                              ("jina-clip", "v1", "jina-clip-v1"),
                              ("nvidia-vl", "older_model", "nvidia/llama-3.2-nemoretriever-1b-vlm-embed-v1"),
                              ("openrouter-multimodal", "free", "nvidia/llama-nemotron-embed-vl-1b-v2:free"),
                              ("vllm-multimodal", "clip", "openai/clip-vit-base-patch32"),
                              ("infinity-multimodal", "siglip", "google/siglip-so400m-patch14-384")):
        ImageCases(root, name, {**IMAGES[name], "model": model}).good("image_" + case, [{"image": PNG}], v)
    multilingual = "cohere.embed-multilingual-v3"
    ImageCases(root, "bedrock-cohere-v3", {**IMAGES["bedrock-cohere-v3"], "model": multilingual, "url": CLOUDS[
        "bedrock"]["url"].replace("amazon.titan-embed-text-v2%3A0", multilingual)}).good(
            "image_multilingual", [{"image": PNG}], v)
    profile = "us.amazon.nova-2-multimodal-embeddings-v1:0"
    ImageCases(root, "bedrock-nova", {**IMAGES["bedrock-nova"], "model": profile, "url": CLOUDS["bedrock-nova"][
        "url"].replace("/amazon.", "/us.amazon.")}).good("image_profile", [{"image": PNG}], v)
    # A marker that the server does not make up.
    ImageCases(root, "llamacpp-multimodal", {**IMAGES["llamacpp-multimodal"], "token": "<__media__>"}).good(
        "image_fixed_marker", [FUSED], v)


def write_special(root):
    write_prefixes(root)
    write_others(root)
    write_input_types(root)
    write_replies(root)
    write_images(root)
