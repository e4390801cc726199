"""Do the scenarios notice when an authorization check is missing? Takes each out in turn, deploys that, and runs them.

    python -m scenarios.mutations                # all of them; exit status 1 if one survives
    python -m scenarios.mutations --list         # what there is
    python -m scenarios.mutations --only direct  # those whose name holds this

A mutant is a copy of the project with one check gone from `handlers/`. Checks are found, so that a new one needs no
entry here: every `if` there that does nothing but refuse. What keeps people apart in other ways (a condition of a
transaction, a name in a key) is in `OTHERS`. A mutant is killed when a scenario fails; one that survives is a check
that could be lost without anybody noticing: it needs a scenario, or is not needed.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudrig import background
from cloudrig.engine.config import Config

ROOT = Path(__file__).resolve().parents[1]
REFUSALS = {
    *("FileNotFound", "InvalidCredentials", "MessageNotFound", "NotAMember", "NotAdmin", "NotAuthor", "RateLimited"),
    *("RoomNotFound", "TooLarge", "UnsupportedType"),
}
# What a mutant is tried with, by the file that it is in, the likeliest first; with nothing said here, by DEFAULT.
SUITES = {
    "handlers/chat/accounts.py": "accounts",
    "handlers/chat/changes.py": "changes",
    "handlers/chat/direct.py": "direct",
    "handlers/chat/entry.py": "connecting cognito",
    "handlers/chat/files.py": "files",
    "handlers/chat/passwords.py": "accounts",
    "handlers/chat/pool_tokens.py": "cognito",
    "handlers/chat/rate_limit.py": "lobby",
    "handlers/chat/tokens.py": "connecting",
    "handlers/chat/usernames.py": "connecting rooms direct",
    "handlers/get_file.py": "files",
}
DEFAULT = "rooms direct changes lobby files search"
_PATIENCE_S = 1800
_ATTEMPTS = 3


@dataclass(frozen=True)
class Mutant:
    """One text in a file, and what stands in its place."""

    file: str
    line: int
    before: str
    after: str

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} {' '.join(self.before.split())} -> {' '.join(self.after.split()) or 'nothing'}"

    @property
    def suites(self) -> list[str]:
        return [f"scenarios/test_{suite}.py" for suite in SUITES.get(self.file, DEFAULT).split()]

    def apply(self, source: str) -> str:
        """The file's source with the check taken out."""
        lines = source.splitlines(keepends=True)
        start = sum(map(len, lines[: self.line - 1]))
        at = source.index(self.before, start)
        return source[:at] + self.after + source[at + len(self.before) :]


# Checks that nothing gets as far as, because another refuses it before; and why they are there all the same.
SECOND_GUARDS = {
    'claims["token_use"] != "id"': "access tokens lack the audience that is asked for; AWS says to check both",
    'header.get("alg") != "RS256" or not isinstance(kid, str)': "signatures are checked as RS256 in any case",
}
# File, what is there, what stands in its place.
OTHERS = [
    # Whoever is connected may act in every room.
    ("handlers/chat/rooms.py", "get(room_id, connection_id)", "get(LOBBY, connection_id)"),
    ("handlers/chat/rooms.py", "connection is not None and connection.is_live(now_ms)", "connection is not None"),
    ("handlers/chat/rooms.py", " if connection.is_live(now_ms)]", "]"),
    # Everybody sees who asks, decides about it, or is in at once.
    ("handlers/chat/rosters.py", "to_admin = mine is not None and mine.is_admin", "to_admin = True"),
    ("handlers/chat/rosters.py", "if not mine.is_admin:", "if False:"),
    ("handlers/chat/membership.py", "Role.MEMBER, Status.PENDING, now_ms)", "Role.MEMBER, Status.APPROVED, now_ms)"),
    ("handlers/chat/membership.py", "return self.is_member and self.role is Role.ADMIN", "return True"),
    # Who connects, is approved, or leaves in the same moment.
    ("handlers/adapters/seats.py", "*memberships, *rows])", "*rows])"),
    ("handlers/chat/leaving.py", "self._seating.unseat(leaver.username, room_id)", "pass"),
    # Names of others.
    ("handlers/chat/usernames.py", 'return f"{_GUEST_MARK}{check(name)}"', "return check(name)"),
    ("handlers/chat/usernames.py", "return username.lower()", "return username"),
    ("handlers/chat/direct.py", "sorted((usernames.user_id(one), ", 'sorted(("everybody", '),
    ("handlers/chat/files.py", "uploads/{usernames.user_id(username)}/{file_id}", "uploads/{file_id}"),
    ("handlers/chat/files.py", 'disposition = f"attachment; ', 'disposition = f"inline; '),
    # Passwords and tokens.
    ("handlers/chat/passwords.py", "return same and password_hash", "return password_hash"),
    ("handlers/chat/tokens.py", '{"require"', '{"verify_signature": False, "require"'),
    ("handlers/chat/tokens.py", '{"require"', '{"verify_exp": False, "require"'),
    ("handlers/chat/tokens.py", '{"require": list(_CLAIMS)}', "{}"),
    ("handlers/chat/tokens.py", ", issuer=ISSUER", ""),
]


