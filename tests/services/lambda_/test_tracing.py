"""Tracing headers: Lambda guide `services-xray.html`."""

from __future__ import annotations

import re

import pytest

from cloudrig.services.lambda_ import tracing
from cloudrig.services.lambda_.tracing import Sampling
from tests.services.lambda_.harness import Api, until

TRACED = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"


async def test_only_active_tracing_samples(api: Api) -> None:
    active = await api.deploy(source=TRACED, TracingConfig={"Mode": "Active"})
    assert ";Sampled=1;" in await api.run(active)
    assert ";Sampled=0;" in await api.run(await api.deploy(source=TRACED))


async def test_the_report_of_a_sampled_request_names_its_trace(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same log event, after a line feed; that of others does not."""
    monkeypatch.setattr(tracing, "SAMPLED_SHARE", 0.0)
    active = await api.deploy(source=TRACED, TracingConfig={"Mode": "Active"})
    fields = dict(field.split("=") for field in (await api.run(active)).split(";"))
    await until(lambda: any(line.startswith("REPORT") for line in api.log(active)))
    report = next(line for line in api.log(active) if line.startswith("REPORT"))
    xray = f"XRAY TraceId: {fields['Root']}\tSegmentId: {fields['Parent']}\tSampled: true\t\n"
    assert re.fullmatch(rf"REPORT .*Init Duration: [\d.]+ ms\t\n{xray}", report)
    assert tracing.report("Root=1-5e34a614-10bd;Parent=07f5;Sampled=0;Lineage=1:x:0") == ""


def test_one_request_a_second_and_a_share_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "SAMPLED_SHARE", 0.0)
    sampling = Sampling()
    assert [sampling.takes(now) for now in (100.0, 100.2, 100.9, 101.0, 101.5)] == [True, False, False, True, False]
    monkeypatch.setattr(tracing, "SAMPLED_SHARE", 1.0)
    assert sampling.takes(101.6)
