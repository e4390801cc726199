"""The examples of docs/testing-your-own-stack.md, each run as its reader would run it, in a project of its own."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from cloudrig import background
from cloudrig.deployment import ROOT
from cloudrig.testing import rig

pytest_plugins = ["pytester"]

PAGE = (ROOT / "docs" / "testing-your-own-stack.md").read_text()


def example(language: str, word: str) -> str:
    """The one in that language with the word in it."""
    (found,) = [block for block in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in block]
    return str(found)


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ENDPOINT_URL", "CLOUDRIG_TARGET"):
        monkeypatch.delenv(variable, raising=False)


def test_the_example_of_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(example("python", "import pytest"))
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_example_without_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_jobs=example("python", "import unittest"))
    done = pytester.run(sys.executable, "-m", "unittest", "test_jobs")
    done.stderr.fnmatch_lines(["Ran 1 test in*", "OK"])


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
def test_the_example_of_node(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started, asked and stopped as Vitest does."""
    (pytester.path / "rig.mjs").write_text(example("js", "start"))
    (pytester.path / "run.mjs").write_text("""
        import start from './rig.mjs';
        const stop = await start();
        const url = process.env.AWS_ENDPOINT_URL;
        console.log((await fetch(`${url}/_cloudrig/clock`)).status);
        await stop();
        console.log(await fetch(url).then(() => 'still there', () => 'gone'));
    """)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    done = pytester.run("node", "run.mjs")
    done.stdout.fnmatch_lines(["200", "gone"])


def test_the_example_of_the_workflow_gives_it_what_it_needs() -> None:
    called: Any = yaml.safe_load(example("yaml", "jobs:"))["jobs"]["test"]
    file = ROOT / called["uses"].split("/", 2)[2].partition("@")[0]
    # YAML 1.1 reads the key `on` as true.
    inputs = yaml.safe_load(file.read_text())[True]["workflow_call"]["inputs"]
    required = {name for name, each in inputs.items() if each.get("required")}
    assert required <= called["with"].keys() <= inputs.keys()


def test_the_workflow_has_the_dynamodb_engine_of_this_checkout() -> None:
    packages = json.loads((ROOT / "tools" / "package.json").read_text())["optionalDependencies"]
    workflow = (ROOT / ".github" / "workflows" / "pytest-on-a-rig.yml").read_text()
    assert f"@dynoxide/linux-x64@{packages['@dynoxide/linux-x64']}\n" in workflow


def test_a_rig_is_gone_after_its_block() -> None:
    with rig(region="eu-west-1") as aws:
        assert aws.client("sqs").meta.region_name == "eu-west-1"
        assert aws.sdk_variables()["AWS_ENDPOINT_URL"] == aws.endpoint
        assert background.healthy(str(aws.endpoint))
    assert not background.healthy(str(aws.endpoint))


def test_two_share_nothing_and_the_environment_is_left_alone() -> None:
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with rig() as one, rig() as other:
        one.client("sqs").create_queue(QueueName="jobs")
        assert "QueueUrls" not in other.client("sqs").list_queues()
    assert before == {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
