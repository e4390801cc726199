"""A port that is taken is refused with the name of who holds it."""

import os
import sys

import pytest

from cloudrig.engine.ports import AddressError, PortTaken, listener, listener_pid, reachable


def test_a_free_port_is_found() -> None:
    with listener("127.0.0.1", 0) as sock:
        assert sock.getsockname()[1] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="the owner of a port is read from /proc")
def test_a_taken_port_names_its_owner() -> None:
    with listener("127.0.0.1", 0) as sock, pytest.raises(PortTaken, match=rf"pid {os.getpid()}\)"):
        listener("127.0.0.1", sock.getsockname()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="who listens is read from /proc")
def test_who_listens_on_a_port_is_found() -> None:
    with listener("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        assert listener_pid(port) == os.getpid()
    assert listener_pid(port) is None


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_named(host: str) -> None:
    with pytest.raises(AddressError, match=f"{host} is no address of this machine"):
        listener(host, 0)


@pytest.mark.parametrize(
    ("listened_on", "called"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("fe80::1", "[fe80::1]")],
)
def test_urls_call_what_is_listened_on(listened_on: str, called: str) -> None:
    assert reachable(listened_on) == called
