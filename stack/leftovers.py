"""What is left of a stack in an account: by its tag, and by the path of its roles, which the tagging API does not list.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.adapters.base import STACK_TAG, Context


def find(context: Context) -> Iterator[str]:
    """ARNs of everything that bears the stack's tag in the region, and of roles under its path in the account."""
    pages = context.clients.tagging.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": STACK_TAG, "Values": [context.stack]}]
    )
    for page in pages:
        yield from (each["ResourceARN"] for each in page["ResourceTagMappingList"])
    for roles in context.clients.iam.get_paginator("list_roles").paginate(PathPrefix=f"/{context.stack}/"):
        yield from (role["Arn"] for role in roles["Roles"] if role["RoleName"].endswith(f"-{context.region}"))
