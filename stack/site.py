"""The built web site, read from its folder."""

from __future__ import annotations

from pathlib import Path

from stack.errors import BuildError


def read_site(folder: Path) -> dict[str, bytes]:
    """Every file of the folder by its key, the path in it with slashes.

    Raises:
        BuildError: there is no site in the folder.
    """
    if not (folder / "index.html").is_file():
        raise BuildError(
            f"{folder} holds no index.html: build the site first, with `npm ci && npm run build` in frontend/"
        )
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
