# SPDX-License-Identifier: MIT OR Apache-2.0
"""Requests, one function a documented shape: (provider, inputs, fields) -> document.

An input is a text, or a dictionary with "image" (base64) and perhaps "text". The fields are options by
the provider's own names; a shape that keeps them elsewhere than at the root takes them out of there.
"""
from golden.form import MEDIA, uri


def text_of(x):
    return x if isinstance(x, str) else x.get("text")


def image_of(x):
    return None if isinstance(x, str) else x.get("image")


# ---- one input ----

def as_string(x):
    """A text; a data URI; both with a space between."""
    return " ".join(part for part in (text_of(x), image_of(x) and uri(image_of(x))) if part)


def as_object(x, picture=uri):
    return {**({"text": text_of(x)} if text_of(x) else {}), **({"image": picture(image_of(x))} if image_of(x) else {})}


def as_bare_object(x):
    """Objects for images alone; texts stay texts."""
    return x if isinstance(x, str) else as_object(x, str)


def as_contents(x):
    return {"text": x} if isinstance(x, str) else as_object(x)


def parts(x, picture):
    words = [{"type": "text", "text": text_of(x)}] if text_of(x) else []
    return words + ([picture(image_of(x))] if image_of(x) else [])


def image_url(picture):
    return {"type": "image_url", "image_url": {"url": uri(picture)}}


def as_content_parts(x):
    return {"content": parts(x, image_url)}


def as_voyage_parts(x):
    return {"content": parts(x, lambda picture: {"type": "image_base64", "image_base64": uri(picture)})}


def google_parts(x):
    words = [{"text": text_of(x)}] if text_of(x) else []
    if not image_of(x):
        return {"parts": words}
    return {"parts": words + [{"inlineData": {"mimeType": "image/" + MEDIA[image_of(x)], "data": image_of(x)}}]}


# ---- text ----

def named(p):
    """The model, where it stands in the body."""
    return {} if p.get("model_in_url") or not p.get("model") else {p.get("model_field", "model"): p["model"]}


def plain(p, inputs, fields):
    return {**named(p), p.get("input", "input"): inputs, **fields}


def single(p, inputs, fields):
    return {**named(p), p.get("input", "input"): inputs[0], **fields}


def mapped(item, name="input"):
    """The body with an array of such items under that name."""
    return lambda p, inputs, fields: {**named(p), name: [item(x) for x in inputs], **fields}


def cohere(p, inputs, fields):
    return {**named(p), "texts": inputs, "embedding_types": ["float"], "input_type": "search_document", **fields}


def cohere_without_task(p, inputs, fields):
    return {**named(p), "texts": inputs, "embedding_types": ["float"], **fields}


def on_bedrock(p, inputs, fields):
    """Cohere's body without the model, which stands in the url."""
    return cohere({**p, "model_in_url": True}, inputs, fields)


def gemini(p, inputs, fields):
    return {"requests": [{"model": "models/" + p["model"], "content": google_parts(x), **fields} for x in inputs]}


def vertex_predict(p, inputs, fields):
    task = {k: fields[k] for k in fields if k == "task_type"}
    rest = {k: fields[k] for k in fields if k != "task_type"}
    return {"instances": [{"content": t, **task} for t in inputs], **({"parameters": rest} if rest else {})}


def vertex_multimodal(p, inputs, fields):
    def instance(x):
        return {"image": {"bytesBase64Encoded": image_of(x)}} if image_of(x) else {"text": x}
    return {"instances": [instance(x) for x in inputs], **({"parameters": fields} if fields else {})}


def vertex_content(p, inputs, fields):
    return {"content": google_parts(inputs[0]), **({"embedContentConfig": fields} if fields else {})}


def titan_image(p, inputs, fields):
    x = inputs[0]
    return {**({"inputText": text_of(x)} if text_of(x) else {}), **({"inputImage": image_of(x)} if image_of(x) else {}),
            **({"embeddingConfig": fields} if fields else {})}


def nova(p, inputs, fields):
    x, fields = inputs[0], dict(fields)
    mode = fields.pop("truncationMode", "END")
    if image_of(x):
        slot = {"image": {"format": MEDIA[image_of(x)], "detailLevel": "STANDARD_IMAGE",
                          "source": {"bytes": image_of(x)}}}
    else:
        slot = {"text": {"truncationMode": mode, "value": x}}
    return {"taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {"embeddingPurpose": "GENERIC_INDEX", **fields, **slot}}


def dashscope_text(p, inputs, fields):
    return {**named(p), "input": {"texts": inputs}, **({"parameters": fields} if fields else {})}


def dashscope_contents(p, inputs, fields):
    return {**named(p), "input": {"contents": [as_contents(x) for x in inputs]},
            **({"parameters": fields} if fields else {})}


def dashscope_compatible(p, inputs, fields):
    return {**plain(p, inputs, fields), "encoding_format": "float"}


def watsonx(p, inputs, fields):
    return {**plain(p, inputs, fields), "project_id": "proj-1"}


def with_modality(p, inputs, fields):
    """NVIDIA's models of text and image: one word for each input."""
    def word(x):
        return "text" if not image_of(x) else "text_image" if text_of(x) else "image"
    return {**named(p), "input": [as_string(x) for x in inputs], "modality": [word(x) for x in inputs], **fields}


# ---- images ----

def infinity_images(p, inputs, fields):
    return {**named(p), "input": [as_string(x) for x in inputs], "modality": "image", **fields}


def cohere_images(p, inputs, fields):
    return {**named(p), "images": [uri(image_of(x)) for x in inputs], "embedding_types": ["float"],
            "input_type": "image", **fields}


def cohere_inputs(p, inputs, fields):
    return {**named(p), "inputs": [as_content_parts(x) for x in inputs], "embedding_types": ["float"],
            "input_type": "search_document", **fields}


def vllm_inputs(p, inputs, fields):
    return {**named(p), "inputs": [as_content_parts(x) for x in inputs], "embedding_types": ["float"], **fields}


def vllm_messages(p, inputs, fields):
    return {**named(p), "messages": [{"role": "user", "content": parts(inputs[0], image_url)}], **fields}


def llama_media(p, inputs, fields):
    return {**named(p), **fields, "input": [
        {"prompt_string": p["token"] + (text_of(x) or ""), "multimodal_data": [image_of(x)]} for x in inputs]}
