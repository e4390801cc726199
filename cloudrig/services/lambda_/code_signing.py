"""Control plane: code signing configurations, and which functions have one.

The rig cannot verify signatures. A configuration that only warns may be attached, and changes nothing; one that blocks
untrusted code is refused, rather than let everything or nothing pass.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html; texts of errors as recorded in
LocalStack's AWS-validated snapshots (`TestCodeSigningConfig`).
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Arn, Regional, Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import (
    CodeSigningConfigNotFound,
    ResourceConflict,
    ResourceNotFound,
)
from cloudrig.services.lambda_.lookup import Lookup
from cloudrig.services.lambda_.paging import page

_ALPHABET = string.ascii_lowercase + string.digits


@dataclass(slots=True)
class SigningConfig:
    config_id: str
    arn: str
    description: str
    publishers: list[str]
    policy: str
    last_modified: str
    tags: dict[str, str] = field(default_factory=dict)


class SigningConfigs:
    """The code signing configurations of one account and region, by ARN."""

    def __init__(self, scope: Scope) -> None:
        self.by_arn: dict[str, SigningConfig] = {}


class CodeSigning:
    """Operations on configurations and on functions' having one."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        self._lookup = lookup
        self._clock = clock
        self._regions = Regional(SigningConfigs)

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "CreateCodeSigningConfig": self.create,
            "GetCodeSigningConfig": self.get,
            "UpdateCodeSigningConfig": self.update,
            "DeleteCodeSigningConfig": self.delete,
            "ListCodeSigningConfigs": self.list,
            "ListFunctionsByCodeSigningConfig": self.list_functions,
            "PutFunctionCodeSigningConfig": self.attach,
            "GetFunctionCodeSigningConfig": self.attached,
            "DeleteFunctionCodeSigningConfig": self.detach,
        }

    def tags(self, arn: Arn) -> dict[str, str] | None:
        """The tags of a configuration, None where there is none of that ARN."""
        config = self._regions[arn.scope].by_arn.get(str(arn))
        return config.tags if config else None

    def create(self, caller: Caller, members: Members) -> Members:
        config_id = f"csc-{''.join(secrets.choice(_ALPHABET) for _ in range(17))}"
        config = SigningConfig(
            config_id,
            caller.scope.arn("lambda", f"code-signing-config:{config_id}"),
            members.get("Description", ""),
            members["AllowedPublishers"]["SigningProfileVersionArns"],
            _policy(members) or "Warn",
            self._now(),
            dict(members.get("Tags") or {}),
        )
        self._regions[caller.scope].by_arn[config.arn] = config
        return {"CodeSigningConfig": _shown(config)}

    def get(self, caller: Caller, members: Members) -> Members:
        return {"CodeSigningConfig": _shown(self._find(members))}

    def update(self, caller: Caller, members: Members) -> Members:
        """Raises OperationNotImplemented for a policy that blocks, where functions have the configuration."""
        config = self._find(members)
        policy = _policy(members) or config.policy
        if self._functions(config):
            _check_warns(policy)
        config.policy = policy
        config.description = members.get("Description", config.description)
        if members.get("AllowedPublishers"):
            config.publishers = members["AllowedPublishers"]["SigningProfileVersionArns"]
        config.last_modified = self._now()
        return {"CodeSigningConfig": _shown(config)}

    def delete(self, caller: Caller, members: Members) -> Members:
        """Raises ResourceConflict where functions have it."""
        config = self._find(members)
        if self._functions(config):
            raise ResourceConflict("The code signing configuration is still attached to functions.")
        del self._regions[Arn.parse(config.arn).scope].by_arn[config.arn]
        return {}

    def list(self, caller: Caller, members: Members) -> Members:
        configs = sorted(self._regions[caller.scope].by_arn.items())
        found, more = page(configs, members)
        return {"CodeSigningConfigs": [_shown(config) for config in found], "NextMarker": more}

    def list_functions(self, caller: Caller, members: Members) -> Members:
        arns = self._functions(self._find(members))
        found, more = page([(arn, arn) for arn in arns], members)
        return {"FunctionArns": found, "NextMarker": more}

    def attach(self, caller: Caller, members: Members) -> Members:
        config = self.checked(members["CodeSigningConfigArn"])
        found = self._lookup.unqualified(caller, members)
        found.function.code_signing_arn = config.arn
        return {"CodeSigningConfigArn": config.arn, "FunctionName": found.ref.name}

    def attached(self, caller: Caller, members: Members) -> Members:
        """What a function has; the answer is empty where it has none."""
        found = self._lookup.unqualified(caller, members)
        arn = found.function.code_signing_arn
        return {"CodeSigningConfigArn": arn, "FunctionName": found.ref.name} if arn else {}

    def detach(self, caller: Caller, members: Members) -> Members:
        self._lookup.unqualified(caller, members).function.code_signing_arn = None
        return {}

    def checked(self, arn: str) -> SigningConfig:
        """A configuration that a function is to have. Raises CodeSigningConfigNotFound, OperationNotImplemented."""
        config = self._regions[Arn.parse(arn).scope].by_arn.get(arn)
        if config is None:
            raise CodeSigningConfigNotFound(
                "The code signing configuration cannot be found. Check that the provided configuration is not deleted: "
                f"{arn}."
            )
        _check_warns(config.policy)
        return config

    def _find(self, members: Members) -> SigningConfig:
        arn: str = members["CodeSigningConfigArn"]
        config = self._regions[Arn.parse(arn).scope].by_arn.get(arn)
        if config is None:
            raise ResourceNotFound(f"The Lambda code signing configuration {arn} can not be found.", Type=None)
        return config

    def _functions(self, config: SigningConfig) -> Sequence[str]:
        functions = self._lookup.regions[Arn.parse(config.arn).scope].by_name
        return sorted(one.latest.function_arn for one in functions.values() if one.code_signing_arn == config.arn)

    def _now(self) -> str:
        return self._clock.utc().strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _policy(members: Members) -> str | None:
    policy: str | None = (members.get("CodeSigningPolicies") or {}).get("UntrustedArtifactOnDeployment")
    return policy


def _check_warns(policy: str) -> None:
    if policy != "Warn":
        raise OperationNotImplemented(
            "cloudrig does not verify signatures of code: a function cannot have a code signing configuration whose "
            f"UntrustedArtifactOnDeployment is {policy}"
        )


def _shown(config: SigningConfig) -> Members:
    return {
        "CodeSigningConfigId": config.config_id,
        "CodeSigningConfigArn": config.arn,
        "Description": config.description,
        "AllowedPublishers": {"SigningProfileVersionArns": config.publishers},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.policy},
        "LastModified": config.last_modified,
    }
