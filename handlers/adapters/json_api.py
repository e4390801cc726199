"""Services of AWS that speak JSON, with as little as it takes: a target, a signature, a kept-open connection.

botocore's client takes 0.6 ms of CPU a call and 100 ms to load, which is most of a cold start; this one a tenth of the
first and nothing of the second. `DynamoDB` and `Ssm` have of boto3's clients what the adapters call, in the same
words, so that either will do.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any, Final

from handlers.adapters.link import Link, NoAnswer
from handlers.adapters.signing import Signer

# As the SDKs' standard mode: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_ATTEMPTS: Final = 3
_FIRST_PAUSE_S: Final = 0.05
_TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


class ServiceError(Exception):
    """The service refused. `response` is what botocore's ClientError has there."""

    def __init__(self, code: str, answer: dict[str, Any]) -> None:
        super().__init__(f"{code}: {answer.get('message') or answer.get('Message') or ''}")
        self.response = {**answer, "Error": {"Code": code}}


class ConditionalCheckFailedException(ServiceError):
    pass


class TransactionCanceledException(ServiceError):
    pass


class TransactionConflictException(ServiceError):
    pass


class Exceptions:
    """The errors of DynamoDB that somebody catches."""

    ConditionalCheckFailedException = ConditionalCheckFailedException
    TransactionCanceledException = TransactionCanceledException
    TransactionConflictException = TransactionConflictException


class JsonApi:
    """Calls operations of one service. Safe to use from many threads."""

    def __init__(self, link: Link, signer: Signer, target: str, version: str) -> None:
        """
        Args:
            target: what stands before the operation in `X-Amz-Target`.
            version: of the protocol, `1.0` or `1.1`.
        """
        self._link = link
        self._signer = signer
        self._target = target
        self._content_type = f"application/x-amz-json-{version}"

    def call(self, operation: str, members: dict[str, Any]) -> Any:
        """What the operation answers. Throttles, faults of the service and lost answers are tried again.

        Raises:
            ServiceError: the service refuses.
            NoAnswer: it could not be reached.
        """
        body = json.dumps(members).encode()
        for attempt in range(_ATTEMPTS):
            try:
                return self._once(operation, body)
            except (ServiceError, NoAnswer) as error:
                code = error.response["Error"]["Code"] if isinstance(error, ServiceError) else None
                if attempt == _ATTEMPTS - 1 or (code is not None and code not in _TRANSIENT):
                    raise
                time.sleep(random.uniform(0, _FIRST_PAUSE_S * 2**attempt))  # noqa: S311 (jitter is no secret)
        raise AssertionError("unreachable")

    def _once(self, operation: str, body: bytes) -> Any:
        headers = {
            "Content-Type": self._content_type,
            "Host": self._link.host,
            "X-Amz-Target": f"{self._target}.{operation}",
        }
        answer = self._link.send("POST", "/", self._signer.sign("POST", "/", headers, body), body)
        if answer.status == 200:
            return json.loads(answer.content)
        raise _error(answer.status, answer.content)


class DynamoDB:
    """Of boto3's client for DynamoDB what the adapters call."""

    exceptions = Exceptions

    def __init__(self, api: JsonApi) -> None:
        self._api = api

    def get_item(self, **members: Any) -> Any:
        return self._api.call("GetItem", members)

    def put_item(self, **members: Any) -> Any:
        return self._api.call("PutItem", members)

    def update_item(self, **members: Any) -> Any:
        return self._api.call("UpdateItem", members)

    def delete_item(self, **members: Any) -> Any:
        return self._api.call("DeleteItem", members)

    def query(self, **members: Any) -> Any:
        return self._api.call("Query", members)

    def transact_write_items(self, **members: Any) -> Any:
        """A repeat bears the same token, so that nothing is written twice."""
        return self._api.call("TransactWriteItems", {"ClientRequestToken": str(uuid.uuid4()), **members})

    def get_paginator(self, operation: str) -> QueryPages:
        """Only `query` has one."""
        assert operation == "query"
        return QueryPages(self)


class QueryPages:
    def __init__(self, client: DynamoDB) -> None:
        self._client = client

    def paginate(self, **members: Any) -> Iterator[Any]:
        """Page after page, each asked for when it is wanted."""
        page = self._client.query(**members)
        yield page
        while "LastEvaluatedKey" in page:
            page = self._client.query(**members, ExclusiveStartKey=page["LastEvaluatedKey"])
            yield page


class Ssm:
    """Of boto3's client for SSM what the adapters call."""

    def __init__(self, api: JsonApi) -> None:
        self._api = api

    def get_parameter(self, **members: Any) -> Any:
        return self._api.call("GetParameter", members)


def _error(status: int, content: bytes) -> ServiceError:
    try:
        answer = json.loads(content)
        code = answer["__type"].rpartition("#")[2]
    except (ValueError, KeyError, TypeError, AttributeError):  # not from the service itself
        answer, code = {}, ""
    if status >= 500 and code not in _TRANSIENT:
        code = "InternalServerError"
    kind = getattr(Exceptions, code, ServiceError) if code else ServiceError
    return kind(code or f"Status{status}", answer)
