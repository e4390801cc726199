import pytest

from stack.parameters import ParameterError, Parameters


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Parameters.from_environ({}) == Parameters(
        prefix="cloudrig-chat",
        auth_modes=("jwt", "guest"),
        architecture="x86_64",
        fanout="stream",
        presence=True,
        token_ttl_s=3600,
        connection_ttl_s=7800,
        log_retention_days=7,
        rate_limit=60,
        allowed_origin="*",
    )


def test_every_parameter_is_read_from_its_variable() -> None:
    environ = {
        "PREFIX": "ann-chat",
        "AUTH_MODES": "guest",
        "ARCHITECTURE": "arm64",
        "FANOUT": "direct",
        "PRESENCE": "off",
        "SITE_CDN": "off",
        "TOKEN_TTL_S": "60",
        "CONNECTION_TTL_S": "120",
        "LOG_RETENTION_DAYS": "30",
        "RATE_LIMIT": "0",
        "ALLOWED_ORIGIN": "https://chat.example.com",
    }
    assert Parameters.from_environ(environ) == Parameters(
        "ann-chat", ("guest",), "arm64", "direct", False, 60, 120, 30, 0, "https://chat.example.com"
    )


def test_an_empty_variable_counts_as_unset() -> None:
    assert Parameters.from_environ({"PREFIX": "", "RATE_LIMIT": " "}) == Parameters()


def test_auth_modes_may_be_spaced_and_repeated() -> None:
    assert Parameters.from_environ({"AUTH_MODES": "guest, jwt,guest"}).auth_modes == ("guest", "jwt")


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("PREFIX", "Chat", "a–z"),
        ("PREFIX", "chat-", "hyphen"),
        ("PREFIX", "a" * 30, "1–29"),
        ("AUTH_MODES", "jwt,saml", "jwt,cognito,guest"),
        ("AUTH_MODES", ",", "jwt,cognito,guest"),
        ("FANOUT", "sns", "stream or direct"),
        ("ARCHITECTURE", "aarch64", "x86_64 or arm64"),
        ("PRESENCE", "yes", "on or off"),
        ("SITE_CDN", "yes", "off"),
        ("TOKEN_TTL_S", "0", "from 1"),
        ("TOKEN_TTL_S", "1h", "whole number"),
        ("CONNECTION_TTL_S", "-5", "whole number"),
        ("RATE_LIMIT", "1.5", "whole number"),
        ("LOG_RETENTION_DAYS", "8", "1, 3, 5, 7, 14"),
        ("ALLOWED_ORIGIN", "https://chat.example.com/", "origin"),
    ],
)
def test_what_is_not_legal_is_refused_with_the_variable_its_value_and_what_is(
    variable: str, value: str, hint: str
) -> None:
    with pytest.raises(ParameterError, match=f"^{variable}=") as refused:
        Parameters.from_environ({variable: value})
    assert repr(value) in str(refused.value)
    assert hint in str(refused.value)


def test_the_longest_prefix_leaves_every_name_within_its_limit() -> None:
    """A bucket's name has at most 63 characters, a role's 64; the longest region names have 14."""
    prefix = Parameters.from_environ({"PREFIX": "a" * 29}).prefix
    assert len(f"{prefix}-site-123456789012-ap-southeast-1") <= 63
    assert len(f"{prefix}-get-messages-ap-southeast-1") <= 64
