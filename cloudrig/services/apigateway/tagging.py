"""Tags of resources that both control planes, or neither of their own kinds, have: found by what the ARN begins with.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import unquote

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation


class Tagged(Protocol):
    """What has `tags` in its document."""

    document: Members


def tagging(
    others: Mapping[str, Operation], finders: Mapping[str, Callable[[Scope, str], Tagged]]
) -> dict[str, Operation]:
    """TagResource, UntagResource and GetTags of a control plane.

    `finders`: first part of the ARN's path (`domainnames`) → what finds the resource by the rest of it, or raises
    NotFoundException. `others` are the plane's own operations, for all other ARNs.
    """

    def tag(tags: Members, given: Members) -> Members:
        return tags | (given.get("tags") or {})

    def untag(tags: Members, given: Members) -> Members:
        return {name: value for name, value in tags.items() if name not in given["tagKeys"]}

    def operation(name: str, change: Callable[[Members, Members], Members]) -> Operation:
        def call(caller: Caller, members: Members) -> Any:
            given = {f"{member[0].lower()}{member[1:]}": value for member, value in members.items()}
            kind, _, rest = unquote(given["resourceArn"]).partition("::/")[2].partition("/")
            if kind not in finders:
                return others[name](caller, members)
            found = finders[kind](caller.scope, rest)
            tags = change(found.document.get("tags") or {}, given)
            found.document = found.document | {"tags": tags}
            return {"tags" if "resourceArn" in members else "Tags": tags} if name == "GetTags" else {}

        return call

    changes = {"TagResource": tag, "UntagResource": untag, "GetTags": lambda tags, given: tags}
    return {name: operation(name, change) for name, change in changes.items()}
