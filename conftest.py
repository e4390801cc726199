"""For the tests of this repository only; what other projects may use is `cloudrig.pytest_plugin`."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector: faster, and safe from a bug of CPython before 3.11.8 and 3.12.2.

    There a finalizer that runs while pytest rewrites a module's assertions can end in "AST constructor recursion depth
    mismatch": https://github.com/python/cpython/issues/106905
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
