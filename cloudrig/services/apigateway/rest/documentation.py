"""Control plane of REST APIs: documentation parts, and versions that hold all parts as they were.

Nothing of it changes how an API answers; definitions bring it along, and exports of a stage that has a version show it.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-content-representation.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.openapi import Definition, parse
from cloudrig.services.apigateway.rest.errors import not_built
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import PatchTable, converted, text
from cloudrig.services.apigateway.rest.state import DocumentationVersion, RestApi, RestState

EXTENSION = "x-amazon-apigateway-documentation"

_OF_METHOD = ("path", "method")
_PLACES: Mapping[str, tuple[str, ...]] = {
    "API": (),
    "AUTHORIZER": ("name",),
    "MODEL": ("name",),
    "RESOURCE": ("path",),
    "METHOD": _OF_METHOD,
    "PATH_PARAMETER": (*_OF_METHOD, "name"),
    "QUERY_PARAMETER": (*_OF_METHOD, "name"),
    "REQUEST_HEADER": (*_OF_METHOD, "name"),
    "REQUEST_BODY": _OF_METHOD,
    "RESPONSE": (*_OF_METHOD, "statusCode"),
    "RESPONSE_HEADER": (*_OF_METHOD, "statusCode", "name"),
    "RESPONSE_BODY": (*_OF_METHOD, "statusCode"),
}
"""What a location of a type has beside it."""
_ANYWHERE = {"path": "/", "method": "*", "statusCode": "*"}


class DocumentationControl:
    """Operations on DocumentationPart and DocumentationVersion."""

    def __init__(self, state: RestState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self.operations: Mapping[str, Operation] = {
            "CreateDocumentationPart": self.create_part,
            "GetDocumentationPart": self.get_part,
            "GetDocumentationParts": self.get_parts,
            "UpdateDocumentationPart": self.update_part,
            "DeleteDocumentationPart": self.delete_part,
            "ImportDocumentationParts": self.import_parts,
            "CreateDocumentationVersion": self.create_version,
            "GetDocumentationVersion": self.get_version,
            "GetDocumentationVersions": self.get_versions,
            "UpdateDocumentationVersion": self.update_version,
            "DeleteDocumentationVersion": self.delete_version,
        }

    # parts

    def create_part(self, caller: Caller, members: Members) -> Members:
        """Raises BadRequestException; ConflictException: the location has one."""
        parts = self._state.api(caller.scope, members["restApiId"]).documentation_parts
        part = _part(members["location"], members["properties"])
        if any(other["location"] == part["location"] for other in parts.values()):
            where = ", ".join(f"{name} '{value}'" for name, value in part["location"].items())
            raise ConflictException(f"Documentation part already exists for the specified location: {where}.")
        parts[part["id"]] = part
        return part

    def get_part(self, caller: Caller, members: Members) -> Members:
        return self._parts(caller, members)[members["documentationPartId"]]

    def get_parts(self, caller: Caller, members: Members) -> Members:
        if members.get("locationStatus") == "UNDOCUMENTED":
            raise not_built("locationStatus UNDOCUMENTED")
        parts = self._state.api(caller.scope, members["restApiId"]).documentation_parts.values()
        wanted = members.get("type"), members.get("path"), members.get("nameQuery") or ""
        return page([part for part in parts if _fits(part["location"], *wanted)], members)

    def update_part(self, caller: Caller, members: Members) -> Members:
        parts, part_id = self._parts(caller, members), members["documentationPartId"]
        parts[part_id] = part = _PART.apply(parts[part_id], members.get("patchOperations"))
        return part

    def delete_part(self, caller: Caller, members: Members) -> Members:
        """A missing API is one here, unlike in reading and changing a part."""
        self._state.api(caller.scope, members["restApiId"])
        del self._parts(caller, members)[members["documentationPartId"]]
        return {}

    def import_parts(self, caller: Caller, members: Members) -> Members:
        """Those of a definition, in place of all (`mode=overwrite`) or of those at the same locations."""
        api = self._state.api(caller.scope, members["restApiId"])
        ids = put_parts(api, parse(members["body"]), overwrite=members.get("mode") == "overwrite")
        return {"ids": ids, "warnings": []}

    def _parts(self, caller: Caller, members: Members) -> dict[str, Members]:
        """Those of the API that has the part that is named. AWS reports a missing API as a missing part."""
        api = self._state.account(caller.scope).apis.get(members["restApiId"])
        if api is None or members["documentationPartId"] not in api.documentation_parts:
            raise NotFoundException("Invalid Documentation part identifier specified")
        return api.documentation_parts

    # versions

    def create_version(self, caller: Caller, members: Members) -> Members:
        """Keep the parts as they are; with `stageName` that stage shows them."""
        api = self._state.api(caller.scope, members["restApiId"])
        version = members["documentationVersion"]
        if version in api.documentation_versions:
            raise ConflictException("Documentation version already exists")  # unverified text
        stage = api.stage(members["stageName"]) if members.get("stageName") else None
        document = {"version": version, "createdDate": self._clock.utc().replace(microsecond=0)}
        if members.get("description"):
            document["description"] = members["description"]
        api.documentation_versions[version] = DocumentationVersion(document, tuple(api.documentation_parts.values()))
        if stage is not None:
            stage.document = stage.document | {"documentationVersion": version}
        return document

    def get_version(self, caller: Caller, members: Members) -> Members:
        return self._versions(caller, members)[members["documentationVersion"]].document

    def get_versions(self, caller: Caller, members: Members) -> Members:
        versions = self._state.api(caller.scope, members["restApiId"]).documentation_versions.values()
        return page([version.document for version in versions], members)

    def update_version(self, caller: Caller, members: Members) -> Members:
        version = self._versions(caller, members)[members["documentationVersion"]]
        version.document = _VERSION.apply(version.document, members.get("patchOperations"))
        return version.document

    def delete_version(self, caller: Caller, members: Members) -> Members:
        del self._versions(caller, members)[members["documentationVersion"]]
        return {}

    def _versions(self, caller: Caller, members: Members) -> dict[str, DocumentationVersion]:
        versions = self._state.api(caller.scope, members["restApiId"]).documentation_versions
        if members["documentationVersion"] not in versions:
            raise NotFoundException("Invalid Documentation version specified")
        return versions


def put_parts(api: RestApi, definition: Definition, *, overwrite: bool) -> list[str]:
    """Take the parts of a definition's extension over; their ids. Raises BadRequestException."""
    extension = definition.get(EXTENSION) or {}
    given = [
        _part(part["location"], _json_text(part["properties"])) for part in extension.get("documentationParts", ())
    ]
    known = {} if overwrite else {_key(part): part for part in api.documentation_parts.values()}
    known |= {_key(part): part for part in given}
    api.documentation_parts = {part["id"]: part for part in known.values()}
    return [part["id"] for part in given]


