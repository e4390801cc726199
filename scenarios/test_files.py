"""Files and images: uploaded to S3 by the browser itself, sent as messages, read by who may read those."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from scenarios.client import ChatClient
from scenarios.patience import PATIENCE_S
from scenarios.protocol import Frame
from scenarios.rooms import let_in, open_room
from scenarios.story import Chat

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
SCRIPT = b"<html><script>alert(document.domain)</script>"


@dataclass(frozen=True)
class Got:
    """What an address of S3 answered."""

    status: int
    content: bytes
    headers: dict[str, str]
    """Names in lower case."""


async def upload(person: ChatClient, content: bytes, content_type: str = "image/png", **changes: str) -> Frame:
    """Ask for an address and post the content there, as a browser's form does; the `upload` answer."""
    form = await person.ask("createUpload", "upload", contentType=content_type, sizeBytes=len(content))
    assert (await post(form, content, **changes)).status == 204
    return form


async def post(form: Frame, content: bytes, **changes: str) -> Got:
    body = aiohttp.FormData()
    for name, value in {**form["fields"], **changes}.items():
        body.add_field(name, value)
    body.add_field("file", content, filename="x", content_type="application/octet-stream")
    return await _request("POST", form["url"], data=body)


async def get(url: str) -> Got:
    return await _request("GET", url)


async def _request(method: str, url: str, **more: Any) -> Got:
    timeout = aiohttp.ClientTimeout(PATIENCE_S)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
        session.request(method, url, **more) as answer,
    ):
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Got(answer.status, await answer.read(), headers)


async def send(person: ChatClient, content: bytes = PNG, name: str = "tea.png", **more: object) -> Frame:
    """Upload and send; the `message` as it is pushed to the sender."""
    form = await upload(person, content)
    sent = await person.ask("sendFile", "sent", roomId=person.room, fileId=form["fileId"], name=name, **more)
    return await person.expect("message", messageId=sent["messageId"])


def policy_of(form: Frame) -> dict[str, Any]:
    """What S3 checks of a form."""
    policy: dict[str, Any] = json.loads(base64.b64decode(form["fields"]["policy"]))
    return policy


async def address(person: ChatClient, message: Frame) -> str:
    answer = await person.ask("getFile", "file", roomId=message["roomId"], messageId=message["messageId"])
    return str(answer["url"])


async def test_from_upload_to_download(chat: Chat) -> None:
    """What Ann uploads and sends reaches Bob as a message with a file, whose content he gets, byte for byte."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(ann)
    await let_in(ann, bob)
    await send(ann, text="look", clientId="c1")
    message = await bob.expect("message", roomId=room)
    assert (message["username"], message["text"], message["clientId"]) == (ann.username, "look", "c1")
    assert message["file"] == {"name": "tea.png", "contentType": "image/png", "sizeBytes": len(PNG)}
    (in_history,) = (await bob.history())["messages"]
    assert in_history == {name: value for name, value in message.items() if name != "type"}
    got = await get(await address(bob, message))
    assert (got.status, got.content, got.headers["content-type"]) == (200, PNG, "image/png")
    assert [each["messageId"] for each in (await _search(bob, "TEA"))] == [message["messageId"]]


async def test_a_file_needs_no_words(chat: Chat) -> None:
    """Its message has an empty text, and may get one, and lose it again."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    message = await send(ann)
    assert message["text"] == ""
    where = {"roomId": ann.room, "messageId": message["messageId"]}
    for text in ("look", ""):
        edited = (await ann.ask("editMessage", "edited", **where, text=text))["message"]
        assert (edited["text"], edited["file"]) == (text, message["file"])


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("tea.png", "tea.png"),
        ('"><script>alert(1)</script>.html', "%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E.html"),
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
        ("x\r\nSet-Cookie: a=b", "x%0D%0ASet-Cookie%3A%20a%3Db"),
        ("Tee 🍵.png", "Tee%20%F0%9F%8D%B5.png"),
    ],
)
async def test_a_browser_saves_a_file_and_never_runs_it(chat: Chat, name: str, saved: str) -> None:
    """Whatever is in it and whatever it is called, it is served as an attachment, under the type that was agreed."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    message = await send(ann, SCRIPT, name)
    assert message["file"]["name"] == name
    got = await get(await address(ann, message))
    assert got.headers["content-disposition"] == f"attachment; filename*=UTF-8''{saved}"
    assert got.headers["content-type"] == "image/png"
    assert "set-cookie" not in got.headers


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "text/xml", "application/javascript", "x", ""])
async def test_what_browsers_run_is_not_taken(chat: Chat, content_type: str) -> None:
    """There is no address to upload it to."""
    (ann,) = await chat.join("lobby", "ann")
    answer = await ann.request("createUpload", contentType=content_type, sizeBytes=10)
    assert answer["code"] == "UnsupportedType"


async def test_what_is_agreed_is_in_what_s3_checks(chat: Chat) -> None:
    """The policy of the form fixes key, type, disposition and size; a form is good for five minutes."""
    (ann,) = await chat.join("lobby", "ann")
    form = await ann.ask("createUpload", "upload", contentType="image/png", sizeBytes=10)
    policy = policy_of(form)
    assert ["content-length-range", 1, 10] in policy["conditions"]
    for name in ("key", "Content-Type", "Content-Disposition"):
        assert {name: form["fields"][name]} in policy["conditions"]
    assert form["fields"]["Content-Disposition"] == "attachment"
    assert ann.username in form["fields"]["key"]


async def test_more_than_was_agreed_is_not_sent(chat: Chat) -> None:
    """Should the upload itself have been let through, sending looks again."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    form = await ann.ask("createUpload", "upload", contentType="image/png", sizeBytes=10)
    posted = await post(form, bytes(10 * 1024 * 1024 + 1))
    answer = await ann.request("sendFile", roomId=ann.room, fileId=form["fileId"], name="x")
    assert answer["code"] == ("TooLarge" if posted.status == 204 else "FileNotFound")
    assert (await ann.history())["messages"] == []


