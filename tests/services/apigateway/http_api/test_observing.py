"""Access logs and metrics of HTTP APIs (AG `http-api-logging-variables.html`, `http-api-metrics.html`)."""

from __future__ import annotations

from tests.services.apigateway.harness import Harness
from tests.services.apigateway.http_api.fakes import HttpApi, said

FORMAT = (
    "$context.requestId $context.httpMethod $context.routeKey $context.status $context.responseLength "
    "$context.error.message"
)
LOG = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:http", "Format": FORMAT}


async def test_access_log(harness: Harness) -> None:
    """One line per request, of those that found no route too; no role of the account is needed."""
    api = await HttpApi.make(harness, stage_members={"AccessLogSettings": LOG})
    await api.function("GET /a/{id}", said("hello"))
    good = await api.call("GET", "/a/1")
    bad = await api.call("GET", "/none")
    assert harness.logs.lines["http"] == [
        f"{good.headers['Apigw-Requestid']} GET GET /a/{{id}} 200 5 -",
        f"{bad.headers['Apigw-Requestid']} GET - 404 23 Not Found",
    ]


async def test_metrics(harness: Harness) -> None:
    """By API, by stage, and by route where detailed metrics are on."""
    settings = {"DefaultRouteSettings": {"DetailedMetricsEnabled": True}}
    api = await HttpApi.make(harness, stage_members=settings)
    await api.function("GET /a", said("hello"))
    await api.call("GET", "/a")
    await api.call("GET", "/none")
    await harness.around.metrics.flush()
    stage = {"ApiId": api.id, "Stage": "$default"}
    assert harness.upstream.metrics("Count") == [
        ({"ApiId": api.id}, 2.0),
        (stage, 2.0),
        (stage | {"Route": "GET /a"}, 1.0),
    ]
    assert ({"ApiId": api.id}, 1.0) in harness.upstream.metrics("4xx")
    assert len(harness.upstream.metrics("IntegrationLatency")) == 3
