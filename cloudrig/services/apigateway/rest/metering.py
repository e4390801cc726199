"""Gates that meter: the throttle of a method, and the API key that a method asks for."""

from __future__ import annotations

from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.throttling import Limits, Throttles
from cloudrig.services.apigateway.usage import ApiKeys, KeyRefused


class ThrottleGate:
    """The rate and burst that a stage sets for a method, and the account's."""

    def __init__(self, throttles: Throttles, place: tuple[str, ...], limits: Limits | None) -> None:
        self._throttles = throttles
        self._place = place
        self._limits = limits

    async def admit(self, call: Call) -> None:
        if not self._throttles.admit(call.stage.api.scope, self._place, self._limits):
            raise GatewayError("THROTTLED", "Too Many Requests")


class KeyGate:
    """Wants a key that is enabled and has a usage plan for the stage."""

    def __init__(self, keys: ApiKeys, source: str, method: str) -> None:
        """`method` as usage plans name it: `/items/GET`."""
        self._keys = keys
        self._method = method
        self._from_header = source == "HEADER"

    async def admit(self, call: Call) -> None:
        value = call.request.headers.get("x-api-key") if self._from_header else call.usage_key
        stage = call.stage
        try:
            key = self._keys.admit(stage.api.scope, value, stage.api_id, stage.name, self._method)
        except KeyRefused as refused:
            raise GatewayError(refused.response_type, refused.message) from None
        call.identify(apiKey=key["value"], apiKeyId=key["id"])
