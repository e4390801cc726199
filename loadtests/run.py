"""The command: finds the deployed chat, runs a load on it, says what came of it and keeps it."""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig import targets
from cloudrig.cost.prices import prices
from cloudrig.deployment import ROOT, deployment, target_here
from cloudrig.engine.open_files import raise_open_files
from cloudrig.failure import Failure
from cloudrig.targets import Target
from loadtests import budget, conductor, execution, page, summary
from loadtests.budget import BudgetError, Ceiling
from loadtests.cluster import ClusterError, Worker
from loadtests.ledger import Ledger
from loadtests.load import Load, LoadEnvironment
from loadtests.outcome import Limits, outcome
from loadtests.profiles import MEANING, PROFILES, Profile
from loadtests.users import kinds_of
from stack import Outputs, StackError

MASTER_PORT = 5557
_FILES_TO_SPARE = 200
"""Open files that are no connections of users."""


class LoadError(Exception):
    """The load cannot be run; the text says why and what to do."""


def main() -> int:
    """Exit status: 0 well; 1 something lost or not answered, a threshold or ceiling passed, not run; 2 wrong usage."""
    options = _parser().parse_args()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    # It warns of users who are made all at once; these take turns by the ramp.
    logging.getLogger("locust.runners").setLevel(logging.ERROR)
    targets.reach_loopback_directly(os.environ)
    try:
        if options.worker:
            Worker(options.master_host, options.master_port).run()
            return 0
        profile = _profile(options)
        _prepare_for(profile.users)
        outputs, target = _chat()
        if options.web:
            return _web(profile, outputs, target, options.web)
        ceiling = _ceiling(target, options)
        if ceiling:
            budget.approve(profile, ceiling, approved=options.yes or not target.bills, say=_say)
        result, ledger = _run(profile, outputs, target, ceiling, options)
    except (LoadError, ClusterError, BudgetError, Failure) as error:
        _say(f"loadtests: {error}")
        return 1
    sys.stdout.write(summary.render(result))
    folder = _keep(result, ledger, options.out)
    sys.stdout.write(f"{folder / 'report.html'}\n")
    return 1 if result["failures"] else 0


def _chat() -> tuple[Outputs, Target]:
    """What the deployed chat is reached by, and where it is."""
    try:
        target = target_here(os.environ)
        deployed = deployment(target, os.environ)
        deployed.check_account()
        return deployed.outputs(), target
    except (StackError, targets.TargetError, ClientError, BotoCoreError) as error:
        remedy = "make up brings one up; cloudrig status says what is there"
        raise LoadError(f"no chat to load: {error}\n  → {remedy}") from error


def _ceiling(target: Target, options: argparse.Namespace) -> Ceiling | None:
    """What the load may come to, where it costs money or a ceiling was asked for. Raises PriceError."""
    if not target.bills and options.max_usd is None and options.max_duration is None:
        return None
    usd, duration_s = options.max_usd or budget.DEFAULT_MAX_USD, options.max_duration or budget.DEFAULT_MAX_DURATION_S
    return Ceiling(usd, duration_s, prices(target.region))


def _run(
    profile: Profile, outputs: Outputs, target: Target, ceiling: Ceiling | None, options: argparse.Namespace
) -> tuple[dict[str, Any], Ledger]:
    load = Load(outputs["websocket_url"], profile)
    _say(f"{options.profile}: {_description(profile)} at {outputs['target']} ({outputs['websocket_url']})")
    what = (load, outputs["rest_url"], target.endpoint, ceiling, _say)
    if options.master or options.processes > 1:
        own, others = 0 if options.master else options.processes, options.expect_workers
        address, port = options.master_host, options.master_port
        course = execution.run_on_workers(*what, own=own, others=others, address=address, port=port)
    else:
        course = execution.run_here(*what)
    result = outcome(
        profile,
        load.ledger,
        course,
        name=options.profile,
        target=outputs["target"],
        started_at=load.started_at,
        limits=Limits(options.max_p99_delivery_ms, options.max_error_rate),
    )
    return result, load.ledger


def _web(profile: Profile, outputs: Outputs, target: Target, port: int) -> int:
    """Locust's own page, to start and stop the users of a profile by hand, until Ctrl-C. Raises LoadError."""
    if target.bills:
        raise LoadError("a load by hand has no end that its cost could be estimated by\n  → a profile, without --web")
    environment = LoadEnvironment(user_classes=list(kinds_of(profile)), host=outputs["rest_url"])
    environment.load = Load(outputs["websocket_url"], profile)
    conductor.begin(environment.load, time.time())
    environment.create_local_runner()
    page_of_locust = environment.create_web_ui("127.0.0.1", port)
    _say(f"Locust's page: http://127.0.0.1:{port}  (Ctrl-C ends it)")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        page_of_locust.stop()  # type: ignore[no-untyped-call]
    return 0


