import pytest
from botocore.exceptions import ClientError

from stack.adapters.base import AdapterError, ignored, one_by_one, retried, until


class Flaky:
    """Fails a number of times, then answers."""

    def __init__(self, failures: int, code: str, message: str = "") -> None:
        self.failures = failures
        self.error = ClientError({"Error": {"Code": code, "Message": message}}, "Op")

    def call(self) -> str:
        if self.failures:
            self.failures -= 1
            raise self.error
        return "done"


def test_a_transient_error_is_tried_again_until_it_passes() -> None:
    assert retried(Flaky(3, "Busy").call, lambda error: True, deadline_s=5) == "done"


def test_any_other_error_is_raised_at_once() -> None:
    flaky = Flaky(2, "Denied")
    with pytest.raises(ClientError, match="Denied"):
        retried(flaky.call, lambda error: False, deadline_s=5)
    assert flaky.failures == 1


def test_a_transient_error_that_stays_is_raised_in_the_end() -> None:
    with pytest.raises(ClientError, match="Busy"):
        retried(Flaky(1000, "Busy").call, lambda error: True, deadline_s=0.05)


def test_a_change_that_runs_into_another_is_made_again() -> None:
    flaky = Flaky(2, "ConflictException", "Unable to complete operation due to concurrent modification.")
    assert one_by_one(flaky.call) == "done"


def test_a_conflict_of_another_kind_is_raised() -> None:
    flaky = Flaky(1, "ConflictException", "Method already exists for this resource")
    with pytest.raises(ClientError, match="already exists"):
        one_by_one(flaky.call)


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(AdapterError, match="table x became active not within 0 s"):
        until(lambda: False, "table x became active", deadline_s=0.05)


def test_only_the_errors_that_are_named_are_passed_over() -> None:
    with ignored("NoSuchKey"):
        Flaky(1, "NoSuchKey").call()
    with pytest.raises(ClientError, match="Denied"), ignored("NoSuchKey"):
        Flaky(1, "Denied").call()