async def test_nobody_sends_what_another_uploaded(chat: Chat) -> None:
    """The id of an upload is worth nothing to anybody else."""
    ann, eve = await chat.join("lobby", "ann", "eve")
    await open_room(eve)
    form = await upload(ann, PNG)
    answer = await eve.request("sendFile", roomId=eve.room, fileId=form["fileId"], name="mine.png")
    assert answer["code"] == "FileNotFound"
    for file_id in (f"../{ann.username}/{form['fileId']}", form["fields"]["key"], f"{form['fileId']}/"):
        assert (await eve.request("sendFile", roomId=eve.room, fileId=file_id, name="x"))["code"] in {
            "FileNotFound",
            "TooLong",
        }
    assert (await eve.history())["messages"] == []


async def test_only_who_reads_the_message_gets_the_file(chat: Chat) -> None:
    """Not who is not in the room, and no more who has left; an address for one is none for another."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    room = await open_room(ann)
    await let_in(ann, bob)
    message = await send(ann)
    where = {"roomId": room, "messageId": message["messageId"]}
    await address(bob, message)
    assert (await eve.request("getFile", **where))["code"] == "NotAMember"
    await bob.ask("leaveRoom", "left", roomId=room)
    assert (await bob.request("getFile", **where))["code"] == "NotAMember"


async def test_what_was_sent_is_not_replaced(chat: Chat) -> None:
    """Its uploader still has the form, and may post another content with it: what was sent stays."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    form = await upload(ann, PNG)
    sent = await ann.ask("sendFile", "sent", roomId=ann.room, fileId=form["fileId"], name="x")
    await post(form, SCRIPT)
    got = await get(await address(ann, {"roomId": ann.room, "messageId": sent["messageId"]}))
    assert got.content == PNG


async def test_with_the_message_the_file_is_deleted(chat: Chat) -> None:
    """Who has an address of before finds nothing there any more."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    message = await send(ann)
    url = await address(ann, message)
    where = {"roomId": ann.room, "messageId": message["messageId"]}
    deleted = (await ann.ask("deleteMessage", "deleted", **where))["message"]
    assert "file" not in deleted
    assert (await ann.request("getFile", **where))["code"] == "MessageNotFound"
    assert (await get(url)).status in (403, 404)


async def test_files_in_direct_messages_are_for_the_two(chat: Chat) -> None:
    """As everything there."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    ann.room = f"@{bob.username}"
    message = await send(ann)
    theirs = {**message, "roomId": f"@{ann.username}"}
    await bob.expect("message", messageId=message["messageId"], roomId=f"@{ann.username}")
    assert (await get(await address(bob, theirs))).content == PNG
    for room in (f"@{ann.username}", f"@{bob.username}", "lobby"):
        assert (await eve.request("getFile", roomId=room, messageId=message["messageId"]))["code"] == "MessageNotFound"


