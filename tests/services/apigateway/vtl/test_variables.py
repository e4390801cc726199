"""`$input`, `$context`, `$stageVariables` and `$util` (AG `api-gateway-mapping-template-reference.html`)."""

from __future__ import annotations

import pytest

from cloudrig.services.apigateway.vtl.variables import NotJson, Variables
from cloudrig.services.apigateway.vtl.velocity import Template, TemplateFailed

PAYLOAD = '{"a": 1.50, "b": [{"c": "x"}], "text": "say \\"hi\\"", "none": null}'
PARAMETERS = {
    "path": {"id": "7"},
    "querystring": {"id": "8", "q": "9"},
    "header": {"X-Thing": "h"},
}

PASSTHROUGH = """#set($all = $input.params())
{"params": {
#foreach($type in $all.keySet())
#set($params = $all.get($type))
"$type": {
#foreach($name in $params.keySet())
"$name": "$util.escapeJavaScript($params.get($name))"
#if($foreach.hasNext),#end
#end
}
#if($foreach.hasNext),#end
#end
}}"""


def render(template: str, payload: str = PAYLOAD) -> str:
    context = {"stage": "prod", "identity": {"sourceIp": "203.0.113.9"}, "authorizer": {"principalId": "ann"}}
    return Variables(payload, context, {"size": "xl"}, PARAMETERS).render(Template(template))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$input.body", PAYLOAD),
        ("$input.json('$.b')", '[{"c":"x"}]'),
        ("$input.json('$.text')", '"say \\"hi\\""'),
        ("$input.json('$.none') $input.json('$.nothing')", 'null ""'),
        ("$input.path('$.b[0].c') $input.path('$').b[0].c", "x x"),
        ("$input.path('$.nothing')", ""),
        ("$input.params('id') $input.params('q') $input.params('x-thing') $input.params('zz')", "7 9 h "),
        ("$context.stage $context.identity.sourceIp $context.authorizer.principalId", "prod 203.0.113.9 ann"),
        ("$stageVariables.size ${stageVariables.size} $stageVariables['size'] $stageVariables.no", "xl xl xl "),
    ],
)
def test_references(template: str, text: str) -> None:
    assert render(template) == text


def test_all_parameters() -> None:
    """The console's passthrough template loops over them by place and name."""
    import json

    assert json.loads(render(PASSTHROUGH))["params"] == PARAMETERS


def test_an_empty_body_is_an_object() -> None:
    assert render("$input.body $input.json('$') $input.path('$.a')", "") == "{} {} "


def test_a_body_that_is_no_json() -> None:
    """`$input.body` takes anything; reading it as JSON fails."""
    assert render("<$input.body>", "plain") == "<plain>"
    with pytest.raises(NotJson):
        render("$input.json('$')", "plain")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$util.escapeJavaScript($input.path('$.text'))", 'say \\"hi\\"'),
        ('$util.escapeJavaScript("it\'s")', "it\\'s"),
        ("$util.escapeJavaScript('é\n😀')", "\\u00E9\\n\\uD83D\\uDE00"),
        ('$util.escapeJavaScript("it\'s").replaceAll("\\\\\'", "\'")', "it's"),
        ('$util.parseJson(\'{"k": [1, {"z": 2}]}\').k[1].z', "2"),
        ("$util.urlEncode('a b&c/ü')", "a+b%26c%2F%C3%BC"),
        ("$util.urlDecode('a+b%26c')", "a b&c"),
        ("$util.base64Encode('hé')", "aMOp"),
        ("$util.base64Decode('aMOp')", "hé"),
    ],
)
def test_util(template: str, text: str) -> None:
    assert render(template) == text


@pytest.mark.parametrize("template", ["$util.parseJson('{')", "$util.base64Decode('?')", "$input.path('$[')"])
def test_failures(template: str) -> None:
    with pytest.raises(TemplateFailed):
        render(template)


def test_overrides_are_the_templates_to_set() -> None:
    overrides: dict[str, dict[str, object]] = {"responseOverride": {"header": {}}}
    template = "#set($context.responseOverride.status = 400)#set($context.responseOverride.header.A = 'b')"
    assert Variables("", {}, overrides=overrides).render(Template(template)) == ""
    assert overrides == {"responseOverride": {"header": {"A": "b"}, "status": 400}}
