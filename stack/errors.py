"""What a deployment can fail with. The text is for the user: what is wrong and, where it is not plain, what to do."""

from __future__ import annotations


class StackError(Exception):
    """The deployment cannot be made, or was cut short."""


class BuildError(StackError):
    """Something to deploy is missing or could not be made: a package, the site."""


class NotDeployed(StackError):
    """The stack, or a part of it, is not there."""


class DeployError(StackError):
    """A deployment or removal stopped at a resource. What was done stays done: run it again and it carries on.

    Attributes:
        resource: the key of the resource, `function.signup`.
        reason: what AWS, or the network, said.
    """

    def __init__(self, resource: str, reason: str) -> None:
        super().__init__(f"{resource}: {reason}")
        self.resource = resource
        self.reason = reason
