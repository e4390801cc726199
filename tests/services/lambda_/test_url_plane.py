"""Calling function URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and …/urls-auth.html"""

from __future__ import annotations

import json
import re
import shutil
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.credentials import signature_scope
from cloudrig.engine.messages import Caller, Request, Response
from cloudrig.engine.names import Scope
from tests.services.lambda_.harness import Api, archive

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
ECHO = "def handler(event, context): return event"
ANSWERS = "def handler(event, context): return {!r}"
FORBIDDEN = (
    b'{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: '
    b'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}'
)
EVERYBODY = {
    "StatementId": "url",
    "Action": "lambda:InvokeFunctionUrl",
    "Principal": "*",
    "FunctionUrlAuthType": "NONE",
}


async def make(api: Api, source: str = ECHO, *, public: bool = True, **members: Any) -> str:
    """A function with a URL, whose path this returns."""
    return await at(api, await api.deploy(source=source), public=public, **members)


async def at(api: Api, arn: str, *, public: bool = True, **members: Any) -> str:
    made = await api("CreateFunctionUrlConfig", **{"FunctionName": arn, "AuthType": "NONE", **members})
    if public:
        await api("AddPermission", FunctionName=made["FunctionArn"], **EVERYBODY)
    return urlsplit(str(made["FunctionUrl"])).path


async def call(
    api: Api, path: str, method: str = "GET", query: str = "", body: bytes = b"", **headers: str
) -> Response:
    named = {"Host": "127.0.0.1:4566", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = Request(method, path, query, CIMultiDictProxy(CIMultiDict(named)), body)
    return await serve(api, request)


async def serve(api: Api, request: Request) -> Response:
    mounted = api.service.urls.locate("127.0.0.1", request.path)
    assert mounted is not None
    return await api.service.urls.serve(request, mounted)


async def whole(response: Response) -> bytes:
    return b"".join([piece async for piece in response.stream]) if response.stream else response.body


async def test_the_event(api: Api) -> None:
    """Format 2.0: what is empty is left out, header names in lower case."""
    path = await make(api)
    answer = await call(
        api, path + "a%20b/c", "POST", "x=1&x=2&y=", b'{"a": 1}', Content_Type="application/json", Cookie="a=1; b=2"
    )
    event = json.loads(answer.body)
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", event["headers"].pop("x-amzn-trace-id"))
    context = event.pop("requestContext")
    url_id = path.split("/")[-2]
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a%20b/c",
        "rawQueryString": "x=1&x=2&y=",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "host": "127.0.0.1:4566",
            "content-type": "application/json",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "4566",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"x": "1,2", "y": ""},
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }
    assert context.pop("requestId") == answer.headers["x-amzn-RequestId"]
    assert context == {
        "accountId": "anonymous",
        "apiId": url_id,
        "domainName": "127.0.0.1:4566",
        "domainPrefix": url_id,
        "http": {
            "method": "POST",
            "path": "/a%20b/c",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "",
        },
        "routeKey": "$default",
        "stage": "$default",
        "time": "18/Nov/2026:11:06:40 +0000",
        "timeEpoch": 1_795_000_000_000,
    }


async def test_the_clients_trace_goes_on(api: Api) -> None:
    path = await make(
        api, "import os\ndef handler(e, c): return [e['headers']['x-amzn-trace-id'], os.environ['_X_AMZN_TRACE_ID']]"
    )
    root = "Root=1-3152b799-8954dae64eda91bc9a23a7e8"
    for given in (root, ""):
        shown, own = json.loads((await call(api, path, X_Amzn_Trace_Id=given)).body)
        assert own.startswith(f"{shown};Parent=")
        assert (shown == root) == bool(given)


async def test_bodies_that_are_no_text_come_in_base64(api: Api) -> None:
    path = await make(api)
    for content_type in ("application/octet-stream", "application/x-www-form-urlencoded"):
        event = json.loads((await call(api, path, "POST", "", b"a=1", Content_Type=content_type)).body)
        assert (event["body"], event["isBase64Encoded"]) == ("YT0x", True)