async def test_the_bucket_is_not_open(chat: Chat, aws: Any) -> None:
    """No public access, and no reading without a signature where the target checks that; what is not sent expires."""
    (ann,) = await chat.join("lobby", "ann")
    form = await ann.ask("createUpload", "upload", contentType="image/png", sizeBytes=10)
    (bucket,) = [each["bucket"] for each in policy_of(form)["conditions"] if "bucket" in each]
    block = await asyncio.to_thread(aws("s3").get_public_access_block, Bucket=bucket)
    assert all(block["PublicAccessBlockConfiguration"].values())
    (rule,) = (await asyncio.to_thread(aws("s3").get_bucket_lifecycle_configuration, Bucket=bucket))["Rules"]
    assert form["fields"]["key"].startswith(rule["Filter"]["Prefix"])


async def test_an_address_is_signed_and_ends(chat: Chat) -> None:
    """By SigV4, for five minutes."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    message = await send(ann)
    answer = await ann.ask("getFile", "file", roomId=ann.room, messageId=message["messageId"])
    query = parse_qs(urlsplit(answer["url"]).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Signature"]
    assert answer["expiresAt"] - message["sentAt"] >= 300_000


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("createUpload", {}, "BadRequest"),
        ("createUpload", {"contentType": "image/png"}, "BadRequest"),
        ("createUpload", {"contentType": "image/png", "sizeBytes": 0}, "BadRequest"),
        ("createUpload", {"contentType": "image/png", "sizeBytes": "10"}, "BadRequest"),
        ("createUpload", {"contentType": "image/png", "sizeBytes": 10 * 1024 * 1024 + 1}, "TooLarge"),
        ("createUpload", {"contentType": "x" * 101, "sizeBytes": 1}, "TooLong"),
        ("sendFile", {}, "BadRequest"),
        ("sendFile", {"fileId": "x", "name": "x"}, "FileNotFound"),
        ("sendFile", {"fileId": f"{'0' * 26}.png", "name": "x"}, "FileNotFound"),
        ("sendFile", {"fileId": f"{'0' * 26}.html", "name": "x"}, "FileNotFound"),
        ("sendFile", {"fileId": f"{'0' * 26}.png"}, "BadRequest"),
        ("sendFile", {"fileId": f"{'0' * 26}.png", "name": ""}, "BadRequest"),
        ("sendFile", {"fileId": f"{'0' * 26}.png", "name": "x" * 256}, "TooLong"),
        ("sendFile", {"fileId": f"{'0' * 26}.png", "name": "x", "text": "x" * 4001}, "TooLong"),
        ("sendFile", {"fileId": f"{'0' * 26}.png", "name": "x", "roomId": "no-such-room"}, "RoomNotFound"),
        ("getFile", {"roomId": "lobby"}, "BadRequest"),
        ("getFile", {"roomId": "lobby", "messageId": "0" * 26}, "MessageNotFound"),
    ],
)
async def test_a_bad_request_is_refused(chat: Chat, action: str, fields: dict[str, object], code: str) -> None:
    """With the code that says why."""
    (ann,) = await chat.join("lobby", "ann")
    assert (await ann.request(action, **fields))["code"] == code


async def test_a_message_without_a_file_has_none_to_get(chat: Chat) -> None:
    """`MessageNotFound`, as for a message that is not there."""
    (ann,) = await chat.join("lobby", "ann")
    sent = await ann.say("only words")
    assert (await ann.request("getFile", roomId="lobby", messageId=sent["messageId"]))["code"] == "MessageNotFound"


async def _search(reader: ChatClient, query: str) -> list[Frame]:
    answer = await reader.ask("searchMessages", "found", roomId=reader.room, query=query)
    return list(answer["messages"])


async def test_a_file_can_begin_a_conversation(chat: Chat) -> None:
    """With somebody who is not connected, too; to nobody at all it is not sent."""
    account = await chat.account("bob")
    (ann,) = await chat.join("lobby", "ann")
    ann.room = f"@{account.username}"
    message = await send(ann)
    bob = await chat.enter(account)
    bob.room = f"@{ann.username}"
    (found,) = (await bob.history())["messages"]
    assert (found["messageId"], found["file"]["name"]) == (message["messageId"], "tea.png")
    form = await upload(ann, PNG)
    refused = await ann.request("sendFile", roomId=f"@{chat.name('nobody')}", fileId=form["fileId"], name="x")
    assert refused["type"] == "error"
