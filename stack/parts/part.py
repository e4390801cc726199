"""What all parts are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Properties = dict[str, Any]
ATTRIBUTES = (
    *("arn", "callback_url", "endpoint", "id", "issuer", "keys_url", "name", "root", "stream_arn", "url", "website"),
)
"""What parts may be referred to by; which of them a part has is its kind's."""
INVOKE_URI = "arn:aws:apigateway:${aws.region}:lambda:path/2015-03-31/functions/%s/invocations"


@dataclass(frozen=True)
class Part:
    """One resource of AWS's.

    Attributes:
        kind: what references call it; `cloudformation` and `terraform` each have a table of what they call it.
        name: unique in its kind, of letters, digits, `-` and `_`.
        needs: keys of those that have to be there before and that no property refers to.
    """

    kind: str
    name: str
    properties: Properties
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`table.Users`."""
        return f"{self.kind}.{self.name}"


Parts = Iterator[Part]


def named(text: str) -> str:
    """`$connect` is `connect`, `POST /login` is `POST_login`."""
    return re.sub(r"\W+", "_", text).strip("_")
