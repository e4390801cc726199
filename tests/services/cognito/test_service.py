import json

import pytest
from pycognito.aws_srp import AWSSRP

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Event, Events
from cloudrig.services.cognito.sign_in import CHALLENGE_LASTS_S
from cloudrig.services.cognito.srp import N
from tests.services.cognito.conftest import PoolUnderTest

Answered = tuple[int, dict[str, object]]
WRONG = {"__type": "NotAuthorizedException", "message": "Incorrect username or password."}


def code_of(answer: tuple[int, dict[str, object]]) -> object:
    return answer[1].get("__type")


async def srp(
    pool: PoolUnderTest, name: str, password: str, clock: Clock | None = None, times: int = 1
) -> tuple[int, dict[str, object]]:
    """A sign-in by SRP; what its last step answers."""
    client = AWSSRP(name, password, pool.id, pool.client_id, client=object())
    begun = await pool.call("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters=client.get_auth_params())
    assert (begun[0], begun[1]["ChallengeName"]) == (200, "PASSWORD_VERIFIER")
    responses = client.process_challenge(begun[1]["ChallengeParameters"], {"USERNAME": name})
    if clock is not None:
        clock.advance(CHALLENGE_LASTS_S + 1)
    for _ in range(times):
        answer = await pool.call(
            "RespondToAuthChallenge", ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
        )
    return answer


async def test_whoever_signs_up_or_in_is_told_as_active_and_who_fails_is_not(
    pool: PoolUnderTest, events: Events
) -> None:
    heard: list[Event] = []
    with events.subscribe(heard.append):
        await pool.confirmed("Ann")
        await pool.sign_in("ann")
        await pool.sign_in("nobody")
        await srp(pool, "ann", "correct horse")
    assert {event.fields["user"] for event in heard if event.kind == "cognito.user"} == {"ann"}


async def test_a_code_confirms_and_no_other_does(pool: PoolUnderTest) -> None:
    assert (await pool.sign_up("ann"))[0] == 200
    assert code_of(await pool.sign_in("ann")) == "UserNotConfirmedException"
    wrong = await pool.call("ConfirmSignUp", Username="ann", ConfirmationCode="no code")
    assert code_of(wrong) == "CodeMismatchException"
    unknown = await pool.call("ConfirmSignUp", Username="bob", ConfirmationCode="123456")
    assert code_of(unknown) == "ExpiredCodeException"
    assert (await pool.call("ConfirmSignUp", Username="ann", ConfirmationCode=pool.code("ann")))[0] == 200
    assert (await pool.sign_in("ann"))[0] == 200
    again = await pool.call("ConfirmSignUp", Username="ann", ConfirmationCode="123456")
    assert again[1]["message"] == "User cannot be confirmed. Current status is CONFIRMED"


async def test_a_new_code_makes_the_last_one_void(pool: PoolUnderTest) -> None:
    await pool.sign_up("ann")
    status, answer = await pool.call("ResendConfirmationCode", Username="ann")
    assert status == 200
    assert answer["CodeDeliveryDetails"] == {
        "AttributeName": "email",
        "DeliveryMedium": "EMAIL",
        "Destination": "a***@e***",
    }
    assert (await pool.call("ConfirmSignUp", Username="ann", ConfirmationCode=pool.code("ann")))[0] == 200
    assert code_of(await pool.call("ResendConfirmationCode", Username="ann")) == "InvalidParameterException"
    # Nobody is told that there is no such user.
    assert (await pool.call("ResendConfirmationCode", Username="bob"))[0] == 200


async def test_a_name_is_one_in_any_case(pool: PoolUnderTest) -> None:
    await pool.sign_up("Ann")
    assert code_of(await pool.sign_up("ANN")) == "UsernameExistsException"
    confirmed = await pool.call("ConfirmSignUp", Username="aNN", ConfirmationCode=pool.code("Ann"))
    assert confirmed[0] == 200
    assert (await pool.sign_in("ann"))[0] == 200
    await pool.admin("admin_delete_user", UserPoolId=pool.id, Username="Ann")
    assert (await pool.sign_up("ANN"))[0] == 200
    again = await pool.call("ConfirmSignUp", Username="ANN", ConfirmationCode=pool.code("ANN"))
    assert again[0] == 200
    assert (await srp(pool, "ANN", "correct horse"))[0] == 200


async def test_where_case_counts_it_counts(pool: PoolUnderTest) -> None:
    await pool.make(PoolName="another")
    assert [(await pool.sign_up(name))[0] for name in ("Ann", "ANN")] == [200, 200]


async def test_by_srp_the_password_decides(pool: PoolUnderTest) -> None:
    await pool.confirmed("Ann")
    status, answer = await srp(pool, "Ann", "correct horse")
    assert status == 200
    assert answer["AuthenticationResult"]
    assert await srp(pool, "Ann", "wrong horse") == (400, WRONG)
    assert await srp(pool, "nobody", "correct horse") == (400, WRONG)
    assert (await srp(pool, "ANN", "correct horse"))[0] == 200


async def test_a_proof_counts_once_and_not_for_long(pool: PoolUnderTest, clock: Clock) -> None:
    await pool.confirmed("ann")
    assert await srp(pool, "ann", "correct horse", times=2) == (400, WRONG)
    assert await srp(pool, "ann", "correct horse", clock=clock) == (400, WRONG)


@pytest.mark.parametrize("value", ["0", f"{N:x}", "no number", ""])
async def test_a_public_value_that_is_none_is_refused(pool: PoolUnderTest, value: str) -> None:
    await pool.confirmed("ann")
    parameters = {"USERNAME": "ann", "SRP_A": value}
    answer = await pool.call("InitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    assert answer[0] == 400


async def test_a_proof_of_nothing_is_refused(pool: PoolUnderTest) -> None:
    await pool.confirmed("ann")
    for responses in ({}, {"PASSWORD_CLAIM_SECRET_BLOCK": "x"}, {"PASSWORD_CLAIM_SIGNATURE": 7}):
        answer = await pool.call(
            "RespondToAuthChallenge", ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
        )
        assert answer == (400, WRONG)


async def test_every_way_to_set_a_password_counts(pool: PoolUnderTest) -> None:
    await pool.confirmed("ann")
    token = (await pool.sign_in("ann"))[1]["AuthenticationResult"]["AccessToken"]
    changed = {"PreviousPassword": "correct horse", "ProposedPassword": "second horse", "AccessToken": token}
    assert (await pool.call("ChangePassword", **changed))[0] == 200
    assert (await srp(pool, "ann", "second horse"))[0] == 200
    await pool.call("AdminSetUserPassword", UserPoolId=pool.id, Username="ann", Password="third horse", Permanent=True)
    assert (await srp(pool, "ann", "third horse"))[0] == 200
    assert await srp(pool, "ann", "second horse") == (400, WRONG)
    # One that was set behind our back is known once it has been used.
    await pool.admin(
        "admin_set_user_password", UserPoolId=pool.id, Username="ann", Password="fourth horse", Permanent=True
    )
    assert (await pool.sign_in("ann", "fourth horse"))[0] == 200
    assert (await srp(pool, "ann", "fourth horse"))[0] == 200


async def test_unknown_users_are_told_where_the_client_wants_it(pool: PoolUnderTest) -> None:
    await pool.confirmed("ann")
    assert await pool.sign_in("bob") == (400, WRONG) == await pool.sign_in("ann", "wrong horse")
    await pool.admin(
        "update_user_pool_client", UserPoolId=pool.id, ClientId=pool.client_id, PreventUserExistenceErrors="LEGACY"
    )
    await pool.call("UpdateUserPoolClient", UserPoolId=pool.id)  # whatever it changes, clients are read anew
    assert code_of(await pool.sign_in("bob")) == "UserNotFoundException"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"ClientId": 7}', b'{"ClientId": "none", "Username": "ann"}'])
@pytest.mark.parametrize("operation", ["SignUp", "ConfirmSignUp", "InitiateAuth", "RespondToAuthChallenge"])
async def test_nonsense_is_refused_and_breaks_nothing(pool: PoolUnderTest, operation: str, body: bytes) -> None:
    response = await pool.raw(operation, body)
    assert response.status >= 400
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    missing = await pool.raw(operation, json.dumps({"ClientId": pool.client_id}).encode())
    assert missing.status >= 400
