"""A room in which much was said."""

from __future__ import annotations

import asyncio
import statistics
import warnings
from typing import Any

import pytest
from playwright.async_api import expect

from scenarios.browser import Window
from scenarios.story import Chat

_MESSAGES = 10_000
_LOADING_S = 300
"""For 200 requests, on a machine that does other things too."""
_TO_BEGINNING = """async () => {
  const log = document.querySelector('[role=log]');
  while (!log.textContent.includes('The conversation begins here.')) {
    log.scrollTop = 0;
    await new Promise(requestAnimationFrame);
  }
}"""
"""Scrolls up, again each time that older messages have come in, until there are none."""
_SCROLL = """async (steps) => {
  const log = document.querySelector('[role=log]');
  const frames = [];
  let before = performance.now();
  for (let step = 0; step < steps; step += 1) {
    log.scrollTop += step % 40 < 20 ? -900 : 700;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""
"""Scrolls like an impatient reader, a step each frame; the milliseconds from frame to frame."""


@pytest.mark.needs("load")
async def test_ten_thousand_messages(chat: Chat, windows: list[Window], outputs: dict[str, Any]) -> None:
    """All of them can be scrolled to, and the page holds only those on screen. How long frames take is reported, not
    claimed.
    """
    ann, _ = windows
    ann_name = chat.name("ann")
    await ann.join_as_guest(ann_name)
    await ann.create_room(chat.name("Archive"))
    room_id = ann.page.url.rpartition("/")[2]
    await ann.page.goto("about:blank")
    authors = ("~somebody", *[f"~{ann_name}"] * 6)
    await chat.say_long_ago(room_id, [(authors[index % len(authors)], _text(index)) for index in range(_MESSAGES)])
    await ann.page.goto(f"{outputs['site_url']}#/room/{room_id}")
    await ann.shows(_text(_MESSAGES - 1))

    log = ann.page.get_by_role("log")
    async with asyncio.timeout(_LOADING_S):
        await ann.page.evaluate(_TO_BEGINNING)
    await expect(log.get_by_text("The conversation begins here.")).to_be_in_viewport()
    await ann.shows(_text(0))
    assert await log.get_by_role("article").count() < 200

    await log.press("End")
    await expect(log.get_by_text(_text(_MESSAGES - 1), exact=True)).to_be_in_viewport()
    frames = sorted(await ann.page.evaluate(_SCROLL, 300))
    p95 = frames[len(frames) * 95 // 100]
    report = f"median {statistics.median(frames):.1f} ms, p95 {p95:.1f} ms, longest {frames[-1]:.1f} ms"
    warnings.warn(f"frames while scrolling through {_MESSAGES} messages: {report}", stacklevel=1)


def _text(index: int) -> str:
    return f"message {index}" + ", which goes on for a few more lines than the others do" * (index % 5)
