"""The chat is deployed anew under people who have it open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.browser import OpenWindow
from scenarios.patience import until
from scenarios.protocol import Frame
from scenarios.stacks import deployable
from scenarios.story import Chat

Deploy = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
async def deploy(target: Target) -> AsyncIterator[Deploy]:
    async with deployable(target) as deploy:
        yield deploy


@pytest.fixture
async def outputs(deploy: Deploy) -> dict[str, Any]:
    return await deploy()


async def test_an_open_page_finds_the_chat_at_its_new_address(
    chat: Chat, open_window: OpenWindow, outputs: dict[str, Any], deploy: Deploy, aws: Clients
) -> None:
    """An API that is made anew has another address, in `config.json`. Nobody has to load the page again, and what was
    written meanwhile goes there.
    """
    ann, words = await open_window(), chat.name("written meanwhile")
    await ann.join_as_guest(chat.name("ann"))
    (bob,) = await chat.join("lobby", "bob")
    await ann.say("hello")
    await bob.expect("message", text="hello")
    apis = await asyncio.to_thread(aws("apigatewayv2").get_apis)
    (api_id,) = [api["ApiId"] for api in apis["Items"] if api["ApiId"] in outputs["websocket_url"]]
    await asyncio.to_thread(aws("apigatewayv2").delete_api, ApiId=api_id)
    await expect(ann.page.get_by_role("status").filter(has_text="Reconnecting")).to_be_visible()
    await ann.say(words)
    anew = await deploy()
    assert anew["websocket_url"] != outputs["websocket_url"]

    await ann.is_connected()
    await ann.shows(words)
    await ann.shows("hello")
    async with Chat(anew, aws) as there:
        (eve,) = await there.join("lobby", "eve")
        await until(eve.history, lambda page: _texts(page) == ["hello", words], "both messages are kept, once each")


def _texts(page: Frame) -> list[str]:
    return [message["text"] for message in page["messages"]]
