"""Functions on Node.js: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html; aws-behaviour §10.2, §10.4."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.services.lambda_ import node_runtime
from tests.services.lambda_.conftest import lambda_service
from tests.services.lambda_.harness import Api, Failed, archive

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")

MODULE = {"package.json": '{"type": "module"}'}
LONG = """const long = () => new Promise((resolve) => setTimeout(resolve, 1000))
exports.handler = async () => { """
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


async def deploy(api: Api, source: str, file: str = "index.js", handler: str = "index.handler", **members: Any) -> str:
    files = {file: source, **members.pop("files", {})}
    return await api.deploy(handler, Runtime="nodejs20.x", Code={"ZipFile": archive(files=files)}, **members)


@pytest.mark.parametrize(
    "source",
    [
        "exports.handler = async (event) => ({ got: event })",
        "exports.handler = (event) => Promise.resolve({ got: event })",
        "exports.handler = (event, context, callback) => callback(null, { got: event })",
        "exports.handler = (event, context, callback) => setTimeout(() => callback(null, { got: event }), 5)",
        "exports.handler = (event, context) => context.succeed({ got: event })",
        "exports.handler = (event, context) => context.done(null, { got: event })",
    ],
)
async def test_every_way_to_answer(api: Api, source: str) -> None:
    arn = await deploy(api, source)
    for number in (1, 2):
        assert await api.run(arn, {"n": number}) == {"got": {"n": number}}


@pytest.mark.parametrize(
    ("file", "handler", "source", "files"),
    [
        ("index.mjs", "index.handler", "export const handler = async () => 'ran'", {}),
        ("index.js", "index.handler", "export const handler = async () => 'ran'", MODULE),
        ("index.cjs", "index.handler", "exports.handler = async () => 'ran'", MODULE),
        ("src/app.js", "src/app.handler", "exports.handler = async () => 'ran'", {}),
        ("src/app.js", "src/app.api.run", "exports.api = { run: async () => 'ran' }", {}),
        ("index.mjs", "index.handler", "const ran = await 'ran'; export const handler = async () => ran", {}),
        ("index.js", "index.handler", "const { a } = require('./lib/a'); exports.handler = async () => a",
         {"lib/a.js": "exports.a = 'ran'"}),
        ("index.mjs", "index.handler", "import { a } from 'dep'; export const handler = async () => a",
         {"node_modules/dep/index.js": "exports.a = 'ran'"}),
    ],
)  # fmt: skip
async def test_where_handlers_live(api: Api, file: str, handler: str, source: str, files: dict[str, str]) -> None:
    arn = await deploy(api, source, file, handler, files=files)
    assert await api.run(arn) == "ran"


async def test_nothing_returned_is_null(api: Api) -> None:
    assert await api.run(await deploy(api, "exports.handler = async () => {}")) is None
    assert await api.run(await deploy(api, "exports.handler = () => {}")) is None


async def test_an_error_as_node_functions_report_it(api: Api) -> None:
    """§10.2: `errorType, errorMessage, trace[]`, and the line that AWS's client logs."""
    arn = await deploy(api, "exports.handler = async () => { throw new TypeError('no') }")
    error = await api.failing(arn)
    assert list(error) == ["errorType", "errorMessage", "trace"]
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "no")
    assert error["trace"][0] == "TypeError: no"
    assert "index.js:1" in error["trace"][1]
    line = next(line for line in api.log(arn) if "\tERROR\t" in line)
    found = re.fullmatch(rf"{STAMP}\t{UUID}\tERROR\tInvoke Error \t(\{{.*\}})\n", line)
    assert found
    logged = json.loads(found.group(1))
    assert (logged["errorType"], logged["errorMessage"], logged["stack"][0]) == ("TypeError", "no", "TypeError: no")


