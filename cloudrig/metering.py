"""The meter: how much of what AWS bills for was used, in AWS's own units and with its rounding.

It listens to the rig's events only while it runs, so a rig that nobody meters pays nothing for it.

`POST /_cloudrig/meter` starts it from zero; `GET /_cloudrig/meter` reads it:
`{"since": epoch s | null, "now": epoch s, "usage": {dimension: quantity}, "routes": {route key: messages}, "metrics":
custom metrics that were put}`. Storage is what came to be stored since the start, as if it were kept for a month.

Sources of the rounding, all pages of aws.amazon.com as of November 2026:
API Gateway (WebSocket messages in 32 KB, HTTP API requests in 512 KB, connection minutes) /api-gateway/pricing;
Lambda (a millisecond at a time; the initialisation too) /lambda/pricing; DynamoDB (as `services/dynamodb/capacity.py`)
/dynamodb/pricing/on-demand; CloudWatch (26 bytes beside each log event's text; a custom metric for each hour in which
it is put) /cloudwatch/pricing; S3 /s3/pricing; CloudFront (nothing for what it fetches from S3, but for S3's requests)
/cloudfront/pricing; Cognito (a user once a month, however often) /cognito/pricing; KMS (a request for each secure
string that is read) /kms/pricing. Logs are stored compressed on AWS, by how much is not told: here they are not.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Event, Events

MESSAGE_STEP_BYTES = 32 * 1024
HTTP_STEP_BYTES = 512 * 1024
GB = 1024**3
_HOUR_S = 3600
_SIGNED_BEFOREHAND = "X-Amz-Signature="
_READS_PARAMETERS = ("GetParameter", "GetParameters", "GetParametersByPath")
_LISTS_BUCKETS_OR_KEYS = ("list-type=", "uploads", "versions")


class Meter(AbstractContextManager["Meter"]):
    """Counts from `restart` on until it is left."""

    def __init__(self, events: Events, clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self._listening = ExitStack()
        self._since: float | None = None
        self._usage: defaultdict[str, float] = defaultdict(float)
        self._routes: Counter[str] = Counter()
        self._opened_at: dict[str, float] = {}
        self._metric_hours: set[tuple[object, int]] = set()
        self._users: set[object] = set()
        self._stored: Mapping[str, float] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()

    def restart(self, stored: Mapping[str, float]) -> dict[str, Any]:
        """Count from zero on. Connections that are open already count once they have done something.

        Args:
            stored: what is stored now, by dimension (`stored_gb`).
        """
        if self._since is None:
            self._listening.enter_context(self._events.subscribe(self.hear))
        self._since = self._clock.now()
        self._usage, self._routes, self._opened_at = defaultdict(float), Counter(), {}
        self._metric_hours, self._users, self._stored = set(), set(), stored
        return self.reading(stored)

    def reading(self, stored: Mapping[str, float]) -> dict[str, Any]:
        """What has been used since the start, the connections' minutes until now included; `stored` as in `restart`."""
        now = self._clock.now()
        usage = dict(self._usage)
        if self._since is not None:
            more = {name: gb - self._stored.get(name, 0.0) for name, gb in stored.items()}
            more |= {"cloudwatch.metricHours": len(self._metric_hours), "cognito.monthlyUsers": len(self._users)}
            usage |= {name: float(quantity) for name, quantity in more.items() if quantity > 0}
        if open_s := sum(now - since for since in self._opened_at.values()):
            minutes = "apigateway.connectionMinutes"
            usage[minutes] = usage.get(minutes, 0.0) + open_s / 60
        metrics = len({metric for metric, _ in self._metric_hours})
        return {"since": self._since, "now": now, "usage": usage, "routes": dict(self._routes), "metrics": metrics}

    def hear(self, event: Event) -> None:
        """Count one event."""
        count = _COUNTERS.get(event.kind)
        if count is not None:
            count(self, event.fields, event.at)

    # --- API Gateway ---

    def _connect(self, fields: dict[str, Any], at: float) -> None:
        if fields["status"] == 101:
            self._opened_at[fields["connection"]] = at

    def _disconnect(self, fields: dict[str, Any], at: float) -> None:
        since = self._opened_at.pop(fields["connection"], at)
        self._usage["apigateway.connectionMinutes"] += (at - since) / 60

    def _message_in(self, fields: dict[str, Any], at: float) -> None:
        self._opened_at.setdefault(fields["connection"], at)
        self._routes[str(fields["route"])] += 1
        self._usage["apigateway.websocketMessages"] += steps(fields["size"], MESSAGE_STEP_BYTES)

    def _message_out(self, fields: dict[str, Any], at: float) -> None:
        self._opened_at.setdefault(fields["connection"], at)
        self._usage["apigateway.websocketMessages"] += steps(fields["size"], MESSAGE_STEP_BYTES)
        self._sent_out(fields["size"])

    def _request(self, fields: dict[str, Any], at: float) -> None:
        if fields["protocol"] == "HTTP":
            self._usage["apigateway.httpRequests"] += steps(fields["request_bytes"], HTTP_STEP_BYTES)
        else:
            self._usage["apigateway.restRequests"] += 1
        self._sent_out(fields["response_bytes"])

    # --- the others ---

    def _invocation(self, fields: dict[str, Any], at: float) -> None:
        billed_ms = math.ceil(fields["duration_ms"] + fields["init_ms"])
        self._usage["lambda.requests"] += 1
        self._usage["lambda.gbSeconds"] += fields["memory_mb"] / 1024 * billed_ms / 1000

    def _items(self, fields: dict[str, Any], at: float) -> None:
        self._usage["dynamodb.readUnits"] += fields.get("read_units", 0.0)
        self._usage["dynamodb.writeUnits"] += fields.get("write_units", 0.0)

    def _logs(self, fields: dict[str, Any], at: float) -> None:
        self._usage["logs.ingestedGb"] += fields["size"] / GB
        self._usage["logs.storedGbMonths"] += fields["size"] / GB

    def _metric(self, fields: dict[str, Any], at: float) -> None:
        self._metric_hours.add((fields["metric"], int(at // _HOUR_S)))

    def _user(self, fields: dict[str, Any], at: float) -> None:
        self._users.add(fields["user"])

    def _site(self, fields: dict[str, Any], at: float) -> None:
        self._usage["s3.reads"] += 1
        self._sent_out(fields["response_bytes"])

    def _edge(self, fields: dict[str, Any], at: float) -> None:
        self._usage["cloudfront.requests"] += 1
        self._usage["cloudfront.outGb"] += fields["response_bytes"] / GB
        if fields["missed"]:
            self._usage["s3.reads"] += 1

    def _upstream(self, fields: dict[str, Any], at: float) -> None:
        if fields["service"] == "s3":
            self._usage[_kind_of_s3_request(fields)] += 1
            if _SIGNED_BEFOREHAND in fields["query"]:  # by a function, for somebody outside
                self._sent_out(fields["response_bytes"])
        elif fields["service"] == "ssm" and fields["operation"] in _READS_PARAMETERS:
            self._usage["kms.requests"] += 1

    def _sent_out(self, size_bytes: int) -> None:
        self._usage["transfer.outGb"] += size_bytes / GB


_COUNTERS = {
    "apigateway.connect": Meter._connect,
    "apigateway.disconnect": Meter._disconnect,
    "apigateway.message": Meter._message_in,
    "apigateway.reply": Meter._message_out,
    "apigateway.post": Meter._message_out,
    "apigateway.request": Meter._request,
    "lambda.report": Meter._invocation,
    "dynamodb.request": Meter._items,
    "logs.put": Meter._logs,
    "site.request": Meter._site,
    "cloudfront.request": Meter._edge,
    "cloudwatch.metric": Meter._metric,
    "cognito.user": Meter._user,
    "upstream.request": Meter._upstream,
}


def stored_gb(table_bytes: int, backup_bytes: int, bucket_bytes: int) -> dict[str, float]:
    """What is stored, in the dimensions in which it is billed."""
    return {
        "dynamodb.storageGbMonths": table_bytes / GB,
        "dynamodb.backupGbMonths": backup_bytes / GB,
        "s3.storedGbMonths": bucket_bytes / GB,
    }


def steps(size_bytes: int, step_bytes: int) -> int:
    """How many steps a size is billed as; the least is one."""
    return max(math.ceil(size_bytes / step_bytes), 1)


def _kind_of_s3_request(fields: dict[str, Any]) -> str:
    """PUT, COPY, POST and LIST cost more than GET; DELETE costs nothing."""
    method, path = fields["method"], fields["path"].strip("/")
    if method == "DELETE":
        return "s3.deletes"
    lists = "/" not in path or any(part in fields["query"] for part in _LISTS_BUCKETS_OR_KEYS)
    return "s3.writes" if method in ("PUT", "POST") or (method == "GET" and lists) else "s3.reads"
