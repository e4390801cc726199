"""Rooms, as stories go on in them: opened, asked for, let in to, looked at."""

from __future__ import annotations

from scenarios.client import ChatClient
from scenarios.protocol import Frame

ROOM_ACTIONS = ("sendMessage", "getMessages", "typing", "getMembers")


async def open_room(admin: ChatClient, name: str = "Tea") -> str:
    """Open a room and speak there from now on; its id."""
    room = await admin.ask("createRoom", "room", name=name)
    admin.room = room["roomId"]
    return admin.room


async def decide(admin: ChatClient, room: str, asker: ChatClient, decision: str = "approve") -> Frame:
    return await admin.ask("joinRoom", "joinDecided", roomId=room, username=asker.username, decision=decision)


async def let_in(admin: ChatClient, *askers: ChatClient) -> None:
    """Ask and be approved, one after the other; they speak in the admin's room from now on."""
    for asker in askers:
        await asker.ask("joinRoom", "joinRequested", roomId=admin.room)
        await decide(admin, admin.room, asker)
        asker.room = admin.room


async def members(viewer: ChatClient, room: str) -> dict[str, tuple[str, str]]:
    """User names with role and status, as the viewer is shown them."""
    shown = await viewer.ask("getMembers", "members", roomId=room)
    return {each["username"]: (each["role"], each["status"]) for each in shown["members"]}


async def rooms_of(client: ChatClient) -> dict[str, Frame]:
    """What `listRooms` shows, by room id."""
    return {room["roomId"]: room for room in (await client.ask("listRooms", "rooms"))["rooms"]}


async def heard_next(listener: ChatClient, room: str, speaker: ChatClient) -> list[Frame]:
    """Everything of a room that has reached the listener by the time a new message of the lobby does."""
    sent = await speaker.ask("sendMessage", "sent", roomId="lobby", text="by now")
    await listener.expect("message", messageId=sent["messageId"])
    return [*listener.arrived("message", roomId=room), *listener.arrived("member", roomId=room)]


async def refusals(client: ChatClient, room: str) -> set[str]:
    """How all that members may do is answered."""
    answers = [await client.request(action, roomId=room, text="let me in") for action in ROOM_ACTIONS]
    return {answer.get("code", "no error") for answer in answers}
