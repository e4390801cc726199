"""Files: which ones are taken, where they lie, and how they are served so that no browser runs them.

A file is uploaded under a key that belongs to its uploader, and copied to one that belongs to its message when it is
sent. So it can be sent by nobody else, and not be replaced afterwards; what is not sent is removed by the bucket's
lifecycle. The id of an upload ends with the type, which therefore needs to be remembered nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote

from handlers.chat import ulid, usernames
from handlers.chat.errors import FileNotFound, TooLarge, UnsupportedType
from handlers.chat.fields import Fields, string, whole_number

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_NAME_CHARS: Final = 255
VALID_S: Final = 300
"""How long an address to upload to, or to read from, is good for."""
_MAX_FILE_ID_CHARS: Final = 64
# None of them is run by a browser that is led to it: no HTML, SVG, XML, scripts.
_ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/octet-stream": "bin",
    "text/plain": "txt",
    "text/csv": "csv",
}
_TYPES: Final = {ending: content_type for content_type, ending in _ENDINGS.items()}


@dataclass(frozen=True)
class File:
    """A file that was sent."""

    name: str
    """What its sender calls it."""
    content_type: str
    size_bytes: int


@dataclass(frozen=True)
class Upload:
    """A file that is to be uploaded."""

    content_type: str
    size_bytes: int


@dataclass(frozen=True)
class Form:
    """What S3 wants to be posted, beside the content."""

    url: str
    fields: Mapping[str, str]


class Store(Protocol):
    """The bucket."""

    def form(self, key: str, content_type: str, size_bytes: int, valid_s: int) -> Form:
        """A form that uploads the key once or more, with at most so many bytes."""

    def size_bytes(self, key: str) -> int | None:
        """The size of what lies there; None if nothing does."""

    def copy(self, source: str, key: str, content_type: str) -> None: ...

    def address(self, key: str, content_type: str, disposition: str, valid_s: int) -> str:
        """An address to read it from."""

    def remove(self, key: str) -> None:
        """May be repeated."""


def upload(fields: Fields) -> Upload:
    """Read a `createUpload`. Raises BadRequest, TooLong, UnsupportedType, TooLarge."""
    content_type = string(fields, "contentType", max_chars=100)
    size_bytes = whole_number(fields, "sizeBytes", low=1, high=2**53)
    if content_type not in _ENDINGS:
        raise UnsupportedType
    if size_bytes > MAX_FILE_BYTES:
        raise TooLarge
    return Upload(content_type, size_bytes)


def file_id(upload_ulid: str, content_type: str) -> str:
    return f"{upload_ulid}.{_ENDINGS[content_type]}"


def asked_file_id(fields: Fields) -> str:
    """The request's `fileId`. Raises BadRequest, TooLong; FileNotFound: there can be no such file."""
    given = string(fields, "fileId", max_chars=_MAX_FILE_ID_CHARS)
    upload_ulid, _, ending = given.partition(".")
    if not ulid.is_valid(upload_ulid) or ending not in _TYPES:
        raise FileNotFound
    return given


def upload_key(username: str, file_id: str) -> str:
    return f"uploads/{usernames.user_id(username)}/{file_id}"


def key(message_id: str) -> str:
    return f"files/{message_id}"


def keep(store: Store, username: str, file_id: str, name: str, message_id: str) -> File:
    """Copy what the user uploaded to where the message's file lies.

    Raises:
        FileNotFound: the user has uploaded nothing under this id.
        TooLarge: more than was agreed.
    """
    source, content_type = upload_key(username, file_id), _TYPES[file_id.partition(".")[2]]
    size_bytes = store.size_bytes(source)
    if size_bytes is None:
        raise FileNotFound
    if size_bytes > MAX_FILE_BYTES:
        raise TooLarge
    store.copy(source, key(message_id), content_type)
    return File(name, content_type, size_bytes)


def address(store: Store, message_id: str, file: File) -> str:
    """Where the message's file is read from, to be saved under its name and never to be shown as a page."""
    disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    return store.address(key(message_id), file.content_type, disposition, VALID_S)
