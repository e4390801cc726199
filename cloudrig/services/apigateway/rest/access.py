"""What a request has to pass before its integration: API key, authorization, validation, as its method asks for."""

from __future__ import annotations

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest.authorization import LambdaAuthorizer, SignedCaller
from cloudrig.services.apigateway.rest.cognito import CognitoAuthorizer
from cloudrig.services.apigateway.rest.metering import KeyGate, ThrottleGate
from cloudrig.services.apigateway.rest.method_settings import throttle
from cloudrig.services.apigateway.rest.resource_policy import PolicyGate
from cloudrig.services.apigateway.rest.routes import Gate, LiveStage
from cloudrig.services.apigateway.rest.state import Method, RestApi
from cloudrig.services.apigateway.rest.validation import RequestGate
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.usage import ApiKeys


class Access:
    """Makes the gates of methods; authorizers are shared by the methods of a stage, as their caches are on AWS."""

    def __init__(self, around: Surroundings, keys: ApiKeys) -> None:
        self._around = around
        self._keys = keys

    def gates(self, method: Method, resource_path: str, stage: LiveStage) -> tuple[Gate, ...]:
        """In the order of passing. A key in a header is looked at first, one from an authorizer after it."""
        document = method.document
        throttles = [*self._throttles(document["httpMethod"], resource_path, stage)]
        key_source = stage.api.document["apiKeySource"]
        keys: list[Gate] = []
        if document["apiKeyRequired"]:
            keys = [KeyGate(self._keys, key_source, f"{resource_path}/{document['httpMethod']}")]
        policy: list[Gate] = (
            [PolicyGate(stage.api, document["authorizationType"], self._around.clock)]
            if stage.api.document.get("policy")
            else []
        )
        gates = [*policy, *self._authorization(document, stage)]
        gates = [*keys, *gates] if key_source == "HEADER" else [*gates, *keys]
        if document.get("requestValidatorId"):
            gates.append(RequestGate(document, stage.api))
        return (*throttles, *gates)

    def _throttles(self, http_method: str, resource_path: str, stage: LiveStage) -> list[Gate]:
        if not self._around.throttles.enabled:
            return []
        limits = throttle(stage.document, resource_path, http_method)
        place = (stage.api_id, stage.name, http_method, resource_path)
        return [ThrottleGate(self._around.throttles, place, limits)]

    def _authorization(self, document: Members, stage: LiveStage) -> list[Gate]:
        if document["authorizationType"] == "AWS_IAM":
            return [SignedCaller(self._around.credentials)]
        if document["authorizationType"] == "NONE":
            return []
        authorizer_id = document["authorizerId"]
        if document["authorizationType"] == "COGNITO_USER_POOLS":
            scopes = document.get("authorizationScopes") or ()
            return [CognitoAuthorizer(stage.api.authorizers[authorizer_id], self._around.user_pools, scopes)]
        authorizer = stage.authorizers.get(authorizer_id)
        if authorizer is None:
            source_arn = stage.api.scope.arn("execute-api", f"{stage.api_id}/authorizers/{authorizer_id}")
            authorizer = LambdaAuthorizer(
                stage.api.authorizers[authorizer_id],
                self._around.invoker,
                self._around.clock,
                source_arn,
                stage.variables,
            )
            stage.authorizers[authorizer_id] = authorizer
        return [authorizer]


def check_method(api: RestApi, document: Members) -> None:
    """What a method refers to must exist. Raises BadRequestException, OperationNotImplemented."""
    authorization = document["authorizationType"]
    if authorization not in ("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"):
        raise BadRequestException(
            "Invalid authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS"
        )
    authorizer = api.authorizers.get(document.get("authorizerId") or "")
    wanted = {"CUSTOM": ("TOKEN", "REQUEST"), "COGNITO_USER_POOLS": ("COGNITO_USER_POOLS",)}.get(authorization)
    if wanted is not None and (authorizer is None or authorizer["type"] not in wanted):
        raise BadRequestException(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
            "requires a valid authorizer."
        )
    if document.get("requestValidatorId") and document["requestValidatorId"] not in api.validators:
        raise BadRequestException("Invalid Request Validator identifier specified")
    for name in (document.get("requestModels") or {}).values():
        if name not in api.models:
            raise BadRequestException(f"Invalid model identifier specified: {name}")
