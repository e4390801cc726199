"""Client certificates: AG `getting-started-client-side-ssl-authentication.html`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway


def test_lifecycle() -> None:
    gateway = Gateway()
    made = gateway.call("GenerateClientCertificate", description="a", tags={"k": "v"})
    certificate = x509.load_pem_x509_certificate(made["pemEncodedCertificate"].encode())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=365)
    ids = {"clientCertificateId": made["clientCertificateId"]}
    operations = [{"op": "replace", "path": "/description", "value": "b"}]
    changed = gateway.call("UpdateClientCertificate", **ids, patchOperations=operations)
    assert changed == made | {"description": "b"}
    assert gateway.call("GetClientCertificates")["items"] == [changed]
    gateway.call("DeleteClientCertificate", **ids)
    with pytest.raises(NotFoundException):
        gateway.call("GetClientCertificate", **ids)


def test_a_stage_names_one_that_is_there_and_keeps_it() -> None:
    gateway = Gateway()
    api = gateway.api()
    api.proxy("GET", "/")
    api.deploy()
    with pytest.raises(NotFoundException):
        _use(api, "x")
    made = gateway.call("GenerateClientCertificate")["clientCertificateId"]
    _use(api, made)
    assert api.call("GetStage", stageName="prod")["clientCertificateId"] == made
    with pytest.raises(BadRequestException, match="in use"):
        gateway.call("DeleteClientCertificate", clientCertificateId=made)


def _use(api: Api, certificate_id: str) -> None:
    operations = [{"op": "replace", "path": "/clientCertificateId", "value": certificate_id}]
    api.call("UpdateStage", stageName="prod", patchOperations=operations)
