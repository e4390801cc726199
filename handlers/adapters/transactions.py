"""Writing where others write the same items at the same time.

A transaction claims its items while it runs. Whoever writes one of them meanwhile, by a transaction or not, is refused
with a conflict, which says nothing about any condition: it is tried again, after a random pause that grows.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_ATTEMPTS: Final = 8
_FIRST_PAUSE_S: Final = 0.02
_TRANSIENT: Final = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def transact(client: DynamoDBClient, items: Sequence[TransactWriteItemTypeDef]) -> set[int]:
    """Write all items or none. Returns the places of those whose conditions do not hold: nothing if all was written.

    A repeat by the SDK bears the same token, so it is not written twice.
    """
    for attempt in range(_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=items)
        except client.exceptions.TransactionCanceledException as error:
            reasons = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
            failed = {place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"}
            if failed:
                return failed
            if attempt == _ATTEMPTS - 1 or not _TRANSIENT.intersection(reasons):
                raise
            _pause(attempt)
        else:
            return set()
    raise AssertionError("unreachable")


def persist(client: DynamoDBClient, write: Callable[[], object]) -> None:
    """Do a write of one item that transactions may be busy with."""
    for attempt in range(_ATTEMPTS):
        try:
            write()
        except client.exceptions.TransactionConflictException:
            if attempt == _ATTEMPTS - 1:
                raise
            _pause(attempt)
        else:
            return


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, _FIRST_PAUSE_S * 2**attempt))  # noqa: S311 (jitter is no secret)