@pytest.mark.parametrize(
    "source",
    [
        "exports.handler = async () => { throw 'no' }",
        "exports.handler = (event, context, callback) => callback('no')",
        "exports.handler = (event, context) => context.fail('no')",
    ],
)
async def test_values_thrown_that_are_no_errors(api: Api, source: str) -> None:
    assert await api.failing(await deploy(api, source)) == {"errorType": "string", "errorMessage": "no", "trace": []}


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("exports.handler = async () => 1n", "Error", "Unable to stringify response body"),
        ("exports.handler = () => new Promise(() => {})", None, None),
        ("exports.handler = async () => { await new Promise(() => {}) }", "Runtime.NodeJsExit", "never settled"),
        (LONG + "setTimeout(() => { throw new Error('late') }); await long() }", "Error", "late"),
        (LONG + "Promise.reject(new Error('lost')); await long() }", "Runtime.UnhandledPromiseRejection", "lost"),
        ("exports.handler = async () => process.exit(7)", "Runtime.ExitError", "exit status 7"),
        ("exports.other = 1", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        ("exports.handler = 1", "Runtime.HandlerNotFound", "index.handler is not a function"),
        ("exports.handler = (", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
        ("require('absent')", "Runtime.ImportModuleError", "Cannot find module 'absent'"),
        ("throw new RangeError('init')", "RangeError", "init"),
    ],
)  # fmt: skip
async def test_failures(api: Api, source: str, error_type: str | None, message: str | None) -> None:
    arn = await deploy(api, source)
    if error_type is None:
        assert await api.run(arn) is None
        return
    error = await api.failing(arn)
    assert error["errorType"] == error_type
    assert str(message) in error["errorMessage"]


async def test_handlers_that_are_not_there(api: Api) -> None:
    for handler, error_type in (
        ("absent.handler", "Runtime.ImportModuleError"),
        ("handler", "Runtime.MalformedHandlerName"),
        ("../index.handler", "Runtime.MalformedHandlerName"),
    ):
        arn = await deploy(api, "exports.handler = async () => 1", handler=handler)
        assert (await api.failing(arn))["errorType"] == error_type


async def test_console_lines_as_aws_writes_them(api: Api) -> None:
    source = """
console.log('at start')
exports.handler = async () => {
  console.log('one %s', 'two', { a: 1 }); console.warn('careful'); console.error('two\\nlines')
  console.debug('small'); process.stdout.write('plain\\n')
}"""
    arn = await deploy(api, source)
    await api.run(arn)
    lines = api.log(arn)
    assert re.fullmatch(rf"{STAMP}\tundefined\tINFO\tat start\n", lines[1])
    expected = ["INFO\tone two { a: 1 }", "WARN\tcareful", "ERROR\ttwo\nlines", "DEBUG\tsmall"]
    for line, text in zip(lines[3:7], expected, strict=True):
        assert re.fullmatch(rf"{STAMP}\t{UUID}\t{re.escape(text)}\n", line)
    assert lines[7] == "plain\n"


