from stack.plan import Difference, Observed, Verb, decide, describe, plan_deploy, plan_destroy, render
from stack.resources import LogGroup, Role, Stack, Statement

GROUP = LogGroup(id="a", name="/a", retention_days=7)
ROLE = Role(id="a", name="a", path="/", statements=(Statement(("logs:PutLogEvents",), ("${logs.a.arn}",)),))
STACK = Stack("x", (GROUP, ROLE))
GROUP_FACTS = {"logs.a.arn": "arn:a"}


def policy(resource: str) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": [resource]}
    return {"policy": {"Version": "2012-10-17", "Statement": [statement]}}


def test_what_is_not_there_is_created_with_all_its_aspects() -> None:
    action = decide(GROUP, None, {})
    assert (action.verb, action.changes, action.reason) == (Verb.CREATE, {"retention": Difference.ADDED}, "")


def test_what_is_as_declared_is_unchanged() -> None:
    assert decide(GROUP, Observed({"retention": 7}), {}).verb is Verb.UNCHANGED


def test_each_aspect_that_differs_is_a_reason() -> None:
    action = decide(GROUP, Observed({"retention": 30, "colour": "red"}), {})
    assert action.verb is Verb.UPDATE
    assert action.changes == {"retention": Difference.CHANGED, "colour": Difference.REMOVED}
    assert action.reason == "retention changed, colour removed"


def test_an_aspect_that_is_missing_is_added() -> None:
    assert decide(GROUP, Observed({}), {}).reason == "retention added"


def test_what_is_known_of_others_is_compared() -> None:
    assert decide(ROLE, Observed(policy("arn:a")), GROUP_FACTS).verb is Verb.UNCHANGED
    assert decide(ROLE, Observed(policy("arn:b")), GROUP_FACTS).verb is Verb.UPDATE


def test_what_is_not_known_yet_counts_as_a_change() -> None:
    assert decide(ROLE, Observed(policy("arn:a")), {}).verb is Verb.UPDATE


def test_a_plan_keeps_the_order_of_declaration_and_a_removal_turns_it_round() -> None:
    observed = {"logs.a": Observed({"retention": 7}), "role.a": Observed(policy("arn:a"))}
    deploy = plan_deploy(STACK, observed, GROUP_FACTS)
    assert [(each.verb, each.resource.key) for each in deploy.actions] == [
        (Verb.UNCHANGED, "logs.a"),
        (Verb.UNCHANGED, "role.a"),
    ]
    destroy = plan_destroy(STACK, observed, GROUP_FACTS)
    assert [(each.verb, each.resource.key) for each in destroy.actions] == [
        (Verb.DELETE, "role.a"),
        (Verb.DELETE, "logs.a"),
    ]


def test_what_is_gone_is_not_removed() -> None:
    plan = plan_destroy(STACK, {"logs.a": Observed({})}, {})
    assert [(each.verb, each.resource.key) for each in plan.actions] == [
        (Verb.UNCHANGED, "role.a"),
        (Verb.DELETE, "logs.a"),
    ]


def test_a_plan_shows_what_is_made_by_kind_and_what_is_changed_with_the_reason() -> None:
    groups = tuple(LogGroup(id=name, name=f"/{name}", retention_days=7) for name in "abcd")
    observed = {"logs.c": Observed({"retention": 1}), "logs.d": Observed({"retention": 7})}
    assert render(plan_deploy(Stack("x", groups), observed, {})) == "\n".join(
        [
            "+ logs         a, b",
            "~ logs         c              retention changed",
            "",
            "Plan: 2 to create, 1 to update, 1 unchanged.",
        ]
    )


def test_a_plan_of_nothing_says_so_in_one_line() -> None:
    observed = {"logs.a": Observed({"retention": 7}), "role.a": Observed(policy("arn:a"))}
    assert render(plan_deploy(STACK, observed, GROUP_FACTS)) == "Plan: 2 unchanged."


def test_an_action_is_told_in_a_line() -> None:
    assert describe(decide(GROUP, None, {})) == "+ logs         a"
    assert describe(decide(GROUP, Observed({}), {})) == "~ logs         a              retention added"
