"""Who may open a connection: API key and usage plan first, then signature or authorizer, as `$connect` asks for them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

from __future__ import annotations

from cloudrig.engine.messages import Caller, Request
from cloudrig.services.apigateway.errors import Refused
from cloudrig.services.apigateway.policy_conditions import request_keys
from cloudrig.services.apigateway.signatures import Verdict, check_signature
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.usage import ApiKeys, KeyRefused
from cloudrig.services.apigateway.websocket.authorizers import authorize
from cloudrig.services.apigateway.websocket.connections import Connection
from cloudrig.services.apigateway.websocket.events import Context, Headers, authorizer_event
from cloudrig.services.apigateway.websocket.live import LiveRoute


class Admission:
    """Asks what a route's documents say is to be asked, and notes on the connection what came out."""

    def __init__(self, around: Surroundings, keys: ApiKeys) -> None:
        self._around = around
        self._keys = keys

    async def admit(self, context: Context, request: Request, route: LiveRoute, headers: Headers) -> None:
        """Raises Refused: 401, 403, 429 or 500."""
        connection = context.connection
        if route.key_source == "header":
            self._check_key(connection, request.headers.get("x-api-key"))
        if route.signed:
            if check_signature(request, self._around.credentials) is not Verdict.VALID:
                raise Refused(403, "Forbidden")
            connection.caller = {**connection.caller, **_signer(request.caller)}
        if route.authorizer is not None:
            await self._authorize(context, request, route, headers)

    async def _authorize(self, context: Context, request: Request, route: LiveRoute, headers: Headers) -> None:
        assert route.authorizer is not None
        question = authorizer_event(context, headers, request.query, route.source_arn)
        keys = request_keys(request, self._around.clock.utc())
        told, api_key = await authorize(self._around.invoker, route.authorizer, question, keys)
        context.connection.authorizer = told
        if route.key_source == "authorizer":
            self._check_key(context.connection, api_key)

    def _check_key(self, connection: Connection, value: str | None) -> None:
        stage = connection.stage
        try:
            key = self._keys.admit(stage.scope, value, stage.api_id, stage.name)
        except KeyRefused as refused:
            raise Refused(refused.status, refused.message) from None
        connection.caller = {**connection.caller, "apiKey": key["value"], "apiKeyId": key["id"]}


def _signer(caller: Caller) -> dict[str, str]:
    """`requestContext.identity` of a signed handshake."""
    account = caller.scope.account
    return {
        "accountId": account,
        "caller": account,
        "accessKey": caller.access_key,
        "user": account,
        "userArn": caller.user_arn or f"arn:aws:iam::{account}:root",
    }
