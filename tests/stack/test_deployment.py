"""The whole chat against a real server that knows the control planes: deployed, changed, removed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from stack import (
    BuildError,
    Clients,
    DeployError,
    Deployment,
    NotDeployed,
    Parameters,
    Sources,
    Verb,
    chat,
    render,
)
from tests.stack.fakes import FakeAddresses, Wire

LIMITED = ("send-message", "send-file", "edit-message", "delete-message", "react", "create-upload")


def deploy(deployment: Deployment, sources: Sources) -> list[str]:
    lines: list[str] = []
    deployment.deploy(sources, lines.append)
    return [" ".join(line.split()) for line in lines]


def with_own_handlers(sources: Sources) -> Path:
    """Make the sources' handlers a copy that a test may change."""
    shared = sources.root / "handlers"
    own = {path.relative_to(shared): path.read_bytes() for path in shared.rglob("*.py")}
    shared.unlink()
    for path, content in own.items():
        (shared / path).parent.mkdir(parents=True, exist_ok=True)
        (shared / path).write_bytes(content)
    return shared


def test_the_outputs_say_where_everything_is(deployment: Deployment, sources: Sources, prefix: str) -> None:
    outputs = deployment.deploy(sources, lambda line: None)
    assert outputs.keys() == {
        *("target", "region", "rest_url", "websocket_url", "callback_url", "site_url", "tables", "functions")
    }
    assert outputs["tables"]["Messages"] == f"{prefix}-Messages"
    assert outputs["functions"]["fan-out"] == f"{prefix}-fan-out"
    assert outputs["websocket_url"].startswith("ws://test/")
    assert outputs["callback_url"].removeprefix("http://callback") == outputs["websocket_url"].removeprefix("ws://test")
    assert deployment.outputs() == outputs, "found anew they are the same"


def test_a_second_deployment_touches_nothing(deployment: Deployment, sources: Sources, wire: Wire) -> None:
    deployment.deploy(sources, lambda line: None)
    wire.requests.clear()
    assert deploy(deployment, sources) == []
    assert wire.changes == []


def test_a_dry_run_shows_everything_and_does_nothing(deployment: Deployment, sources: Sources, wire: Wire) -> None:
    plan = deployment.plan(sources)
    assert wire.changes == []
    assert plan.count(Verb.CREATE) == len(plan.actions)
    assert "+ table        Users, Connections, Presence, Rooms, Messages" in render(plan).splitlines()
    assert render(plan).endswith(f"Plan: {len(plan.actions)} to create, 0 unchanged.")


