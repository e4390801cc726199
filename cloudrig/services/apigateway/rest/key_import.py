"""`ImportApiKeys`: API keys of a file, with the usage plans they are for.

Source: AG `api-key-file-format.html`, https://docs.aws.amazon.com/apigateway/latest/api/API_ImportApiKeys.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException

_COLUMNS = {"name": "name", "key": "value", "description": "description", "enabled": "enabled"}
_PLANS = "usageplanids"


class KeyImport:
    """The operation, in terms of others of the control plane."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations
        self.operations: Mapping[str, Operation] = {"ImportApiKeys": self.import_api_keys}

    def import_api_keys(self, caller: Caller, members: Members) -> Members:
        """The ids of the keys made, and warnings about rows that could not be.

        Raises BadRequestException: no file of keys, or a warning where those shall fail.
        """
        ids: list[str] = []
        warnings: list[str] = []
        for number, row in enumerate(_rows(members["body"]), start=2):
            try:
                ids.append(self._add(caller, row))
            except (BadRequestException, ConflictException, NotFoundException) as error:
                warnings.append(f"Line {number}: {error.message}")  # unverified text
                if members.get("failOnWarnings"):
                    raise BadRequestException("; ".join(warnings)) from None
        return {"ids": ids, "warnings": warnings}

    def _add(self, caller: Caller, row: Mapping[str, str]) -> str:
        key = {member: row[column] for column, member in _COLUMNS.items() if row.get(column)}
        made = self._call("CreateApiKey", caller, {**key, "enabled": key.get("enabled", "").lower() == "true"})
        for plan_id in (row.get(_PLANS) or "").split(","):
            if plan_id.strip():
                plan = {"usagePlanId": plan_id.strip(), "keyId": made["id"], "keyType": "API_KEY"}
                self._call("CreateUsagePlanKey", caller, plan)
        return str(made["id"])

    def _call(self, operation: str, caller: Caller, members: Members) -> Members:
        result = self._operations[operation](caller, members)
        assert isinstance(result, dict)
        return result


def _rows(body: bytes) -> list[Mapping[str, str]]:
    """By column names in lower case. Raises BadRequestException: a name or a key is no column."""
    try:
        reader = csv.reader(io.StringIO(body.decode()))
        header = [name.strip().lower() for name in next(reader, [])]
        lines = [[value.strip() for value in row] for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadRequestException(f"Invalid API key file: {error}") from None  # unverified text
    if not {"name", "key"} <= set(header):
        raise BadRequestException("API key file needs the columns Name and key")  # unverified text
    return [dict(zip(header, line, strict=False)) for line in lines]
