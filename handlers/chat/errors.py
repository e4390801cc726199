"""Everything a caller can be told went wrong; docs/chat.md says which call answers which code."""

from __future__ import annotations

from typing import ClassVar


class ChatError(Exception):
    """A refusal that is part of the contract: `code` is for programs, the text for people."""

    code: ClassVar[str]
    text: ClassVar[str]

    def __init__(self, text: str | None = None) -> None:
        super().__init__(text or self.text)


class BadRequest(ChatError):
    code, text = "BadRequest", "The request is malformed."


class TooLong(ChatError):
    code, text = "TooLong", "A field is too long."


class UnknownAction(ChatError):
    code, text = "UnknownAction", "There is no such action."


class RoomNotFound(ChatError):
    code, text = "RoomNotFound", "There is no such room."


class NotAMember(ChatError):
    code, text = "NotAMember", "You are not in this room."


class NotAdmin(ChatError):
    code, text = "NotAdmin", "Only an admin of the room may do that."


class MessageNotFound(ChatError):
    code, text = "MessageNotFound", "There is no such message here."


class NotAuthor(ChatError):
    code, text = "NotAuthor", "Only its author may do that to a message."


class TooManyReactions(ChatError):
    code, text = "TooManyReactions", "The message has as many reactions as it can hold."


class UnsupportedType(ChatError):
    code, text = "UnsupportedType", "Files of this type are not taken."


class TooLarge(ChatError):
    code, text = "TooLarge", "A file has at most 10 MiB."


class FileNotFound(ChatError):
    code, text = "FileNotFound", "Nothing was uploaded under this fileId."


class RateLimited(ChatError):
    code, text = "RateLimited", "Too many messages; wait a few seconds."


class InvalidUsername(ChatError):
    code, text = "InvalidUsername", "A user name has 3 to 32 characters of A-Z, a-z, 0-9, _ and -."


class InvalidPassword(ChatError):
    code, text = "InvalidPassword", "A password has 8 to 72 bytes in UTF-8."


class UsernameTaken(ChatError):
    code, text = "UsernameTaken", "Somebody has this user name already."


class InvalidCredentials(ChatError):
    code, text = "InvalidCredentials", "User name or password is wrong."


class Internal(ChatError):
    """Something failed that the caller can do nothing about; the log says what."""

    code, text = "Internal", "Something went wrong on our side."
