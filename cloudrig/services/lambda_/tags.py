"""Control plane: tags of functions, event source mappings and code signing configurations.

Texts of errors as recorded in LocalStack's AWS-validated snapshots (`TestLambdaTags`).
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Arn, Regional
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.code_signing import CodeSigning
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceNotFound
from cloudrig.services.lambda_.event_sources.control import Mappings
from cloudrig.services.lambda_.naming import parse_function_arn
from cloudrig.services.lambda_.state import Functions

MAX_TAGS = 50


class Tags:
    """Operations on tags, by the ARN of what bears them."""

    def __init__(self, regions: Regional[Functions], mappings: Mappings, signing: CodeSigning) -> None:
        self._regions = regions
        self._mappings = mappings
        self._signing = signing

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {"TagResource": self.tag, "UntagResource": self.untag, "ListTags": self.list}

    def tag(self, caller: Caller, members: Members) -> Members:
        """Raises InvalidParameterValue above 50 tags, and for none."""
        tags = self._tags(members["Resource"], changing=True)
        if not members["Tags"]:
            raise InvalidParameterValue("An error occurred and the request cannot be processed.")
        if len(tags.keys() | members["Tags"].keys()) > MAX_TAGS:
            raise InvalidParameterValue("Number of tags exceeds resource tag limit.")
        tags.update(members["Tags"])
        return {}

    def untag(self, caller: Caller, members: Members) -> Members:
        tags = self._tags(members["Resource"], changing=True)
        for key in members["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list(self, caller: Caller, members: Members) -> Members:
        return {"Tags": self._tags(members["Resource"])}

    def _tags(self, arn: str, *, changing: bool = False) -> dict[str, str]:
        """The tags of what an ARN names; a function has another RevisionId after each change of them."""
        parsed = Arn.parse(arn)
        if parsed.resource.startswith("event-source-mapping:"):
            mapping = self._mappings.find_arn(parsed)
            if mapping is None:
                raise ResourceNotFound("The resource you requested does not exist.")
            return mapping.tags
        if parsed.resource.startswith("code-signing-config:"):
            tags = self._signing.tags(parsed)
            if tags is None:
                raise ResourceNotFound("The resource you requested does not exist.")
            return tags
        ref = parse_function_arn(arn)
        if ref.qualifier:
            raise InvalidParameterValue(
                "Tags on function aliases and versions are not supported. Please specify a function ARN."
            )
        function = self._regions[ref.scope].find(ref)
        if changing:
            function.latest.revision.renew()
        return function.tags