def _keep(result: dict[str, Any], ledger: Ledger, out: Path | None) -> Path:
    """The report, the summary and every record in a folder of their own."""
    stamp = f"{result['startedAt'][:19].replace(':', '')}-{result['name']}"
    folder = out or ROOT / ".cloudrig" / "loads" / stamp
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(page.render(result, ledger.series["deliver"].ms))
    (folder / "summary.json").write_text(json.dumps(result, indent=1) + "\n")
    with gzip.open(folder / "records.jsonl.gz", "wt") as records:
        for kind, rows in ledger.to_wire().items():
            for row in rows.items() if isinstance(rows, dict) else rows:
                records.write(json.dumps([kind, row]) + "\n")
    return folder


def _description(profile: Profile) -> str:
    where = f"rooms of {profile.room_size}" if profile.room_size else "the lobby"
    speech = f"{profile.rate:g} messages/s in {where}" if profile.rate else "nothing said"
    return f"{profile.users:,} people, {speech}, {profile.duration_s:g} s"


def _prepare_for(users: int) -> None:
    """As many open files as the system lets this process have. Raises LoadError where they are too few."""
    most, needed = raise_open_files(), users + _FILES_TO_SPARE
    if most < needed:
        raise LoadError(
            f"{users:,} connections need {needed:,} open files, and this process may have {most:,}\n"
            f"  → ulimit -Hn {needed}, or spread the load by --processes"
        )


def _profile(options: argparse.Namespace) -> Profile:
    profile = PROFILES[options.profile]
    if options.users is not None:
        profile = profile.with_users(options.users)
    return profile.changed(
        rate=options.rate,
        duration_s=options.duration,
        ramp=options.ramp,
        text_chars=options.chars,
        room_size=options.room_size,
        accounts=options.accounts,
        typing=options.typing,
    )


def _say(line: str) -> None:
    """Progress goes to standard error, the summary alone to standard output."""
    sys.stderr.write(line + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="People who sign up, log in, connect, speak by a schedule and listen. Every message is accounted\n"
        "for.\n\nprofiles:\n" + "\n".join(f"  {name:<16} {meaning}" for name, meaning in MEANING.items()),
        epilog="CLOUDRIG_TARGET and AWS_ENDPOINT_URL choose what is loaded. A stack deployed with its usual\n"
        "RATE_LIMIT lets each user send 6 messages per second.\n"
        "Exit status 1: something was lost, or a threshold passed.",
    )
    add = parser.add_argument
    add("--profile", choices=sorted(PROFILES), default="rooms", help="the load to run (rooms)")
    add("--users", type=_positive(int), metavar="N", help="how many people, in the profile's mix")
    add("--rate", type=_positive(float), metavar="R", help="messages per second of all together")
    add("--duration", type=_positive(float), metavar="S", help="for how many seconds they speak")
    add("--ramp", type=_positive(float), metavar="N", help="how many people enter per second")
    add("--room-size", type=int, metavar="N", help="chatters in a room; 0: all in the lobby")
    add("--chars", type=_positive(int), metavar="N", help="length of a message")
    add("--accounts", type=int, metavar="N", help="how many accounts those who only listen share; 0: one each")
    add("--typing", type=float, metavar="P", help="what share of messages is announced by `typing`, 0 to 1")
    add("--max-p99-delivery-ms", type=_positive(float), metavar="MS", help="fail if deliveries take longer at p99")
    add("--max-error-rate", type=float, metavar="P", help="fail if a larger share of messages fails, 0 to 1")
    add("--out", type=Path, metavar="DIR", help="where the report goes (.cloudrig/loads/TIME-PROFILE)")
    add("--web", type=_positive(int), metavar="PORT", help="open Locust's own page there instead")
    money = parser.add_argument_group("what it may come to, which on AWS is estimated, asked about and watched")
    usd, seconds = budget.DEFAULT_MAX_USD, budget.DEFAULT_MAX_DURATION_S
    money.add_argument("--yes", action="store_true", help="do not ask whether to run it")
    money.add_argument("--max-usd", type=_positive(float), metavar="USD", help=f"end it there (on AWS: {usd:g})")
    money.add_argument("--max-duration", type=_positive(float), metavar="S", help=f"and there (on AWS: {seconds:g})")
    many = parser.add_argument_group("several processes or machines")
    many.add_argument("--processes", type=_positive(int), default=1, metavar="N", help="workers on this machine")
    many.add_argument("--master", action="store_true", help="wait for workers that are started elsewhere")
    many.add_argument("--expect-workers", type=_positive(int), default=1, metavar="N", help="how many (1)")
    many.add_argument("--worker", action="store_true", help="work for a master, which says what to do")
    many.add_argument("--master-host", default="127.0.0.1", metavar="ADDRESS", help="of the master (127.0.0.1)")
    many.add_argument("--master-port", type=_positive(int), default=MASTER_PORT, metavar="PORT", help="(5557)")
    return parser


def _positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not positive")
        return value

    parse.__name__ = kind.__name__
    return parse
