"""Mapping templates, as far as they are built: text without VTL."""

from __future__ import annotations

import re

from cloudrig.services.apigateway.rest.errors import not_built

_VTL = re.compile(r"\$[!{a-zA-Z]|#[#*a-zA-Z{@]")


def check_template(template: str | None) -> None:
    """Raises OperationNotImplemented for a template that `rest_routes` could not compile."""
    if template and _VTL.search(template):
        raise not_built("VTL in mapping templates")