@pytest.mark.parametrize(
    ("returned", "status", "body", "content_type"),
    [
        ({"statusCode": 201, "body": "made", "headers": {"Content-Type": "text/plain"}}, 201, b"made", "text/plain"),
        ({"statusCode": "204"}, 204, b"", "application/json"),
        ({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}, 200, b"hi", "application/json"),
        ({"statusCode": 200, "body": {"a": 1}}, 200, b'{"a": 1}', "application/json"),
        ({"a": "ä"}, 200, '{"a":"ä"}'.encode(), "application/json"),
        ("text", 200, b"text", "application/json"),
        (["a", 3, True, 3.1], 200, b'["a",3,true,3.1]', "application/json"),
        (None, 200, b"null", "application/json"),
        ({"statusCode": "many"}, 502, b"Internal Server Error", "application/json"),
        ({"statusCode": 200, "body": "?", "isBase64Encoded": True}, 502, b"Internal Server Error", "application/json"),
    ],
)
async def test_answers(api: Api, returned: object, status: int, body: bytes, content_type: str) -> None:
    answer = await call(api, await make(api, ANSWERS.format(returned)))
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (status, body, content_type)


async def test_cookies_are_headers_of_their_own(api: Api) -> None:
    answer = await call(api, await make(api, ANSWERS.format({"statusCode": 200, "cookies": ["a=1", "b=2"]})))
    assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.unverified
async def test_headers_that_are_not_the_functions(api: Api) -> None:
    headers = {"WWW-Authenticate": "Basic", "Content-Length": "7", "X-A": True}
    answer = await call(api, await make(api, ANSWERS.format({"statusCode": 401, "headers": headers, "body": "no"})))
    assert answer.headers["x-amzn-Remapped-WWW-Authenticate"] == "Basic"
    assert answer.headers["x-amzn-Remapped-Content-Length"] == "7"
    assert answer.headers["X-A"] == "true"
    assert not {"WWW-Authenticate", "Content-Length"} & set(answer.headers)


async def test_a_function_that_fails_is_a_bad_gateway(api: Api) -> None:
    answer = await call(api, await make(api, "def handler(event, context): 1 / 0"))
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


async def test_a_throttled_function(api: Api) -> None:
    arn = await api.deploy(source=ECHO)
    path = await at(api, arn)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    answer = await call(api, path)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (429, "TooManyRequestsException")


async def test_without_a_policy_nobody_may_call(api: Api) -> None:
    """AuthType NONE needs a statement for everybody with `lambda:InvokeFunctionUrl`."""
    path = await make(api, public=False)
    answer = await call(api, path)
    assert (answer.status, answer.body) == (403, FORBIDDEN)
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"


async def test_a_url_that_is_gone(api: Api) -> None:
    arn = await api.deploy(source=ECHO)
    path = await at(api, arn)
    await api("DeleteFunctionUrlConfig", FunctionName=arn)
    answer = await call(api, path)
    assert (answer.status, answer.body) == (403, b'{"Message":null}')
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    arn = await api.deploy(source=ECHO)
    path = await at(api, arn)
    await api("DeleteFunction", FunctionName=arn)
    assert (await call(api, path)).status == 403


