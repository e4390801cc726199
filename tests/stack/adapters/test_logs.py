from stack import Clients
from stack.adapters import Adapters
from stack.resources import LogGroup
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def group(name: str, days: int = 7) -> LogGroup:
    return LogGroup(id="a", name=name, retention_days=days)


def test_a_group_is_made_with_its_retention_and_tag(adapters: Adapters, clients: Clients, prefix: str) -> None:
    facts = bring_about(adapters, group(f"/{prefix}"))
    (found,) = clients.logs.describe_log_groups(logGroupNamePrefix=f"/{prefix}")["logGroups"]
    assert found["retentionInDays"] == 7
    assert found["arn"].removesuffix(":*") == facts["logs.a.arn"]
    assert clients.logs.list_tags_log_group(logGroupName=f"/{prefix}")["tags"] == {"cloudrig:stack": prefix}


def test_another_retention_is_the_only_change(adapters: Adapters, clients: Clients, prefix: str, wire: Wire) -> None:
    bring_about(adapters, group(f"/{prefix}"))
    wire.requests.clear()
    bring_about(adapters, group(f"/{prefix}", days=30))
    assert wire.changes == ["PutRetentionPolicy"]


def test_a_group_whose_name_goes_on_is_another_one(adapters: Adapters, clients: Clients, prefix: str) -> None:
    clients.logs.create_log_group(logGroupName=f"/{prefix}-other")
    bring_about(adapters, group(f"/{prefix}"))
    assert len(clients.logs.describe_log_groups(logGroupNamePrefix=f"/{prefix}")["logGroups"]) == 2


def test_a_removed_group_is_gone(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, group(f"/{prefix}"))
    assert remove(adapters, group(f"/{prefix}")) == ["- logs         a"]
    assert not clients.logs.describe_log_groups(logGroupNamePrefix=f"/{prefix}")["logGroups"]
