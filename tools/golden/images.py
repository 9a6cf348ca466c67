# SPDX-License-Identifier: MIT OR Apache-2.0
"""Native image embeddings.

A provider is the dictionary of its text (see texts.py), changed where images have another source, url,
request, reply or task, with: many (several pictures a request), fuses, formats (pictures of those that
the reference lists), type (of a body that is no JSON), error (status, body, expected error).
"""
import base64

from golden import bodies, replies
from golden.form import (BITS, GIF, INT8, JPEG, MEDIA, PACKED, PNG, VECTORS, WEBP, b64, dump, headers_of, http,
                         options_of, refusal, request, write)
from golden.text_clouds import CLOUDS, google_error
from golden.text_hosted import HOSTED
from golden.text_local import LOCAL
from golden.text_variants import VARIANTS

FUSED = {"text": "a red bicycle", "image": PNG}


def form_data(model, pictures):
    """multipart/form-data by RFC 7578, with the boundary that the header names."""
    boundary, out = b"rembed-part-5eed0000", b""
    for name, more, content in ([("model", b"", model.encode())]
                                + [("images", b'; filename="%d"' % i, base64.b64decode(x["image"]))
                                   for i, x in enumerate(pictures)]):
        media = b"" if name == "model" else b"Content-Type: %s\r\n" % (
            b"image/jpeg" if content[:1] == b"\xff" else b"image/png")
        out += b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n%s\r\n%s\r\n' % (
            boundary, name.encode(), more, media, content)
    return out + b"--%s--\r\n" % boundary


def nomic_form(model):
    return lambda p, inputs, fields: form_data(model, inputs)


def raw_bytes(p, inputs, fields):
    return base64.b64decode(inputs[0]["image"])


class ImageCases:
    def __init__(self, root, name, p):
        self.root, self.name, self.p = root, name, p
        self.reply = p.get("reply", replies.openai)

    def default_fields(self):
        if "encoding" not in self.p:
            return {}
        field, text, packed = self.p["encoding"]
        return {field: packed if self.p.get("default_base64") else text}

    def case(self, name, inputs, reply, expect, fields=None, options=None, call="image"):
        p = self.p
        fields = {**p.get("always", {}), **self.default_fields(), **(fields or {})}
        plain = [x if "text" in x else x["image"] for x in inputs]
        body = p["request"](p, inputs, fields)
        sections = [("options", dump(options_of(self.name, p, **(options or {})))), ("call", call)]
        sections += [("token", p["token"])] if "token" in p else []
        sections += [("inputs", dump(plain))]
        if isinstance(body, bytes):
            sections += [("expect request", request(p["url"], headers_of(p), "", p["type"])),
                         ("expect body", base64.b64encode(body).decode())]
        else:
            sections += [("expect request", request(p["url"], headers_of(p), body))]
        write(self.root, self.name, name, p["source"], sections + [("reply", reply)] + expect)

    def good(self, name, inputs, vectors, order=None, **more):
        order = order or range(len(vectors))
        sent = [b64(vectors[i]) if self.p.get("default_base64") else vectors[i] for i in order]
        expect = [("expect vectors", dump(vectors))]
        if not self.p.get("no_tokens"):
            expect.append(("expect tokens", "8"))
        self.case(name, inputs, http(200, self.reply(sent, order)), expect, **more)

    def write_all(self):
        p, v = self.p, VECTORS + [[2.5, -0.0625, 0.3, -4.0]]
        one, *others = [{"image": x} for x in p.get("formats", (PNG, JPEG))]
        self.good("image_one", [one], v[:1])
        status, body, words = p["error"]
        self.case("image_error", [one], http(status, body, "req_3"), [("expect error", refusal(status, body, words))])
        if p.get("many"):  # the reply may put them in another order where it has indexes
            n = len(others) + 1
            self.good("image_many", [one] + others, v[:n], None if p.get("no_index") else list(range(n))[::-1])
            self.case("image_wrong_count", [one] + others, http(200, self.reply(v[:1], [0])),
                      [("expect error", "REPLY\n1 vectors for %d inputs" % n)])
        else:
            for x in others:
                self.good("image_" + MEDIA[x["image"]], [x], v[:1])
        if "type" in p:  # which names the boundary: no header of the user's stands in its place
            self.good("image_own_type", [one], v[:1], options={"headers": {"content-type": "application/json"}})
        if p.get("fuses"):
            self.good("image_fused", [FUSED], v[:1])
        if "dims" in p:
            self.good("image_dimensions", [one], [v[0][:2]], fields={p["dims"]: 2}, options={"dimensions": 2})
        if "task" in p:
            field, query, document = p["task"]
            self.good("image_query", [one], v[:1], fields={field: query}, call="image\nquery")
            self.good("image_document", [one], v[:1], fields={field: document}, call="image\ndocument")
        for kind, sent, came in (("int8", INT8, INT8), ("bit", PACKED, BITS)):
            if kind in p:
                fields, reply = p[kind]
                self.case("image_" + kind, [one], http(200, (reply or self.reply)(sent[:1], [0])),
                          [("expect vectors", dump(came[:1]))], fields=fields, options={"output": kind})