def exported(version: DocumentationVersion) -> Members:
    """The extension of a definition for a version."""
    return {
        "version": version.document["version"],
        "createdDate": version.document["createdDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "documentationParts": [
            {"location": part["location"], "properties": json.loads(part["properties"])} for part in version.parts
        ],
    }


def _part(location: Members, properties: str) -> Members:
    """A part at its whole location. The texts are unverified."""
    kind = str(location.get("type"))
    if kind not in _PLACES:
        raise BadRequestException(f"Invalid documentation part type: {kind}")
    given = {name: value for name, value in location.items() if value and name != "type"}
    if not given.keys() <= set(_PLACES[kind]):
        raise BadRequestException(
            f"Invalid location of type {kind}: it may have {', '.join(_PLACES[kind]) or 'nothing'}"
        )
    whole = {name: given.get(name, _ANYWHERE.get(name)) for name in _PLACES[kind]}
    if None in whole.values():
        raise BadRequestException(f"A location of type {kind} needs a name")
    return {"id": names.api_id()[:6], "location": {"type": kind, **whole}, "properties": _properties(properties)}


def _properties(value: str) -> str:
    try:
        if isinstance(json.loads(value), dict):
            return value
    except (ValueError, RecursionError):
        pass
    raise BadRequestException("Documentation part properties must be a JSON object")  # unverified text


def _json_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _key(part: Members) -> tuple[tuple[str, str], ...]:
    return tuple(part["location"].items())


def _fits(location: Members, kind: str | None, path: str | None, name: str) -> bool:
    return (
        kind in (None, location["type"]) and path in (None, location.get("path")) and name in location.get("name", "")
    )


_PART = PatchTable({"/properties": converted("properties", _properties, clearable=False)}, listing=True)
_VERSION = PatchTable({"/description": text("description")}, listing=True)
