"""Who may call a method, and with what: so far anybody with anything; the rest is refused when it is configured."""

from __future__ import annotations

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.rest_errors import not_built
from cloudrig.services.apigateway.state_v1 import RestApi


def check_method(api: RestApi, document: Members) -> None:
    """Raises OperationNotImplemented for what a method would need and the data plane does not enforce."""
    if document["authorizationType"] != "NONE":
        raise not_built(f"authorization type {document['authorizationType']}")
    if document["apiKeyRequired"]:
        raise not_built("API keys")
    if document.get("requestValidatorId"):
        raise not_built("request validators")
