"""What every scenario gets; `target`, `aws` and `outputs` come from cloudrig's pytest plugin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cloudrig.pytest_plugin import Clients
from scenarios.browser import chromium, open_window, windows
from scenarios.story import Chat

__all__ = ["chat", "chromium", "open_window", "windows"]


@pytest.fixture
async def chat(outputs: dict[str, Any], aws: Clients) -> AsyncIterator[Chat]:
    """People, connections and words of this scenario's own; all of it closed at its end."""
    async with Chat(outputs, aws) as chat:
        yield chat
