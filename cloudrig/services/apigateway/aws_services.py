"""`AWS` integrations with services other than Lambda: an HTTP request to the service, as the integration's URI says it.

`arn:aws:apigateway:{region}:{service}:action/{Action}` calls an action by its name; `…:path/{path}` is a path of the
service's endpoint (`sqs:path/{account}/{queue}`, `s3:path/{bucket}/{key}`). Either goes to the rig's own address, which
answers for every service, signed for the API's account.
A function goes the same way where the integration sets `X-Amz-Invocation-Type` (AG
`set-up-lambda-integration-async.html`).
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html (`uri`)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from multidict import CIMultiDict

from cloudrig.engine.wire import service_model
from cloudrig.services.apigateway.backends import BackendAnswer, error_message
from cloudrig.services.apigateway.query_answers import as_json

SERVICES: Mapping[str, str] = {
    "dynamodb": "dynamodb",
    "events": "events",
    "kinesis": "kinesis",
    "logs": "logs",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "states": "stepfunctions",
}
"""Services that integrations may call, as URIs name them → botocore's models."""
_BY_QUERY = frozenset({"sns", "sqs"})
"""Services whose actions take their parameters from the query; the others take JSON."""

_LAMBDA = "lambda"
_INVOCATION_TYPE = "integration.request.header.x-amz-invocation-type"
_FUNCTION_ERROR = "X-Amz-Function-Error"

_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:(?P<region>[\w-]+):(?:[\w-]+\.)?(?P<service>[\w-]+):(?P<kind>path|action)/(?P<rest>.*)"
)


@dataclass(frozen=True, slots=True)
class AwsEndpoint:
    """What an integration's URI names. `account` is the API's."""

    account: str
    region: str
    service: str
    kind: str
    rest: str

    @property
    def invokes(self) -> bool:
        """Whether it is a function that is asked for."""
        return self.service == _LAMBDA

    @property
    def path(self) -> str:
        """Path and query at the service's endpoint; actions of the query protocol are named there."""
        if self.kind == "path":
            return f"/{self.rest.lstrip('/')}"
        model = service_model(SERVICES[self.service])
        if self.service not in _BY_QUERY:
            return "/"
        return "/?" + urlencode({"Action": self.rest, "Version": model.api_version})

    def sign(self, headers: CIMultiDict[str]) -> None:
        """Add what makes a request one to the service."""
        model = service_model(SERVICES.get(self.service, self.service))
        if self.kind == "action" and self.service in _BY_QUERY:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif self.kind == "action" and "targetPrefix" in model.metadata:
            headers["X-Amz-Target"] = f"{model.metadata['targetPrefix']}.{self.rest}"
            headers["Content-Type"] = f"application/x-amz-json-{model.metadata['jsonVersion']}"
        host = f"{model.endpoint_prefix}.{self.region}.amazonaws.com"
        scope = f"{self.account}/20260101/{self.region}/{model.signing_name}/aws4_request"
        headers["Host"] = host
        headers["Accept-Encoding"] = "identity"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"

    def read(self, answer: BackendAnswer, accepted: str) -> BackendAnswer:
        """The answer as integration responses see it: a failed function is known by its `errorMessage`.

        `accepted` is what the request asked for; the query protocol too answers JSON to those who do.
        """
        if self.service in _BY_QUERY and accepted == "application/json":
            headers = CIMultiDict(answer.headers)
            headers["Content-Type"] = accepted
            return BackendAnswer(answer.status, headers, as_json(self.service, answer.body), answer.selector)
        if not self.invokes:
            return answer
        selector = None
        if _FUNCTION_ERROR in answer.headers:
            selector = error_message(answer.body)
        return BackendAnswer(answer.status, answer.headers, answer.body, selector)


def aws_endpoint(uri: str, account: str, parameters: Collection[str] | None) -> AwsEndpoint | None:
    """Where an `AWS` integration goes that does not invoke a function and wait.

    `parameters` are the keys of its request parameters. None where the URI is that of a function, whose way of
    invocation is not mapped, or of a service that is not among `SERVICES`, or none.
    """
    found = _URI.fullmatch(uri)
    if found is None or not (
        found["service"] in SERVICES
        or (found["service"] == _LAMBDA and _INVOCATION_TYPE in map(str.lower, parameters or ()))
    ):
        return None
    return AwsEndpoint(account, found["region"], found["service"], found["kind"], found["rest"])
