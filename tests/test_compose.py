"""Docker Compose: the files that the environment asks for, and that every one of them is understood."""

import os
import shutil
import subprocess

import pytest
import yaml  # type: ignore[import-untyped]

from cloudrig import compose, targets
from cloudrig.compose import ROOT


def test_one_file_serves_unless_more_is_asked_for() -> None:
    assert list(compose.files({})) == ["docker-compose.yml"]
    assert list(compose.files({"LOCALSTACK_AUTH_TOKEN": "ls-x"})) == ["docker-compose.yml", "docker-compose.pro.yml"]
    assert list(compose.files({"PERSISTENCE": "1"})) == ["docker-compose.yml", "docker-compose.durable.yml"]


def test_the_current_localstack_keeps_its_state_by_itself() -> None:
    assert list(compose.files({"LOCALSTACK_AUTH_TOKEN": "ls-x", "PERSISTENCE": "1"})) == [
        "docker-compose.yml",
        "docker-compose.pro.yml",
    ]


@pytest.mark.parametrize("services", ["apigatewayv2,execute-api", ""])
def test_functions_in_localstacks_containers_want_docker_and_find_the_gateway_by_its_name(services: str) -> None:
    environ = {"CLOUDRIG_SERVICES": services}
    assert list(compose.files(environ)) == ["docker-compose.yml", "docker-compose.lambda.yml"]
    assert targets.from_environ({"CLOUDRIG_TARGET": "localstack", **environ}).callback_url("abc", "prod") == (
        "http://gateway:4566/_aws/execute-api/abc/prod"
    )


def test_compose_file_of_the_user_wins() -> None:
    assert list(compose.files({"COMPOSE_FILE": "mine.yml", "LOCALSTACK_AUTH_TOKEN": "ls-x"})) == []


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("docker-compose*.yml")))
def test_nothing_but_this_machine_is_published(file: str) -> None:
    services = yaml.safe_load((ROOT / file).read_text())["services"]
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)


def runs(*program: str) -> bool:
    return shutil.which(program[0]) is not None and subprocess.run([*program, "version"], check=False).returncode == 0


@pytest.mark.parametrize("program", [["docker-compose"], ["docker", "compose"]], ids=["1.29", "2"])
@pytest.mark.parametrize(
    "files", [[], ["docker-compose.pro.yml"], ["docker-compose.lambda.yml"], ["docker-compose.durable.yml"]]
)
def test_compose_understands_the_files(files: list[str], program: list[str]) -> None:
    if not runs(*program):
        pytest.skip(f"{' '.join(program)} is not installed")
    chosen = [word for file in ("docker-compose.yml", *files) for word in ("--file", file)]
    done = subprocess.run(
        [*program, *chosen, "--profile", "load", "config", "--quiet"],
        cwd=ROOT,
        env={**os.environ, "LOCALSTACK_AUTH_TOKEN": "ls-x"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
