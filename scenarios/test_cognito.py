"""Sign-in by Amazon Cognito, beside accounts of the chat's own and guests: the chat once more, with all ways in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import jwt
import pytest
from playwright.async_api import expect
from pycognito.aws_srp import AWSSRP

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.browser import OpenWindow
from scenarios.client import Refused
from scenarios.patience import until
from scenarios.pool import Pool, code_for
from scenarios.stacks import stack
from scenarios.story import Chat

# With --dist loadgroup one worker deploys it.
pytestmark = [pytest.mark.xdist_group("cognito"), pytest.mark.needs("cognito")]

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
async def outputs(target: Target) -> AsyncIterator[dict[str, Any]]:
    async with stack(target, AUTH_MODES="jwt,cognito,guest") as outputs:
        yield outputs


@pytest.fixture
async def pool(outputs: dict[str, Any]) -> Pool:
    """The pool, as the site is told of it."""
    async with (
        aiohttp.ClientSession(trust_env=True) as session,
        session.get(f"{outputs['site_url']}config.json") as answer,
    ):
        config = await answer.json()
    assert set(config["authModes"]) == {"jwt", "cognito", "guest"}
    return Pool(config["cognito"])


Join = Callable[[str], Any]


@pytest.fixture
def join_pool(chat: Chat, pool: Pool, aws: Clients) -> Join:
    """Makes a user, confirmed as an admin does it, since codes go to mail boxes; their name."""

    async def join(who: str) -> str:
        username = chat.name(who)
        assert (await pool.sign_up(username, PASSWORD)).status == 200
        await asyncio.to_thread(aws("cognito-idp").admin_confirm_sign_up, UserPoolId=pool.id, Username=username)
        return username

    return join


# --- getting in ---


async def test_a_user_of_the_pool_chats_under_a_marked_name(chat: Chat, pool: Pool, join_pool: Join) -> None:
    """The id token opens a connection; the name is marked as the pool's, so that it cannot be taken for an account."""
    name = await join_pool("ann")
    account = await chat.account("bob")
    bob = await chat.enter(account)
    ann = await chat.connect(token=(await pool.sign_in(name, PASSWORD)).id_token, username=f"+{name}")
    await ann.say("from the pool")
    await bob.expect("message", username=f"+{name}", text="from the pool")


async def test_one_name_in_three_ways_is_three_users(chat: Chat, pool: Pool, join_pool: Join) -> None:
    """An account, a guest and a user of the pool who all call themselves the same never pass for one another."""
    name = await join_pool("ann")
    assert (await chat.accounts.sign_up(name, PASSWORD)).status == 201
    own = (await chat.accounts.log_in(name, PASSWORD)).body["token"]
    people = [
        await chat.connect(token=own, username=name),
        await chat.connect(guest=name),
        await chat.connect(token=(await pool.sign_in(name, PASSWORD)).id_token, username=f"+{name}"),
    ]
    for number, person in enumerate(people):
        await person.say(f"{name} {number}")
    heard = [(await people[0].expect("message", text=f"{name} {number}"))["username"] for number in range(3)]
    assert heard == [name, f"~{name}", f"+{name}"]


@pytest.mark.needs("codes")
async def test_sign_up_confirm_sign_in(chat: Chat, pool: Pool, target: Target) -> None:
    """As a person does it: no sign-in before the code of the mail was entered, and no other code will do."""
    name = chat.name("ann")
    signed_up = await pool.sign_up(name, PASSWORD)
    assert (signed_up.status, signed_up.body["UserConfirmed"]) == (200, False)
    assert signed_up.body["CodeDeliveryDetails"]["AttributeName"] == "email"
    assert (await pool.sign_in(name, PASSWORD)).error == "UserNotConfirmedException"
    code = await code_for(target, name)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert (await pool.confirm(name, wrong)).error == "CodeMismatchException"
    assert (await pool.sign_in(name, PASSWORD)).error == "UserNotConfirmedException"
    assert (await pool.confirm(name, code)).status == 200
    assert (await pool.confirm(name, code)).error == "NotAuthorizedException"
    ann = await chat.connect(token=(await pool.sign_in(name, PASSWORD)).id_token, username=f"+{name}")
    await ann.ask("ping", "pong")


