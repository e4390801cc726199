"""From a write to a table to the function that reads its stream.

The function notes when a record reached it; both clocks are this machine's, or the figure means nothing.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.errors import Unfit
from benchmarks.measure import Bench, Figure, Measure, Run, at_most
from benchmarks.stats import median

ARRIVAL_S = 20.0
_PAUSE_S = 0.03  # so that records come one by one, and the note of the last is not in the next one's way


async def _stream(bench: Bench) -> Run:
    """Writes one after another; the first ones, which may start the environment, do not count."""
    streamed, client = bench.deployment.streamed_table, bench.deployment.client("dynamodb")
    await _write(client, streamed.table, "warm-up")
    await _arrivals(client, streamed.arrivals, {"warm-up"})
    written: dict[str, int] = {}
    for number in range(3 * bench.effort.repeats):
        item_id = f"{time.time_ns()}-{number}"
        written[item_id] = await _write(client, streamed.table, item_id)
        await asyncio.sleep(_PAUSE_S)
    arrived = await _arrivals(client, streamed.arrivals, set(written))
    return Run({"p50": median([(arrived[item_id] - at_us) / 1000 for item_id, at_us in written.items()])})


async def _write(client: Any, table: str, item_id: str) -> int:
    """Write an item; when, in µs since the epoch."""
    at_us = time.time_ns() // 1000
    await asyncio.to_thread(client.put_item, TableName=table, Item={"id": {"S": item_id}})
    return at_us


async def _arrivals(client: Any, table: str, wanted: set[str]) -> dict[str, int]:
    """When each of the items reached the function. Raises Unfit where one does not."""
    deadline = time.monotonic() + ARRIVAL_S
    while time.monotonic() < deadline:
        pages = client.get_paginator("scan").paginate(TableName=table)
        items = [item for page in pages for item in page["Items"]]
        found = {item["id"]["S"]: int(item["arrivedAt"]["N"]) for item in items}
        if wanted <= found.keys():
            return found
        await asyncio.sleep(0.1)
    raise Unfit(
        f"{len(wanted - found.keys())} of {len(wanted)} records did not reach the function in {ARRIVAL_S:.0f} s"
    )


STREAM = Measure("stream", _stream, (Figure("p50", "write → stream → function, p50", at_most(5, "ms")),))
