from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request, Response
from cloudrig.services.cognito import cors


def asked(method: str = "OPTIONS", headers: str = "content-type, x-amz-target") -> Request:
    given = CIMultiDict({"Origin": "https://chat.example", "Access-Control-Request-Headers": headers})
    return Request(method, "/", headers=CIMultiDictProxy(given))


def test_a_page_that_asks_is_told_that_it_may() -> None:
    assert cors.is_preflight(asked())
    answer = cors.preflight(asked())
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type, x-amz-target"


def test_what_others_ask_for_is_theirs() -> None:
    assert not cors.is_preflight(asked(headers="content-type"))
    assert not cors.is_preflight(asked("POST"))
    assert not cors.is_preflight(Request("OPTIONS", "/bucket"))


def test_an_upstreams_own_header_is_not_doubled() -> None:
    opened = cors.opened(Response(headers=CIMultiDict({"access-control-allow-origin": "https://elsewhere.example"})))
    assert opened.headers.getall("Access-Control-Allow-Origin") == ["*"]