@pytest.mark.needs("codes")
async def test_a_code_is_sent_again(chat: Chat, pool: Pool, target: Target) -> None:
    """The last code counts."""
    name = chat.name("ann")
    await pool.sign_up(name, PASSWORD)
    sent = await pool.call("ResendConfirmationCode", Username=name)
    assert sent.body["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert (await pool.confirm(name, await code_for(target, name))).status == 200
    assert (await pool.call("ResendConfirmationCode", Username=name)).error == "InvalidParameterException"


async def test_a_password_is_proven_without_being_shown(pool: Pool, join_pool: Join, chat: Chat, aws: Clients) -> None:
    """USER_SRP_AUTH, by a client that knows nothing of the rig."""
    name = await join_pool("ann")
    client = AWSSRP(name, PASSWORD, pool.id, pool.client_id, client=aws("cognito-idp"))
    tokens = (await asyncio.to_thread(client.authenticate_user))["AuthenticationResult"]
    ann = await chat.connect(token=tokens["IdToken"], username=f"+{name}")
    await ann.ask("ping", "pong")


async def test_a_wrong_password_is_proven_wrong(pool: Pool, join_pool: Join, aws: Clients) -> None:
    """The proof is checked, and says no more of a user who does not exist."""
    name = await join_pool("ann")
    answers = []
    for username, password in ((name, "wrong horse"), (f"{name}-", PASSWORD)):
        client = AWSSRP(username, password, pool.id, pool.client_id, client=aws("cognito-idp"))
        with pytest.raises(aws("cognito-idp").exceptions.NotAuthorizedException) as refused:
            await asyncio.to_thread(client.authenticate_user)
        answers.append(refused.value.response["Error"]["Message"])
    assert answers == ["Incorrect username or password."] * 2


async def test_an_unknown_user_is_told_from_none(pool: Pool, join_pool: Join) -> None:
    """A wrong password and an unknown user get the same answer."""
    name = await join_pool("ann")
    wrong, unknown = await pool.sign_in(name, "wrong horse"), await pool.sign_in(f"{name}-", PASSWORD)
    assert (wrong.status, wrong.error, wrong.body) == (400, "NotAuthorizedException", unknown.body)


async def test_a_name_is_one_in_any_case(pool: Pool, join_pool: Join, chat: Chat) -> None:
    """Nobody can sign up as somebody else in capitals; the owner may write the name as they like."""
    name = await join_pool("ann")
    assert (await pool.sign_up(name.upper(), PASSWORD)).error == "UsernameExistsException"
    token = (await pool.sign_in(name.upper(), PASSWORD)).id_token
    ann = await chat.connect(token=token, username=f"+{name}")
    await ann.say("me again")
    await ann.expect("message", username=f"+{name}", text="me again")


async def test_a_session_is_renewed(pool: Pool, join_pool: Join, chat: Chat) -> None:
    """The refresh token gives a new id token, without the password."""
    name = await join_pool("ann")
    refresh_token = (await pool.sign_in(name, PASSWORD)).body["AuthenticationResult"]["RefreshToken"]
    renewed = await pool.call(
        "InitiateAuth", AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": refresh_token}
    )
    ann = await chat.connect(token=renewed.id_token, username=f"+{name}")
    await ann.ask("ping", "pong")


async def test_the_other_ways_in_stay_open(chat: Chat) -> None:
    """The authorizer lets accounts and guests in as before."""
    account = await chat.account("ann")
    ann, guest = await chat.enter(account), await chat.connect(guest=chat.name("bob"))
    await guest.say("hello")
    await ann.expect("message", username=guest.username, text="hello")


# --- staying out ---


async def test_an_access_token_opens_nothing(pool: Pool, join_pool: Join, chat: Chat) -> None:
    """It is the same pool's and signed with the same key, but says what may be called, not who is there."""
    name = await join_pool("ann")
    result = (await pool.sign_in(name, PASSWORD)).body["AuthenticationResult"]
    assert await refusal(chat, token=result["AccessToken"]) == 401
    assert await refusal(chat, token=result["RefreshToken"]) == 401


async def test_another_client_of_the_pool_opens_nothing(pool: Pool, join_pool: Join, chat: Chat, aws: Clients) -> None:
    """A token made for another application, by the same pool."""
    name = await join_pool("ann")
    made = await asyncio.to_thread(
        aws("cognito-idp").create_user_pool_client,
        UserPoolId=pool.id,
        ClientName="another",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    other = Pool({"endpoint": pool.endpoint, "userPoolId": pool.id, "clientId": made["UserPoolClient"]["ClientId"]})
    assert await refusal(chat, token=(await other.sign_in(name, PASSWORD)).id_token) == 401


async def test_another_pool_opens_nothing(pool: Pool, chat: Chat, aws: Clients) -> None:
    """Whoever makes a pool of their own can have any name in it."""
    cognito = aws("cognito-idp")
    made = await asyncio.to_thread(cognito.create_user_pool, PoolName=chat.name("pool"))
    pool_id = made["UserPool"]["Id"]
    try:
        client = await asyncio.to_thread(
            cognito.create_user_pool_client,
            UserPoolId=pool_id,
            ClientName="site",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )
        other = Pool(
            {"endpoint": pool.endpoint, "userPoolId": pool_id, "clientId": client["UserPoolClient"]["ClientId"]}
        )
        name, password = chat.name("ann"), "Correct-horse-9"
        assert (await other.sign_up(name, password)).status == 200
        await asyncio.to_thread(cognito.admin_confirm_sign_up, UserPoolId=pool_id, Username=name)
        assert await refusal(chat, token=(await other.sign_in(name, password)).id_token) == 401
    finally:
        await asyncio.to_thread(cognito.delete_user_pool, UserPoolId=pool_id)


async def test_a_token_cannot_be_rewritten(pool: Pool, join_pool: Join, chat: Chat) -> None:
    """Another payload under the signature, no signature, and the published key taken for the secret of an HMAC."""
    token = (await pool.sign_in(await join_pool("ann"), PASSWORD)).id_token
    header, _, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    key = await _published_key(pool)
    forged = [
        f"{header}.{jwt.encode({**claims, 'exp': claims['exp'] + 9}, 'x' * 32).split('.')[1]}.{signature}",
        jwt.encode(claims, "", "none", {"kid": kid}),
        jwt.encode(claims, key, "HS256", {"kid": kid}),
    ]
    for each in forged:
        assert await refusal(chat, token=each) == 401
    assert await chat.rows(f"+{claims['cognito:username']}") == []


async def test_a_name_that_the_chat_would_not_give_is_not_let_in(pool: Pool, chat: Chat, aws: Clients) -> None:
    """A pool takes names that the chat's rules do not, such as a guest's."""
    name = f"~{chat.name('ann')}"
    assert (await pool.sign_up(name, PASSWORD)).status == 200
    await asyncio.to_thread(aws("cognito-idp").admin_confirm_sign_up, UserPoolId=pool.id, Username=name)
    assert await refusal(chat, token=(await pool.sign_in(name, PASSWORD)).id_token) == 401


@pytest.mark.parametrize("how", [{}, {"token": ""}, {"token": "no token"}, {"guest": "ab"}], ids=repr)
async def test_nobody_else_gets_in(chat: Chat, how: dict[str, str]) -> None:
    """The authorizer refuses as `$connect` itself does: with 401, not with 403 or 500."""
    assert await refusal(chat, **how) == 401


async def test_tokens_of_the_pool_are_in_no_log(
    pool: Pool, join_pool: Join, chat: Chat, aws: Clients, outputs: dict[str, Any]
) -> None:
    """Neither one that opens a connection nor one that does not."""
    result = (await pool.sign_in(await join_pool("ann"), PASSWORD)).body["AuthenticationResult"]
    await (await chat.connect(token=result["IdToken"], username="+ann")).ask("ping", "pong")
    assert await refusal(chat, token=result["AccessToken"]) == 401
    functions = outputs["functions"]

    def lines(function: str) -> list[str]:
        pages = (
            aws("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{functions[function]}")
        )
        return [event["message"] for page in pages for event in page["events"]]

    await until(
        lambda: asyncio.to_thread(lines, "authorize"),
        lambda found: any('"allowed": false' in line for line in found),
        "the refusal was logged",
    )
    signatures = [token.split(".")[2] for token in (result["IdToken"], result["AccessToken"])]
    for function in ("authorize", "connect"):
        found = await asyncio.to_thread(lines, function)
        assert not [line for line in found for signature in signatures if signature in line]


# --- browsers ---


async def test_pages_of_any_origin_may_call(pool: Pool) -> None:
    """A browser asks first, because of the header `X-Amz-Target`, and reads the answers, errors included."""
    asked = {
        "Origin": "https://chat.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-amz-target",
    }
    async with (
        aiohttp.ClientSession(trust_env=True) as session,
        session.options(pool.endpoint, headers=asked) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "x-amz-target" in answer.headers["Access-Control-Allow-Headers"].lower()
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    refused = await pool.sign_in("nobody-at-all", PASSWORD)
    assert refused.headers["access-control-allow-origin"] == "*"


@pytest.mark.needs("codes")
async def test_a_person_signs_up_on_the_site(chat: Chat, open_window: OpenWindow, target: Target) -> None:
    """In a browser: name, address and password, the code of the mail, and then talking, under a name marked as the
    pool's; a reload keeps them in. After signing out the password opens the door again, and a wrong one does not.
    """
    window, name = await open_window(), chat.name("ann")
    page = window.page
    (bob,) = await chat.join("lobby", "bob")
    await page.get_by_role("button", name="Use an Amazon Cognito account").click()
    await page.get_by_role("button", name="Create account").click()
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("E-mail").fill(f"{name}@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_label("Code")).to_be_focused()
    await page.get_by_label("Code").fill(await code_for(target, name))
    await page.get_by_role("button", name="Confirm").click()
    await window.is_connected()
    own_place = page.get_by_role("list", name="Members").get_by_role("listitem").filter(has_text=name)
    await expect(own_place).to_contain_text("Cognito")
    await window.say("from the site")
    await bob.expect("message", username=f"+{name}", text="from the site")
    await page.reload()
    await window.is_connected()
    assert window.errors == []

    await page.get_by_role("button", name="Account of").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await page.get_by_role("button", name="Use an Amazon Cognito account").click()
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password", exact=True).fill("not this one")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("do not match")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await window.is_connected()


async def _published_key(pool: Pool) -> str:
    url = f"{pool.endpoint}{pool.id}/.well-known/jwks.json"
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(url) as answer:
        assert answer.status == 200
        return str((await answer.json(content_type=None))["keys"][0]["n"])


async def refusal(chat: Chat, **how: Any) -> int:
    """The status of a handshake that must fail."""
    with pytest.raises(Refused) as refused:
        await chat.connect(**how)
    return refused.value.status
