import json
from dataclasses import replace

import pytest

from stack import Clients, DeployError
from stack.adapters import Adapters
from stack.packages import pack
from stack.resources import EventSourceMapping, Function, Permissions, Role, Statement, Table
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def role(prefix: str) -> Role:
    return Role(id="f", name=f"{prefix}-f", path="/", statements=(Statement(("s3:GetObject",), ("*",)),))


def function(prefix: str, code: bytes = b"one") -> Function:
    return Function(
        id="f",
        name=f"{prefix}-f",
        handler="f.handler",
        role_arn="${role.f.arn}",
        package=pack({"f.py": code}),
        environment={"A": "1"},
        memory_mb=128,
        timeout_s=3,
        architecture="x86_64",
    )


def permissions(prefix: str, **sources: str) -> Permissions:
    arns = {statement: f"arn:aws:execute-api:us-east-1:123456789012:{source}" for statement, source in sources.items()}
    return Permissions(id="f", function="${function.f.name}", sources=arns)


def table(prefix: str) -> Table:
    return Table(id="T", name=f"{prefix}-T", hash_key="a", stream_view="NEW_IMAGE")


MAPPING = EventSourceMapping(id="f", function="${function.f.arn}", stream_arn="${table.T.stream_arn}")


def test_a_function_is_made_as_declared(adapters: Adapters, clients: Clients, prefix: str) -> None:
    facts = bring_about(adapters, role(prefix), function(prefix))
    found = clients.lambda_.get_function(FunctionName=f"{prefix}-f")
    configuration = found["Configuration"]
    assert configuration["FunctionArn"] == facts["function.f.arn"]
    assert configuration["Role"] == facts["role.f.arn"]
    assert configuration["Environment"]["Variables"] == {"A": "1"}
    assert (configuration["Runtime"], configuration["Architectures"]) == ("python3.13", ["x86_64"])
    assert found["Tags"] == {"cloudrig:stack": prefix}


def test_other_code_is_the_only_change(adapters: Adapters, prefix: str, wire: Wire) -> None:
    bring_about(adapters, role(prefix), function(prefix))
    wire.requests.clear()
    bring_about(adapters, role(prefix), function(prefix, b"two"))
    assert wire.changes == ["UpdateFunctionCode"]


def test_another_architecture_comes_with_the_code_for_it(
    rig_adapters: Adapters, rig_clients: Clients, prefix: str
) -> None:
    """On a rig: moto keeps the first."""
    declared = replace(function(prefix), environment={})
    bring_about(rig_adapters, role(prefix), declared)
    bring_about(rig_adapters, role(prefix), replace(declared, architecture="arm64"))
    assert rig_clients.lambda_.get_function_configuration(FunctionName=f"{prefix}-f")["Architectures"] == ["arm64"]


@pytest.mark.parametrize("change", [{"environment": {"B": "2"}}, {"memory_mb": 256}, {"timeout_s": 9}])
def test_other_configuration_is_the_only_change(
    change: dict[str, object], adapters: Adapters, prefix: str, wire: Wire
) -> None:
    bring_about(adapters, role(prefix), function(prefix))
    wire.requests.clear()
    bring_about(adapters, role(prefix), replace(function(prefix), **change))  # type: ignore[arg-type]
    assert wire.changes == ["UpdateFunctionConfiguration"]


def test_a_role_that_lambda_does_not_know_yet_is_waited_for(adapters: Adapters, prefix: str, wire: Wire) -> None:
    refusal = "The role defined for the function cannot be assumed by Lambda."
    wire.refuse("CreateFunction", "InvalidParameterValueException", refusal, times=3)
    bring_about(adapters, role(prefix), function(prefix))
    assert wire.operations.count("CreateFunction") == 4


def test_a_wrong_parameter_is_not_waited_for(adapters: Adapters, prefix: str, wire: Wire) -> None:
    wire.refuse("CreateFunction", "InvalidParameterValueException", "Unzipped size must be smaller")
    with pytest.raises(DeployError, match=r"function\.f: .*Unzipped size must be smaller"):
        bring_about(adapters, role(prefix), function(prefix))


