"""Functions (aws-behaviour §10.1 to §10.4), one test per row: their environments, errors, variables and log lines.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import functools
import io
import json
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from cloudrig.targets import Target
from scenarios.conformance.parts import Parts, package, until

_PLAIN = ClientConfig(parameter_validation=False, retries={"total_max_attempts": 1}, max_pool_connections=32)
NODE = "nodejs22.x"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MS = r"\d+(?:\.\d\d)? ms"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
INIT_START = r"INIT_START Runtime Version: \S+\tRuntime Version ARN: arn:aws:lambda:[\w-]+::runtime:\w{64}\n"
START = rf"START RequestId: {ID} Version: \$LATEST\n"
END = rf"END RequestId: {ID}\n"
REPORT = (
    rf"REPORT RequestId: {ID}\tDuration: {MS}\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t"
)
COLD = rf"{REPORT}Init Duration: {MS}\t"


@dataclass(frozen=True)
class Answer:
    """What Invoke answers: its members, and the payload out of its JSON."""

    members: dict[str, Any]
    payload: Any

    @property
    def request_id(self) -> str:
        return str(self.members["ResponseMetadata"]["RequestId"])


@dataclass
class Functions(Parts):
    """Functions of `subject.py` and `subject.mjs`."""

    role: str = ""

    def deploy(self) -> Functions:
        self.role = self.add_role("logs:*")
        return self

    def make(self, handler: str, **settings: Any) -> str:
        """A function of a new name."""
        name = f"{self.name}-{len(self.undo)}"
        node = settings.get("Runtime") == NODE
        code = package(subject="subject.mjs" if node else "subject.py")
        self.add_function(name, self.role, f"subject.{handler}", code, **settings)
        return name

    def invoke(self, name: str, event: object = None, **options: Any) -> Answer:
        answer = self.aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode(), **options)
        text = answer["Payload"].read()
        return Answer(answer, json.loads(text) if text else None)

    def failed(self, name: str, event: object = None) -> Answer:
        """The answer of a function that failed: "HTTP 200, header `X-Amz-Function-Error: Unhandled`"."""
        answer = self.invoke(name, event)
        assert (answer.members["StatusCode"], answer.members.get("FunctionError")) == (200, "Unhandled")
        return answer

    def refused(self, operation: str, **members: Any) -> tuple[int, str, dict[str, Any]]:
        """Status, code and the whole of the error that an operation ends with."""
        with pytest.raises(ClientError) as error:
            getattr(self.aws("lambda"), operation)(**members)
        answer: Any = error.value.response
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer

    def logged(self, name: str, reports: int = 1) -> list[str]:
        """The function's log, once so many invocations have ended in it."""

        def ended(found: list[str]) -> bool:
            return sum(line.startswith("REPORT ") for line in found) >= reports

        return until(lambda: self.log_of(name), ended, f"{reports} invocations are in the log")


@pytest.fixture(scope="module")
def functions(target: Target) -> Iterator[Functions]:
    session: Any = target.session()
    parts = Functions(functools.cache(functools.partial(session.client, config=_PLAIN)))
    try:
        yield parts.deploy()
    finally:
        parts.remove()


