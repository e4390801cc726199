"""`cloudrig`: the tool behind make. Exit status 0 is success, 1 a failure that the text explains, 2 wrong usage."""

from __future__ import annotations

import argparse
import asyncio
import errno
import gc
import io
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig import background, rehearsal, targets
from cloudrig.arguments import address_flags, config_of, data_dir_flag, port_number
from cloudrig.background import RigError
from cloudrig.cost.command import cost, cost_flags
from cloudrig.deploying import build, cloudformation, deploy, deploy_to, destroy, outputs, print_addresses, terraform
from cloudrig.deployment import deployment, sources
from cloudrig.developing import invoke, invoke_flags, logs, logs_flags, watch, watch_from
from cloudrig.engine.config import Config, ConfigError
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.open_files import raise_open_files
from cloudrig.engine.ports import AddressError, PortTaken
from cloudrig.engine.repeats import Repeats
from cloudrig.failure import Failure
from cloudrig.reports import report, report_flags
from cloudrig.targets import TargetError
from stack import NotDeployed, StackError, render

Command = Callable[[argparse.Namespace], int]

_SWITCH_INTERVAL_S = 0.0005
"""How long a thread that talks to the upstream (logs, most of all) may keep the event loop waiting for the interpreter.
With Python's 5 ms, every turn of the loop that meets such a thread costs a message as much."""
_COLLECT_AFTER = (10_000, 20, 20)
"""Objects, and rounds of the generation before, after which Python looks for cyclic garbage. Its own 700, 10, 10 cost
a fifth of the engine's time under load."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; every foreseen error becomes one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 shows ? for what it has not
    arguments, unknown = _parser().parse_known_args(argv)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")  # with the usage of the command at hand
    targets.reach_loopback_directly(os.environ)
    command: Command = arguments.command
    try:
        return command(arguments)
    except PortTaken as error:
        return _fail(f"{error}", f"stop that, or give another one: --port {error.port + 100}")
    except Failure as error:
        return _fail(str(error), error.remedy)
    except (RigError, ConfigError, TargetError, StackError, AddressError) as error:
        return _fail(str(error))
    except (ClientError, BotoCoreError) as error:
        return _fail(f"the target does not answer as it should: {error}", "is it up? cloudrig status, cloudrig doctor")
    except BrokenPipeError:  # `cloudrig logs | head`: end as a program does that the signal SIGPIPE ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 130


def _fail(what: str, remedy: str = "") -> int:
    print(f"cloudrig: {what}" + (f"\n  → {remedy}" if remedy else ""), file=sys.stderr)
    return 1


# --- the rig --------------------------------------------------------------------------------------------------------


def serve(arguments: argparse.Namespace) -> int:
    """Run the engine in the foreground until Ctrl-C or SIGTERM."""
    config = config_of(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Repeats())
    with background.claim(config.data_dir):
        raise_open_files()
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        try:
            _run(_serve(config))
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise RigError(
                f"{config.data_dir} cannot be written ({error.strerror}); make room or give another --data-dir"
            ) from None
        except ServiceError as error:  # what is in the data folder cannot be served
            raise RigError(
                f"{error}\n  → give another --data-dir, or move {config.data_dir} away to begin anew"
            ) from None
    return 0


async def _serve(config: Config) -> None:
    from cloudrig.rig import Rig

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    async with Rig(config) as rig:
        gc.freeze()  # what has been loaded stays for good, and need not be looked through
        gc.set_threshold(*_COLLECT_AFTER)
        background.record(config.data_dir, rig.addresses.url, rig.addresses.tls_url)
        print(f"cloudrig ready at {rig.addresses.url} ({rig.addresses.tls_url}), pid {os.getpid()}", flush=True)
        await stop.wait()


def _run(main_coroutine: Coroutine[Any, Any, None]) -> None:
    import uvloop

    uvloop.run(main_coroutine)


def up(arguments: argparse.Namespace) -> int:
    """Bring up what the target needs if it is not there, deploy the stack, print the addresses."""
    config = config_of(arguments)
    with background.turn(config.data_dir):
        endpoint = targets.host(os.environ, config).start(report=lambda line: print(f"▸ {line}", flush=True))
        target = targets.from_environ(os.environ, endpoint)
        if target.bills:
            print(render(deployment(target, os.environ).plan(sources(target))))
        print("▸ deploying")
        deployed = deploy_to(target, lines_shown=10)
    print_addresses(deployed)
    print("""  Chat: open the site in two windows and join each under another name.
  Stop: make down        Logs: make logs        All settings: .venv/bin/cloudrig outputs
