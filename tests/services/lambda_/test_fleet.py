"""Environments that nobody needs any more."""

from __future__ import annotations

from pathlib import Path

from cloudrig.services.lambda_.fleet import IDLE_LIMIT_S
from tests.services.lambda_.harness import Api, until

ECHO = "import os\ndef handler(event, context): return os.getpid()"


def reports(api: Api, arn: str) -> int:
    """How many invocations are over; an environment is idle only then."""
    return sum(line.startswith("REPORT") for line in api.log(arn))


async def test_idle_environments_end_and_the_next_event_starts_one(api: Api) -> None:
    arn = await api.deploy(source=ECHO)
    pid = await api.run(arn)
    for runs in (1, 2):
        await until(lambda runs=runs: reports(api, arn) == runs)  # type: ignore[misc]
        api.clock.advance(IDLE_LIMIT_S - 61)
        assert await api.run(arn) == pid, "each event starts the time anew"
    await until(lambda: reports(api, arn) == 3)
    api.clock.advance(IDLE_LIMIT_S + 61)
    await until(lambda: not Path(f"/proc/{pid}").exists(), "that the process ended")
    assert await api.run(arn) != pid


async def test_a_hundred_functions_leave_nothing(api: Api, tmp_path: Path) -> None:
    """Created, some run, deleted: no process, no file, no pool."""
    arns = [await api.deploy(source=f"{ECHO}\n# {number}") for number in range(100)]
    pids = [await api.run(arn) for arn in arns[:5]]
    for arn in arns:
        await api("DeleteFunction", FunctionName=arn)
    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    for folder in ("functions", "environments"):
        await until(lambda folder=folder: list((tmp_path / folder).iterdir()) == [])  # type: ignore[misc]
    assert not api.service._fleet._pools
    assert not api.service._fleet._retired
