"""The chat deployed once more, for scenarios that the session's deployment does not suit."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from cloudrig.deployment import deployment, sources
from cloudrig.targets import Target


@asynccontextmanager
async def stack(target: Target, **parameters: str) -> AsyncIterator[dict[str, Any]]:
    """The outputs of a stack with a prefix of its own and these parameters; it is removed at the end."""
    async with deployable(target, **parameters) as deploy:
        yield await deploy()


@asynccontextmanager
async def deployable(target: Target, **parameters: str) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """What deploys such a stack, and puts it right again when parts of it are gone; returns its outputs."""
    prefix = f"{os.environ.get('PREFIX') or 'cloudrig-chat'}-{secrets.token_hex(2)}"
    deployed = deployment(target, {**os.environ, "PREFIX": prefix, **parameters})

    async def deploy() -> dict[str, Any]:
        return dict(await asyncio.to_thread(deployed.deploy, sources(target), lambda line: None))

    try:
        yield deploy
    finally:
        await asyncio.to_thread(deployed.destroy, lambda line: None)
