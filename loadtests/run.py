"""The command: finds the deployed chat, runs a load on it, prints what came of it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from locust.runners import LocalRunner

from cloudrig import targets
from cloudrig.deployment import deployment, target_here
from loadtests import summary
from loadtests.chatter import Load, LoadEnvironment
from stack import Outputs, StackError

_ENTRY_TIMEOUT_S = 60.0
"""Besides the time of the ramp: how long the last user may take to get in."""
_SILENCE_S = 10.0
"""When nobody speaks any more, what is still under way is waited for until nothing has come for so long."""
_POLL_S = 0.1
_PROGRESS_S = 5.0


def main() -> int:
    """Exit status: 0 well; 1 something lost or not answered, somebody not let in, nothing said; 2 wrong usage."""
    options = _parser().parse_args()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        outputs = deployment(target_here(os.environ), os.environ).outputs()
    except (StackError, targets.TargetError, ClientError, BotoCoreError) as error:
        _say(f"loadtests: no chat to load: {error}\n  → make up brings one up; cloudrig status says what is there")
        return 1
    load = Load(outputs["websocket_url"], options.rate / options.users, options.chars)
    _say(
        f"{options.users} people, {options.rate:g} messages/s for {options.duration:g} s"
        f" at {outputs['target']} ({outputs['websocket_url']})"
    )
    duration_s = _run(load, outputs, options)
    account = load.ledger.account()
    sys.stdout.write(summary.render(account, load.ledger.latencies_ms, duration_s))
    return 1 if load.turned_away or summary.verdict(account) else 0


def _run(load: Load, outputs: Outputs, options: argparse.Namespace) -> float:
    """The load from its ramp to its end; returns for how many seconds people spoke."""
    environment = LoadEnvironment(load, outputs["rest_url"])
    runner = environment.create_local_runner()
    try:
        _enter(load, runner, options)
        _speak(load, options.duration)
        duration_s = time.time() - load.started_at
        _drain(load)
    finally:
        load.finished = True
        runner.quit()
    return duration_s


def _enter(load: Load, runner: LocalRunner, options: argparse.Namespace) -> None:
    """Everybody signs up, logs in and connects."""
    began = time.time()
    runner.start(options.users, spawn_rate=options.ramp)
    deadline = began + options.users / options.ramp + _ENTRY_TIMEOUT_S
    while load.ledger.listeners + load.turned_away < options.users and time.time() < deadline:
        time.sleep(_POLL_S)
    _say(f"{load.ledger.listeners} of them are there after {time.time() - began:.1f} s")


def _speak(load: Load, duration_s: float) -> None:
    """Let everybody speak; Ctrl-C ends it early."""
    load.started_at = time.time()
    load.begin.set()
    end = load.started_at + duration_s
    try:
        while (left := end - time.time()) > 0:
            time.sleep(min(left, _PROGRESS_S))
            account = load.ledger.account()
            _say(f"{time.time() - load.started_at:5.0f} s  {account.sent:,} sent, {account.delivered:,} delivered")
    except KeyboardInterrupt:
        _say("ended early")
    load.over.set()


def _drain(load: Load) -> None:
    """Wait for what is late, as long as something comes: late is not lost."""
    while not load.ledger.is_settled and time.time() < load.ledger.last_at + _SILENCE_S:
        time.sleep(_POLL_S)


def _say(line: str) -> None:
    """Progress goes to standard error, the summary alone to standard output."""
    sys.stderr.write(line + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests",
        description="People in the lobby who sign up, log in, connect, speak by a schedule and listen. Every message"
        " is accounted for; the exit status is 1 if one was not answered, or was acknowledged and did not reach"
        " everybody.",
        epilog="CLOUDRIG_TARGET and AWS_ENDPOINT_URL choose what is loaded. A stack deployed with its usual RATE_LIMIT"
        " lets each user send 6 messages per second.",
    )
    parser.add_argument("--users", type=_positive(int), default=20, metavar="N", help="how many people (20)")
    parser.add_argument(
        "--rate", type=_positive(float), default=20.0, metavar="R", help="messages per second of all together (20)"
    )
    parser.add_argument(
        "--duration", type=_positive(float), default=30.0, metavar="S", help="for how many seconds they speak (30)"
    )
    parser.add_argument(
        "--ramp", type=_positive(float), default=10.0, metavar="N", help="how many people enter per second (10)"
    )
    parser.add_argument("--chars", type=_positive(int), default=200, metavar="N", help="length of a message (200)")
    return parser


def _positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not positive")
        return value

    parse.__name__ = kind.__name__
    return parse
