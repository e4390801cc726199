"""Members of operations that change what the operation does and are not built: refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Caller, Members, Response
from cloudrig.engine.wire import Operation

_UNBUILT: Mapping[str, tuple[str, ...]] = {
    "CreateFunction": ("PublishTo", "Code.S3ObjectStorageMode", "Code.SourceKMSKeyArn"),
    "Invoke": ("TenantId", "DurableExecutionName"),
    "InvokeWithResponseStream": ("TenantId",),
    "ListFunctions": ("MasterRegion",),
    "PublishLayerVersion": ("Content.S3ObjectStorageMode",),
    "PublishVersion": ("PublishTo",),
    "UpdateFunctionCode": ("PublishTo", "S3ObjectStorageMode", "SourceKMSKeyArn"),
}


def guarded(operations: Mapping[str, Operation]) -> Mapping[str, Operation]:
    """The same operations, which refuse such members with OperationNotImplemented."""
    return {**operations, **{name: _guarded(name, operations[name]) for name in _UNBUILT}}


def _guarded(name: str, operation: Operation) -> Operation:
    def checked(caller: Caller, members: Members) -> Members | Awaitable[Members | Response]:
        for path in _UNBUILT[name]:
            if _at(members, path):
                raise OperationNotImplemented(f"cloudrig does not implement {path} of lambda {name}")
        return operation(caller, members)

    return checked


def _at(members: Members, path: str) -> object:
    structure, _, member = path.rpartition(".")
    return (members.get(structure) or {} if structure else members).get(member)