def zipped(size_bytes: int, *, compressed: bool) -> bytes:
    """An archive of one file so large."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        archive.writestr("large", bytes(size_bytes))
    return content.getvalue()


def assert_lines(found: list[str], *patterns: str) -> None:
    assert len(found) == len(patterns), found
    for line, pattern in zip(found, patterns, strict=True):
        assert re.fullmatch(pattern, line, re.DOTALL), (line, pattern)


# --- §10.1 -----------------------------------------------------------------------------------------------------------


def test_one_event_per_environment(functions: Functions) -> None:
    """ "One event per environment at a time. N overlapping invocations ⇒ N environments"; a warm one is used again."""
    name = functions.make("stream")
    with ThreadPoolExecutor(3) as pool:
        streams = [answer.payload for answer in pool.map(lambda _: functions.invoke(name, 1.5), range(3))]
    assert len(set(streams)) == 3
    assert functions.invoke(name, 0).payload in streams


def test_init_over_ten_seconds(functions: Functions) -> None:
    """ "Init ≤10 s (retried inside the first invoke if longer)"; "`/tmp` kept"."""
    name = functions.make("echo", Environment={"Variables": {"SLOW": "1"}}, Timeout=30)
    assert functions.invoke(name, "answered").payload == "answered"
    text = "".join(functions.logged(name))
    assert re.search(r"INIT_REPORT Init Duration: (9\d{3}|1\d{4})\.\d\d ms\tPhase: init\tStatus: timeout\n", text)


def test_timeout_range_and_default(functions: Functions) -> None:
    """ "timeout 1–900 s (default 3)"; "Memory 128–10,240 MB; `/tmp` 512 MB–10 GB"."""
    code = {"ZipFile": package(subject="subject.py")}
    given = {"Runtime": "python3.12", "Role": functions.role, "Handler": "subject.echo", "Code": code}
    name = f"{functions.name}-defaults"
    made = functions.aws("lambda").create_function(FunctionName=name, **given)
    functions.undo.append(lambda: functions.aws("lambda").delete_function(FunctionName=name))
    assert (made["Timeout"], made["MemorySize"], made["EphemeralStorage"]) == (3, 128, {"Size": 512})
    functions.aws("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
    for member, values in {
        "Timeout": (0, 901),
        "MemorySize": (127, 10_241),
        "EphemeralStorage": ({"Size": 511}, {"Size": 10_241}),
    }.items():
        for value in values:
            status, code_, _ = functions.refused("update_function_configuration", FunctionName=name, **{member: value})
            assert (status, code_) in {(400, "ValidationException"), (400, "InvalidParameterValueException")}


def test_frozen(functions: Functions) -> None:
    """ "Between invocations the process is **frozen**: … threads not awaited stop and continue on the next invoke"."""
    name = functions.make("tick")
    answered = functions.invoke(name, "begin").payload
    functions.logged(name)
    again, longest = functions.invoke(name, "look").payload
    assert longest > (again - answered) / 2


@pytest.mark.parametrize("how", ["crash", "hang"])
def test_reset(functions: Functions, how: str) -> None:
    """ "Timeout or crash resets the runtime: globals lost, `/tmp` kept." """
    name = functions.make("reset", Timeout=2)
    assert functions.invoke(name, "").payload == [1, ""]
    functions.failed(name, how)
    assert functions.invoke(name, "").payload == [1, how]


def test_environment_variables_have_4_kb(functions: Functions) -> None:
    """ "env vars 4 KB" """
    name = functions.make("echo")
    status, code, answer = functions.refused(
        "update_function_configuration", FunctionName=name, Environment={"Variables": {"AA": "x" * 4096}}
    )
    assert (status, code) == (400, "InvalidParameterValueException")
    assert "exceeded the 4KB limit" in answer["Error"]["Message"]


def test_package_sizes(functions: Functions) -> None:
    """ "zip 50 MB (250 MB unzipped)" """
    name = functions.make("echo")
    archive = zipped(52_428_800, compressed=False)
    status, code, _ = functions.refused("update_function_code", FunctionName=name, ZipFile=archive)
    assert (status, code) == (413, "RequestEntityTooLargeException")
    archive = zipped(262_144_001, compressed=True)
    status, code, answer = functions.refused("update_function_code", FunctionName=name, ZipFile=archive)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert answer["Error"]["Message"] == "Unzipped size must be smaller than 262144000 bytes"


def test_five_layers(functions: Functions) -> None:
    """ "5 layers" """
    client, name = functions.aws("lambda"), functions.make("echo")
    arns = []
    for number in range(6):
        layer = f"{functions.name}-{number}"
        made = client.publish_layer_version(LayerName=layer, Content={"ZipFile": zipped(number, compressed=True)})
        functions.undo.append(lambda layer=layer: client.delete_layer_version(LayerName=layer, VersionNumber=1))  # type: ignore[misc]
        arns.append(made["LayerVersionArn"])
    status, code, _ = functions.refused("update_function_configuration", FunctionName=name, Layers=arns)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert len(client.update_function_configuration(FunctionName=name, Layers=arns[:5])["Layers"]) == 5


def test_file_descriptors(functions: Functions) -> None:
    """ "1,024 file descriptors" """
    assert functions.invoke(functions.make("descriptors")).payload == 1024


def test_account_settings(functions: Functions) -> None:
    """ "account concurrency 1,000 (new accounts lower)"; "zip 50 MB (250 MB unzipped)" """
    limit = functions.aws("lambda").get_account_settings()["AccountLimit"]
    assert limit["ConcurrentExecutions"] <= 1000 or limit["ConcurrentExecutions"] % 1000 == 0
    assert (limit["CodeSizeZipped"], limit["CodeSizeUnzipped"]) == (52_428_800, 262_144_000)


def test_payload_sizes(functions: Functions) -> None:
    """ "Payload: **6 MB sync** each way …, **1 MB async since Oct 2025**" """
    name = functions.make("echo")
    assert functions.invoke(name, "x" * 6_000_000).payload == "x" * 6_000_000
    for kind, size in (("RequestResponse", 6_291_457), ("Event", 1_048_577)):
        event = json.dumps("x" * (size - 2)).encode()
        status, code, _ = functions.refused("invoke", FunctionName=name, InvocationType=kind, Payload=event)
        assert (status, code) == (413, "RequestEntityTooLargeException")


# --- §10.2, the table ------------------------------------------------------------------------------------------------


def test_python_error(functions: Functions) -> None:
    """Row "Python": `errorMessage, errorType, requestId, stackTrace[]`"""
    answer = functions.failed(functions.make("fail"), "no such thing")
    trace = answer.payload.pop("stackTrace")
    assert answer.payload == {
        "errorMessage": "no such thing",
        "errorType": "ValueError",
        "requestId": answer.request_id,
    }
    assert "in fail" in trace[0]


def test_node_error(functions: Functions) -> None:
    """Row "Node": `errorType, errorMessage, trace[]`"""
    error = functions.failed(functions.make("fail", Runtime=NODE), "no such thing").payload
    trace = error.pop("trace")
    assert error == {"errorType": "TypeError", "errorMessage": "no such thing"}
    assert trace[0] == "TypeError: no such thing"


def test_timeout(functions: Functions) -> None:
    """Row "Timeout": `Sandbox.Timedout`, message `RequestId: {id} Error: Task timed out after N.00 seconds`"""
    answer = functions.failed(functions.make("sleep", Timeout=1), 60)
    assert answer.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {answer.request_id} Error: Task timed out after 1.00 seconds",
    }


@pytest.mark.parametrize(
    ("exit_status", "reason"), [(0, "without providing a reason"), (3, "with error: exit status 3")]
)
def test_process_exit(functions: Functions, exit_status: int, reason: str) -> None:
    """Row "Process exit": `Runtime.ExitError`, message `RequestId: {id} Error: Runtime exited without providing a
    reason` (or `… exit status N`)
    """
    answer = functions.failed(functions.make("leave"), exit_status)
    assert answer.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: Runtime exited {reason}",
    }


def test_answer_too_big(functions: Functions) -> None:
    """Row "Answer too big": `Function.ResponseSizeTooLarge`, message naming 6291556 bytes"""
    name = functions.make("large")
    assert len(functions.invoke(name, 6_291_554).payload) == 6_291_554
    error = functions.failed(name, 6_291_555).payload
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert "(6291556 bytes)" in error["errorMessage"]


def test_throttle(functions: Functions) -> None:
    """ "throttle 429 `TooManyRequestsException` (`Reason: ReservedFunctionConcurrentInvocationLimitExceeded`, `Type:
    User`, message `Rate Exceeded.`)"
    """
    name = functions.make("echo")
    functions.aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    status, code, answer = functions.refused("invoke", FunctionName=name)
    assert (status, code) == (429, "TooManyRequestsException")
    assert (answer["Reason"], answer["Type"]) == ("ReservedFunctionConcurrentInvocationLimitExceeded", "User")
    assert answer["Error"]["Message"] == "Rate Exceeded."


def test_function_not_found(functions: Functions) -> None:
    """ "404 `ResourceNotFoundException` `Function not found: {arn}`"; the qualifier was seen in November 2025."""
    arn = functions.role.replace(":iam::", f":lambda:{functions.aws('lambda').meta.region_name}:")
    arn = arn.replace(f"role/{functions.name}", "function:absent-one")
    status, code, answer = functions.refused("invoke", FunctionName="absent-one")
    assert (status, code) == (404, "ResourceNotFoundException")
    assert answer["Error"]["Message"] == f"Function not found: {arn}:$LATEST"


# --- §10.3 -----------------------------------------------------------------------------------------------------------


def test_variables(functions: Functions) -> None:
    """Every variable that the section lists; those that it gives the value of."""
    name = functions.make("variables", Environment={"Variables": {"OWN": "own"}})
    found = functions.invoke(name).payload
    region = functions.aws("lambda").meta.region_name
    told = {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "TZ": ":UTC",
        "OWN": "own",
        "_HANDLER": "subject.variables",
    }
    assert {variable: found[variable] for variable in told} == told
    shapes = {
        "AWS_LAMBDA_LOG_STREAM_NAME": r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}",
        "AWS_LAMBDA_RUNTIME_API": r"[\d.]+:\d+",
        "_X_AMZN_TRACE_ID": r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};.*",
    }
    assert all(re.fullmatch(shape, found[variable]) for variable, shape in shapes.items())
    present = {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING"),
        *("AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "LANG", "LD_LIBRARY_PATH", "PATH"),
        *("PWD", "SHLVL", "PYTHONPATH"),
    }
    assert present <= found.keys()


# --- §10.4 -----------------------------------------------------------------------------------------------------------


def test_lines_of_a_cold_and_a_warm_invocation(functions: Functions) -> None:
    """ "`INIT_START …` (cold), `START RequestId: {id} Version: {v}`, output, `END RequestId: {id}`, `REPORT …` (last
    field cold only; duration two decimals, billed rounded up)"
    """
    name = functions.make("speak")
    answers = [functions.invoke(name), functions.invoke(name)]
    found = functions.logged(name, 2)
    said = ("printed\n", rf"\[WARNING\]\t{STAMP}\t{ID}\tlogged\nin two lines\n")
    assert_lines(found, INIT_START, START, *said, END, rf"{COLD}\n", START, *said, END, rf"{REPORT}\n")
    for answer, lines in zip(answers, (found[1:6], found[6:]), strict=True):
        assert all(answer.request_id in line for line in (lines[0], *lines[2:]))
    numbers = re.search(r"Duration: ([\d.]+) ms\tBilled Duration: (\d+) ms", found[-1])
    assert numbers is not None
    assert 0 <= int(numbers.group(2)) - float(numbers.group(1)) < 1


def test_lines_of_node(functions: Functions) -> None:
    """ "Node output: `{iso ts}\\t{id}\\tINFO\\t{text}`" """
    name = functions.make("speak", Runtime=NODE)
    functions.invoke(name)
    said = rf"{STAMP}\t{ID}\tINFO\tlogged\nin two lines\n"
    assert_lines(functions.logged(name), INIT_START, START, said, END, rf"{COLD}\n")


def test_lines_of_an_exception(functions: Functions) -> None:
    """ "Python errors: `[ERROR] {Type}: {msg}` + traceback in one event with non-breaking-space indents" """
    name = functions.make("fail")
    functions.failed(name, "no such thing")
    error = (
        r"\[ERROR\] ValueError: no such thing\nTraceback \(most recent call last\):\n"
        '\u00a0\u00a0File "[^"]*subject.py", line \\d+, in fail\n\u00a0\u00a0\u00a0\u00a0raise ValueError.*'
    )
    assert_lines(functions.logged(name), INIT_START, START, error, END, rf"{COLD}\n")


def test_lines_of_a_timeout(functions: Functions) -> None:
    """ "Timeout adds a line `{ts} {id} Task timed out after N seconds`" """
    name = functions.make("sleep", Timeout=1)
    functions.failed(name, 60)
    told = rf"{STAMP} {ID} Task timed out after 1\.00 seconds\n\n"
    found = functions.logged(name)
    assert_lines(found[:2], INIT_START, START)
    assert sum(bool(re.fullmatch(told, line)) for line in found) == 1
    assert sum(bool(re.fullmatch(END, line)) for line in found) == 1
    assert re.search(r"Duration: 1000(?:\.00)? ms\t", found[-1]) or any("1000" in line for line in found)
