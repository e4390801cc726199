"""Commands on the stack: deploy, build, print, destroy, outputs. Each returns an exit status, as in `cli.py`."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time

from cloudrig import targets
from cloudrig.arguments import target_of
from cloudrig.deployment import deployment, sources, sources_for
from cloudrig.syntax import problems
from cloudrig.targets import Target
from stack import Outputs, Parameters, render


def deploy(arguments: argparse.Namespace) -> int:
    """Deploy the stack, changing only what differs; print the addresses."""
    target = target_of(arguments)
    if arguments.dry_run:
        print(render(deployment(target, os.environ).plan(sources(target))))
        return 0
    print_addresses(deploy_to(target))
    return 0


def build(arguments: argparse.Namespace) -> int:
    """Fetch and build what a deployment uploads; deploy does this by itself."""
    parameters = Parameters.from_environ(os.environ)
    for name, package in sorted(sources_for(targets.build_platform(os.environ)).packages(parameters).items()):
        print(f"{name:<14} {len(package.content):>9} bytes  sha256 {package.sha256}")
        if arguments.out is not None:
            arguments.out.mkdir(parents=True, exist_ok=True)
            (arguments.out / f"{name}.zip").write_bytes(package.content)
    return 0


def terraform(arguments: argparse.Namespace) -> int:
    """Print the stack as Terraform's JSON, as terraform/chat.tf.json holds it; docs/terraform.md says what for."""
    from stack import terraform as form

    print(form.render(Parameters.from_environ(os.environ)), end="")
    return 0


def cloudformation(arguments: argparse.Namespace) -> int:
    """Print the stack as a CloudFormation template; docs/cloudformation.md says how to deploy it."""
    from stack import cloudformation as form

    print(form.render(Parameters.from_environ(os.environ)), end="")
    return 0


def destroy(arguments: argparse.Namespace) -> int:
    """Remove everything the stack made, users and messages included."""
    deployed = deployment(target_of(arguments), os.environ)
    deployed.destroy(report=lambda line: print(f"  {line}", flush=True))
    if others := deployed.not_looked_for():
        print(f"  {others}")
    return 0


def outputs(arguments: argparse.Namespace) -> int:
    """Print what the deployed stack is reached by."""
    found = deployment(target_of(arguments), os.environ).outputs()
    if arguments.json:
        print(json.dumps(found, indent=2))
        return 0
    for name, value in found.items():
        if isinstance(value, dict):
            width = max(map(len, value), default=0)
            print(name, *(f"  {short:<{width}}  {real}" for short, real in value.items()), sep="\n")
        else:
            print(f"{name:<16} {value}")
    return 0


def deploy_to(target: Target, *, lines_shown: float = math.inf) -> Outputs:
    """Deploy, with a line for each resource made or changed; more than `lines_shown` are only counted."""
    began = time.monotonic()
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        if lines_shown == math.inf:
            print(f"  {line}", flush=True)

    what = sources(target)
    for problem in problems(what.root / "handlers"):
        print(f"  ⚠ {problem}; what imports it will fail", file=sys.stderr, flush=True)
    outputs: Outputs = deployment(target, os.environ).deploy(what, report=report)
    if len(lines) <= lines_shown < math.inf:
        print("".join(f"  {line}\n" for line in lines), end="")
    done = f"{len(lines)} resources made or changed" if lines else "nothing to change"
    print(f"  {done}, {time.monotonic() - began:.1f} s")
    return outputs


def print_addresses(outputs: Outputs) -> None:
    print(f"""
  Site       {outputs["site_url"]}
  REST       {outputs["rest_url"]}
  WebSocket  {outputs["websocket_url"]}
""")
