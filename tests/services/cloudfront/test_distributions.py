"""What is kept, and what is not because it was read across a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.cloudfront.distributions import Distributions
from cloudrig.services.cloudfront.service import CloudFront


class OneDistribution:
    """Implements `interfaces.Upstream` for one distribution of one bucket; `meanwhile` happens during a call."""

    url = ""

    def __init__(self) -> None:
        self.enabled, self.body = True, b"old"
        self.meanwhile: dict[str, Callable[[], object]] = {}

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        answers: dict[str, dict[str, Any]] = {
            "list_distributions": {"DistributionList": {"Items": [{"Id": "E1", "DomainName": "d1.cloudfront.net"}]}},
            "get_distribution_config": {"DistributionConfig": self._config()},
            "get_object": {"Body": self.body, "ETag": '"e"', "LastModified": datetime(2026, 1, 1, tzinfo=UTC)},
        }
        if happens := self.meanwhile.pop(operation, None):
            happened = happens()
            if hasattr(happened, "__await__"):
                await happened
        return answers[operation]

    async def forward(self, request: Request) -> Response:
        return Response(201)

    def _config(self) -> dict[str, Any]:
        return {
            "Enabled": self.enabled,
            "Origins": {"Items": [{"Id": "o", "DomainName": "b.s3.us-east-1.amazonaws.com"}]},
            "DefaultCacheBehavior": {"TargetOriginId": "o"},
        }


@pytest.fixture
def upstream() -> OneDistribution:
    return OneDistribution()


async def test_a_list_read_across_a_change_is_not_kept(upstream: OneDistribution) -> None:
    distributions = Distributions(upstream)

    def disable() -> None:
        upstream.enabled = False
        distributions.changed()

    upstream.meanwhile["get_distribution_config"] = disable
    await distributions.find("E1")
    found = await distributions.find("E1")
    assert found is not None
    assert not found.config["Enabled"]


async def test_an_answer_fetched_across_an_invalidation_is_not_kept(upstream: OneDistribution) -> None:
    cloudfront = CloudFront(upstream, Clock(lambda: 0.0))
    headers = CIMultiDictProxy(CIMultiDict[str]())

    async def get() -> bytes:
        request = Request("GET", "/_aws/cloudfront/E1/a.js", headers=headers)
        mounted = Mounted("E1", "/a.js", "/_aws/cloudfront/E1")
        return (await cloudfront.edge.serve(request, mounted)).body

    def invalidate() -> object:
        upstream.body = b"new"
        body = b"<InvalidationBatch><Paths><Items><Path>/*</Path></Items></Paths></InvalidationBatch>"
        path = "/2020-05-31/distribution/E1/invalidation"
        return cloudfront.call("CreateInvalidation", Request("POST", path, headers=headers, body=body))

    upstream.meanwhile["get_object"] = invalidate
    assert [await get() for _ in range(2)] == [b"old", b"new"]
