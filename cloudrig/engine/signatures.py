"""SigV4: who signed, for which service, and whether it is true.

The rig accepts any access key and so cannot know most secrets: of their signatures only presence and scope are
checked. Signatures of the credentials it issued are verified, in headers and in the query; their age is not, since the
rig's clock may have been moved. (A rehearsal does not know other keys, and looks at the age: `services/access`.)
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from cloudrig.engine.credentials import Credentials
from cloudrig.engine.messages import Request

FALSE_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)

_ALGORITHM = "AWS4-HMAC-SHA256"
_FIELD = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_FORM_FIELD = re.compile(rb'name="(key|policy|x-amz-[a-z-]+)"\r\n(?:[^\r\n]+\r\n)*\r\n([!-~]+)\r\n', re.IGNORECASE)
_SPACES = re.compile(r" +")


class Verdict(StrEnum):
    VALID = "valid"
    MISSING = "missing"  # nobody signed
    OTHER_SERVICE = "other service"
    UNKNOWN_SESSION = "unknown session"  # a session token that is not the one issued with the key
    FALSE = "false"  # not made with the key's secret, or not of this request


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of a signature; `scope` is `{date}/{region}/{service}/aws4_request`."""

    access_key: str
    scope: tuple[str, ...]
    signed_headers: str
    signature: str
    at: str
    token: str
    query: str
    presigned: bool = False
    lasts: str = ""
    """X-Amz-Expires of what is presigned: seconds."""

    @property
    def service(self) -> str:
        """The signing name; empty where the scope is malformed."""
        return self.scope[2] if len(self.scope) == 4 and self.scope[3] == "aws4_request" else ""


def check_signature(request: Request, credentials: Credentials, service: str) -> Verdict:
    """What the signature of a request to a service (`execute-api`, `lambda`) is worth."""
    signature = read_signature(request)
    if signature is None:
        return Verdict.MISSING
    if signature.service != service:
        return Verdict.OTHER_SERVICE
    issued = credentials.find(signature.access_key)
    if issued is None:
        return Verdict.UNKNOWN_SESSION if credentials.only_own else Verdict.VALID
    if signature.token != issued.session_token:
        return Verdict.UNKNOWN_SESSION
    return Verdict.VALID if is_true(request, signature, issued.secret_access_key) else Verdict.FALSE


def read_signature(request: Request) -> Signature | None:
    """The signature in the header or in the query; None where nobody signed."""
    return _in_header(request) or _in_query(request)


def is_true(request: Request, signature: Signature, secret: str) -> bool:
    """Whether the signature was made with this secret, and of this request."""
    if len(signature.scope) != 4:
        return False
    try:
        return hmac.compare_digest(_sign(request, signature, secret).encode(), signature.signature.encode())
    except UnicodeEncodeError:  # bytes that are no UTF-8: nobody signs those
        return False


@dataclass(frozen=True, slots=True)
class SignedForm:
    """A form whose policy is signed: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html"""

    access_key: str
    scope: tuple[str, ...]
    policy: str
    signature: str
    key: str
    """Of the object that is uploaded."""


def read_form(request: Request) -> SignedForm | None:
    """The signature in an upload's form fields; None where there is none."""
    if request.method != "POST" or "multipart/form-data" not in request.headers.get("Content-Type", ""):
        return None
    fields = {name.lower().decode(): value.decode() for name, value in _FORM_FIELD.findall(request.body)}
    credential = fields.get("x-amz-credential", "").split("/")
    if len(credential) != 5:
        return None
    return SignedForm(
        credential[0],
        tuple(credential[1:]),
        fields.get("policy", ""),
        fields.get("x-amz-signature", ""),
        fields.get("key", ""),
    )


def is_true_form(form: SignedForm, secret: str) -> bool:
    """Whether the policy was signed with this secret."""
    expected = hmac.new(_key(secret, *form.scope), form.policy.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, form.signature)


def _in_header(request: Request) -> Signature | None:
    algorithm, _, rest = request.headers.get("Authorization", "").partition(" ")
    fields = dict(_FIELD.findall(rest))
    if algorithm != _ALGORITHM or len(fields) != 3:
        return None
    access_key, *scope = fields["Credential"].split("/")
    headers = request.headers
    return Signature(
        access_key,
        tuple(scope),
        fields["SignedHeaders"],
        fields["Signature"],
        headers.get("X-Amz-Date", ""),
        headers.get("X-Amz-Security-Token", ""),
        request.query,
    )


def _in_query(request: Request) -> Signature | None:
    """A presigned URL, which browsers open WebSockets with; its signature is not among what it signs."""
    pairs = [pair for pair in request.query.split("&") if pair]
    values = {name: unquote(value) for name, _, value in (pair.partition("=") for pair in pairs)}
    if values.get("X-Amz-Algorithm") != _ALGORITHM or "X-Amz-Credential" not in values:
        return None
    access_key, *scope = values["X-Amz-Credential"].split("/")
    return Signature(
        access_key,
        tuple(scope),
        values.get("X-Amz-SignedHeaders", ""),
        values.get("X-Amz-Signature", ""),
        values.get("X-Amz-Date", ""),
        values.get("X-Amz-Security-Token", ""),
        "&".join(pair for pair in pairs if not pair.startswith("X-Amz-Signature=")),
        presigned=True,
        lasts=values.get("X-Amz-Expires", ""),
    )


def _sign(request: Request, signature: Signature, secret: str) -> str:
    names = signature.signed_headers.split(";")
    canonical = "\n".join(
        [
            request.method,
            # S3 alone signs the path as it is sent; for all others it is encoded once more.
            request.path if signature.service == "s3" else quote(request.path, safe="/~"),
            "&".join(sorted(_canonical_pair(pair) for pair in signature.query.split("&") if pair)),
            *(f"{name}:{_header(request, name)}" for name in names),
            "",
            signature.signed_headers,
            _payload_hash(request, signature),
        ]
    )
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    text = "\n".join([_ALGORITHM, signature.at, "/".join(signature.scope), digest])
    return hmac.new(_key(secret, *signature.scope), text.encode(), hashlib.sha256).hexdigest()


def _payload_hash(request: Request, signature: Signature) -> str:
    """Of S3 it is what the header says: the digest, or that the payload is not signed, or signed in chunks."""
    if signature.service != "s3":
        return hashlib.sha256(request.body).hexdigest()
    stated = request.headers.get("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
    digest = re.fullmatch("[0-9a-f]{64}", stated)
    return hashlib.sha256(request.body).hexdigest() if digest else stated


def _canonical_pair(pair: str) -> str:
    name, _, value = pair.partition("=")
    return f"{quote(unquote(name), safe='-_.~')}={quote(unquote(value), safe='-_.~')}"


def _header(request: Request, name: str) -> str:
    return ",".join(_SPACES.sub(" ", value.strip()) for value in request.headers.getall(name, ()))


@functools.lru_cache(maxsize=1024)
def _key(secret: str, date: str, region: str, service: str, end: str) -> bytes:
    """The signing key, good for a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, end):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
