"""The rig's own certificate authority and server certificate, kept under the data folder.

Functions reach `https://{domainName}/{stage}` as on AWS; they trust the CA by `AWS_CA_BUNDLE`, which also holds
botocore's public roots so that calls to the real world still verify.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloudrig.engine.files import write_whole

_VALID = timedelta(days=397)  # what browsers and macOS accept of a server certificate
_RENEW_BEFORE = timedelta(days=30)
_REHEARSAL_CA = "cloudrig rehearsal CA"
_HOSTS = ("localhost", "*.localhost", "*.execute-api.localhost", "*.s3-website.localhost")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of PEM files."""

    chain: Path
    key: Path
    bundle: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain, self.key)
        return context


class HostCertificates:
    """Certificates for whatever host name a client asks for, by a certificate authority that lives as long as the rig.

    `bundle` is the PEM file of that authority alone: who trusts it trusts nobody else.
    """

    def __init__(self, folder: Path) -> None:
        self._ca_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self._ca = _certificate(_REHEARSAL_CA, self._ca_key, _REHEARSAL_CA, self._ca_key, is_ca=True)
        self._folder = folder
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.bundle = folder / "ca.pem"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self.bundle, self._ca.public_bytes(serialization.Encoding.PEM), 0o644)

    def serve(self, context: ssl.SSLContext, domains: tuple[str, ...]) -> None:
        """Have a server's context show certificates of this authority to who asks for a name below these domains."""

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None and name.endswith(domains):
                connection.context = self._context(name)

        context.sni_callback = choose

    def _context(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            self._contexts[name] = self._make(name)
        return self._contexts[name]

    def _make(self, name: str) -> ssl.SSLContext:
        leaf = _certificate(name[:64], self._key, _REHEARSAL_CA, self._ca_key, is_ca=False, hosts=(name,))
        chain, key = self._folder / "host.pem", self._folder / "host.key"
        write_whole(chain, b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, self._ca)), 0o644)
        write_whole(key, _key_pem(self._key))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chain, key)
        return context


def ensure_certificates(folder: Path) -> Certificates:
    """The certificates in `folder`, made anew where they are missing or about to expire."""
    certificates = Certificates(folder / "server.pem", folder / "server.key", folder / "ca-bundle.pem")
    if not _usable(certificates):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(certificates)
    return certificates


def _usable(certificates: Certificates) -> bool:
    if not (certificates.chain.exists() and certificates.key.exists() and certificates.bundle.exists()):
        return False
    chain = certificates.chain.read_bytes()
    try:
        certificates.server_context()
        expires = x509.load_pem_x509_certificate(chain).not_valid_after_utc
    except (ValueError, ssl.SSLError):  # cut off, or of two makings: who made them was killed meanwhile
        return False
    whole = certificates.bundle.read_bytes().endswith(chain[chain.rindex(b"-----BEGIN") :])
    return whole and expires - datetime.now(UTC) > _RENEW_BEFORE


def _make(certificates: Certificates) -> None:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("cloudrig local CA", ca_key, "cloudrig local CA", ca_key, is_ca=True)
    leaf = _certificate("localhost", key, "cloudrig local CA", ca_key, is_ca=False)
    ca_pem, leaf_pem = (one.public_bytes(serialization.Encoding.PEM) for one in (ca, leaf))
    public_roots = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
    write_whole(certificates.key, _key_pem(key))
    write_whole(certificates.bundle, public_roots + b"\n" + ca_pem, 0o644)
    write_whole(certificates.chain, leaf_pem + ca_pem, 0o644)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool,
    hosts: tuple[str, ...] = _HOSTS,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(_key_usage(is_ca), critical=True)
    )
    if not is_ca:
        addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
        builder = builder.add_extension(
            x509.SubjectAlternativeName([*map(x509.DNSName, hosts), *addresses]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
