"""The CloudFormation template: what the declaration makes, and what cfn-lint finds in it."""

import pytest
import yaml  # type: ignore[import-untyped]
from cfnlint.api import lint

from stack import Parameters, chat, cloudformation
from stack.parts import parts
from tests.stack.conftest import ROOT

TEMPLATE = ROOT / "cloudformation" / "chat.yaml"
WITH_ALL = Parameters(auth_modes=("jwt", "cognito", "guest"), site_cdn=True, fanout="direct")
ONLY_AFTER_PACKAGE = "W3002"
"""Rule of cfn-lint that code is named by a local path, for `aws cloudformation package` to upload."""


def test_the_file_is_what_the_declaration_makes() -> None:
    """`cloudrig cloudformation > cloudformation/chat.yaml` makes it so again."""
    assert TEMPLATE.read_text() == cloudformation.render(Parameters())


@pytest.mark.parametrize("parameters", [Parameters(), WITH_ALL], ids=["default", "all"])
def test_cfn_lint_finds_nothing(parameters: Parameters) -> None:
    """Every property against AWS's own schemas, every reference, no circle."""
    found = lint(cloudformation.render(parameters), regions=["us-east-1", "eu-west-1"])
    assert [str(each) for each in found if each.rule.id != ONLY_AFTER_PACKAGE] == []


def test_cfn_lint_would_find_something() -> None:
    text = cloudformation.render(Parameters()).replace("- UsersTable\n", "- NobodysTable\n", 1)
    assert {each.rule.id for each in lint(text, regions=["us-east-1"])} > {ONLY_AFTER_PACKAGE}


def test_everything_is_in_it_but_the_secret_and_the_sites_files() -> None:
    template = yaml.safe_load(cloudformation.render(WITH_ALL))
    kinds = [part.kind for part in parts(chat.undeclared(WITH_ALL))]
    assert len(template["Resources"]) == sum(kind not in ("secret", "site") for kind in kinds)
    assert template["Outputs"].keys() == {"RestUrl", "WebsocketUrl", "SiteUrl", "SiteBucket", "SiteConfig"}


def test_another_rest_api_is_another_deployment() -> None:
    """CloudFormation deploys a REST API anew only where the deployment has another logical id."""

    def deployments(parameters: Parameters) -> list[str]:
        resources = yaml.safe_load(cloudformation.render(parameters))["Resources"]
        return [name for name, each in resources.items() if each["Type"] == "AWS::ApiGateway::Deployment"]

    assert deployments(Parameters()) == deployments(Parameters(rate_limit=1))
    assert deployments(Parameters()) != deployments(Parameters(allowed_origin="https://chat.example.com"))


def test_packages_are_where_build_writes_them() -> None:
    resources = yaml.safe_load(TEMPLATE.read_text())["Resources"].values()
    named = {each["Properties"]["Code"] for each in resources if each["Type"] == "AWS::Lambda::Function"}
    assert named == {f"packages/{name}.zip" for name in chat.requirements(Parameters())}
