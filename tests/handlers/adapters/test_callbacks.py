import hashlib
import hmac
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from handlers.adapters.callbacks import CallbackApi
from handlers.adapters.link import Link
from handlers.adapters.signing import Credentials, Signer
from handlers.chat.delivery import Outcome
from tests.fakes import NO_ANSWER, Call, FakeCallbackApi, FakeProxy

CONNECTION = "Bx1d/cnpIAMCJ9g="


def callback_api(url: str, *, ca_bundle: str | None = None, https_proxy: str | None = None) -> CallbackApi:
    link = Link(url, read_timeout_s=1.0, ca_bundle=ca_bundle, https_proxy=https_proxy)
    return CallbackApi(url, link, Signer(Credentials("AKIATEST", "secret", "session"), "execute-api", "us-east-1"))


@pytest.fixture
def api(callbacks: FakeCallbackApi) -> CallbackApi:
    return callback_api(callbacks.url)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (410, Outcome.GONE),
        (429, Outcome.UNAVAILABLE),
        (500, Outcome.UNAVAILABLE),
        (503, Outcome.UNAVAILABLE),
        (NO_ANSWER, Outcome.UNAVAILABLE),
        (400, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (413, Outcome.REFUSED),
    ],
)
def test_what_became_of_a_post(api: CallbackApi, callbacks: FakeCallbackApi, status: int, outcome: Outcome) -> None:
    callbacks.script(CONNECTION, status)
    assert api.post(CONNECTION, b"hello") is outcome
    assert api.post(CONNECTION, b"again") is Outcome.DELIVERED


def test_nobody_there_is_unavailable() -> None:
    with FakeCallbackApi() as gone:
        url = gone.url
    assert callback_api(url).post(CONNECTION, b"hello") is Outcome.UNAVAILABLE


def test_the_body_arrives_under_the_encoded_connection_id(api: CallbackApi, callbacks: FakeCallbackApi) -> None:
    api.post(CONNECTION, "ä😀".encode())
    (call,) = callbacks.calls
    assert call.path == "/prod/@connections/Bx1d%2FcnpIAMCJ9g%3D"
    assert call.body.decode() == "ä😀"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_call_is_signed_as_aws_checks_it(api: CallbackApi, callbacks: FakeCallbackApi, method: str) -> None:
    """The signature is recomputed from what arrived, by the rules of
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
    """
    if method == "POST":
        api.post(CONNECTION, b"hello")
    else:
        api.close(CONNECTION)
    (call,) = callbacks.calls
    assert call.method == method
    assert call.headers["X-Amz-Security-Token"] == "session"
    assert call.headers["Authorization"].endswith(f"Signature={_signature(call, 'secret')}")


def test_posts_one_after_another_share_a_connection(api: CallbackApi, callbacks: FakeCallbackApi) -> None:
    for _ in range(20):
        api.post(CONNECTION, b"hello")
    assert callbacks.sockets == 1


def test_posts_at_once_do_not_wait_for_each_other(api: CallbackApi, callbacks: FakeCallbackApi) -> None:
    """32 connections each answer only when all 32 posts are in."""
    barrier = threading.Barrier(32, timeout=5)
    answer = callbacks.answer

    def when_all_are_in(call: Call) -> int:
        barrier.wait()
        return answer(call)

    callbacks.answer = when_all_are_in  # type: ignore[method-assign]
    with ThreadPoolExecutor(32) as threads:
        outcomes = list(threads.map(lambda number: api.post(f"c{number}", b"hello"), range(32)))
    assert outcomes == [Outcome.DELIVERED] * 32


def test_a_slow_answer_is_given_up(api: CallbackApi, callbacks: FakeCallbackApi) -> None:
    callbacks.hold(CONNECTION)
    assert api.post(CONNECTION, b"hello") is Outcome.UNAVAILABLE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 and chat.example, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("chat.example")]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    unlocked = serialization.NoEncryption()
    encoded_key = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + encoded_key)
    return path


@pytest.fixture
def callbacks_over_tls(certificate: Path) -> Iterator[FakeCallbackApi]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with FakeCallbackApi(tls=tls) as fake:
        yield fake


def test_https_trusts_the_given_certificates_and_no_others(
    callbacks_over_tls: FakeCallbackApi, certificate: Path
) -> None:
    trusting = callback_api(callbacks_over_tls.url, ca_bundle=str(certificate))
    assert trusting.post(CONNECTION, b"hello") is Outcome.DELIVERED
    usual = callback_api(callbacks_over_tls.url)
    assert usual.post(CONNECTION, b"hello") is Outcome.UNAVAILABLE


def test_https_goes_through_the_proxy_unopened(callbacks_over_tls: FakeCallbackApi, certificate: Path) -> None:
    with FakeProxy(callbacks_over_tls.port) as proxy:
        api = callback_api("https://chat.example/prod", ca_bundle=str(certificate), https_proxy=proxy.url)
        assert api.post(CONNECTION, b"hello") is Outcome.DELIVERED
        assert proxy.asked_for == ["chat.example:443"]
    (call,) = callbacks_over_tls.calls
    assert call.headers["Host"] == "chat.example"


def _signature(call: Call, secret: str) -> str:
    headers = {name.lower(): value for name, value in call.headers.items()}
    _, _, scope = headers["authorization"].partition("Credential=AKIATEST/")
    scope, _, rest = scope.partition(", SignedHeaders=")
    signed = rest.partition(",")[0]
    canonical = "\n".join(
        [
            call.method,
            quote(call.path, safe="/"),
            "",
            *(f"{name}:{headers[name]}" for name in signed.split(";")),
            "",
            signed,
            hashlib.sha256(call.body).hexdigest(),
        ]
    )
    to_sign = "\n".join(
        ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()
