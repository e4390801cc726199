"""The chat by Terraform: the real program and the real AWS provider, applied to a rig, planned anew, destroyed.

Where there is no Terraform, or its provider cannot be had, the test that runs it is skipped and says so.
"""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloudrig.deployment import ROOT, deployment, sources_for
from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.client import ChatClient
from stack import Parameters, Platform, terraform

FOLDER = ROOT / "terraform"


class Terraform:
    """Terraform in a folder of its own, with the chat's configuration, against one target."""

    def __init__(self, folder: Path, target: Target) -> None:
        self._folder = folder
        self._target = target

    def __call__(self, *arguments: str, timeout_s: float = 540) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environ = {
            **kept,
            "AWS_ENDPOINT_URL": str(self._target.endpoint),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self._target.region,
            "TF_IN_AUTOMATION": "1",
            "TF_VAR_endpoint": str(self._target.endpoint),
            "TF_VAR_prefix": "tf",
            "TF_VAR_site": str(ROOT / "frontend" / "dist"),
        }
        command = ["terraform", *arguments, "-no-color"]
        return subprocess.run(
            command, cwd=self._folder, env=environ, capture_output=True, text=True, timeout=timeout_s, check=False
        )


WITH_ALL = Parameters(auth_modes=("jwt", "cognito", "guest"), site_cdn=True)
"""With what the committed file leaves out: Cognito and CloudFront."""


APIS = Path(__file__).parent / "terraform" / "apis.tf"
"""Every kind of resource of API Gateway, none of the chat's."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty one, where there is a Terraform to use it."""
    if shutil.which("terraform") is None:
        pytest.skip("there is no terraform on this machine")
    return tmp_path


@contextmanager
def initialised(folder: Path, target: Target) -> Iterator[Terraform]:
    """What the folder's configuration applied is destroyed at the end."""
    run = Terraform(folder, target)
    init = run("init")
    if init.returncode != 0:
        pytest.skip(f"Terraform's AWS provider cannot be had: {init.stderr.strip().splitlines()[-1:]}")
    yield run
    run("destroy", "-auto-approve", "-parallelism=30")


@pytest.fixture
def apis(target: Target, folder: Path) -> Iterator[Terraform]:
    """Initialised with `APIS`."""
    shutil.copy(APIS, folder)
    with initialised(folder, target) as run:
        yield run


@pytest.fixture
def program(target: Target, folder: Path, request: pytest.FixtureRequest) -> Iterator[Terraform]:
    """Initialised with the chat of the test's parameters."""
    parameters: Parameters = request.param
    shutil.copy(FOLDER / "main.tf", folder)
    (folder / "chat.tf.json").write_text(terraform.render(parameters))
    for name, package in sources_for(target.platform).packages(parameters).items():
        (folder / "packages").mkdir(exist_ok=True)
        (folder / "packages" / f"{name}.zip").write_bytes(package.content)
    with initialised(folder, target) as run:
        yield run


def test_the_file_is_what_the_declaration_makes() -> None:
    """`cloudrig terraform > terraform/chat.tf.json` makes it so again."""
    assert (FOLDER / "chat.tf.json").read_text() == terraform.render(Parameters())


@pytest.mark.parametrize("parameters", [Parameters(), WITH_ALL], ids=["default", "all"])
def test_every_reference_became_one_of_terraforms(parameters: Parameters) -> None:
    text = terraform.render(parameters)
    made = json.loads(text)["resource"]
    for kind, name in re.findall(r"\$\{([a-z_]+)\.([\w-]+)\.\w+\}", text):
        assert kind == "data" or name in made[kind]


