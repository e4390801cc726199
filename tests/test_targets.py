"""The environment chooses where everything goes; what it cannot mean is refused in words."""

from pathlib import Path

import pytest

from cloudrig import targets
from cloudrig.targets import TargetError
from stack import Platform


def test_the_default_is_the_embedded_engine() -> None:
    target = targets.from_environ({}, "http://127.0.0.1:5000")
    assert (target.target, target.endpoint, target.region) == ("embedded", "http://127.0.0.1:5000", "us-east-1")


def test_where_no_rig_runs_nothing_else_is_taken_for_it() -> None:
    """Another rig may be on the usual port."""
    with pytest.raises(TargetError, match="make up"):
        targets.from_environ({})


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine() -> None:
    environ = {"NO_PROXY": "intranet"}
    targets.reach_loopback_directly(environ)
    assert environ["NO_PROXY"] == "intranet,127.0.0.1,localhost,.localhost"
    assert environ["no_proxy"] == "127.0.0.1,localhost,.localhost"


def test_aws_endpoint_url_always_wins() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9/", "CLOUDRIG_TARGET": "localstack"}
    assert targets.from_environ(environ, "http://127.0.0.1:5000").endpoint == "http://127.0.0.1:9"
    assert not targets.is_own_rig(environ)


def test_aws_has_awss_addresses() -> None:
    target = targets.from_environ({"CLOUDRIG_TARGET": "aws", "AWS_REGION": "eu-west-1"})
    assert target.endpoint is None
    assert target.rest_url("abc", "prod") == "https://abc.execute-api.eu-west-1.amazonaws.com/prod"
    assert target.websocket_url("abc", "prod") == "wss://abc.execute-api.eu-west-1.amazonaws.com/prod"
    assert target.site_url("chat") == "http://chat.s3-website-eu-west-1.amazonaws.com/"
    assert target.bucket_url("files") == "https://files.s3.eu-west-1.amazonaws.com"


def test_emulators_have_addresses_below_their_endpoint() -> None:
    target = targets.from_environ({}, "http://127.0.0.1:5000")
    assert target.rest_url("abc", "prod") == "http://127.0.0.1:5000/_aws/execute-api/abc/prod"
    assert target.websocket_url("abc", "prod") == "ws://127.0.0.1:5000/_aws/execute-api/abc/prod"
    assert target.callback_url("abc", "prod") == "http://127.0.0.1:5000/_aws/execute-api/abc/prod"
    assert target.site_url("chat") == "http://127.0.0.1:5000/_aws/s3-website/chat/"
    assert target.bucket_url("files") == "http://127.0.0.1:5000/files"


def test_clients_of_an_emulator_go_there_and_need_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    session = targets.from_environ({}, "http://127.0.0.1:5000").session()
    assert session.client("s3").meta.endpoint_url == "http://127.0.0.1:5000"
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == "test"


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({}, Platform.LOCAL),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, Platform.LAMBDA),
        ({"CLOUDRIG_TARGET": "localstack"}, Platform.CONTAINER),
        ({"CLOUDRIG_TARGET": "localstack", "CLOUDRIG_SERVICES": "execute-api"}, Platform.LAMBDA),
        ({"CLOUDRIG_TARGET": "aws"}, Platform.LAMBDA),
    ],
)
def test_functions_are_built_for_what_will_run_them(environ: dict[str, str], platform: Platform) -> None:
    """The gateway in its container, or LocalStack in containers as Lambda has."""
    assert targets.build_platform(environ) is platform


def test_an_unknown_target_is_refused_with_the_legal_ones() -> None:
    with pytest.raises(TargetError, match=r"moon.*embedded, localstack, aws"):
        targets.from_environ({"CLOUDRIG_TARGET": "moon"})


@pytest.mark.parametrize("file", ["broken", "folder", "absent"])
def test_profiles_and_files_that_are_about_aws_do_not_matter_to_a_rig(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").write_text("junk [[[")
    (tmp_path / "folder").mkdir()
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / file))
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.setenv(name, "of work")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    client = targets.from_environ({}, "http://127.0.0.1:5000").client("s3")
    assert client.meta.endpoint_url == "http://127.0.0.1:5000"
    assert client._request_signer._credentials.access_key == "test"
