"""Secrets in SSM Parameter Store."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from stack.adapters.base import Adapter, ignored
from stack.plan import Changes, Observed
from stack.resources import Secret


class Secrets(Adapter[Secret]):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"""

    def observe(self, resource: Secret) -> Observed | None:
        """Is it there? Its value is not read."""
        found = self.clients.ssm.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [resource.name]}]
        )
        return Observed({}, self._attributes(resource)) if found.get("Parameters") else None

    def apply(self, resource: Secret, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make it, of 256 random bits. One that exists after all, made meanwhile by another deployment, is kept."""
        with ignored("ParameterAlreadyExists"):
            self.clients.ssm.put_parameter(
                Name=resource.name,
                Type="SecureString",
                Value=secrets.token_urlsafe(32),
                Overwrite=False,
                Tags=self.context.tag_list,
            )
        return self._attributes(resource)

    def delete(self, resource: Secret, observed: Observed) -> None:
        """Remove it; every token signed with it is void."""
        with ignored("ParameterNotFound"):
            self.clients.ssm.delete_parameter(Name=resource.name)

    def _attributes(self, secret: Secret) -> dict[str, str]:
        return {"name": secret.name, "arn": self.context.arn("ssm", f"parameter{secret.name}")}
