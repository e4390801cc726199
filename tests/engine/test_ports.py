"""A port that is taken is refused with the name of who holds it."""

import os
import sys

import pytest

from cloudrig.engine.ports import AddressError, PortTaken, listener


def test_a_free_port_is_found() -> None:
    with listener("127.0.0.1", 0) as sock:
        assert sock.getsockname()[1] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="the owner of a port is read from /proc")
def test_a_taken_port_names_its_owner() -> None:
    with listener("127.0.0.1", 0) as sock, pytest.raises(PortTaken, match=rf"pid {os.getpid()}\)"):
        listener("127.0.0.1", sock.getsockname()[1])


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_named(host: str) -> None:
    with pytest.raises(AddressError, match=f"{host} is no address of this machine"):
        listener(host, 0)
