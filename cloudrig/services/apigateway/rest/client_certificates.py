"""Client certificates, which API Gateway shows to HTTP back ends of a stage. Here they are made, named and shown by the
control plane only: no back end is shown one.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import PatchTable, text
from cloudrig.services.apigateway.rest.state import ClientCertificate, RestState

LIFE = timedelta(days=365)


class ClientCertificateControl:
    """Operations on ClientCertificate."""

    def __init__(self, state: RestState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self.operations: Mapping[str, Operation] = {
            "GenerateClientCertificate": self.generate,
            "GetClientCertificate": lambda caller, members: _shown(self._find(caller, members)),
            "GetClientCertificates": self.get_all,
            "UpdateClientCertificate": self.update,
            "DeleteClientCertificate": self.delete,
        }

    def generate(self, caller: Caller, members: Members) -> Members:
        """One that is valid for a year from now."""
        now = self._clock.utc().replace(microsecond=0)
        document: Members = {
            "clientCertificateId": names.api_id()[:6],
            "createdDate": now,
            "expirationDate": now + LIFE,
            "pemEncodedCertificate": _certificate(now),
            **members,
        }
        made = ClientCertificate(document)
        self._state.account(caller.scope).client_certificates[document["clientCertificateId"]] = made
        return _shown(made)

    def get_all(self, caller: Caller, members: Members) -> Members:
        all_of_them = self._state.account(caller.scope).client_certificates.values()
        return page([_shown(one) for one in all_of_them], members)

    def update(self, caller: Caller, members: Members) -> Members:
        found = self._find(caller, members)
        found.document = _CERTIFICATE.apply(found.document, members.get("patchOperations"))
        return _shown(found)

    def delete(self, caller: Caller, members: Members) -> Members:
        """Raises BadRequestException: a stage has it."""
        account = self._state.account(caller.scope)
        certificate_id = self._find(caller, members).document["clientCertificateId"]
        stages = [stage for api in account.apis.values() for stage in api.stages.values()]
        if any(stage.document.get("clientCertificateId") == certificate_id for stage in stages):
            raise BadRequestException(f"Client certificate {certificate_id} is in use by a stage")  # unverified text
        del account.client_certificates[certificate_id]
        return {}

    def _find(self, caller: Caller, members: Members) -> ClientCertificate:
        return find_certificate(self._state, caller.scope, members["clientCertificateId"])


def find_certificate(state: RestState, scope: Scope, certificate_id: str) -> ClientCertificate:
    """Raises NotFoundException."""
    found = state.account(scope).client_certificates.get(certificate_id)
    if found is None:
        raise NotFoundException("Invalid Client Certificate identifier specified")  # unverified text
    return found


def _shown(certificate: ClientCertificate) -> Members:
    return {"tags": {}, **certificate.document}


def _certificate(now: datetime) -> str:
    """Signed by itself, as AWS's are; of an elliptic curve, which is made in a moment, where AWS's are RSA's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ApiGateway")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + LIFE)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


_CERTIFICATE = PatchTable({"/description": text("description")})