""")
    if arguments.watch:
        watch_from(config.data_dir)
    return 0


def down(arguments: argparse.Namespace) -> int:
    """Take down what `up` brought up; nothing of it is left running. On AWS that is the stack itself."""
    targets.host(os.environ, config_of(arguments)).stop(report=lambda line: print(line, flush=True))
    return 0


def rehearse(arguments: argparse.Namespace) -> int:
    """Run a command as against AWS, offline: its own host names, TLS, signatures and permissions, on a rig of its own.

    The exit status is the command's.
    """
    if not arguments.words:
        return _fail("nothing to rehearse", "give a command: cloudrig rehearse .venv/bin/pytest scenarios")
    with tempfile.TemporaryDirectory(prefix="cloudrig-rehearsal-") as folder:
        data_dir = Path(folder)
        with background.running(Config(data_dir, port=0, rehearsal=True)):
            environ = rehearsal.environment(data_dir, os.environ)
            try:
                return subprocess.run(arguments.words, env=environ, check=False).returncode  # noqa: S603  the user's words
            except OSError as error:
                return _fail(f"{arguments.words[0]}: {error.strerror}")


def status(arguments: argparse.Namespace) -> int:
    """Say whether the rig runs, where, and whether the stack is deployed; exit status 1 if not."""
    running = background.find(config_of(arguments).data_dir)
    if running is None:
        print("rig    not running (cloudrig up starts it)")
        return 1
    minutes, seconds = divmod(int(time.time() - running.started_at), 60)
    print(f"rig    {running.url} ({running.tls_url}), pid {running.pid}, for {minutes} min {seconds} s")
    if not background.healthy(running.url):
        print("       it does not answer; cloudrig down stops it, .cloudrig/rig.log says why")
        return 1
    try:
        found = deployment(targets.from_environ(os.environ, running.url), os.environ).outputs()
    except NotDeployed as error:
        print(f"stack  {error} (cloudrig deploy deploys it)")
        return 1
    print(f"stack  deployed, site at {found['site_url']}")
    return 0


def doctor(arguments: argparse.Namespace) -> int:
    """Check the machine; exit status 1 if something needed is missing."""
    from cloudrig.doctor import examine

    config = config_of(arguments)
    fine = True
    for finding in examine(config.data_dir, config.port):
        mark = "✓" if finding.fine else "✗" if finding.required else "–"
        print(f"{mark} {finding.subject:<12} {finding.detail}")
        if not finding.fine and finding.remedy:
            print(f"  {'':<12} → {finding.remedy}")
        fine = fine and (finding.fine or not finding.required)
    return 0 if fine else 1


# --- arguments ------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cloudrig",
        description="A local AWS testbed for serverless real-time applications, with a complete chat on it.",
        epilog="CLOUDRIG_TARGET (embedded, localstack, aws) and AWS_ENDPOINT_URL choose what commands talk to.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Command, *flags: Callable[[argparse.ArgumentParser], None]) -> argparse.ArgumentParser:
        text = (command.__doc__ or "").strip()
        name = command.__name__
        sub = commands.add_parser(name, help=text.rstrip("."), description=text)
        sub.set_defaults(command=command, parser=sub)
        data_dir_flag(sub)
        for flag in flags:
            flag(sub)
        return sub

    add(serve, address_flags)
    add(up, address_flags).add_argument("--watch", action="store_true", help="then deploy what changes, until Ctrl-C")
    add(down)
    rehearsed = add(rehearse)
    rehearsed.add_argument(
        "words", nargs=argparse.REMAINDER, metavar="COMMAND ...", help="the command and its arguments"
    )
    add(status)
    add(build).add_argument("--out", type=Path, metavar="FOLDER", help="write each package there, as NAME.zip")
    add(terraform)
    add(cloudformation)
    add(deploy).add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    add(destroy)
    add(outputs).add_argument("--json", action="store_true", help="print one JSON object")
    add(invoke, invoke_flags)
    add(watch)
    add(logs, logs_flags)
    add(cost, cost_flags)
    add(report, report_flags)
    add(doctor).add_argument("--port", type=port_number, help="the port the rig would use (default: 4566)")
    return parser
