"""Whether a function's source is Python: what is not cannot even be imported, and AWS takes it all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def problems(folder: Path) -> Iterator[str]:
    """A line for each file below a folder that is meant to be Python and is not."""
    for path in sorted(folder.rglob("*.py")):
        if (found := problem(path)) is not None:
            yield found


def problem(path: Path) -> str | None:
    """What keeps a file from being Python; nothing where it is not meant to be, or gone."""
    if path.suffix != ".py":
        return None
    try:
        compile(path.read_bytes(), str(path), "exec")
    except OSError:
        return None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"{path.name}{f':{line}' if line else ''}: {getattr(error, 'msg', error)}"
    return None
