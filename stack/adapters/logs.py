"""CloudWatch Logs groups."""

from __future__ import annotations

from collections.abc import Mapping

from stack.adapters.base import Adapter, ignored
from stack.plan import Changes, Observed
from stack.resources import LogGroup


class LogGroups(Adapter[LogGroup]):
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"""

    def observe(self, resource: LogGroup) -> Observed | None:
        """One call; a group whose name merely begins like this one is passed over."""
        for group in self.clients.logs.describe_log_groups(logGroupNamePrefix=resource.name).get("logGroups", []):
            if group.get("logGroupName") == resource.name:
                days = group.get("retentionInDays")
                return Observed({} if days is None else {"retention": days}, self._attributes(resource))
        return None

    def apply(self, resource: LogGroup, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the group; set the retention."""
        if observed is None:
            self.clients.logs.create_log_group(logGroupName=resource.name, tags=self.context.tags)
        self.clients.logs.put_retention_policy(logGroupName=resource.name, retentionInDays=resource.retention_days)
        return self._attributes(resource)

    def delete(self, resource: LogGroup, observed: Observed) -> None:
        """Remove the group with its logs."""
        with ignored("ResourceNotFoundException"):
            self.clients.logs.delete_log_group(logGroupName=resource.name)

    def _attributes(self, group: LogGroup) -> dict[str, str]:
        return {"name": group.name, "arn": self.context.arn("logs", f"log-group:{group.name}")}
