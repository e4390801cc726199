"""The way by the environment's proxy, as a rehearsal has one."""

from __future__ import annotations

import socket

import pytest

from loadtests.proxy import proxy_to, tunnel


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")


@pytest.mark.parametrize("url", ["https://a.example/prod", "wss://a.example/prod?token=x"])
def test_what_goes_over_tls_goes_by_the_proxy(url: str) -> None:
    assert proxy_to(url) == ("127.0.0.1", 3128)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:4566/x", "wss://127.0.0.1:4567/x", "http://a.example", ""])
def test_all_else_goes_directly(url: str) -> None:
    assert proxy_to(url) is None


def test_where_there_is_none_everything_goes_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name)
    assert proxy_to("https://a.example/prod") is None


def test_a_tunnel_is_asked_for_and_takes_nothing_of_what_comes_through_it() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"HTTP/1.1 200 Connection established\r\n\r\nhello")
        tunnel(here, "a.example", 443)
        assert there.recv(1000) == b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
        assert here.recv(1000) == b"hello"


@pytest.mark.parametrize(
    ("answer", "words"), [(b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused: HTTP/1.1 403"), (b"", "hung up")]
)
def test_a_proxy_that_leads_nowhere_is_an_error(answer: bytes, words: str) -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(answer)
        there.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError, match=words):
            tunnel(here, "a.example", 443)