async def test_the_url_of_a_deleted_alias_stays_and_is_forbidden(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_lambda_url_persists_after_alias_delete`)."""
    arn = await api.deploy(source=ECHO, Publish=True)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    path = await at(api, arn, Qualifier="live")
    assert (await call(api, path)).status == 200
    await api("DeleteAlias", FunctionName=arn, Name="live")
    answer = await call(api, path)
    assert (answer.status, answer.body) == (403, FORBIDDEN)


async def test_the_client_gets_the_invocations_request_id(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_request_id_invoke_url`)."""
    answer = await call(api, await make(api, "def handler(event, context): return context.aws_request_id"))
    assert answer.body.decode() == answer.headers["x-amzn-RequestId"]


async def test_an_alias_runs_its_version(api: Api) -> None:
    arn = await api.deploy(source="def handler(event, context): return context.function_version", Publish=True)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    made = await api("CreateFunctionUrlConfig", FunctionName=arn, Qualifier="live", AuthType="NONE")
    path = urlsplit(made["FunctionUrl"]).path
    assert (await call(api, path)).status == 403
    await api("AddPermission", FunctionName=arn, Qualifier="live", **EVERYBODY)
    assert (await call(api, path)).body == b"1"


def signed(path: str, keys: Keys, service: str = "lambda") -> Request:
    sent = AWSRequest("GET", f"http://127.0.0.1:4566{path}")
    SigV4Auth(keys, service, "us-east-1").add_auth(sent)
    headers = CIMultiDictProxy(CIMultiDict(Host="127.0.0.1:4566", **dict(sent.headers.items())))
    return Request("GET", path, "", headers)


async def test_a_signature_is_asked_for(api: Api) -> None:
    path = await make(api, public=False, AuthType="AWS_IAM")
    assert (await call(api, path)).status == 403
    request = signed(path, Keys("111122223333", "x"))
    request.caller = Caller(Scope("111122223333", "us-east-1"), "111122223333")
    context = json.loads((await serve(api, request)).body)["requestContext"]
    assert context["accountId"] == "111122223333"
    assert context["authorizer"]["iam"]["accessKey"] == "111122223333"
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::111122223333:user/111122223333"
    request.caller = Caller(Scope("111122223333", "us-east-1"), "ASIA1", "arn:aws:iam::111122223333:role/p/r", "f")
    identity = json.loads((await serve(api, request)).body)["requestContext"]["authorizer"]["iam"]
    assert identity["userArn"] == "arn:aws:sts::111122223333:assumed-role/r/f"
    assert identity["userId"].endswith(":f")
    assert signature_scope(request.headers, "") is not None
    other = await serve(api, signed(path, Keys("111122223333", "x"), "execute-api"))
    assert (other.status, other.headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


async def test_cors(api: Api) -> None:
    """Preflights are answered for the function; its answers get the configured headers in place of its own."""
    source = ANSWERS.format({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://own.example"}})
    cors = {
        "AllowOrigins": ["https://a.example"],
        "AllowMethods": ["GET", "PUT"],
        "AllowHeaders": ["X-A"],
        "AllowCredentials": True,
        "ExposeHeaders": ["X-B"],
        "MaxAge": 60,
    }
    path = await make(api, source, Cors=cors)
    asked = await call(api, path, "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="PUT")
    assert (asked.status, dict(asked.headers)) == (
        200,
        {
            "Access-Control-Allow-Origin": "https://a.example",
            "Vary": "Origin",
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": "GET,PUT",
            "Access-Control-Allow-Headers": "X-A",
            "Access-Control-Max-Age": "60",
            "Access-Control-Expose-Headers": "X-B",
        },
    )
    answer = await call(api, path, Origin="https://a.example")
    assert answer.headers.getall("Access-Control-Allow-Origin") == ["https://a.example"]
    assert answer.headers["Access-Control-Expose-Headers"] == "X-B"
    foreign = await call(api, path, "OPTIONS", Origin="https://b.example", Access_Control_Request_Method="PUT")
    assert "Access-Control-Allow-Origin" not in foreign.headers


async def test_without_cors_the_function_answers_preflights(api: Api) -> None:
    answer = await call(
        api, await make(api), "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="PUT"
    )
    assert json.loads(answer.body)["requestContext"]["http"]["method"] == "OPTIONS"


STREAMS = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.rawPath === '/plain') stream.setContentType('text/plain')
  else stream = awslambda.HttpResponseStream.from(stream, {
    statusCode: 201, headers: { 'Content-Type': 'text/html', 'X-A': 'b' }, cookies: ['c=1'] })
  stream.write('one '); stream.write('two')
  if (event.rawPath === '/fail') throw new Error('on the way')
  stream.end()
})"""


@needs_node
@pytest.mark.parametrize("mode", ["RESPONSE_STREAM", "BUFFERED"])
async def test_streams(api: Api, mode: str) -> None:
    """The pieces one after the other, or put together where the URL buffers."""
    code = {"ZipFile": archive(files={"index.js": STREAMS})}
    arn = await api.deploy("index.handler", Runtime="nodejs20.x", Code=code)
    path = await at(api, arn, InvokeMode=mode)
    answer = await call(api, path)
    assert (answer.status, answer.headers["Content-Type"], answer.headers["X-A"]) == (201, "text/html", "b")
    assert answer.headers["Set-Cookie"] == "c=1"
    assert (answer.stream is not None) is (mode == "RESPONSE_STREAM")
    assert await whole(answer) == b"one two"
    plain = await call(api, path + "plain")
    assert (plain.status, plain.headers["Content-Type"], await whole(plain)) == (200, "text/plain", b"one two")


@needs_node
async def test_a_stream_that_fails_breaks_off(api: Api) -> None:
    code = {"ZipFile": archive(files={"index.js": STREAMS})}
    arn = await api.deploy("index.handler", Runtime="nodejs20.x", Code=code)
    answer = await call(api, await at(api, arn, InvokeMode="RESPONSE_STREAM") + "fail")
    assert answer.status == 201
    with pytest.raises(ConnectionAbortedError, match="on the way"):
        await whole(answer)


async def test_a_function_that_does_not_stream_behind_a_url_that_does(api: Api) -> None:
    path = await make(api, ANSWERS.format({"statusCode": 201}), InvokeMode="RESPONSE_STREAM")
    answer = await call(api, path)
    assert (answer.status, answer.body) == (200, b'{"statusCode": 201}')
