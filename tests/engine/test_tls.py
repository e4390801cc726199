"""The rig's certificates verify by their own bundle, are kept, and their keys are private."""

import asyncio
import ssl
from pathlib import Path

import pytest

from cloudrig.engine.tls import ensure_certificates


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "abc.execute-api.localhost"])
async def test_a_client_with_the_bundle_trusts_the_server(tmp_path: Path, name: str) -> None:
    certificates = ensure_certificates(tmp_path)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=certificates.server_context())
    async with server:
        trust = ssl.create_default_context(cafile=str(certificates.bundle))
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname=name)
        assert await reader.read() == b"hello"
        writer.close()


def test_certificates_are_kept_and_the_key_is_private(tmp_path: Path) -> None:
    first = ensure_certificates(tmp_path)
    content = first.chain.read_bytes()
    assert ensure_certificates(tmp_path).chain.read_bytes() == content
    assert first.key.stat().st_mode & 0o077 == 0


def test_a_missing_part_is_made_anew(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path)
    certificates.bundle.unlink()
    assert ensure_certificates(tmp_path).bundle.exists()


@pytest.mark.parametrize("name", ["server.pem", "server.key", "ca-bundle.pem"])
@pytest.mark.parametrize("damage", ["cut off", "of another making"])
def test_what_somebody_was_killed_over_is_made_anew(tmp_path: Path, name: str, damage: str) -> None:
    certificates = ensure_certificates(tmp_path / "here")
    damaged, other = tmp_path / "here" / name, tmp_path / "other" / name
    ensure_certificates(tmp_path / "other")
    damaged.write_bytes(damaged.read_bytes()[:-40] if damage == "cut off" else other.read_bytes())
    again = ensure_certificates(tmp_path / "here")
    assert again == certificates
    again.server_context()
    chain = again.chain.read_bytes()
    assert again.bundle.read_bytes().endswith(chain[chain.rindex(b"-----BEGIN") :])
