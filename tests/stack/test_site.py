from pathlib import Path

import pytest

from stack.errors import BuildError
from stack.site import read_site


def test_every_file_is_read_under_its_path(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(b"page")
    (tmp_path / "assets" / "app.js").write_bytes(b"code")
    assert read_site(tmp_path) == {"index.html": b"page", "assets/app.js": b"code"}


def test_a_site_that_was_not_built_is_an_error_that_says_how(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"npm run build"):
        read_site(tmp_path / "dist")
