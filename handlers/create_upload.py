"""`createUpload`: an address to upload a file to, which `sendFile` then sends."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.recent_sends import RecentSendsTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import files, rate_limit, rooms
from handlers.chat.ulid import Ulids
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
recent_sends = RecentSendsTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
store = aws.files(os.environ["FILES_URL"], os.environ["FILES_BUCKET"])
limit = int(os.environ.get("RATE_LIMIT", "60"))
ulids = Ulids()


@websocket.action
def handler(request: Request) -> Answer:
    """`upload` `{fileId, url, fields, expiresAt}`."""
    upload, now_ms = files.upload(request.fields), clock.now_ms()
    uploader = rooms.participant(connections, room_table, rooms.LOBBY, request.connection_id, now_ms).username
    rate_limit.check(recent_sends, uploader, limit, now_ms)
    file_id = files.file_id(ulids.next(now_ms), upload.content_type)
    form = store.form(files.upload_key(uploader, file_id), upload.content_type, upload.size_bytes, files.VALID_S)
    expires_at_ms = now_ms + files.VALID_S * 1000
    return {"type": "upload", "fileId": file_id, "url": form.url, "fields": form.fields, "expiresAt": expires_at_ms}
