"""What commands of `cloudrig` have in common: where the rig is, what is talked to, and the flags that say so."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from cloudrig.deployment import default_data_dir, target_here
from cloudrig.engine.config import Config
from cloudrig.targets import Target


def config_of(arguments: argparse.Namespace) -> Config:
    given = {name: getattr(arguments, name, None) for name in ("host", "port", "tls_port", "upstream")}
    return Config.from_environ(os.environ, data_dir_of(arguments), **given)


def data_dir_of(arguments: argparse.Namespace) -> Path:
    given: Path | None = arguments.data_dir
    return given.absolute() if given else default_data_dir(os.environ)


def target_of(arguments: argparse.Namespace) -> Target:
    return target_here(os.environ, data_dir_of(arguments))


def port_number(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")
    return int(text)


def data_dir_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, help="where the rig keeps its files (default: .cloudrig here)")


def address_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=port_number, help="port to listen on, 0 for a free one (default: 4566)")
    parser.add_argument("--tls-port", type=port_number, help="port for https and wss (default: the one after --port)")
    parser.add_argument(
        "--upstream", metavar="URL", help="what answers the services the engine has not (default: moto)"
    )