# ---- the table ----

def images_of(text, error, request=None, many=False, **more):
    """What a provider's text has, with what its images have instead; None takes a thing away."""
    p = {**{k: v for k, v in text.items() if k not in ("task", "error")}, "error": error, "request": request,
         "many": many, **more}
    return {k: v for k, v in p.items() if v is not None}


GEMINI_ERROR = (400, google_error(400, "Unable to process input image.", "INVALID_ARGUMENT"),
                "INPUT\nUnable to process input image.")
COHERE_ERROR = (400, {"id": "5807ee2e", "message": "invalid request: image size must be at most 5MB"},
                "INPUT\nimage size must be at most 5MB")
JINA_ERROR = (400, {"detail": "Failed to load image: cannot identify image file"}, "INPUT\ncannot identify image file")
VLLM_ERROR = (400, {"error": {"message": "At most 1 image(s) may be provided in one prompt.",
                              "type": "BadRequestError", "param": None, "code": 400}}, "INPUT\nAt most 1 image(s)")
LLAMA_ERROR = (400, {"error": {"code": 400, "message": "number of bitmaps (1) does not match number of markers (0)",
                               "type": "invalid_request_error"}}, "INPUT\ndoes not match number of markers")
NVIDIA_ERROR = (422, {"detail": [{"type": "value_error", "loc": ["body", "input"], "msg": "Value error, invalid "
                                  "image data URL", "input": "x"}]}, "INPUT\ninvalid image data URL")
DASHSCOPE_ERROR = (400, {"code": "InvalidParameter", "message": "The image length and width do not meet the model "
                         "restrictions.", "request_id": "a4e7d5"}, "INPUT\ndo not meet the model restrictions")
NOMIC_ERROR = (400, "invalid image file", "INPUT\ninvalid image file")
BEDROCK_PIXELS = (400, {"message": "Image exceeds max pixels allowed. Max pixels allowed is 4194304, current pixels is "
                        "12192768"}, "INPUT\nImage exceeds max pixels allowed")
FORMATS = (PNG, JPEG, WEBP, GIF)
NOMIC_FORM = dict(type="multipart/form-data; boundary=rembed-part-5eed0000", many=True, dims=None,
                  url="https://api-atlas.nomic.ai/v1/embedding/image")
MEDIA_MARKER = dict(token="<__media_YoNhR4Ic__>", many=True, fuses=True)

