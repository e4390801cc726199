"""The apigatewayv2 control plane: ImportApi, ReimportApi and ExportApi, for HTTP APIs.

Sources: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html (ImportApi),
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html (ReimportApi)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import yaml  # type: ignore[import-untyped]

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.openapi import Definition, parse
from cloudrig.services.apigateway.v2.control import ControlV2
from cloudrig.services.apigateway.v2.exporting import Exporter
from cloudrig.services.apigateway.v2.importing import Importer, api_members, check_version
from cloudrig.services.apigateway.v2.state import (
    AUTHORIZER,
    DEPLOYMENT,
    HTTP,
    INTEGRATION,
    ROUTE,
    STAGE,
    Api,
    Apis,
)

_MEDIA = {"JSON", "YAML"}


class DefinitionControl:
    """Operations that take or give a whole API as an OpenAPI definition."""

    def __init__(self, apis: Apis, control: ControlV2, build: Callable[[Apis], ControlV2]) -> None:
        """`build` makes a control plane of APIs that nobody sees, on which imports are carried out."""
        self._apis = apis
        self._control = control
        self._build = build
        self.operations: Mapping[str, Operation] = {
            "ImportApi": self.import_api,
            "ReimportApi": self.reimport_api,
            "ExportApi": self.export_api,
        }

    def import_api(self, caller: Caller, members: Members) -> Members:
        """A new API. Raises BadRequestException, or what the control plane has against a part of the definition."""
        api, warnings = self._draft(caller, members)
        self._apis.keep(api)
        return api.members | {"Warnings": warnings or None}

    def reimport_api(self, caller: Caller, members: Members) -> Members:
        """An API's routes, integrations and authorizers replaced. Its stages and deployments stay."""
        api = self._apis.find(caller.scope, members["ApiId"])
        if api.protocol != HTTP:
            raise BadRequestException("Only HTTP APIs can be reimported")
        draft, warnings = self._draft(caller, members)
        own = ("ApiEndpoint", "ApiId", "CreatedDate", "IpAddressType")
        tags = api.members["Tags"] | draft.members["Tags"]
        api.members = draft.members | {name: api.members[name] for name in own} | {"Tags": tags}
        for kind in (ROUTE, INTEGRATION, AUTHORIZER):
            api.children[kind] = draft.of(kind)
        self._control.redeploy(api)
        return api.members | {"Warnings": warnings or None}

    def export_api(self, caller: Caller, members: Members) -> Members:
        """The API as it is, or as it is deployed on `StageName`, as `OutputType` JSON or YAML."""
        api = self._apis.find(caller.scope, members["ApiId"])
        if api.protocol != HTTP:
            raise BadRequestException("Only HTTP APIs can be exported")
        if members["Specification"] != "OAS30" or members["OutputType"] not in _MEDIA:
            raise BadRequestException("Only specification OAS30 with output type JSON or YAML can be exported")
        if members.get("ExportVersion") not in (None, "1.0"):
            raise BadRequestException("The only export version is 1.0")
        stage_name, snapshot = members.get("StageName"), api.snapshot()
        if stage_name:
            stage = api.find(STAGE, stage_name)
            deployment = api.find(DEPLOYMENT, stage.members.get("DeploymentId", ""))
            snapshot = api.snapshots[deployment.members["DeploymentId"]]
        extensions = members.get("IncludeExtensions", True)
        definition = Exporter(api, snapshot, stage_name, extensions=extensions).definition()
        if members["OutputType"] == "YAML":
            return {"body": yaml.safe_dump(definition, sort_keys=False).encode()}
        return {"body": json.dumps(definition, indent=2).encode()}

    def _draft(self, caller: Caller, members: Members) -> tuple[Api, list[str]]:
        """The definition as an API of its own. Raises BadRequestException, for warnings too where those shall fail."""
        definition = parse(members["Body"])
        check_version(definition)
        scratch = Apis()
        control = self._build(scratch)
        try:
            created = control.create_api(caller, api_members(definition))
            warnings = _carry_out(control, caller, definition, members, created["ApiId"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadRequestException(f"Invalid OpenAPI input: {error!r}") from None
        if warnings and members.get("FailOnWarnings"):
            raise BadRequestException("\n\t".join(["Warnings found during import:", *warnings]))
        return scratch.find(caller.scope, created["ApiId"]), warnings


def _carry_out(control: ControlV2, caller: Caller, definition: Definition, members: Members, api_id: str) -> list[str]:
    def call(operation: str, **given: object) -> Members:
        result = control.operations[operation](caller, {"ApiId": api_id, **given})
        assert isinstance(result, dict)
        return result

    importer = Importer(definition, members.get("Basepath"), call)
    importer.run()
    return importer.warnings
