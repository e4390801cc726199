"""CloudFront's API: policies are answered here, distributions and all else by the upstream, whose changes are noticed.

Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import logging
import re
from typing import cast
from urllib.parse import parse_qs

from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import StructureShape
from multidict import CIMultiDict

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import OperationNotImplemented, ServiceError, UpstreamUnavailable
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Members, Request, Response
from cloudrig.engine.wire import OperationTable, error_response, service_model
from cloudrig.services.cloudfront import xml
from cloudrig.services.cloudfront.cache import Cache
from cloudrig.services.cloudfront.distributions import Distributions
from cloudrig.services.cloudfront.errors import DistributionNotDisabled
from cloudrig.services.cloudfront.origins import Origins
from cloudrig.services.cloudfront.plane import Edge
from cloudrig.services.cloudfront.policies import Policies, cache_policies, response_headers_policies

log = logging.getLogger(__name__)

# What the upstream forgets of a distribution without a word.
_NOT_BUILT = (b"<FunctionAssociation>", b"<LambdaFunctionAssociation>")
_PATH = re.compile(rb"<Path>([^<]+)</Path>")


class CloudFront:
    """Implements `router.RestService`; `edge` serves the distributions."""

    def __init__(self, upstream: Upstream, clock: Clock) -> None:
        self._upstream = upstream
        self._paths = OperationTable("cloudfront", {})
        self._distributions = Distributions(upstream)
        self._cache = Cache(clock)
        response_headers, caching = response_headers_policies(clock), cache_policies(clock)
        self._policies = [response_headers, caching]
        self.edge = Edge(self._distributions, Origins(upstream), self._cache, response_headers, caching, clock)

    def find(self, method: str, path: str, query: str) -> str | None:
        """The operation of a request; None when CloudFront has none there."""
        return self._paths.find(method, path, query)

    def max_body_bytes(self, operation: str) -> int:
        return self._paths.max_body_bytes(operation)

    async def call(self, operation: str, request: Request) -> Response:
        try:
            for policies in self._policies:
                if policies.kind.name in operation or operation == _list_operation(policies):
                    return await self._on_policies(policies, operation, request)
            return await self._passed_on(operation, request)
        except ServiceError as error:
            return _error(error)
        except (ClientError, BotoCoreError) as error:
            return _error(UpstreamUnavailable(f"the upstream's CloudFront failed: {error}"))
        except Exception:  # the request edge: one bad request must not be more than one 500
            log.exception("cloudfront %s failed", operation)
            return _error(ServiceError("The request failed inside cloudrig; its log has the traceback."))

    async def _passed_on(self, operation: str, request: Request) -> Response:
        if any(each in request.body for each in _NOT_BUILT):
            raise OperationNotImplemented("cloudrig runs no functions at a distribution's edge")
        if operation == "DeleteDistribution":
            await self._check_disabled(_id(request))
        response = await self._upstream.forward(request)
        if request.method != "GET":
            self._distributions.changed()
        if operation == "CreateInvalidation" and response.status < 300:
            self._cache.invalidate(_id(request), [path.decode() for path in _PATH.findall(request.body)])
        return response

    async def _check_disabled(self, distribution_id: str) -> None:
        found = await self._distributions.find(distribution_id)
        if found is not None and found.config.get("Enabled"):
            raise DistributionNotDisabled("The distribution you are trying to delete has not been disabled.")

    async def _on_policies(self, policies: Policies, operation: str, request: Request) -> Response:
        kind = policies.kind.name
        if operation == _list_operation(policies):
            asked = parse_qs(request.query)
            page = policies.page(asked.get("Marker", [""])[0], asked.get("Type", [None])[0])
            return _answer(operation, f"{kind}List", page)
        etag, policy_id = request.headers.get("If-Match"), _id(request)
        if operation == f"Delete{kind}":
            policies.matching(policy_id, etag)
            if await self._distributions.uses(policy_id):
                raise policies.kind.in_use("The policy is attached to one or more cache behaviors.")
            policies.delete(policy_id, etag)
            return Response(204)
        if operation == f"Create{kind}":
            policy, status = policies.create(_config(policies, operation, request)), 201
        elif operation == f"Update{kind}":
            policy, status = policies.update(policy_id, _config(policies, operation, request), etag), 200
        else:
            policy, status = policies.get(policy_id), 200
        if operation == f"Get{kind}Config":
            return _answer(operation, f"{kind}Config", policy.config, policy.etag)
        return _answer(operation, kind, policies.document(policy), policy.etag, status)


def _list_operation(policies: Policies) -> str:
    return f"List{policies.kind.name.removesuffix('y')}ies"


def _id(request: Request) -> str:
    """`/2020-05-31/{collection}/{id}/…`."""
    parts = request.path.split("/")
    return parts[3] if len(parts) > 3 else ""


def _config(policies: Policies, operation: str, request: Request) -> Members:
    shape = service_model("cloudfront").operation_model(operation).input_shape
    assert shape is not None
    return xml.parse(cast(StructureShape, shape.members[f"{policies.kind.name}Config"]), request.body)


def _answer(operation: str, root: str, members: Members, etag: str = "", status: int = 200) -> Response:
    shape = service_model("cloudfront").operation_model(operation).output_shape
    assert shape is not None
    headers = CIMultiDict({"Content-Type": "text/xml"})
    if etag:
        headers["ETag"] = etag
    return Response(status, xml.render(cast(StructureShape, shape.members[root]), root, members), headers)


def _error(error: ServiceError) -> Response:
    """REST-XML errors of CloudFront stand in an ErrorResponse, as those of the query protocol do."""
    return error_response(error, "query")
