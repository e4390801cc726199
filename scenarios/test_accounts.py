"""Accounts: signing up and logging in over the REST API."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from scenarios.story import Chat

PASSWORD = "correct horse"


async def test_sign_up_then_log_in(chat: Chat) -> None:
    """Who has signed up can log in, and gets a token, their name and until when the token is good."""
    ann = chat.name("Ann")
    signed_up = await chat.accounts.sign_up(ann, PASSWORD)
    assert (signed_up.status, signed_up.body) == (201, {"username": ann})
    logged_in = await chat.accounts.log_in(ann, PASSWORD)
    assert logged_in.status == 200
    assert logged_in.body.keys() == {"token", "username", "expiresAt"}
    assert logged_in.body["username"] == ann
    assert logged_in.body["expiresAt"] > time.time() * 1000


async def test_log_in_in_another_case(chat: Chat) -> None:
    """Names are one without regard to case; everybody sees the name as its owner spelled it."""
    ann = chat.name("Ann")
    await chat.accounts.sign_up(ann, PASSWORD)
    logged_in = await chat.accounts.log_in(ann.upper(), PASSWORD)
    assert (logged_in.status, logged_in.body["username"]) == (200, ann)


@pytest.mark.parametrize("spelling", [str, str.upper], ids=["same", "other case"])
async def test_a_name_is_taken_once(chat: Chat, spelling: type[str]) -> None:
    """Nobody can sign up as somebody else, in whatever case."""
    ann = chat.name("ann")
    await chat.accounts.sign_up(ann, PASSWORD)
    again = await chat.accounts.sign_up(spelling(ann), "another password")
    assert (again.status, again.code) == (409, "UsernameTaken")


async def test_sign_ups_racing_for_one_name(chat: Chat) -> None:
    """Of sign-ups of one name at the same time exactly one wins, and its password is the account's. (To look whether
    the name is free and then to write it would let both in.)
    """
    ann = chat.name("ann")
    passwords = [f"password of {number}" for number in range(4)]
    answers = await asyncio.gather(*(chat.accounts.sign_up(ann, password) for password in passwords))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    for password, answer in zip(passwords, answers, strict=True):
        logged_in = await chat.accounts.log_in(ann, password)
        assert logged_in.status == (200 if answer.status == 201 else 401)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"username": "ab", "password": "long enough"}', "InvalidUsername"),
        (json.dumps({"username": "a" * 33, "password": "long enough"}), "InvalidUsername"),
        ('{"username": "ann marie", "password": "long enough"}', "InvalidUsername"),
        ('{"username": "~ann", "password": "long enough"}', "InvalidUsername"),
        ('{"username": "änne", "password": "long enough"}', "InvalidUsername"),
        ('{"username": "ann\\n", "password": "long enough"}', "InvalidUsername"),
        ('{"username": "somebody", "password": "7 bytes"}', "InvalidPassword"),
        (json.dumps({"username": "somebody", "password": "é" * 37}), "InvalidPassword"),
        ('{"username": "somebody"}', "BadRequest"),
        ('{"username": null, "password": "long enough"}', "BadRequest"),
        ('{"username": "somebody", "password": 12345678}', "BadRequest"),
        ('["somebody", "long enough"]', "BadRequest"),
        ("username=somebody&password=long", "BadRequest"),
        ("", "BadRequest"),
    ],
)
async def test_bad_input_is_refused(chat: Chat, body: str, code: str) -> None:
    """Whatever is no user name, no password or no request at all is answered 400 with the code that says which.

    The password of 37 two-byte letters has 74 bytes: bcrypt would quietly ignore the last two.
    """
    answer = await chat.accounts.post("/signup", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (400, code)
    assert answer.body["error"].keys() == {"code", "message"}


async def test_wrong_password_and_unknown_user_are_told_alike(chat: Chat) -> None:
    """Nobody learns from the answer whether a name has an account."""
    ann = await chat.account("ann")
    wrong = await chat.accounts.log_in(ann.username, "wrong password")
    unknown = await chat.accounts.log_in(chat.name("nobody"), "wrong password")
    assert (wrong.status, wrong.code) == (401, "InvalidCredentials")
    assert (unknown.status, unknown.body) == (wrong.status, wrong.body)


async def test_any_page_may_ask(chat: Chat) -> None:
    """The site comes from another origin than the API: browsers ask first (preflight), and read no answer, an error
    neither, that lacks the CORS header.
    """
    asked = {"Origin": "http://site.example", "Access-Control-Request-Method": "POST"}
    preflight = await chat.accounts.request("OPTIONS", "/login", headers=asked)
    assert preflight.status == 200
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    refused = await chat.accounts.log_in("nobody", "wrong password")
    for answer in (preflight, refused):
        assert answer.headers["access-control-allow-origin"]
    assert refused.headers["content-type"] == "application/json"