def test_fan_out_and_presence_are_switched_and_switched_back(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    def enabled(function: str) -> bool:
        found = clients.lambda_.list_event_source_mappings()["EventSourceMappings"]
        (state,) = [each["State"] for each in found if each["FunctionArn"].endswith(f":{prefix}-{function}")]
        return state == "Enabled"

    other = Deployment(replace(deployment.parameters, fanout="direct", presence=False), clients, FakeAddresses())
    for current, on in ((deployment, True), (other, False), (deployment, True)):
        deploy(current, sources)
        assert (enabled("fan-out"), enabled("presence")) == (on, on)
        assert deploy(current, sources) == []


def test_a_changed_handler_is_the_only_one_redeployed(deployment: Deployment, sources: Sources, wire: Wire) -> None:
    handlers = with_own_handlers(sources)
    deployment.deploy(sources, lambda line: None)
    (handlers / "ping.py").write_text((handlers / "ping.py").read_text() + "\n# changed\n")
    wire.requests.clear()
    assert deploy(deployment, sources) == ["~ function ping code changed"]
    assert wire.changes == ["UpdateFunctionCode"]


def test_changed_parameters_reach_what_they_are_about(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    deployment.deploy(sources, lambda line: None)
    changed = Parameters(prefix=prefix, auth_modes=("guest",), log_retention_days=30, rate_limit=0)
    lines = deploy(Deployment(changed, clients, FakeAddresses()), sources)
    assert {line for line in lines if "function" in line} == {
        "~ function connect environment changed",
        *(f"~ function {name} environment changed" for name in LIMITED),
    }
    assert len([line for line in lines if line.endswith("retention changed")]) == len(chat.requirements(Parameters()))
    assert "~ site site config.json changed" in lines
    assert "~ role connect policy changed" in lines  # it reads no secret any more
    assert len(lines) == len(chat.requirements(Parameters())) + len(LIMITED) + 3


def test_what_was_changed_by_hand_is_put_right(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    deployment.deploy(sources, lambda line: None)
    clients.lambda_.update_function_configuration(FunctionName=f"{prefix}-ping", Timeout=60)
    clients.lambda_.remove_permission(FunctionName=f"{prefix}-ping", StatementId="ping")
    clients.logs.delete_log_group(logGroupName=f"/aws/lambda/{prefix}-ping")
    assert set(deploy(deployment, sources)) == {
        "~ function ping timeout changed",
        "+ permissions ping",
        "+ logs ping",
    }


def test_the_site_gets_a_config_with_the_addresses(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    outputs = deployment.deploy(sources, lambda line: None)
    bucket = outputs["site_url"].removeprefix("http://test/").rstrip("/")
    config = json.loads(clients.s3.get_object(Bucket=bucket, Key="config.json")["Body"].read())
    assert config == {
        "restUrl": outputs["rest_url"],
        "websocketUrl": outputs["websocket_url"],
        "filesUrl": f"http://test/{bucket.replace('-site-', '-files-')}",
        "authModes": ["jwt", "guest"],
    }


def test_functions_know_their_tables_and_where_to_call_back(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    outputs = deployment.deploy(sources, lambda line: None)
    found = clients.lambda_.get_function_configuration(FunctionName=f"{prefix}-fan-out")
    assert found["Environment"]["Variables"] == {
        "CONNECTIONS_TABLE": f"{prefix}-Connections",
        "PRESENCE_TABLE": f"{prefix}-Presence",
        "CALLBACK_URL": outputs["callback_url"],
    }


def test_the_fan_out_may_post_to_this_api_and_no_other(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    outputs = deployment.deploy(sources, lambda line: None)
    api_id = outputs["callback_url"].split("/")[-2]
    found = clients.iam.get_role_policy(RoleName=f"{prefix}-fan-out-us-east-1", PolicyName="function")
    policy: Any = found["PolicyDocument"]
    calls = [each for each in policy["Statement"] if each["Action"] == ["execute-api:ManageConnections"]]
    assert [arn.split(":")[5] for each in calls for arn in each["Resource"]] == [
        f"{api_id}/prod/POST/@connections/*",
        f"{api_id}/prod/DELETE/@connections/*",
    ]


def test_a_failure_half_way_is_carried_on_from(deployment: Deployment, sources: Sources, wire: Wire) -> None:
    wire.refuse("CreateFunction", "ServiceException", "try later", about="handlers.typing.handler")
    with pytest.raises(DeployError, match=r"^function\.typing: .*try later"):
        deployment.deploy(sources, lambda line: None)
    with pytest.raises(NotDeployed):
        deployment.outputs()
    lines = deploy(deployment, sources)
    assert "+ function typing" in lines
    assert "+ table Users" not in lines, "what was made is not made again"
    assert deploy(deployment, sources) == []


def test_removal_leaves_nothing_and_says_what_went(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    deployment.deploy(sources, lambda line: None)
    lines: list[str] = []
    deployment.destroy(lines.append)
    assert len(lines) == len(deployment.plan(sources).actions)
    assert deployment.plan(sources).count(Verb.CREATE) == len(lines)
    with pytest.raises(NotDeployed, match=f"{prefix} is not deployed"):
        deployment.outputs()


def test_removal_names_the_parameters_whose_additions_it_leaves_alone(clients: Clients) -> None:
    def said(**parameters: Any) -> str:
        return Deployment(Parameters(**parameters), clients, FakeAddresses()).not_looked_for()

    assert "AUTH_MODES=cognito" in said(site_cdn=True)
    assert "SITE_CDN=on" in said(auth_modes=("cognito",))
    assert said(auth_modes=("jwt", "cognito"), site_cdn=True) == ""


def test_removal_needs_neither_site_nor_packages(deployment: Deployment, sources: Sources, prefix: str) -> None:
    deployment.deploy(sources, lambda line: None)
    (sources.root / "frontend" / "dist" / "index.html").unlink()
    with pytest.raises(BuildError, match=r"frontend/dist holds no index\.html"):
        deployment.plan(sources)
    deployment.destroy(lambda line: None)


def test_two_prefixes_live_side_by_side(
    deployment: Deployment, sources: Sources, clients: Clients, prefix: str
) -> None:
    other = Deployment(Parameters(prefix=f"{prefix}-2"), clients, FakeAddresses())
    first, second = deployment.deploy(sources, lambda line: None), other.deploy(sources, lambda line: None)
    assert first["websocket_url"] != second["websocket_url"]
    deployment.destroy(lambda line: None)
    assert other.outputs() == second
    assert deploy(other, sources) == []


def test_where_nobody_answers_that_is_said_at_once(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    with pytest.raises(DeployError, match="Could not connect to the endpoint"):
        Deployment(Parameters(), Clients.of(session), FakeAddresses()).plan(sources)


def test_without_credentials_that_is_said(
    clients: Clients, sources: Sources, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    anonymous = Clients.of(boto3.Session(region_name="us-east-1"))
    with pytest.raises(DeployError, match="Unable to locate credentials"):
        Deployment(Parameters(), replace(clients, sts=anonymous.sts), FakeAddresses()).plan(sources)


def test_another_account_is_left_alone(prefix: str, clients: Clients, sources: Sources) -> None:
    other = Deployment(Parameters(prefix=prefix), clients, FakeAddresses(), account="111122223333")
    with pytest.raises(DeployError, match="111122223333"):
        other.deploy(sources, report=lambda line: None)
    with pytest.raises(DeployError, match="CLOUDRIG_AWS_ACCOUNT"):
        other.destroy(report=lambda line: None)
    assert other.leftovers() == []
