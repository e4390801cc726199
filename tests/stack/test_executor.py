from collections.abc import Sequence

import pytest

from stack import Clients, DeployError, Verb, executor
from stack.adapters import Adapters
from stack.resources import LogGroup, Resource, Role, Secret, Stack, Statement
from tests.stack.fakes import Wire


def chain(prefix: str) -> tuple[Resource, ...]:
    """A log group, a role that may write to it, and a log group that carries the role's name; and one by itself."""
    return (
        LogGroup(id="first", name=f"/{prefix}/first", retention_days=7),
        Role(
            id="second",
            name=f"{prefix}-second",
            path="/",
            statements=(Statement(("logs:PutLogEvents",), ("${logs.first.arn}",)),),
        ),
        LogGroup(id="third", name=f"/{prefix}/${{role.second.name}}", retention_days=7),
        Secret(id="alone", name=f"/{prefix}/alone"),
    )


def stack(prefix: str, resources: Sequence[Resource] | None = None) -> Stack:
    return Stack(prefix, tuple(chain(prefix) if resources is None else resources))


def keys(lines: list[str]) -> list[str]:
    return [".".join(line.split()[1:3]) for line in lines]


def test_resources_are_made_after_those_they_refer_to(adapters: Adapters, clients: Clients, prefix: str) -> None:
    lines: list[str] = []
    executor.deploy(stack(prefix), adapters, lines.append)
    order = keys(lines)
    assert sorted(order) == ["logs.first", "logs.third", "role.second", "secret.alone"]
    assert order.index("logs.first") < order.index("role.second") < order.index("logs.third")
    groups = clients.logs.describe_log_groups(logGroupNamePrefix=f"/{prefix}/")["logGroups"]
    assert {each["logGroupName"] for each in groups} == {f"/{prefix}/first", f"/{prefix}/{prefix}-second"}


def test_a_second_deployment_only_reads(adapters: Adapters, prefix: str, wire: Wire) -> None:
    executor.deploy(stack(prefix), adapters, lambda line: None)
    wire.requests.clear()
    lines: list[str] = []
    executor.deploy(stack(prefix), adapters, lines.append)
    assert (lines, wire.changes) == ([], [])


def test_a_plan_is_what_a_deployment_does(adapters: Adapters, prefix: str, wire: Wire) -> None:
    plan = executor.plan_of(stack(prefix), adapters)
    assert wire.changes == []
    lines: list[str] = []
    executor.deploy(stack(prefix), adapters, lines.append)
    assert sorted(keys(lines)) == sorted(each.resource.key for each in plan.actions)
    assert executor.plan_of(stack(prefix), adapters).count(Verb.UNCHANGED) == 4


def test_what_only_seemed_to_change_is_not_touched(
    adapters: Adapters, clients: Clients, prefix: str, wire: Wire
) -> None:
    """The role refers to a group that is gone. Made again the group has the same ARN, so the role is right as it is."""
    executor.deploy(stack(prefix), adapters, lambda line: None)
    clients.logs.delete_log_group(logGroupName=f"/{prefix}/first")
    wire.requests.clear()
    lines: list[str] = []
    executor.deploy(stack(prefix), adapters, lines.append)
    assert keys(lines) == ["logs.first"]
    assert wire.changes == ["CreateLogGroup", "PutRetentionPolicy"]


def test_a_failure_names_the_resource_and_the_reason(adapters: Adapters, prefix: str, wire: Wire) -> None:
    wire.refuse("CreateRole", "LimitExceeded", "Cannot exceed quota for RolesPerAccount")
    with pytest.raises(DeployError, match=r"^role\.second: .*LimitExceeded.*RolesPerAccount") as failed:
        executor.deploy(stack(prefix), adapters, lambda line: None)
    assert failed.value.resource == "role.second"


