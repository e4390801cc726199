import pytest

from cloudrig.engine.clock import Clock
from cloudrig.services.cognito.codes import CODE_LASTS_S, Codes
from cloudrig.services.cognito.errors import CodeMismatchException, ExpiredCodeException

POOL = "us-east-1_abcdefghi"


def shown(codes: Codes) -> str:
    report = codes.report()
    assert isinstance(report, dict)
    (sent,) = report["codes"]
    assert (sent["userPoolId"], sent["username"], sent["address"]) == (POOL, "ann", "ann@example.com")
    return str(sent["code"])


@pytest.fixture
def clock() -> Clock:
    return Clock(source=lambda: 0.0)


@pytest.fixture
def codes(clock: Clock) -> Codes:
    codes = Codes(clock)
    codes.send(POOL, "ann", "ann@example.com")
    return codes


def test_the_code_that_was_sent_is_right_and_no_other(codes: Codes) -> None:
    code = shown(codes)
    assert len(code) == 6
    codes.check(POOL, "ann", code)
    for wrong in ("", code[:-1], code + "0", f"{(int(code) + 1) % 1_000_000:06}", "é"):
        with pytest.raises(CodeMismatchException):
            codes.check(POOL, "ann", wrong)


async def test_a_code_is_good_for_a_day(codes: Codes, clock: Clock) -> None:
    code = shown(codes)
    clock.advance(CODE_LASTS_S + 1)
    with pytest.raises(ExpiredCodeException):
        codes.check(POOL, "ann", code)


def test_the_last_code_counts_and_once(codes: Codes) -> None:
    codes.send(POOL, "ann", "ann@example.com")
    code = shown(codes)
    codes.check(POOL, "ann", code)
    codes.use_up(POOL, "ann")
    with pytest.raises(ExpiredCodeException):
        codes.check(POOL, "ann", code)


def test_somebody_elses_code_is_none(codes: Codes) -> None:
    with pytest.raises(ExpiredCodeException):
        codes.check(POOL, "bob", shown(codes))
    with pytest.raises(ExpiredCodeException):
        codes.check("us-east-1_another", "ann", shown(codes))
    assert codes.address(POOL, "bob") is None
