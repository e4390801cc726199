"""What a command of `cloudrig` cannot do."""

from __future__ import annotations


class Failure(Exception):
    """A failure that its user can understand: what is wrong, and what to do about it."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.remedy = remedy
