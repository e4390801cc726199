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


FAILING = """
import io, zipfile, pytest

@pytest.fixture(scope="session")
def outputs(aws):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("m.py", "def handler(event, context): print('seen by the function', event['n'])")
    aws("lambda").create_function(
        FunctionName="f", Runtime="python3.13", Handler="m.handler", Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": package.getvalue()},
    )
    aws("lambda").get_waiter("function_active_v2").wait(FunctionName="f")
    return {}

def test_that_passes(aws, outputs):
    aws("lambda").invoke(FunctionName="f", Payload=b'{"n": 1}')

def test_that_fails(aws, outputs):
    aws("lambda").invoke(FunctionName="f", Payload=b'{"n": 2}')
    assert False
"""


def test_a_failed_test_shows_what_its_functions_logged(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_ENDPOINT_URL", "CLOUDRIG_TARGET"):
        monkeypatch.delenv(variable, raising=False)
    pytester.makepyfile(FAILING)
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*the functions' logs*", "*f *seen by the function 2*"])
    done.stdout.no_fnmatch_line("*seen by the function 1*")
