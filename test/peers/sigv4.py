# SPDX-License-Identifier: MIT OR Apache-2.0
"""botocore and our signer put the same Authorization on the same request, byte for byte.

botocore makes the requests: InvokeModel and Converse calls with model ids of every form, up to the
point where they would be sent; and its signer alone signs urls, queries and headers of any form."""

import base64
import datetime
import json
import random
import subprocess
import sys

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.session

import peers

SIGN = peers.ROOT / "build" / "sigv4_sign"
N_CALLS, N_REQUESTS = 240, 400
OF_SIGNATURE = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
# what botocore puts on a request once it is signed
AFTER_SIGNING = ("amz-sdk-invocation-id", "amz-sdk-request", "content-length")
REGIONS = """us-east-1 us-east-2 us-west-2 ca-central-1 sa-east-1 eu-central-1 eu-west-1 eu-west-3
    eu-north-1 ap-northeast-1 ap-northeast-3 ap-south-1 ap-southeast-2 us-gov-west-1""".split()
MODELS = """amazon.titan-embed-text-v1 amazon.titan-embed-text-v2:0 amazon.titan-embed-image-v1
    amazon.nova-2-multimodal-embeddings-v1:0 cohere.embed-english-v3 cohere.embed-multilingual-v3
    cohere.embed-v4:0 us.cohere.embed-v4:0 eu.cohere.embed-v4:0 global.cohere.embed-v4:0
    us.anthropic.claude-sonnet-4-20250514-v1:0 twelvelabs.marengo-embed-2-7-v1:0
    amazon.titan-embed-text-v2:0:8k""".split()
KEY_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
PATH_PARTS = ["/", "/", "/", ".", "..", "a", "B9", "%2F", "%3A", "%", ":", "~", "-_", "+", "@", "$"]
QUERY_PARTS = ["&", "&", "=", "=", "a", "b", "A", "0", "-", "_", "%20", "%2F", "~", ".", "+", "/"]


def word(dice, longest):
    return "".join(dice.choices(KEY_CHARACTERS, k=dice.randint(1, longest)))


def model_id(dice):
    region, account = dice.choice(REGIONS), dice.randint(10**11, 10**12 - 1)
    arn = f"arn:aws:bedrock:{region}:{account}:"
    name = dice.choice(MODELS)
    return dice.choice(
        [
            name,
            name,
            name,
            f"arn:aws:bedrock:{region}::foundation-model/{name}",
            f"{arn}inference-profile/us.{name}",
            f"{arn}application-inference-profile/{dice.getrandbits(48):x}",
            f"{arn}provisioned-model/{dice.getrandbits(48):x}",
            "".join(dice.choices("aZ09:/.-_~ %+&=?#@!é漢", k=dice.randint(1, 30))),
        ]
    )


def some_body(dice):
    return dice.choice(
        [
            lambda: b"{}",
            lambda: json.dumps({"inputText": "x" * dice.randint(0, 300)}).encode(),
            lambda: '{"inputText":"naïve 漢字 😀"}'.encode() * dice.randint(1, 4),
            lambda: dice.randbytes(dice.randint(1, 200)),
            lambda: dice.randbytes(dice.randint(1, 100_000)),
        ]
    )()


def set_clock(unix_s):
    now = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=unix_s)
    botocore.auth.get_current_datetime = lambda: now


def some_signer(dice):
    """Who signs, where and when: the members of a case that are not the request."""
    how = {
        "access_key": "AKIA" + word(dice, 20).replace("/", "X"),
        "secret_key": word(dice, 100),
        "region": dice.choice(REGIONS),
        "service": "bedrock",
        "unix_s": dice.choice([dice.randrange(2**31), dice.randrange(253402300800)]),
    }
    if dice.random() < 0.5:
        how["session_token"] = word(dice, 1200)
    set_clock(how["unix_s"])
    return how


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def result(how, url, headers, body, signed):
    """The case for our program, and the headers that must come of it."""
    case = how | {
        "url": url,
        "headers": [f"{name}: {value}" for name, value in headers],
        "body": base64.b64encode(body).decode(),
    }
    return case, {name: text(signed[name]) for name in OF_SIGNATURE if name in signed}


