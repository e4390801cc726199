"""Docker Compose: the files that the environment asks for, and that every one of them is understood."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from cloudrig import compose
from cloudrig.compose import ROOT


def test_one_file_serves_unless_more_is_asked_for() -> None:
    assert list(compose.files({})) == ["docker-compose.yml"]
    assert list(compose.files({"LOCALSTACK_AUTH_TOKEN": "ls-x"})) == ["docker-compose.yml", "docker-compose.pro.yml"]
    without_lambda = {"CLOUDRIG_SERVICES": "apigatewayv2,execute-api"}
    assert list(compose.files(without_lambda)) == ["docker-compose.yml", "docker-compose.lambda.yml"]


def test_compose_file_of_the_user_wins() -> None:
    assert list(compose.files({"COMPOSE_FILE": "mine.yml", "LOCALSTACK_AUTH_TOKEN": "ls-x"})) == []


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("docker-compose*.yml")))
def test_nothing_but_this_machine_is_published(file: str) -> None:
    services = yaml.safe_load((ROOT / file).read_text())["services"]
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose 1.29 is not installed")
@pytest.mark.parametrize("files", [[], ["docker-compose.pro.yml"], ["docker-compose.lambda.yml"]])
def test_compose_1_29_understands_the_files(files: list[str]) -> None:
    chosen = [word for file in ("docker-compose.yml", *files) for word in ("--file", file)]
    environ = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(Path.home()), "LOCALSTACK_AUTH_TOKEN": "ls-x"}
    done = subprocess.run(
        ["docker-compose", *chosen, "config", "--quiet"], cwd=ROOT, env=environ, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
