"""Products of matrices on one thread.

Several threads add in another order, so that last digits, and with them the bytes of a report, would
depend on how many cores a machine has. On matrices of this size they also cost more time than they save.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

__all__ = ["on_one_thread"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def on_one_thread(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """`function`, in which BLAS uses one thread; what was set before holds again afterwards."""

    @functools.wraps(function)
    def limited(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@functools.cache
def _controller() -> Any:  # noqa: ANN401  (the package has no types)
    # Finding the libraries takes milliseconds, so it is done once, with numpy already loaded.
    return importlib.import_module("threadpoolctl").ThreadpoolController()