def test_a_permission_is_given_taken_and_replaced(adapters: Adapters, prefix: str, wire: Wire) -> None:
    base = role(prefix), function(prefix)
    bring_about(adapters, *base, permissions(prefix, a="x/prod/a", b="x/prod/b"))
    wire.requests.clear()
    bring_about(adapters, *base, permissions(prefix, a="x/prod/a", b="y/prod/b", c="x/prod/c"))
    assert sorted(wire.changes) == ["AddPermission", "AddPermission", "RemovePermission"]
    wire.requests.clear()
    bring_about(adapters, *base, permissions(prefix, a="x/prod/a"))
    assert wire.changes == ["RemovePermission", "RemovePermission"]


def test_a_permission_of_somebody_else_is_left_alone(adapters: Adapters, clients: Clients, prefix: str) -> None:
    base = role(prefix), function(prefix)
    bring_about(adapters, *base)
    clients.lambda_.add_permission(
        FunctionName=f"{prefix}-f",
        StatementId="theirs",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/x",
    )
    bring_about(adapters, *base, permissions(prefix, a="x/prod/a"))
    policy = json.loads(clients.lambda_.get_policy(FunctionName=f"{prefix}-f")["Policy"])
    assert {statement["Sid"] for statement in policy["Statement"]} == {"theirs", "a"}


def test_a_stream_calls_the_function(adapters: Adapters, clients: Clients, prefix: str) -> None:
    facts = bring_about(adapters, role(prefix), function(prefix), table(prefix), MAPPING)
    found = clients.lambda_.get_event_source_mapping(UUID=facts["mapping.f.id"])
    assert found["EventSourceArn"] == facts["table.T.stream_arn"]
    assert (found["State"], found["BatchSize"], found["StartingPosition"]) == ("Enabled", 100, "TRIM_HORIZON")
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_another_batch_size_is_the_only_change(adapters: Adapters, prefix: str, wire: Wire) -> None:
    base = role(prefix), function(prefix), table(prefix)
    bring_about(adapters, *base, MAPPING)
    wire.requests.clear()
    bring_about(adapters, *base, replace(MAPPING, batch_size=10))
    assert wire.changes == ["UpdateEventSourceMapping"]


def test_a_table_made_anew_has_another_stream(adapters: Adapters, clients: Clients, prefix: str) -> None:
    base = role(prefix), function(prefix), table(prefix)
    bring_about(adapters, *base, MAPPING)
    remove(adapters, table(prefix))
    facts = bring_about(adapters, *base, MAPPING)
    found = clients.lambda_.list_event_source_mappings(FunctionName=facts["function.f.arn"])["EventSourceMappings"]
    assert [each["EventSourceArn"] for each in found] == [facts["table.T.stream_arn"]]


def test_a_policy_that_lambda_does_not_know_yet_is_waited_for(adapters: Adapters, prefix: str, wire: Wire) -> None:
    refusal = "Cannot access stream x. Please ensure the role can perform the GetRecords actions"
    wire.refuse("CreateEventSourceMapping", "InvalidParameterValueException", refusal, times=2)
    bring_about(adapters, role(prefix), function(prefix), table(prefix), MAPPING)
    assert wire.operations.count("CreateEventSourceMapping") == 3


def test_a_removed_function_is_gone_with_its_mapping(adapters: Adapters, clients: Clients, prefix: str) -> None:
    everything = role(prefix), function(prefix), table(prefix), MAPPING
    arn = bring_about(adapters, *everything)["function.f.arn"]
    lines = remove(adapters, *everything)
    assert lines.index("- mapping      f") < lines.index("- function     f") < lines.index("- role         f")
    assert not clients.lambda_.list_event_source_mappings(FunctionName=arn)["EventSourceMappings"]
