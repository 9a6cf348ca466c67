#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes test/unit/sigv4_cases.h: requests and the signatures that botocore gives them.

    pip install botocore==1.44.8
    python3 tools/make_sigv4_cases.py > test/unit/sigv4_cases.h

The first cases are InvokeModel requests that botocore makes itself, from model id to url; the
others are urls, queries and headers beyond those, given to its signer.
"""

import datetime
import sys

import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJIMEYCIQDExample+/=="
WHEN = 1792846800
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
TITAN = "amazon.titan-embed-text-v2:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x:0"
MODELS = [
    TITAN,
    "amazon.titan-embed-text-v1",
    "amazon.titan-embed-image-v1",
    "amazon.nova-2-multimodal-embeddings-v1:0",
    "cohere.embed-english-v3",
    "cohere.embed-multilingual-v3",
    "cohere.embed-v4:0",
    "us.cohere.embed-v4:0",
    "global.cohere.embed-v4:0",
    "twelvelabs.marengo-embed-2-7-v1:0",
    ARN,
    "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3",
    "a model/of 100% ~odd_ names+é漢",
]
REGIONS = ["us-east-1", "eu-central-1", "ap-northeast-1"]
BODY = '{"inputText":"Sphinx of black quartz","dimensions":512,"normalize":true}'.encode()
BODIES = [
    b"{}",
    '{"inputText":"naïve 漢字 😀"}'.encode(),
    b"\x00\xff" * 40,
    bytes(range(256)) * 9,
    b"x",
]
TIMES = [0, 951782399, 951782400, 1709251199, 1735689599, 4107542400, 32503680000, 253402300799]
HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"
URLS = [
    HOST,
    HOST + "/",
    HOST + "/model/x%3A0/invoke?",
    HOST + "/model/x%3A0/invoke?b=2&a=1",
    HOST + "/model/x%3A0/invoke?a-b=1&a=2&a=10&A=0&a&=&&c=x=y",
    HOST + "/model/x%3A0/invoke?q=%E6%BC%A2%20%2F+~#fragment?not=query",
    HOST + "?only=query",
    HOST + "/model/x:0/invoke",
    HOST + "/a//b/./c/../d/..",
    HOST + "/../../a/../",
    HOST + "/a/b/.././",
    HOST + "//",
    HOST + ":443/model/x%3A0/invoke",
    HOST + ":8443/model/x%3A0/invoke",
    HOST + ":444/model/x%3A0/invoke",
    HOST + ":80/model/x%3A0/invoke",
    "HTTPS://BEDROCK-Runtime.us-east-1.AmazonAWS.com/Model/X%3A0/invoke",
    "http://127.0.0.1:9000/model/x%3A0/invoke",
    "http://localhost:80/model/x%3A0/invoke",
    "http://localhost:443/model/x%3A0/invoke",
    "http://localhost:/model/x%3A0/invoke",
    "http://user:p%40ss@localhost:9000/model/x%3A0/invoke",
    "http://[::1]:9000/model/x%3A0/invoke",
    "https://[FE80::1]/model/x%3A0/invoke",
]
HEADERS = [
    [],
    [("content-type", "application/json")],
    [("Content-Type", "application/json; charset=utf-8"), ("X-Custom", "  two   words\there  ")],
    [("Host", "proxied.example.com"), ("Accept", "*/*")],
    [("X-Many", "one"), ("Accept", "a/b"), ("x-many", "two"), ("x-man", "3"), ("X-MANY", "four")],
    [("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")],
    [("X-Amzn-Bedrock-Trace", "ENABLED"), ("X-Amzn-Trace-Id", "Root=1-2-3")],
    [
        ("Authorization", "Bearer stale"),
        ("X-Amz-Date", "20010101T000000Z"),
        ("X-Amz-Security-Token", "stale"),
        ("Accept", "application/json"),
    ],
    [(name.title(), "x") for name in botocore.auth.SIGNED_HEADERS_BLACKLIST] + [("Z", "z")],
]


def set_clock(unix_s):
    now = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=unix_s)
    botocore.auth.get_current_datetime = lambda: now


def case(url, headers, body, region, token, unix_s, authorization):
    return {
        "url": url,
        "headers": [f"{name}: {value}" for name, value in headers],
        "body": body,
        "token": token,
        "region": region,
        "unix_s": unix_s,
        "authorization": authorization,
    }


def invoked(model, region, token, body=BODY, unix_s=WHEN):
    """The case of one InvokeModel call, of which nothing is sent."""
    sent = []

    def keep(request, **_):
        sent.append(request)
        reply = type("Raw", (), {"stream": lambda *_, **__: iter([b""])})()
        return AWSResponse(request.url, 200, {}, reply)

    set_clock(unix_s)
    client = botocore.session.Session().create_client(
        "bedrock-runtime",
        region_name=region,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        aws_session_token=token,
        config=Config(user_agent="any", signature_version="v4"),
    )
    client.meta.events.register("before-send", keep)
    client.invoke_model(
        modelId=model, body=body, accept=JSON["Accept"], contentType=JSON["Content-Type"]
    )
    (request,) = sent
    headers = [(name, request.headers[name]) for name in (*JSON, "User-Agent")]
    text = {name: v.decode() if isinstance(v, bytes) else v for name, v in headers}
    authorization = request.headers["Authorization"].decode()
    return case(request.url, text.items(), body, region, token, unix_s, authorization)


def signed(url, headers, body, region="us-east-1", token=None, unix_s=WHEN):
    """The case of a request of our own making."""
    set_clock(unix_s)
    request = AWSRequest(method="POST" if body else "GET", url=url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    if not token:
        del request.headers["X-Amz-Security-Token"]  # of an earlier signature
    credentials = ReadOnlyCredentials(ACCESS_KEY, SECRET_KEY, token)
    botocore.auth.SigV4Auth(credentials, "bedrock", region).add_auth(request)
    return case(url, headers, body, region, token, unix_s, request.headers["Authorization"])


def cases():
    for i, model in enumerate(MODELS):
        yield invoked(model, REGIONS[i % 3], TOKEN if i % 2 else None)
    for region in REGIONS:
        for token in (None, TOKEN):
            yield invoked(TITAN, region, token)
            yield invoked(ARN, region, token)
    for body in BODIES:
        yield invoked(TITAN, "us-east-1", TOKEN, body)
    for unix_s in TIMES:
        yield signed(HOST + "/model/x%3A0/invoke", JSON.items(), b"{}", unix_s=unix_s)
    for url in URLS:
        yield signed(url, JSON.items(), b"{}")
    yield signed(HOST + "/foundation-models", JSON.items(), b"")
    for headers in HEADERS:
        yield signed(HOST + "/model/x%3A0/invoke", headers, b"{}")
        yield signed(HOST + "/model/x%3A0/invoke", headers, b"{}", token=TOKEN)


def literal(data):
    """A C string literal. Octal escapes have three digits at most, so what follows is safe."""
    if data is None:
        return "NULL"
    text = ""
    for byte in data.encode() if isinstance(data, str) else data:
        if byte in b'"\\':
            text += "\\" + chr(byte)
        else:
            text += chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
    return f'"{text}"'


def main():
    out = sys.stdout
    out.write(
        "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n"
        "/* Written by tools/make_sigv4_cases.py; do not edit. Requests and the Authorization that\n"
        " * botocore gives them. */\n"
        "#ifndef EMB_SIGV4_CASES_H\n"
        "#define EMB_SIGV4_CASES_H\n"
        "#include <stddef.h>\n"
        "/* clang-format off */\n"
        f"#define SIGV4_ACCESS_KEY {literal(ACCESS_KEY)}\n"
        f"#define SIGV4_SECRET_KEY {literal(SECRET_KEY)}\n"
        "static const struct {\n"
        "  const char *url, *headers[16], *body;\n"
        "  size_t n_body;\n"
        "  const char *token, *region;\n"
        "  long long unix_s;\n"
        "  const char *authorization;\n"
        "} sigv4_cases[] = {\n"
    )
    for c in cases():
        headers = ", ".join(literal(h) for h in c["headers"]) or "NULL"
        out.write(
            f"  {{{literal(c['url'])},\n"
            f"   {{{headers}}},\n"
            f"   {literal(c['body'])}, {len(c['body'])},\n"
            f"   {literal(c['token'])}, \"{c['region']}\", {c['unix_s']}LL,\n"
            f"   {literal(c['authorization'])}}},\n"
        )
    out.write("};\n/* clang-format on */\n#endif\n")


if __name__ == "__main__":
    main()