@pytest.mark.parametrize("program", [Parameters()], ids=["default"], indirect=True)
async def test_apply_plan_without_drift_use_destroy(program: Terraform, target: Target, aws: Clients) -> None:
    """What Terraform made is the chat: people talk there, and `cloudrig deploy` finds nothing missing."""
    applied = program("apply", "-auto-approve", "-parallelism=30")
    assert applied.returncode == 0, applied.stderr
    drift = program("plan", "-detailed-exitcode")
    assert drift.returncode == 0, drift.stdout

    shown = program("output", "-json")
    outputs: dict[str, Any] = json.loads(shown.stdout)
    async with await ChatClient.connect(outputs["websocket_url"]["value"], guest="ann") as ann:
        await ann.say("hello")
        await ann.expect("message", text="hello")
    planned = deployment(target, {"PREFIX": "tf"}).plan(sources_for(Platform.LOCAL))
    assert {action.resource.key for action in planned.actions if action.verb != "unchanged"} <= {"rest.chat"}

    destroyed = program("destroy", "-auto-approve", "-parallelism=30")
    assert destroyed.returncode == 0, destroyed.stderr
    tables = aws("dynamodb").list_tables()["TableNames"]
    assert not [name for name in tables if name.startswith("tf-")]


@pytest.mark.parametrize("program", [WITH_ALL], ids=["all"], indirect=True)
def test_cognito_and_cloudfront(program: Terraform, target: Target) -> None:
    """User pool, app client, authorizer and distribution, with what they need: applied, in use, without drift but for
    what moto does not keep of a distribution.
    """
    needed = (
        "cloudfront_distribution.site",
        "s3_bucket_policy.site",
        "s3_object.site",
        "cognito_user_pool_client.site",
    )
    chosen = [f"-target=aws_{each}" for each in (*needed, "apigatewayv2_authorizer.connect")]
    applied = program("apply", "-auto-approve", *chosen)
    assert applied.returncode == 0, applied.stderr

    program("plan", "-out=planned", *chosen)
    planned = json.loads(program("show", "-json", "planned").stdout)
    changed = {each["address"] for each in planned["resource_changes"] if each["change"]["actions"] != ["no-op"]}
    assert changed <= {"aws_cloudfront_distribution.site"}

    outputs = json.loads(program("output", "-json").stdout)
    with urllib.request.urlopen(outputs["site_url"]["value"]) as page:
        assert b"<title>" in page.read()
    environ = {"PREFIX": "tf", "AUTH_MODES": ",".join(WITH_ALL.auth_modes), "SITE_CDN": "on"}
    verbs = {
        each.resource.key: each.verb for each in deployment(target, environ).plan(sources_for(Platform.LOCAL)).actions
    }
    made = (
        "userpool.users",
        "poolclient.site",
        "authorizer.connect",
        "originaccess.site",
        "headers.site",
        "reader.site",
    )
    assert {verbs[key] for key in made} == {"unchanged"}


def test_every_resource_of_api_gateway_changes_without_drift(apis: Terraform, aws: Clients) -> None:
    """Applied, planned without drift, changed in place, planned again, imported, destroyed."""
    for changed in ("false", "true"):
        applied = apis("apply", "-auto-approve", "-parallelism=30", f"-var=changed={changed}")
        assert applied.returncode == 0, applied.stderr
        drift = apis("plan", "-detailed-exitcode", f"-var=changed={changed}")
        assert drift.returncode == 0, drift.stdout

    link = "aws_api_gateway_vpc_link.l"
    apis("state", "rm", link)
    [made] = aws("apigateway").get_vpc_links()["items"]
    imported = apis("import", "-var=changed=true", link, made["id"])
    assert imported.returncode == 0, imported.stderr
    assert apis("plan", "-detailed-exitcode", "-var=changed=true").returncode == 0

    destroyed = apis("destroy", "-auto-approve", "-parallelism=30")
    assert destroyed.returncode == 0, destroyed.stderr
    left = aws("apigateway"), aws("apigatewayv2")
    assert [left[0].get_vpc_links()["items"], left[0].get_client_certificates()["items"]] == [[], []]
    assert not [api["Name"] for api in left[1].get_apis()["Items"] if api["Name"].startswith("apis-")]