def mutants() -> Iterator[Mutant]:
    """All of them."""
    for path in sorted((ROOT / "handlers").rglob("*.py")):
        yield from _checks(path)
    for file, before, after in OTHERS:
        source = (ROOT / file).read_text()
        yield Mutant(file, source[: source.index(before)].count("\n") + 1, before, after)


def _checks(path: Path) -> Iterator[Mutant]:
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise) and _raised(node.body[-1]) in REFUSALS:
            condition = ast.get_source_segment(source, node.test)
            assert condition is not None
            if condition in SECOND_GUARDS:
                continue
            yield Mutant(path.relative_to(ROOT).as_posix(), node.test.lineno, condition, "False")


def _raised(node: ast.Raise) -> str:
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return error.id if isinstance(error, ast.Name) else ""


def survivors(chosen: Iterable[Mutant]) -> list[Mutant]:
    """Try each, and say what became of it."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        tree = Path(folder) / "project"
        _copy(tree)
        running = background.start(Config(data_dir=Path(folder) / "rig", port=0))
        try:
            return [mutant for mutant in chosen if not _is_killed(mutant, tree, running.url)]
        finally:
            background.stop(Path(folder) / "rig", running)


def _copy(tree: Path) -> None:
    """What deploying and the scenarios need; what is large and stays the same is linked."""
    for name in ("cloudrig", "handlers", "scenarios", "stack"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tree / name)
    for name in ("frontend", "tools", ".cloudrig/build"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(ROOT / name)


def _is_killed(mutant: Mutant, tree: Path, rig_url: str) -> bool:
    file, started = tree / mutant.file, time.monotonic()
    source = file.read_text()
    file.write_text(mutant.apply(source))
    try:
        failed = _noticed_by(mutant.suites, tree, rig_url)
    finally:
        file.write_text(source)
    verdict = f"killed by {failed}" if failed else "SURVIVED"
    _say(f"{mutant.name}\n    {verdict} ({time.monotonic() - started:.0f} s)")
    return bool(failed)


def _noticed_by(suites: list[str], tree: Path, rig_url: str) -> str:
    """The first scenario that fails, and fails again by itself: on a slow machine one may fail for want of time. And
    why it failed then: a deadline is worth a second look.
    """
    for _ in range(_ATTEMPTS):
        failed, _ = _fails(suites, tree, rig_url)
        if not failed:
            return ""
        again, why = _fails([failed], tree, rig_url)
        if again:
            return f"{failed}: {why}"
    return ""


def _fails(suites: list[str], tree: Path, rig_url: str) -> tuple[str, str]:
    """The first scenario that fails, and why; empty if all hold."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": rig_url, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "400"}
    if "test_cognito" in " ".join(suites):  # has what only a rig of the session's own is known to have
        del environment["AWS_ENDPOINT_URL"]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", *suites]
    done = subprocess.run(  # our own arguments
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"the scenarios could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    reported = [line.split(" ", 1)[1] for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    scenario, _, why = reported[0].partition(" - ") if reported else ("", "", "")
    return scenario, why


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scenarios.mutations", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--list", action="store_true", help="name the mutants, and try none")
    parser.add_argument("--only", default="", metavar="TEXT", help="those whose name holds this text")
    arguments = parser.parse_args()
    chosen = [mutant for mutant in mutants() if arguments.only in mutant.name]
    if arguments.list:
        _say("\n".join(mutant.name for mutant in chosen))
        return 0
    left = survivors(chosen)
    _say("\n  ".join([f"{len(chosen)} mutants, {len(left)} survived", *(mutant.name for mutant in left)]))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
