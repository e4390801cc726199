"""IAM roles of Lambda functions."""

from __future__ import annotations

import json
from collections.abc import Mapping

from stack.adapters.base import STACK_TAG, Adapter, ignored
from stack.plan import Changes, Observed
from stack.resources import Role

POLICY_NAME = "function"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Roles(Adapter[Role]):
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"""

    def observe(self, resource: Role) -> Observed | None:
        """The role and its policy: two calls where it exists."""
        iam = self.clients.iam
        with ignored("NoSuchEntity"):
            iam.get_role(RoleName=resource.name)
            aspects: dict[str, object] = {}
            with ignored("NoSuchEntity"):
                found = iam.get_role_policy(RoleName=resource.name, PolicyName=POLICY_NAME)
                aspects["policy"] = found["PolicyDocument"]
            return Observed(aspects, self._attributes(resource))
        return None

    def apply(self, resource: Role, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the role; write its policy."""
        if observed is None:
            self._create(resource)
        document = json.dumps(resource.aspects()["policy"])
        self.clients.iam.put_role_policy(RoleName=resource.name, PolicyName=POLICY_NAME, PolicyDocument=document)
        return self._attributes(resource)

    def delete(self, resource: Role, observed: Observed) -> None:
        """Remove the policy, then the role: IAM removes no role that has policies."""
        with ignored("NoSuchEntity"):
            self.clients.iam.delete_role_policy(RoleName=resource.name, PolicyName=POLICY_NAME)
        with ignored("NoSuchEntity"):
            self.clients.iam.delete_role(RoleName=resource.name)

    def _create(self, role: Role) -> None:
        """Make it. One that is there after all is the stack's own if it bears its tag: made by a call that the SDK sent
        twice, as it does when the first answer is lost.
        """
        try:
            self.clients.iam.create_role(
                RoleName=role.name,
                Path=role.path,
                AssumeRolePolicyDocument=json.dumps(TRUST),
                Tags=self.context.tag_list,
            )
        except self.clients.iam.exceptions.EntityAlreadyExistsException:
            tags = self.clients.iam.list_role_tags(RoleName=role.name)["Tags"]
            if {"Key": STACK_TAG, "Value": self.context.stack} not in tags:
                raise

    def _attributes(self, role: Role) -> dict[str, str]:
        return {"name": role.name, "arn": f"arn:aws:iam::{self.context.account}:role{role.path}{role.name}"}