def test_nothing_is_begun_that_needs_what_failed_and_the_next_run_carries_on(
    adapters: Adapters, prefix: str, wire: Wire
) -> None:
    wire.refuse("CreateRole", "ServiceFailure")
    with pytest.raises(DeployError):
        executor.deploy(stack(prefix), adapters, lambda line: None)
    wire.requests.clear()
    lines: list[str] = []
    executor.deploy(stack(prefix), adapters, lines.append)
    assert {"role.second", "logs.third"} <= set(keys(lines))
    assert "logs.first" not in keys(lines), "what was done stays done"


def test_a_resource_that_was_half_made_is_completed(
    adapters: Adapters, clients: Clients, prefix: str, wire: Wire
) -> None:
    wire.refuse("PutRolePolicy", "ServiceFailure")
    with pytest.raises(DeployError, match=r"^role\.second"):
        executor.deploy(stack(prefix), adapters, lambda line: None)
    lines: list[str] = []
    executor.deploy(stack(prefix), adapters, lines.append)
    assert "~ role         second         policy added" in lines
    assert clients.iam.list_role_policies(RoleName=f"{prefix}-second")["PolicyNames"] == ["function"]


def test_a_failure_to_read_is_told_the_same_way(adapters: Adapters, prefix: str, wire: Wire) -> None:
    wire.refuse("GetRole", "AccessDenied", "not allowed to perform: iam:GetRole")
    with pytest.raises(DeployError, match=r"^role\.second: .*iam:GetRole"):
        executor.plan_of(stack(prefix), adapters)


def test_removal_goes_the_other_way_and_says_so(adapters: Adapters, clients: Clients, prefix: str) -> None:
    executor.deploy(stack(prefix), adapters, lambda line: None)
    lines: list[str] = []
    executor.destroy(stack(prefix), adapters, lines.append)
    order = keys(lines)
    assert order.index("logs.third") < order.index("role.second") < order.index("logs.first")
    assert all(line.startswith("- ") for line in lines)
    assert executor.plan_of(stack(prefix), adapters).count(Verb.CREATE) == 4


def test_removal_passes_over_what_is_gone(adapters: Adapters, clients: Clients, prefix: str) -> None:
    executor.deploy(stack(prefix), adapters, lambda line: None)
    clients.ssm.delete_parameter(Name=f"/{prefix}/alone")
    lines: list[str] = []
    executor.destroy(stack(prefix), adapters, lines.append)
    assert sorted(keys(lines)) == ["logs.first", "logs.third", "role.second"]
    lines.clear()
    executor.destroy(stack(prefix), adapters, lines.append)
    assert lines == []


def test_removal_that_was_cut_short_carries_on(adapters: Adapters, prefix: str, wire: Wire) -> None:
    executor.deploy(stack(prefix), adapters, lambda line: None)
    wire.refuse("DeleteRole", "ServiceFailure")
    with pytest.raises(DeployError, match=r"^role\.second"):
        executor.destroy(stack(prefix), adapters, lambda line: None)
    executor.destroy(stack(prefix), adapters, lambda line: None)
    assert executor.plan_of(stack(prefix), adapters).count(Verb.CREATE) == 4


def test_what_goes_while_it_is_removed_is_no_error(adapters: Adapters, prefix: str, wire: Wire) -> None:
    executor.deploy(stack(prefix), adapters, lambda line: None)
    wire.refuse("DeleteLogGroup", "ResourceNotFoundException")
    executor.destroy(stack(prefix), adapters, lambda line: None)


def test_attributes_are_found_without_what_a_resource_refers_to(adapters: Adapters, prefix: str, wire: Wire) -> None:
    facts = executor.deploy(stack(prefix), adapters, lambda line: None)
    wire.requests.clear()
    there, found = executor.find(stack(prefix), ["role.second"], adapters)
    assert there == {"role.second"}
    assert found["role.second.arn"] == facts["role.second.arn"]
    assert set(wire.operations) == {"GetRole", "GetRolePolicy"}
