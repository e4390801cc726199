"""What an environment runs: decided by `runtimes.py`, started by `launcher.py`, watched by `process.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Program:
    """A command with exactly its environment variables and its working directory.

    A `template` stands for the same interpreter with its libraries imported: a fork of it is to behave as the command
    would, only sooner.
    """

    command: tuple[str, ...]
    variables: Mapping[str, str]
    directory: Path
    template: Template | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """An interpreter to fork from. `command` starts it; forks run the script that their program's command names.

    A program is the template's to run if its command begins with `interpreter` and goes on with a script.
    """

    interpreter: tuple[str, ...]
    script: Path
    variables: Mapping[str, str]
    packages: Path
    """Where the libraries are that it has imported: a program that finds others first is none of its forks."""
