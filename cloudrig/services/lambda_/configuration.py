"""How the Lambda API shows a function. Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html"""

from __future__ import annotations

from cloudrig.engine.messages import Members
from cloudrig.services.lambda_.naming import LATEST
from cloudrig.services.lambda_.runtimes import runtime_digest
from cloudrig.services.lambda_.state import Version


def runtime_version_arn(version: Version) -> str:
    """The ARN of the runtime's version. AWS's ends in a digest; ours is of the runtime's name and our interpreter."""
    return f"arn:aws:lambda:{version.scope.region}::runtime:{runtime_digest(version.settings.runtime)}"


def configuration(version: Version, qualifier: str | None = None, **status: object) -> Members:
    """A version as `FunctionConfiguration`, its ARN as qualified as it was asked for.

    `status` is what AWS says while a change is under way.
    """
    settings = version.settings
    return {
        "FunctionName": version.name,
        "FunctionArn": f"{version.function_arn}:{qualifier}" if qualifier else version.function_arn,
        "Runtime": settings.runtime,
        "Role": settings.role,
        "Handler": settings.handler,
        "CodeSize": version.code.size_bytes,
        "Description": settings.description,
        "Timeout": settings.timeout_s,
        "MemorySize": settings.memory_mb,
        "LastModified": version.last_modified,
        "CodeSha256": version.code.sha256,
        "Version": version.number,
        "Environment": None if settings.environment is None else {"Variables": dict(settings.environment)},
        "TracingConfig": {"Mode": settings.tracing},
        "RevisionId": version.revision.id,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": list(settings.architectures),
        "EphemeralStorage": {"Size": settings.ephemeral_mb},
        "SnapStart": _snap_start(version),
        "RuntimeVersionConfig": {"RuntimeVersionArn": runtime_version_arn(version)},
        "LoggingConfig": _logging(version),
        "DeadLetterConfig": {"TargetArn": settings.dead_letter_arn} if settings.dead_letter_arn else None,
        "Layers": [{"Arn": one.arn, "CodeSize": one.code.size_bytes} for one in settings.layers] or None,
        **settings.shown,
        **status,
    }


def _logging(version: Version) -> Members:
    logging = version.settings.logging
    levels = {"ApplicationLogLevel": logging.application_level, "SystemLogLevel": logging.system_level}
    return {"LogFormat": logging.format, **(levels if logging.format == "JSON" else {}), "LogGroup": version.log_group}


def _snap_start(version: Version) -> Members:
    """As it was asked for; on AWS a published version has a snapshot then."""
    wanted = version.settings.snap_start
    on = wanted and version.number != LATEST
    return {"ApplyOn": "PublishedVersions" if wanted else "None", "OptimizationStatus": "On" if on else "Off"}


_NOT_LISTED = ("State", "LastUpdateStatus", "RuntimeVersionConfig")


def listed(version: Version, qualifier: str | None = None) -> Members:
    """A version as lists show it: without what Lambda would have to look up.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
    """
    return {name: value for name, value in configuration(version, qualifier).items() if name not in _NOT_LISTED}
