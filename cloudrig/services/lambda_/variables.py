"""The environment variables of a function's process, as AWS sets them.

What differs from AWS: the task root, the runtime directory, layers and /tmp are folders of the rig (LAMBDA_TASK_ROOT,
LAMBDA_RUNTIME_DIR and TMPDIR name them; a handler that writes to /tmp by name writes to the machine's); HOME is the
folder of TMPDIR, so that no settings of the user's reach a function; AWS_ENDPOINT_URL and AWS_CA_BUNDLE lead to the
rig.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cloudrig.engine.credentials import SessionCredentials
from cloudrig.engine.messages import Addresses
from cloudrig.services.lambda_.state import Version

LANG = "en_US.UTF-8"
XRAY_HOST, XRAY_PORT = "169.254.79.129", "2000"

RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
"""Variables that Lambda refuses to let a function's configuration set."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What one environment has to itself."""

    runtime_api: str
    directory: Path
    log_stream: str
    credentials: SessionCredentials
    initialization: str = "on-demand"
    """`on-demand` or `provisioned-concurrency`."""


def variables(
    version: Version, sandbox: Sandbox, addresses: Addresses, runtime_directory: Path, **own: str
) -> dict[str, str]:
    """AWS's defaults and those of the runtime's `own`, the function's variables, then what nobody overrides."""
    return (
        _defaults(version, sandbox, addresses)
        | own
        | dict(version.settings.environment or {})
        | _fixed(version, sandbox)
        | {"LAMBDA_RUNTIME_DIR": str(runtime_directory)}
    )


def _defaults(version: Version, sandbox: Sandbox, addresses: Addresses) -> dict[str, str]:
    root = str(version.code.root)
    return {
        **addresses.sdk_variables(),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": f"{XRAY_HOST}:{XRAY_PORT}",
        "_AWS_XRAY_DAEMON_ADDRESS": XRAY_HOST,
        "_AWS_XRAY_DAEMON_PORT": XRAY_PORT,
        "HOME": str(sandbox.directory),
        "LANG": LANG,
        "LD_LIBRARY_PATH": ":".join([root, f"{root}/lib", *layer_folders(version, "lib")]),
        "PATH": ":".join(["/usr/local/bin:/usr/bin:/bin", *layer_folders(version, "bin")]),
        "TMPDIR": str(sandbox.directory),
        "TZ": ":UTC",
    }


def _fixed(version: Version, sandbox: Sandbox) -> dict[str, str]:
    credentials = sandbox.credentials
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_DEFAULT_REGION": version.scope.region,
        "AWS_REGION": version.scope.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.settings.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": version.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.number,
        "AWS_LAMBDA_INITIALIZATION_TYPE": sandbox.initialization,
        "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": sandbox.log_stream,
        **_logging(version),
        "AWS_LAMBDA_RUNTIME_API": sandbox.runtime_api,
        "LAMBDA_TASK_ROOT": str(version.code.root),
        "PWD": str(version.code.root),
        "SHLVL": "0",
        "_HANDLER": version.settings.handler,
    }


def _logging(version: Version) -> dict[str, str]:
    """What a runtime client needs to write JSON; nothing for text."""
    logging = version.settings.logging
    if logging.format != "JSON":
        return {}
    return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": logging.application_level}


def layer_folders(version: Version, *names: str) -> list[str]:
    """The folders of a version's layers under these names: `/opt/{name}` on AWS, where later layers cover earlier."""
    layers = [layer.code.root for layer in reversed(version.settings.layers)]
    return [str(root / name) for name in names for root in layers]
