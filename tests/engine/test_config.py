"""Settings come from the environment; what cannot be used is refused in words."""

from pathlib import Path

import pytest

from cloudrig.engine.config import BEFORE_UPSTREAM_SERVICES, EMBEDDED_SERVICES, Config, ConfigError


def read(environ: dict[str, str], **overrides: object) -> Config:
    return Config.from_environ(environ, Path("/data"), **overrides)


def test_alone_the_engine_keeps_dynamodb_too() -> None:
    assert read({}).services == EMBEDDED_SERVICES


def test_before_an_upstream_the_tables_are_the_upstreams() -> None:
    config = read({"CLOUDRIG_UPSTREAM": "http://localstack:4566"})
    assert config.services == BEFORE_UPSTREAM_SERVICES
    assert read({}, upstream="http://x").services == BEFORE_UPSTREAM_SERVICES


def test_services_can_be_chosen_even_none() -> None:
    assert read({"CLOUDRIG_SERVICES": "lambda, dynamodb"}).services == {"lambda", "dynamodb"}
    assert read({"CLOUDRIG_SERVICES": ""}).services == frozenset()


def test_throttling_is_off_unless_switched_on() -> None:
    assert not read({}).throttling
    assert not read({"CLOUDRIG_THROTTLING": "off"}).throttling
    assert read({"CLOUDRIG_THROTTLING": "on"}).throttling
    assert read({}).freezing
    assert not read({"CLOUDRIG_FREEZE": "off"}).freezing


def test_arguments_win_over_the_environment() -> None:
    config = read({"CLOUDRIG_UPSTREAM": "http://a"}, upstream="http://b", port=5000, host=None)
    assert (config.upstream, config.port, config.tls_port, config.host) == ("http://b", 5000, 5001, "127.0.0.1")


def test_free_port_means_free_tls_port() -> None:
    assert Config(Path("/x"), port=0).tls_port == 0


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"CLOUDRIG_SERVICES": "lambda,s4"}, "s4"),
        ({"CLOUDRIG_UPSTREAM": "localhost:4566"}, "localhost:4566"),
        ({"CLOUDRIG_THROTTLING": "yes"}, "yes"),
    ],
)
def test_what_cannot_be_used_is_named(environ: dict[str, str], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        read(environ)


def test_the_port_comes_from_the_environment_where_it_is_not_given() -> None:
    assert read({"CLOUDRIG_PORT": "4600"}).port == 4600
    assert read({"CLOUDRIG_PORT": "4600"}, port=0).port == 0
    with pytest.raises(ConfigError, match="CLOUDRIG_PORT"):
        read({"CLOUDRIG_PORT": "many"})
