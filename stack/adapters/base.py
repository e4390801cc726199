"""What the adapters of all services share: where they work, how they wait, and which errors mean "not there"."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypedDict, TypeVar

from botocore.exceptions import ClientError

from stack.addresses import Addresses
from stack.clients import Clients
from stack.plan import Changes, Observed
from stack.resources import Resource

R = TypeVar("R", bound=Resource)
T = TypeVar("T")
P = ParamSpec("P")

STACK_TAG = "cloudrig:stack"


class AdapterError(Exception):
    """A resource did not come to the state it was asked into; the text says what was seen."""


class Tag(TypedDict):
    """A tag on the wire."""

    Key: str
    Value: str


@dataclass(frozen=True)
class Context:
    """Where a stack is deployed."""

    stack: str
    account: str
    clients: Clients
    addresses: Addresses

    @property
    def region(self) -> str:
        """`us-east-1`."""
        return self.clients.region

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that a deployment makes."""
        return {STACK_TAG: self.stack}

    @property
    def tag_list(self) -> list[Tag]:
        """The same, in the form that half of AWS wants."""
        return [Tag(Key=key, Value=value) for key, value in self.tags.items()]

    def arn(self, service: str, resource: str) -> str:
        """`arn:aws:{service}:{region}:{account}:{resource}`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


class Adapter(ABC, Generic[R]):
    """Reads, makes, changes and removes the resources of one kind; several threads use it at once."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.clients = context.clients

    @abstractmethod
    def observe(self, resource: R) -> Observed | None:
        """What is deployed, or None. References in `resource` to what does not exist are still open."""

    @abstractmethod
    def apply(self, resource: R, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the resource (`observed` is None) or carry out the changes; return its attributes. Then it is ready."""

    @abstractmethod
    def delete(self, resource: R, observed: Observed) -> None:
        """Remove what was observed; what has gone meanwhile is no error."""


def error_code(error: ClientError) -> str:
    """`ResourceNotFoundException` and the like."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def ignored(*codes: str) -> Iterator[None]:
    """Pass over the errors with these codes."""
    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise


def retried(call: Callable[[], T], transient: Callable[[ClientError], bool], *, deadline_s: float) -> T:
    """Repeat a call while its error is one that AWS gives until a change of a moment ago has spread."""
    waiting = Waiting(deadline_s)
    while True:
        try:
            return call()
        except ClientError as error:
            if not transient(error) or not waiting.go_on():
                raise


def one_by_one(operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call an operation of API Gateway that changes an API.

    It refuses two changes of one API at the same time, and an automatic deployment counts as one. So adapters change an
    API in one thread, and repeat what ran into somebody else's change.
    """
    return retried(lambda: operation(*args, **kwargs), _is_concurrent_modification, deadline_s=60.0)


def _is_concurrent_modification(error: ClientError) -> bool:
    return error_code(error) == "ConflictException" and "concurrent modification" in str(error)


def until(check: Callable[[], bool], what: str, *, deadline_s: float) -> None:
    """Repeat a check until it is true.

    Raises:
        AdapterError: it was not by the deadline; `what` says what was waited for.
    """
    waiting = Waiting(deadline_s)
    while not check():
        if not waiting.go_on():
            raise AdapterError(f"{what} not within {deadline_s:.0f} s")


class Waiting:
    """Pauses that grow from 20 ms to 2 s, up to a deadline: stand-ins are ready at once, AWS after seconds."""

    def __init__(self, deadline_s: float) -> None:
        self._ends = time.monotonic() + deadline_s
        self._pause_s = 0.02

    def go_on(self) -> bool:
        """Pause; False when the time is up."""
        if time.monotonic() + self._pause_s > self._ends:
            return False
        time.sleep(self._pause_s)
        self._pause_s = min(self._pause_s * 1.6, 2.0)
        return True
