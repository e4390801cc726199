"""Functions with what they may do, where they log, what calls them and what watches them."""

from __future__ import annotations

from stack.adapters.cloudwatch import query
from stack.alarms import Alarm
from stack.parts.part import Part, Parts, Properties
from stack.resources import EventSourceMapping, Function, LogGroup, Permissions, Role

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def log_group(group: LogGroup) -> Parts:
    yield Part("logs", group.id, {"LogGroupName": group.name, "RetentionInDays": group.retention_days})


def role(role: Role) -> Parts:
    properties = {
        "RoleName": role.name,
        "Path": role.path,
        "AssumeRolePolicyDocument": _TRUST,
        "Policies": [{"PolicyName": "function", "PolicyDocument": role.aspects()["policy"]}],
    }
    yield Part("role", role.id, properties)


def function(function: Function) -> Parts:
    properties: Properties = {
        "FunctionName": function.name,
        "Role": function.role_arn,
        "Runtime": function.runtime,
        "Architectures": [function.architecture],
        "Handler": function.handler,
        "Code": f"packages/{function.id}.zip",
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout_s,
    }
    if function.environment:
        properties["Environment"] = {"Variables": dict(function.environment)}
    yield Part("function", function.id, properties)


def permissions(permissions: Permissions) -> Parts:
    for statement, source in permissions.sources.items():
        properties = {
            "FunctionName": permissions.function,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": source,
        }
        yield Part("permission", f"{permissions.id}_{statement}", properties)


def mapping(mapping: EventSourceMapping) -> Parts:
    properties = {
        "FunctionName": mapping.function,
        "EventSourceArn": mapping.stream_arn,
        "StartingPosition": "TRIM_HORIZON",
        "Enabled": mapping.enabled,
        "BatchSize": mapping.batch_size,
        "ParallelizationFactor": mapping.parallel,
        "MaximumRetryAttempts": mapping.retries,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    yield Part("mapping", mapping.id, properties)


def alarm(alarm: Alarm) -> Parts:
    properties = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": alarm.threshold,
        "EvaluationPeriods": alarm.minutes,
        "TreatMissingData": "notBreaching",
        "Metrics": [query(each, each is alarm.metrics[-1]) for each in alarm.metrics],
    }
    yield Part("alarm", alarm.id, properties)
