"""LocalStack with the gateway in front of it, by Docker Compose: version 2, or 1.29 where there is no other."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cloudrig import background
from cloudrig.background import RigError
from cloudrig.engine.config import Config

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("localstack", "gateway")
START_TIMEOUT_S = 180.0
_POLL_S = 0.2


class Compose:
    """Implements `hosts.Host`. The stack is deployed by whoever brings it up, so `bootstrap` stays out."""

    def __init__(self, config: Config, environ: Mapping[str, str]) -> None:
        self._url = f"http://127.0.0.1:{config.port}"
        self._environ = {**environ, "CLOUDRIG_PORT": str(config.port), "CLOUDRIG_TLS_PORT": str(config.tls_port)}
        self._files = list(files(environ))

    def start(self, report: Callable[[str], None]) -> str:
        """Build the image, start the containers, wait until the gateway answers. Raises RigError."""
        report("LocalStack and the gateway by Docker Compose (the first time takes minutes)")
        self._run("up", "--detach", "--build", *SERVICES)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not background.healthy(self._url):
            if time.monotonic() > deadline:
                raise RigError(f"the gateway does not answer at {self._url}; `docker compose logs gateway` says why")
            time.sleep(_POLL_S)
        return self._url

    def stop(self, report: Callable[[str], None]) -> None:
        """Remove the containers, those of a load too; the volumes with data stay. Raises RigError."""
        self._run("--profile", "load", "down", "--remove-orphans")
        report("stopped and removed the containers; `docker compose down -v` removes the data too")

    def _run(self, *arguments: str) -> None:
        chosen = [word for file in self._files for word in ("--file", file)]
        command = [*_program(), *chosen, *arguments]
        done = subprocess.run(  # noqa: S603  our own arguments
            command, cwd=ROOT, env=self._environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = "\n".join(f"{done.stdout}\n{done.stderr}".strip().splitlines()[-15:])
            raise RigError(f"`{' '.join(command)}` failed:\n{said}")


def files(environ: Mapping[str, str]) -> Iterator[str]:
    """The compose files that the environment asks for; none where `COMPOSE_FILE` names them itself."""
    if environ.get("COMPOSE_FILE"):
        return
    yield "docker-compose.yml"
    if environ.get("LOCALSTACK_AUTH_TOKEN"):
        yield "docker-compose.pro.yml"
    elif environ.get("PERSISTENCE"):
        yield "docker-compose.durable.yml"
    if functions_are_localstacks(environ):
        yield "docker-compose.lambda.yml"


def functions_url(environ: Mapping[str, str]) -> str:
    """Where functions find the gateway: they run in its container, or in containers of LocalStack's beside it."""
    return f"http://{'gateway' if functions_are_localstacks(environ) else '127.0.0.1'}:4566"


def functions_are_localstacks(environ: Mapping[str, str]) -> bool:
    """Whether LocalStack runs the functions, each in a container, and not the gateway in its own."""
    services = environ.get("CLOUDRIG_SERVICES")
    return services is not None and "lambda" not in services.split(",")


def _program() -> list[str]:
    """Raises RigError."""
    docker, old = shutil.which("docker"), shutil.which("docker-compose")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:  # noqa: S603
        return [docker, "compose"]
    if old:
        return [old]
    raise RigError("Docker Compose is needed for this target: https://docs.docker.com/compose/install/")