async def test_console_lines_in_json(api: Api) -> None:
    """Lambda guide `nodejs-logging.html`: one object per entry, from the level that the function wants."""
    source = """exports.handler = async () => {
      console.debug('small'); console.info('plain %s', 'text'); console.error(new TypeError('no')) }"""
    arn = await deploy(api, source, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    await api.run(arn)
    info, error = map(json.loads, api.log(arn))
    assert (info["level"], info["message"]) == ("INFO", "plain text")
    assert re.fullmatch(UUID, info["requestId"])
    assert (error["level"], error["message"]["errorType"], error["message"]["errorMessage"]) == (
        "ERROR",
        "TypeError",
        "no",
    )


async def test_the_context(api: Api) -> None:
    source = """exports.handler = async (event, context) => ({
      ...context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID,
      waits: context.callbackWaitsForEmptyEventLoop })"""
    arn = await deploy(api, source, MemorySize=256, Timeout=30)
    found = await api.run(arn)
    name = arn.rpartition(":")[2]
    assert re.fullmatch(UUID, found["awsRequestId"])
    assert 29_000 < found["left"] <= 30_000
    assert found["trace"].startswith("Root=1-")
    assert found["waits"] is True
    assert {key: found[key] for key in ("functionName", "functionVersion", "memoryLimitInMB", "logGroupName")} == {
        "functionName": name,
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "256",
        "logGroupName": f"/aws/lambda/{name}",
    }
    assert found["invokedFunctionArn"] == arn


async def test_a_callback_waits_for_the_event_loop_unless_told_otherwise(api: Api) -> None:
    source = """
let done = 'early'
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = event.waits
  done = 'early'
  setTimeout(() => { done = 'late' }, 30)
  callback(null, { get done() { return done } })
}"""
    arn = await deploy(api, source)
    assert await api.run(arn, {"waits": True}) == {"done": "late"}
    assert await api.run(arn, {"waits": False}) == {"done": "early"}


async def test_globals_live_on_and_are_lost_with_the_process(api: Api) -> None:
    source = """let count = 0; exports.handler = async (event) => {
      if (event === 'throw') setImmediate(() => { throw new Error('uncaught') })
      await new Promise((resolve) => setTimeout(resolve, 10)); return ++count }"""
    arn = await deploy(api, source)
    assert [await api.run(arn), await api.run(arn)] == [1, 2]
    assert (await api.failing(arn, "throw"))["errorMessage"] == "uncaught"
    assert await api.run(arn) == 1


async def test_layers_bring_modules(api: Api) -> None:
    content = archive(files={"nodejs/node_modules/dep/index.js": "exports.a = 'from a layer'"})
    layer = await api("PublishLayerVersion", LayerName="deps", Content={"ZipFile": content})
    arn = await deploy(api, "exports.handler = async () => require('dep').a", Layers=[layer["LayerVersionArn"]])
    assert await api.run(arn) == "from a layer"


async def test_callbacks_ended_with_node_24(api: Api) -> None:
    source = "exports.handler = (event, context, callback) => callback(null, 1)"
    arn = await api.deploy("index.handler", Runtime="nodejs24.x", Code={"ZipFile": archive(files={"index.js": source})})
    assert (await api.failing(arn))["errorType"] == "Runtime.CallbackHandlerDeprecated"


async def test_large_events_and_answers(api: Api) -> None:
    arn = await deploy(api, "exports.handler = async (event) => event")
    assert len(await api.run(arn, "x" * 5_000_000)) == 5_000_000
    arn = await deploy(api, "exports.handler = async () => 'x'.repeat(7000000)")
    assert (await api.failing(arn))["errorType"] == "Function.ResponseSizeTooLarge"


async def test_a_timeout_kills_it(api: Api) -> None:
    arn = await deploy(api, "exports.handler = async () => { while (true); }", Timeout=1)
    assert (await api.failing(arn))["errorType"] == "Sandbox.Timedout"


async def test_where_the_path_has_no_node_it_is_the_one_that_make_setup_fetched(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a rig that a project's own environment starts."""
    (tmp_path / "node").symlink_to(shutil.which("node") or "")
    monkeypatch.setattr(node_runtime, "_FETCHED", tmp_path)
    monkeypatch.setenv("PATH", "")
    assert await api.run(await deploy(api, "exports.handler = async () => 1")) == 1


async def test_no_node_no_function(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Creating says what to install; so does invoking, where Node.js went away later."""
    arn = await deploy(api, "exports.handler = async () => 1")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(node_runtime, "_FETCHED", tmp_path)
    with pytest.raises(Failed, match=r"501 NotImplemented: .*install Node.js"):
        await deploy(api, "exports.handler = async () => 1")
    error = await api.failing(arn)
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "install Node.js" in error["errorMessage"]


async def test_the_log_of_a_cold_start(api: Api) -> None:
    arn = await deploy(api, "exports.handler = async () => 1")
    await api.run(arn)
    assert re.fullmatch(r"INIT_START Runtime Version: nodejs:20\.v\S+\tRuntime Version ARN: \S+\n", api.log(arn)[0])


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.js", "require('@aws-sdk/client-s3/commands'); exports.handler = () => 1"),
        ("index.mjs", "import { S3 } from '@aws-sdk/client-s3'; export const handler = () => S3"),
    ],
)
async def test_where_the_sdk_is_missing_the_error_says_what_to_do(api: Api, file: str, source: str) -> None:
    """AWS's runtimes have it."""
    error = await api.failing(await deploy(api, source, file))
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "npm install @aws-sdk/client-s3`" in error["errorMessage"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.js", "exports.handler = async () => require('@aws-sdk/client-s3').from"),
        ("index.mjs", "import s3 from '@aws-sdk/client-s3'; export const handler = async () => s3.from"),
    ],
)
async def test_the_sdk_is_that_of_the_project_the_rig_is_started_in(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, file: str, source: str
) -> None:
    """A package's own goes before it, as on AWS, and stopping the rig leaves the project as it was."""
    installed = tmp_path / "project" / "node_modules" / "@aws-sdk" / "client-s3" / "index.js"
    installed.parent.mkdir(parents=True)
    installed.write_text("exports.from = 'the project'")
    (tmp_path / "project" / "src").mkdir()
    monkeypatch.chdir(tmp_path / "project" / "src")
    own = {"node_modules/@aws-sdk/client-s3/index.js": "exports.from = 'the package'"}
    async with lambda_service(tmp_path / "rig", clock, forks=False) as api:
        assert await api.run(await deploy(api, source, file)) == "the project"
        assert await api.run(await deploy(api, source, file, files=own)) == "the package"
    assert installed.exists()
