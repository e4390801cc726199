"""Files that are meant to be Python."""

from __future__ import annotations

from pathlib import Path

from cloudrig.syntax import problem, problems


def test_a_file_that_is_no_python_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "fine.py").write_text("x = 1\n")
    (tmp_path / "notes.txt").write_text("def (\n")
    (tmp_path / "chat" / "broken.py").write_text("x = 1\ndef (\n")
    (tmp_path / "nul.py").write_bytes(b"x = \0\n")
    broken, nul = problems(tmp_path)
    assert broken.startswith("broken.py:2: ")
    assert nul.startswith("nul.py")
    assert problem(tmp_path / "gone.py") is None
