"""The whole tool, shortly, on rigs of their own: every figure of every measure, and nothing left behind."""

import json
from pathlib import Path

import boto3
import pytest

from benchmarks.cli import main
from benchmarks.endpoints import own_rig
from benchmarks.measures import MEASURES


def test_every_measure_gives_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--json", str(tmp_path / "figures.json")]) == 0
    shown = capsys.readouterr().out
    content = json.loads((tmp_path / "figures.json").read_text())
    assert [measure["name"] for measure in content["measures"]] == [measure.name for measure in MEASURES]
    for measure in content["measures"]:
        result = measure["results"]["cloudrig"]
        assert result["reason"] is None
        assert None not in result["values"].values()
        assert all(figure["title"] in shown for figure in measure["figures"])


def test_a_given_endpoint_is_left_as_it_was() -> None:
    with own_rig() as rig:
        assert main(["--quick", "--endpoint", rig.url, "--only", "post", "stream", "rest"]) == 0

        def client(service: str) -> object:
            return boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=rig.url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        left = {
            service: getattr(client(service), operation)()[key]
            for service, operation, key in (
                ("lambda", "list_functions", "Functions"),
                ("lambda", "list_event_source_mappings", "EventSourceMappings"),
                ("apigatewayv2", "get_apis", "Items"),
                ("apigateway", "get_rest_apis", "items"),
                ("dynamodb", "list_tables", "TableNames"),
                ("iam", "list_roles", "Roles"),
                ("logs", "describe_log_groups", "logGroups"),
            )
        }
        assert left == {service: [] for service in left}


def test_what_an_endpoint_cannot_do_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--endpoint", "http://127.0.0.1:9", "--only", "invoke", "echo"]) == 0
    shown = capsys.readouterr().out
    assert "– invoke of 127.0.0.1:9: Could not connect to the endpoint URL" in shown


def test_an_unknown_measure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "nothing"])
    assert ended.value.code == 2
    assert "choose from" in capsys.readouterr().err
