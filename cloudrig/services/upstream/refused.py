"""Services that the upstream would take and that would mislead there: what they make, nothing of ours would run.

CloudFormation makes functions, tables and APIs of its own accord. In moto or LocalStack they would be theirs, while the
engine answers for Lambda, DynamoDB and API Gateway.
"""

from __future__ import annotations

from cloudrig.engine.errors import OperationNotImplemented

_REASONS = {
    "cloudformation": "cloudrig does not implement CloudFormation: what it makes would not be in the engine. Deploy by"
    " an SDK, Terraform or `cloudrig deploy`; see docs/terraform.md",
}


def refusal(service: str) -> OperationNotImplemented | None:
    """Why the engine does not pass a service on; None for those that it does. `service` is the signing name."""
    reason = _REASONS.get(service)
    return OperationNotImplemented(reason) if reason else None
