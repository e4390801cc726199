from typing import Any

import pytest
from botocore.exceptions import ClientError

from stack import Clients
from stack.adapters import Adapters
from stack.resources import Role, Statement
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def role(prefix: str, *actions: str) -> Role:
    return Role(id="a", name=f"{prefix}-a", path=f"/{prefix}/", statements=(Statement(actions, ("*",)),))


def test_a_role_trusts_lambda_and_has_its_policy(adapters: Adapters, clients: Clients, prefix: str) -> None:
    facts = bring_about(adapters, role(prefix, "s3:GetObject"))
    found = clients.iam.get_role(RoleName=f"{prefix}-a")["Role"]
    assert found["Arn"] == facts["role.a.arn"]
    assert found["Tags"] == [{"Key": "cloudrig:stack", "Value": prefix}]
    trust: Any = found["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    policy: Any = clients.iam.get_role_policy(RoleName=f"{prefix}-a", PolicyName="function")["PolicyDocument"]
    assert policy["Statement"] == [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}]


def test_another_policy_is_the_only_change(adapters: Adapters, prefix: str, wire: Wire) -> None:
    bring_about(adapters, role(prefix, "s3:GetObject"))
    wire.requests.clear()
    bring_about(adapters, role(prefix, "s3:PutObject"))
    assert wire.changes == ["PutRolePolicy"]


def test_a_role_that_lost_its_policy_gets_it_back(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, role(prefix, "s3:GetObject"))
    clients.iam.delete_role_policy(RoleName=f"{prefix}-a", PolicyName="function")
    bring_about(adapters, role(prefix, "s3:GetObject"))
    assert clients.iam.list_role_policies(RoleName=f"{prefix}-a")["PolicyNames"] == ["function"]


def test_a_removed_role_is_gone(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, role(prefix, "s3:GetObject"))
    remove(adapters, role(prefix, "s3:GetObject"))
    assert not clients.iam.list_roles(PathPrefix=f"/{prefix}/")["Roles"]


def test_a_role_that_was_made_after_all_is_taken_if_it_bears_the_stacks_tag(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    """The SDK sends a call again whose answer was lost, and is told that the role exists."""
    wanted = role(prefix, "s3:GetObject")
    made = adapters[wanted].apply(wanted, None, {})
    assert adapters[wanted].apply(wanted, None, {}) == made
    clients.iam.untag_role(RoleName=wanted.name, TagKeys=["cloudrig:stack"])
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        adapters[wanted].apply(wanted, None, {})
