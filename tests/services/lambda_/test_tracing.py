"""Tracing headers: Lambda guide `services-xray.html`."""

from __future__ import annotations

import pytest

from cloudrig.services.lambda_ import tracing
from cloudrig.services.lambda_.tracing import Sampling
from tests.services.lambda_.harness import Api

TRACED = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"


async def test_only_active_tracing_samples(api: Api) -> None:
    active = await api.deploy(source=TRACED, TracingConfig={"Mode": "Active"})
    assert ";Sampled=1;" in await api.run(active)
    assert ";Sampled=0;" in await api.run(await api.deploy(source=TRACED))


def test_one_request_a_second_and_a_share_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "SAMPLED_SHARE", 0.0)
    sampling = Sampling()
    assert [sampling.takes(now) for now in (100.0, 100.2, 100.9, 101.0, 101.5)] == [True, False, False, True, False]
    monkeypatch.setattr(tracing, "SAMPLED_SHARE", 1.0)
    assert sampling.takes(101.6)