IMAGES = {
    "cohere": images_of(HOSTED["cohere"], COHERE_ERROR, bodies.cohere_inputs, True, fuses=True, formats=FORMATS,
                        reply=replies.cohere_images, no_tokens=True,
                        source="cohere-ai/cohere-developer-experience v2/text-embeddings/multimodal-embeddings.mdx",
                        task=("input_type", "search_query", "search_document")),
    "cohere-v3": images_of(VARIANTS["cohere-v3"], COHERE_ERROR, bodies.cohere_images, formats=FORMATS,
                           reply=replies.cohere_images, no_tokens=True, task=("input_type", "image", "image")),
    "gemini-2": images_of(VARIANTS["gemini-2"], GEMINI_ERROR, bodies.gemini, True, fuses=True),
    "vertex-multimodal": images_of(CLOUDS["vertex-multimodal"], GEMINI_ERROR, bodies.vertex_multimodal,
                                   reply=replies.vertex_image),
    "vertex-content": images_of(CLOUDS["vertex-content"], GEMINI_ERROR, bodies.vertex_content, fuses=True),
    "voyage-multimodal": images_of(
        VARIANTS["voyage-multimodal"],
        (400, {"detail": "The image exceeds the maximum of 16 million pixels."}, "INPUT\nmaximum of 16 million pixels"),
        VARIANTS["voyage-multimodal"]["request"], True, fuses=True, formats=FORMATS,
        task=("input_type", "query", "document")),
    "jina-clip": images_of(VARIANTS["jina-clip"], JINA_ERROR, bodies.mapped(bodies.as_bare_object), True,
                           task=("task", "retrieval.query", "retrieval.passage")),
    "jina-multimodal": images_of(VARIANTS["jina-multimodal"], JINA_ERROR, bodies.mapped(bodies.as_bare_object), True,
                                 task=("task", "retrieval.query", "retrieval.passage")),
    "nomic-v1.5": images_of(VARIANTS["nomic-v1.5"], NOMIC_ERROR, nomic_form("nomic-embed-vision-v1.5"), **NOMIC_FORM),
    "nomic-v1": images_of(VARIANTS["nomic-v1"], NOMIC_ERROR, nomic_form("nomic-embed-vision-v1"), **NOMIC_FORM),
    "llamacpp-native": images_of(LOCAL["llamacpp-native"], LLAMA_ERROR, bodies.llama_media, **MEDIA_MARKER),
    "llamacpp-multimodal": images_of(
        LOCAL["llamacpp-multimodal"], LLAMA_ERROR, bodies.llama_media, **MEDIA_MARKER,
        source=LOCAL["llamacpp"]["source"] + " (unconfirmed: images on /v1/embeddings)"),
    "infinity-multimodal": images_of(
        LOCAL["infinity-multimodal"],
        (400, {"error": {"message": "Corrupted image: cannot identify image file", "type": "", "param": None,
                         "code": 400}}, "INPUT\nCorrupted image"), bodies.infinity_images, True),
    "vllm-embed": images_of(LOCAL["vllm-embed"], VLLM_ERROR, bodies.vllm_inputs, True, fuses=True,
                            task=("input_type", "query", "document")),
    "vllm-multimodal": images_of(LOCAL["vllm-multimodal"], VLLM_ERROR, bodies.vllm_messages, fuses=True,
                                 source="vllm-project/vllm docs/models/pooling_models/embed.md (messages)"),
    "openrouter-multimodal": images_of(
        VARIANTS["openrouter-multimodal"],
        (400, {"error": {"code": 400, "message": "Invalid image url", "metadata": {"provider_name": "Nvidia"}},
               "user_id": "u-1"}, "INPUT\nInvalid image url"),
        bodies.mapped(bodies.as_content_parts), True, fuses=True,
        task=("input_type", "search_query", "search_document")),
    "nvidia-clip": images_of(VARIANTS["nvidia-clip"], NVIDIA_ERROR, bodies.mapped(bodies.as_string), True),
    "nvidia-vl": images_of(  # images only with input_type passage, or none
        VARIANTS["nvidia-vl"], NVIDIA_ERROR, bodies.with_modality, True, fuses=True,
        source=VARIANTS["nvidia-vl"]["source"][:-1] + ", how text and image stand in one string)",
        task=("input_type", "passage", "passage")),
    "siliconflow-vl": images_of(
        CLOUDS["siliconflow-vl"],
        (400, {"code": 20015, "message": "The parameter is invalid. Please check again.", "data": None},
         "INPUT\nThe parameter is invalid."), bodies.mapped(bodies.as_object), True),
    "dashscope-qwen3-vl": images_of(CLOUDS["dashscope-qwen3-vl"], DASHSCOPE_ERROR, bodies.dashscope_contents, True,
                                    fuses=True, formats=(PNG, JPEG, WEBP)),
    "dashscope-vision": images_of(CLOUDS["dashscope-vision"], DASHSCOPE_ERROR, bodies.dashscope_contents, True,
                                  formats=(PNG, JPEG, WEBP)),
    "dashscope-multimodal": images_of(CLOUDS["dashscope-multimodal"], DASHSCOPE_ERROR, bodies.dashscope_contents),
    "azure_vision": images_of(
        CLOUDS["azure_vision"],
        (400, {"error": {"code": "InvalidImageFormat", "message": "Input data is not a valid image."}},
         "INPUT\nInput data is not a valid image."), raw_bytes, type="application/octet-stream",
        url=CLOUDS["azure_vision"]["url"].replace("vectorizeText", "vectorizeImage")),
    "bedrock-titan-image": images_of(CLOUDS["bedrock-titan-image"], BEDROCK_PIXELS, bodies.titan_image, fuses=True),
    "bedrock-nova": images_of(
        CLOUDS["bedrock-nova"],
        (400, {"message": "The provided image format does not match."}, "INPUT\nimage format does not match"),
        bodies.nova, formats=FORMATS, reply=lambda v, i: replies.nova(v, i, "IMAGE"),
        task=("embeddingPurpose", "GENERIC_RETRIEVAL", "GENERIC_INDEX")),
    "bedrock-cohere-v3": images_of(
        CLOUDS["bedrock-cohere-v3"], (400, {"message": "invalid request: number of images must be at most 1"},
                                      "INPUT\nnumber of images must be at most 1"),
        bodies.cohere_images, formats=FORMATS,
        task=("input_type", "image", "image")),
    "bedrock-cohere": images_of(
        CLOUDS["bedrock-cohere"], (400, {"message": "Malformed input request: #: extraneous key [inputs] is not "
                                         "permitted"}, "INPUT\nextraneous key [inputs]"),
        bodies.cohere_inputs, True, fuses=True, formats=FORMATS, source=CLOUDS["bedrock-cohere"]["source"]
        + " (unconfirmed: inputs of v4)", task=("input_type", "search_query", "search_document")),
}
