"""Commands for whoever writes functions: invoke, debug, watch, logs. Each returns an exit status, as in `cli.py`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cloudrig.arguments import data_dir_of, target_of
from cloudrig.deployment import deployment, sources, target_here
from cloudrig.targets import Target
from stack import NotDeployed


def invoke(arguments: argparse.Namespace) -> int:
    """Run one function with an event: its answer on stdout, its log on stderr; exit status 1 if the function failed."""
    from cloudrig import invoking

    target = target_of(arguments)
    name = invoking.real_name(arguments.function, _functions(target))
    event = invoking.read_event(arguments.event)
    if arguments.debug or arguments.listen is not None:
        from cloudrig import debugging

        certificates = data_dir_of(arguments) / "tls" / "ca-bundle.pem"
        print(debugging.debug(target, name, event, certificates, arguments.listen, _say))
        return 0
    outcome = invoking.invoke(target.session(), name, event)
    print(outcome.log, file=sys.stderr, flush=True)
    print(outcome.answer)
    if outcome.function_error is not None:
        print(f"cloudrig: {name} failed ({outcome.function_error})", file=sys.stderr)
        return 1
    return 0


def invoke_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", help="short name of a function of the stack, or the name or ARN of any function")
    parser.add_argument("--event", metavar="FILE", help="the event, as JSON; - reads stdin (default: {})")
    parser.add_argument(
        "--debug", action="store_true", help="run it in this process, under your IDE's debugger or else under pdb"
    )
    parser.add_argument("--listen", type=int, metavar="PORT", help="the same, waiting for a client of debugpy")


def watch(arguments: argparse.Namespace) -> int:
    """Deploy what changes in handlers/ and stack/ as soon as it is saved, until Ctrl-C."""
    watch_from(data_dir_of(arguments))
    return 0


def watch_from(data_dir: Path) -> None:
    """Deploy changes to the target of a data folder until Ctrl-C."""
    from cloudrig import watching

    os.environ["CLOUDRIG_DATA_DIR"] = str(data_dir)  # for the processes that follow
    target = target_here(os.environ, data_dir)
    watching.watch(deployment(target, os.environ), sources(target), target.session(), _say)
    os.execv(sys.executable, [sys.executable, "-m", "cloudrig", "watch"])  # noqa: S606  ourselves, with the new stack


def logs(arguments: argparse.Namespace) -> int:
    """Print the functions' logs in order of time."""
    from cloudrig.logs import Painter, lines

    target = target_of(arguments)
    functions: Mapping[str, str]
    if arguments.function is None:
        functions = _functions(target) or _all_functions(target)
    else:
        functions = {arguments.function: _existing(target, arguments.function)}
    since_ms = int((time.time() - arguments.since) * 1000)
    painter = Painter.for_stream(sys.stdout, os.environ)
    client, delivered = target.session().client("logs"), partial(_delivered, target)
    for line in lines(client, functions, since_ms=since_ms, follow=arguments.follow, delivered=delivered):
        print(painter.paint(line), flush=arguments.follow)
    return 0


def logs_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "function",
        nargs="?",
        help="one function: short name in the stack, or name or ARN of any (default: the stack's, else all)",
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    parser.add_argument("--since", type=float, default=600, metavar="S", help="how far back to begin (default: 600 s)")


def _delivered(target: Target) -> Mapping[str, int]:
    """What a rig tells of its log groups; nothing of other targets', and while it does not answer."""
    if "clock" not in target.capabilities:
        return {}
    try:
        with urllib.request.urlopen(f"{target.endpoint}/_cloudrig/logs", timeout=5) as answer:  # noqa: S310
            return dict(json.load(answer))
    except (OSError, ValueError):
        return {}


def _functions(target: Target) -> Mapping[str, str]:
    """The stack's functions, by short name; none where it is not deployed, for functions can be there without it."""
    try:
        return deployment(target, os.environ).outputs()["functions"]
    except NotDeployed:
        return {}


def _all_functions(target: Target) -> Mapping[str, str]:
    pages = target.session().client("lambda").get_paginator("list_functions").paginate()
    names = [str(each["FunctionName"]) for page in pages for each in page["Functions"]]
    return dict(zip(names, names, strict=True))


def _existing(target: Target, given: str) -> str:
    """The name on the target of a function that a user names. Raises Failure where it is not there."""
    from cloudrig import invoking

    name = invoking.real_name(given, _functions(target))
    with invoking.known(given):
        return str(target.session().client("lambda").get_function_configuration(FunctionName=name)["FunctionName"])


def _say(text: str) -> None:
    at = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
    print(f"{at}  {text}", file=sys.stderr, flush=True)
