"""The parameters of a deployment: read from an environment, checked at once, immutable afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stack.errors import StackError

AUTH_MODES = ("jwt", "cognito", "guest")
DEFAULT_AUTH_MODES = ("jwt", "guest")
FANOUTS = ("stream", "direct")
# https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
ARCHITECTURES = ("x86_64", "arm64")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
# The longest name with it is the bucket's, `{prefix}-files-{account: 12}-{region: ≤ 14}`, of at most 63 characters.
PREFIX_PATTERN = re.compile(r"[a-z](?:[a-z0-9-]{0,27}[a-z0-9])?")


class ParameterError(StackError):
    """A variable of the environment has no legal value; the text names the variable, its value and what is legal."""

    def __init__(self, variable: str, value: str, legal: str) -> None:
        super().__init__(f"{variable}={value!r}: {legal}")


@dataclass(frozen=True)
class Parameters:
    """What may differ between two deployments of the chat.

    Attributes:
        prefix: begins the name of every resource; 1–29 of `a–z 0–9 -`, beginning with a letter.
        auth_modes: the ways to sign in, some of `AUTH_MODES`.
        architecture: what the functions are built for and run on, one of `ARCHITECTURES`.
        fanout: what pushes a message: the table's `stream`, or `direct`ly the function that stores it.
        presence: whether the lobby is told who comes and goes.
        token_ttl_s: how long a token of `POST /login` is good for.
        connection_ttl_s: after how long a connection's row counts as gone (AWS closes connections after 2 h).
        log_retention_days: one of `RETENTION_DAYS`.
        rate_limit: messages a user may send in any 10 s; 0 = no limit.
        allowed_origin: the web origin that may call the REST API, or `*`.
        site_cdn: whether a CloudFront distribution stands before the site, and the bucket is closed to all else.
    """

    prefix: str = "cloudrig-chat"
    auth_modes: tuple[str, ...] = DEFAULT_AUTH_MODES
    architecture: str = ARCHITECTURES[0]
    fanout: str = "stream"
    presence: bool = True
    token_ttl_s: int = 3600
    connection_ttl_s: int = 7800
    log_retention_days: int = 7
    rate_limit: int = 60
    allowed_origin: str = "*"
    site_cdn: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Parameters:
        """Read each parameter from the variable of its name, `PREFIX`, `AUTH_MODES`, …; unset or empty: default.

        Raises:
            ParameterError: a variable has a value that is not legal.
        """
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        return cls(
            prefix=_prefix(given.get("PREFIX", cls.prefix)),
            auth_modes=_auth_modes(given.get("AUTH_MODES", ",".join(DEFAULT_AUTH_MODES))),
            architecture=_one_of(given, "ARCHITECTURE", ARCHITECTURES),
            fanout=_one_of(given, "FANOUT", FANOUTS),
            presence=_one_of(given, "PRESENCE", ("on", "off")) == "on",
            token_ttl_s=_number(given, "TOKEN_TTL_S", cls.token_ttl_s, minimum=1),
            connection_ttl_s=_number(given, "CONNECTION_TTL_S", cls.connection_ttl_s, minimum=1),
            log_retention_days=_retention_days(given, cls.log_retention_days),
            rate_limit=_number(given, "RATE_LIMIT", cls.rate_limit, minimum=0),
            allowed_origin=_origin(given.get("ALLOWED_ORIGIN", cls.allowed_origin)),
            site_cdn=_one_of(given, "SITE_CDN", ("off", "on")) == "on",
        )


def _one_of(given: Mapping[str, str], variable: str, legal: tuple[str, ...]) -> str:
    """The first one by default."""
    value = given.get(variable, legal[0])
    if value not in legal:
        raise ParameterError(variable, value, f"must be {' or '.join(legal)}")
    return value


def _prefix(value: str) -> str:
    if not PREFIX_PATTERN.fullmatch(value):
        raise ParameterError(
            "PREFIX", value, "must be 1–29 of a–z, 0–9 and -, begin with a letter and not end with a hyphen"
        )
    return value


def _auth_modes(value: str) -> tuple[str, ...]:
    modes = tuple(dict.fromkeys(mode.strip() for mode in value.split(",") if mode.strip()))
    if not modes or not set(modes) <= set(AUTH_MODES):
        raise ParameterError("AUTH_MODES", value, f"must be some of {','.join(AUTH_MODES)}, separated by commas")
    return modes


def _number(given: Mapping[str, str], variable: str, default: int, *, minimum: int) -> int:
    value = given.get(variable, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < minimum:
        raise ParameterError(variable, value, f"must be a whole number from {minimum} to 999999999")
    return int(value)


def _retention_days(given: Mapping[str, str], default: int) -> int:
    days = _number(given, "LOG_RETENTION_DAYS", default, minimum=1)
    if days not in RETENTION_DAYS:
        legal = ", ".join(map(str, RETENTION_DAYS))
        raise ParameterError("LOG_RETENTION_DAYS", str(days), f"CloudWatch Logs keeps logs for one of {legal} days")
    return days


def _origin(value: str) -> str:
    if value != "*" and not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?", value):
        raise ParameterError("ALLOWED_ORIGIN", value, "must be * or an origin such as https://chat.example.com")
    return value
