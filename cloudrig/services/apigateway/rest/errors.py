"""What the REST half refuses because it is not built, rather than ignoring it."""

from __future__ import annotations

from cloudrig.engine.errors import OperationNotImplemented


def not_built(feature: str) -> OperationNotImplemented:
    """The refusal of a setting that exists on AWS and would have no effect here; `feature` completes the sentence."""
    return OperationNotImplemented(f"cloudrig does not implement {feature} of REST APIs")
