"""What AWS would charge for: the rig's meter reads what a story really used."""

from __future__ import annotations

import asyncio

import pytest

from cloudrig.cost.bill import bill
from cloudrig.cost.command import read_meter, start_meter
from cloudrig.cost.prices import prices
from cloudrig.targets import Target
from scenarios.story import Chat

pytestmark = pytest.mark.needs("clock")  # which is to say, a rig


async def test_messages_are_metered_from_the_frame_to_the_table(chat: Chat, target: Target) -> None:
    """Each `sendMessage` is at least one message in, one out to each connection, an invocation and a write; what its
    sender asks of DynamoDB is not changed by the metering.
    """
    endpoint = str(target.endpoint)
    ann, bob = await chat.join("lobby", "ann", "bob")
    await asyncio.to_thread(start_meter, endpoint)
    for text in ("one", "two", "three"):
        await ann.say(text)
        await bob.expect("message", username=ann.username, text=text)
    reading = await asyncio.to_thread(read_meter, endpoint)
    usage = reading["usage"]
    assert reading["routes"]["sendMessage"] >= 3
    assert usage["apigateway.websocketMessages"] >= 3 * (1 + 1 + 2)
    assert usage["lambda.requests"] >= 3 + 1
    assert usage["lambda.gbSeconds"] > 0
    assert usage["dynamodb.writeUnits"] >= 3
    assert usage["apigateway.connectionMinutes"] > 0
    assert all(item.usd >= 0 for item in bill(usage, prices("us-east-1"), free_tier=False))
