"""The plugin in a project that is not this one: a stack of its own on a rig of its own."""

import pytest

pytest_plugins = ["pytester"]

PROJECT = '''
import pytest

@pytest.fixture(scope="session")
def outputs(aws):
    """This project's own stack: one queue."""
    return {"queue": aws("sqs").create_queue(QueueName="jobs")["QueueUrl"]}

def test_my_stack_works(aws, outputs):
    aws("sqs").send_message(QueueUrl=outputs["queue"], MessageBody="hello")
    got = aws("sqs").receive_message(QueueUrl=outputs["queue"])["Messages"]
    assert [message["Body"] for message in got] == ["hello"]

def test_the_rig_is_a_real_one(rig, target):
    assert target.endpoint == rig.url

@pytest.mark.needs("teleport")
def test_what_the_target_cannot_do(target):
    assert False
'''


def test_a_project_brings_its_own_stack(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ENDPOINT_URL", "CLOUDRIG_TARGET"):
        monkeypatch.delenv(variable, raising=False)
    pytester.makepyfile(PROJECT)
    done = pytester.runpytest_subprocess("-rs", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=2, skipped=1)
    done.stdout.fnmatch_lines(["*the target embedded has no teleport*"])
