"""Sessions of the AWS SDK for endpoints that are not AWS: a user's profiles and files say how to reach AWS alone."""

from __future__ import annotations

import os

import botocore.session

_NOTHING: dict[str, tuple[None, None, str | None, None]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's variables: the name in the configuration file, that in the environment, the value, how it is converted."""


def apart_from_profiles() -> botocore.session.Session:
    """A session that heeds no profile and reads no file, whatever the environment names and whether it can be read."""
    return botocore.session.Session(session_vars=_NOTHING)
