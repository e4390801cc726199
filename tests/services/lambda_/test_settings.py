"""Settings of functions: API_CreateFunction, API_UpdateFunctionConfiguration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloudrig.engine.errors import OperationNotImplemented, ServiceError, ValidationError
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.settings import changed_settings, new_settings
from cloudrig.services.lambda_.state import Logging

MEMBERS: dict[str, Any] = {"Role": "role", "Handler": "m.h", "Runtime": "python3.12", "Code": {}}


def test_defaults() -> None:
    settings = new_settings(MEMBERS)
    assert (settings.timeout_s, settings.memory_mb, settings.ephemeral_mb) == (3, 128, 512)
    assert settings.environment is None


def test_what_is_given_is_kept() -> None:
    settings = new_settings(
        {
            **MEMBERS,
            "Timeout": 30,
            "Environment": {"Variables": {"A_1": "x"}},
            "EphemeralStorage": {"Size": 1024},
            "Architectures": ["arm64"],
            "TracingConfig": {"Mode": "Active"},
            "LoggingConfig": {"LogGroup": "/x", "LogFormat": "Text"},
            "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
            "KMSKeyArn": "key",
        }
    )
    assert (settings.timeout_s, settings.environment, settings.ephemeral_mb) == (30, {"A_1": "x"}, 1024)
    assert (settings.architectures, settings.tracing, settings.logging.group) == (("arm64",), "Active", "/x")
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}
    assert settings.shown == {"VpcConfig": vpc, "KMSKeyArn": "key"}


def test_a_change_leaves_the_rest() -> None:
    settings = changed_settings(new_settings({**MEMBERS, "Timeout": 30}), {"MemorySize": 256, "Environment": {}})
    assert (settings.timeout_s, settings.memory_mb, settings.environment) == (30, 256, {})


@pytest.mark.parametrize(
    ("members", "kind", "message"),
    [
        (
            {"Runtime": "python3.9", "SnapStart": {"ApplyOn": "PublishedVersions"}},
            InvalidParameterValue,
            "python3.9 is not supported for SnapStart enabled functions",
        ),
        ({"Runtime": None}, InvalidParameterValue, "Runtime and Handler are mandatory"),
        ({"Timeout": 901}, ValidationError, "Value '901' at 'timeout' .* less than or equal to 900"),
        ({"MemorySize": 10241}, ValidationError, "Value '10241' at 'memorySize' .* less than or equal to 10240"),
        ({"EphemeralStorage": {"Size": 10241}}, ValidationError, "Value '10241' at 'ephemeralStorage.size'"),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "_HANDLER": "y", "OK": "z"}}},
            InvalidParameterValue,
            "Reserved keys used in this request: AWS_REGION, _HANDLER$",
        ),
        ({"Environment": {"Variables": {"AB": "x" * 4100}}}, InvalidParameterValue, "exceeded the 4KB limit"),
    ],
)
def test_what_aws_refuses(members: dict[str, Any], kind: type[ServiceError], message: str) -> None:
    with pytest.raises(kind, match=message):
        new_settings({**MEMBERS, **members})


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"DurableConfig": {"ExecutionTimeout": 60}}, "DurableConfig"),
        ({"FileSystemConfigs": [{"Arn": "x"}]}, "FileSystemConfigs"),
    ],
)
def test_what_is_not_built_is_refused_by_name(members: dict[str, Any], name: str) -> None:
    with pytest.raises(OperationNotImplemented, match=name):
        new_settings({**MEMBERS, **members})


def test_harmless_forms_of_what_is_not_built() -> None:
    """Infrastructure tools send these for `nothing`."""
    new_settings({**MEMBERS, "Layers": [], "DeadLetterConfig": {}, "SnapStart": {"ApplyOn": "None"}})


def test_levels_are_for_logs_in_json() -> None:
    """INFO where none is given; text has none."""
    given = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR"}
    logging = changed_settings(new_settings(MEMBERS), {"LoggingConfig": given}).logging
    assert (logging.format, logging.application_level, logging.system_level) == ("JSON", "ERROR", "INFO")
    with pytest.raises(InvalidParameterValue, match="require LogFormat JSON"):
        changed_settings(new_settings(MEMBERS), {"LoggingConfig": {"SystemLogLevel": "DEBUG"}})


def test_of_the_logging_only_what_is_given_changes() -> None:
    """Recorded from AWS in LocalStack's test snapshots (`TestLoggingConfig`)."""
    settings = new_settings({**MEMBERS, "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "DEBUG"}})
    logging = changed_settings(settings, {"LoggingConfig": {"LogGroup": "cool"}}).logging
    assert (logging.group, logging.format) == ("cool", "JSON")
    assert (logging.application_level, logging.system_level) == ("INFO", "DEBUG")
    text = changed_settings(replace(settings, logging=logging), {"LoggingConfig": {"LogFormat": "Text"}}).logging
    assert text == Logging("cool")
