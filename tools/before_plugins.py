"""Loaded by pytest before every plugin (`-p` in pyproject.toml): no garbage collection but while tests run.

Faster, and safe from a bug of CPython before 3.11.8 and 3.12.2: a finalizer that runs while pytest rewrites the
assertions of a module or plugin can end in "AST constructor recursion depth mismatch":
https://github.com/python/cpython/issues/106905
"""

import gc

import pytest

gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    gc.disable()
