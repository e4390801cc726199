"""Deploying: what is there is left alone."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from cloudrig.deployment import deployment, sources
from cloudrig.targets import Target
from stack import render


async def test_a_second_deployment_changes_nothing(target: Target, outputs: dict[str, Any]) -> None:
    """Deployed once, the stack is as declared: a second run has nothing to do, and says so resource by resource."""
    deployed = deployment(target, os.environ)
    plan = await asyncio.to_thread(deployed.plan, sources(target))
    assert not [action for action in plan.actions if action.verb != "unchanged"], render(plan)


async def test_a_second_deployment_has_the_same_outputs(target: Target, outputs: dict[str, Any]) -> None:
    """Run for real it changes no line and no address, and what is deployed is found anew by its names alone."""
    deployed, changes = deployment(target, os.environ), list[str]()
    assert await asyncio.to_thread(deployed.deploy, sources(target), changes.append) == outputs
    assert changes == []
    assert await asyncio.to_thread(deployed.outputs) == outputs
