"""Control plane: function URLs.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html; texts of errors as in LocalStack's
AWS-validated snapshots (`TestLambdaUrl`).
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Addresses, Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import ResourceConflict, ResourceNotFound
from cloudrig.services.lambda_.lookup import Found, Lookup
from cloudrig.services.lambda_.naming import LATEST, FunctionRef
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.state import Function, UrlConfig

PREFIX = "/_aws/lambda-url/"
_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 32
_NO_FUNCTION = "Function does not exist"
_NO_URL = "The resource you requested does not exist."


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL leads to."""

    ref: FunctionRef
    function: Function
    config: UrlConfig


class Urls:
    """Operations on function URLs; and `find`, for those who call them."""

    def __init__(self, lookup: Lookup, clock: Clock, addresses: Addresses) -> None:
        self._lookup = lookup
        self._clock = clock
        self._addresses = addresses
        self._refs: dict[str, FunctionRef] = {}

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "CreateFunctionUrlConfig": self.create,
            "GetFunctionUrlConfig": self.get,
            "ListFunctionUrlConfigs": self.list,
            "UpdateFunctionUrlConfig": self.update,
            "DeleteFunctionUrlConfig": self.delete,
        }

    def find(self, url_id: str) -> Target | None:
        """What a URL's id leads to, as long as its function and alias are there."""
        ref = self._refs.get(url_id)
        function = self._lookup.regions[ref.scope].by_name.get(ref.name) if ref else None
        config = function.urls.get(ref.qualifier or LATEST) if ref and function else None
        if ref is None or function is None or config is None or config.url_id != url_id:
            self._refs.pop(url_id, None)
            return None
        return Target(ref, function, config)

    def create(self, caller: Caller, members: Members) -> Members:
        """Raises ResourceNotFound, ResourceConflict where there is a URL already."""
        found = self._lookup.qualified_or(_NO_FUNCTION, caller, members)
        if found.key in found.function.urls:
            raise ResourceConflict(
                f"Failed to create function url config for [functionArn = {found.ref.arn}]. Error message:  "
                "FunctionUrlConfig exists for this Lambda function"
            )
        self._forget_stale()
        url_id = "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))
        now = self._now()
        config = UrlConfig(url_id, members["AuthType"], members.get("InvokeMode"), members.get("Cors"), now, now)
        found.function.urls[found.key] = config
        self._refs[url_id] = found.ref
        return self._shown(found.ref, config)

    def _forget_stale(self) -> None:
        """Drop the ids of URLs that went with their function or alias."""
        for url_id in tuple(self._refs):
            self.find(url_id)

    def get(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.qualified_or(_NO_URL, caller, members)
        config = _existing(found)
        return {**self._shown(found.ref, config), "InvokeMode": config.mode}

    def list(self, caller: Caller, members: Members) -> Members:
        self._lookup.qualified_or(_NO_FUNCTION, caller, members)
        found = self._lookup.unqualified(caller, members)
        urls = sorted(found.function.urls.items())
        listed, more = page([(key, (key, config)) for key, config in urls], members)
        shown = [{**self._shown(self._refs[config.url_id], config), "InvokeMode": config.mode} for _, config in listed]
        return {"FunctionUrlConfigs": shown, "NextMarker": more}

    def update(self, caller: Caller, members: Members) -> Members:
        """Change what is given; an empty `Cors` takes it back."""
        found = self._lookup.qualified_or(_NO_FUNCTION, caller, members)
        config = _existing(found)
        config.auth_type = members.get("AuthType", config.auth_type)
        config.invoke_mode = members.get("InvokeMode", config.invoke_mode)
        config.cors = members.get("Cors", config.cors) or None
        config.last_modified = self._now()
        return self._shown(found.ref, config)

    def delete(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.qualified_or(_NO_URL, caller, members)
        self._refs.pop(_existing(found).url_id, None)
        del found.function.urls[found.key]
        return {}

    def _now(self) -> str:
        return self._clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _shown(self, ref: FunctionRef, config: UrlConfig) -> Members:
        """As create and update answer: with an InvokeMode only where one was given."""
        return {
            "FunctionUrl": f"{self._addresses.url}{PREFIX}{config.url_id}/",
            "FunctionArn": ref.arn,
            "AuthType": config.auth_type,
            "Cors": dict(config.cors) if config.cors else None,
            "CreationTime": config.created,
            "LastModifiedTime": config.last_modified,
            "InvokeMode": config.invoke_mode,
        }


def _existing(found: Found) -> UrlConfig:
    config = found.function.urls.get(found.key)
    if config is None:
        raise ResourceNotFound(_NO_URL)
    return config
