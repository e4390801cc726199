"""Tracing headers: Lambda guide `services-xray.html`."""

from __future__ import annotations

import re

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request
from cloudrig.services.lambda_ import tracing
from cloudrig.services.lambda_.tracing import TRACE_HEADER, Sampling, trace_header
from tests.services.lambda_.harness import Api, until

ROOT = "Root=1-3152b799-8954dae64eda91bc9a23a7e8"
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


@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
async def test_a_request_stays_in_its_trace(api: Api, kind: str) -> None:
    """Recorded from AWS in LocalStack's test snapshots; botocore sends a function's trace with all its requests."""
    source = "import os\ndef handler(event, context): print(trace := os.environ['_X_AMZN_TRACE_ID'])"
    arn = await api.deploy(source=source)
    headers = {TRACE_HEADER: f"{ROOT};Parent=7fa8c0f79203be72;Sampled=1", "X-Amz-Invocation-Type": kind}
    path = f"/2015-03-31/functions/{arn}/invocations"
    answer = await api.service.call("Invoke", Request("POST", path, headers=CIMultiDictProxy(CIMultiDict(headers))))
    assert answer.status == (200 if kind == "RequestResponse" else 202)
    passed = f"{ROOT};Parent=7fa8c0f79203be72;Sampled=1;Lineage="
    assert answer.headers.get(TRACE_HEADER, "").startswith(passed) == (kind == "RequestResponse")
    await until(lambda: any(line.startswith(passed) for line in api.log(arn)), "the trace in the log")


def test_active_tracing_has_a_parent_of_its_own() -> None:
    """Whether a trace is sampled is the caller's to say, where it says so."""
    for given, sampled in (("Sampled=1", "1"), ("Sampled=0", "0"), ("Sampled=?", "1")):
        header = trace_header(100.0, f"{ROOT};Parent=7fa8c0f79203be72;{given}", Sampling())
        assert re.fullmatch(
            rf"{ROOT};Parent=(?!7fa8)[0-9a-f]{{16}};Sampled={sampled};Lineage=1:[0-9a-f]{{8}}:0", header
        )


@pytest.mark.parametrize("given", ["", "x", "Root=1-2-3;Parent=7fa8c0f79203be72;Sampled=1", "Self=1;Sampled=1"])
def test_what_names_no_trace_begins_one(given: str) -> None:
    header = trace_header(100.0, given, None)
    assert re.fullmatch(r"Root=1-00000064-[0-9a-f]{24};Parent=(?!7fa8)[0-9a-f]{16};Sampled=0;Lineage=.*", header)
