"""The guard of `processes.py`: kills what the engine's children started, and what is left when the engine dies.

Lines it reads: `+PGID` and `-PGID` (a group to look after, or no longer), `*MARK` (what a child's descendants bear),
`!N MARK` (kill whatever bears the mark, forget it, answer with the line `N`). At end of file it kills the groups and
the bearers of marks that remain.

A mark is `NAME=VALUE INODE`: a process bears it with that variable in its environment, as programs inherit it, or with
the pipe of that inode open for writing, as forks do. So children are found that have sessions of their own, even when
their parents are long gone. It needs /proc.
"""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

_ROUNDS = 10
"""How often to look again, for processes that start others while they are being killed."""
_PAUSE_S = 0.002


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    groups: set[int] = set()
    marks: set[bytes] = set()
    received = b""
    while data := os.read(0, 65536):
        *lines, received = (received + data).split(b"\n")
        asked: dict[bytes, bytes] = {}
        for line in lines:
            match line[:1]:
                case b"+":
                    groups.add(int(line[1:]))
                case b"-":
                    groups.discard(int(line[1:]))
                case b"*":
                    marks.add(line[1:])
                case b"!":
                    number, _, mark = line[1:].partition(b" ")
                    asked[number] = mark
        if asked:
            sweep(set(asked.values()))
            marks -= set(asked.values())
            with suppress(BrokenPipeError):
                os.write(1, b"".join(number + b"\n" for number in asked))
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    if marks:
        sweep(marks)


def sweep(marks: set[bytes]) -> None:
    """Kill whatever bears one of the marks, until nothing does."""
    variables = [mark.rpartition(b" ")[0] + b"\0" for mark in marks]
    pipes = {b"pipe:[" + mark.rpartition(b" ")[2] + b"]" for mark in marks}
    for _ in range(_ROUNDS):
        found = [pid for pid in _processes() if _has_variable(pid, variables) or _writes_to(pid, pipes)]
        for pid in found:
            with suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)
        if not found:
            return
        time.sleep(_PAUSE_S)


def _processes() -> Iterator[str]:
    """All but this one and the engine, which has every pipe."""
    own = {str(os.getpid()), str(os.getppid())}
    with suppress(OSError):
        yield from (name for name in os.listdir("/proc") if name.isdigit() and name not in own)  # noqa: PTH208


def _has_variable(pid: str, variables: list[bytes]) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123  nothing but os is imported
            environment = file.read()
    except OSError:
        return False
    return any(variable in environment for variable in variables)


def _writes_to(pid: str, pipes: set[bytes]) -> bool:
    folder = f"/proc/{pid}/fd".encode()
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208
            path = folder + b"/" + name
            with suppress(OSError):
                if os.readlink(path) in pipes and os.lstat(path).st_mode & stat.S_IWUSR:  # noqa: PTH115
                    return True
    return False


if __name__ == "__main__":
    main()