def of_call(dice, session):
    """A call of botocore's client; its request goes nowhere."""
    how = some_signer(dice)
    sent = []

    def keep(request, **_):
        sent.append(request)
        raw = type("Raw", (), {"stream": lambda *_, **__: iter([b"{}"])})()
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, raw)

    client = session.create_client(
        "bedrock-runtime",
        region_name=how["region"],
        aws_access_key_id=how["access_key"],
        aws_secret_access_key=how["secret_key"],
        aws_session_token=how.get("session_token"),
        # not the bearer key that the environment may hold
        config=botocore.config.Config(signature_version="v4"),
    )
    client.meta.events.register("before-send", keep)
    if dice.random() < 0.2:
        message = {"role": "user", "content": [{"text": word(dice, 99)}]}
        client.converse(modelId=model_id(dice), messages=[message])
    else:
        types = {"accept": "application/json", "contentType": "application/json"}
        types = {name: types[name] for name in types if dice.random() < 0.8}
        client.invoke_model(modelId=model_id(dice), body=some_body(dice), **types)
    (request,) = sent
    headers = [
        (name, text(value))
        for name, value in request.headers.items()
        if name not in OF_SIGNATURE and name.lower() not in AFTER_SIGNING
    ]
    return result(how, request.url, headers, request.body, request.headers)


def some_url(dice):
    hosts = ["bedrock-runtime.us-east-1.amazonaws.com", "LocalHost", "127.0.0.1", "[::1]"]
    host = dice.choice(hosts)
    user = dice.choice(["", "", "", "me@", "me:p%40@"])
    port = dice.choice(["", "", ":80", ":443", ":8443", f":{dice.randint(1, 65535)}", ":"])
    path = "".join(dice.choices(PATH_PARTS, k=dice.randint(0, 12)))
    query = "".join(dice.choices(QUERY_PARTS, k=dice.randint(0, 16)))
    url = dice.choice(["http", "https"]) + f"://{user}{host}{port}"
    url += f"/{path}" if path or query else dice.choice(["", "/"])
    return url + dice.choice(["", f"?{query}"]) + dice.choice(["", "", "", "#part?a=b"])


def some_headers(dice):
    names = ["Content-Type", "Accept", "X-Custom", "x-custom", "X-Custom-2", "X-Amzn-Bedrock-Trace"]
    names += ["Host", *OF_SIGNATURE[:2], *botocore.auth.SIGNED_HEADERS_BLACKLIST]
    values = ["application/json", "a  b", " c\td ", "é", '"quoted,  text"', "*/*", "1"]
    chosen = dice.choices(names, k=dice.randint(0, 8))
    once = set()
    for name in chosen:
        if name in ("Host", *OF_SIGNATURE) and name in once:
            continue
        once.add(name)
        yield dice.choice([name, name.lower(), name.upper()]), dice.choice(values)


def of_request(dice):
    """A request of any form, signed by botocore's signer."""
    how = some_signer(dice)
    url, headers = some_url(dice), list(some_headers(dice))
    body = some_body(dice) if dice.random() < 0.9 else b""
    request = botocore.awsrequest.AWSRequest("POST" if body else "GET", url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    credentials = botocore.credentials.ReadOnlyCredentials(
        how["access_key"], how["secret_key"], how.get("session_token")
    )
    botocore.auth.SigV4Auth(credentials, how["service"], how["region"]).add_auth(request)
    return result(how, url, headers, body, request.headers)


def differences(cases):
    """Of every case that comes out otherwise, a text."""
    lines = "".join(json.dumps(case) + "\n" for case, _ in cases)
    run = subprocess.run([SIGN], input=lines, capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in run.stdout.splitlines()]
    for (case, want), headers in zip(cases, results, strict=True):
        if isinstance(headers, str):
            yield f"{case['url']}: {headers}"
            continue
        names = {name.lower(): name for name in OF_SIGNATURE}
        pairs = [header.split(": ", 1) for header in headers]
        got = [(names[n.lower()], value) for n, value in pairs if n.lower() in names]
        if sorted(got) != sorted(want.items()):
            yield f"{case['url']}, {case['headers']}: {got}, not {want}"


def check(tally, servers):
    dice = random.Random(20150830)
    session = botocore.session.Session()
    for what, cases in (
        ("calls of its client", [of_call(dice, session) for _ in range(N_CALLS)]),
        ("requests of any form", [of_request(dice) for _ in range(N_REQUESTS)]),
    ):
        wrong = list(differences(cases))
        for line in wrong[:5]:
            print("    ", line)
        tally.that(
            not wrong and len({want["Authorization"] for _, want in cases}) == len(cases),
            f"{len(cases)} {what}: {len(cases) - len(wrong)} signed byte for byte as botocore does",
        )
    script = peers.ROOT / "tools" / "make_sigv4_cases.py"
    table = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    tally.that(
        table.stdout == (peers.ROOT / "test" / "unit" / "sigv4_cases.h").read_text(),
        "botocore gives the signatures that the unit tests hold us to",
    )
