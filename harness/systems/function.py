"""A Python callable as a system: bring your own pipeline in one function."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import inspect
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from harness.errors import ConfigError, nearest
from harness.models.base import estimated_tokens
from harness.systems.base import Answer, Failure, Preparation, Strategy, Timing, Usage
from harness.transport.keys import without_secrets
from harness.transport.target import Target
from harness.world.questions import Question

__all__ = ["AnswerFunction", "FunctionSystem", "estimated_usage", "import_function"]

AnswerFunction = Callable[[Question, date], str | Answer | Awaitable[str | Answer]]
"""Answers a question on a day; plain or async, with a text or a whole `Answer`."""


class FunctionSystem:
    """Calls `function(question, day)`; a plain function runs in a thread of its own.

    Where it returns a text, the time is that of the call and tokens are estimated from lengths.
    Where it returns an `Answer` with a timing of its own, that one is kept. `target` spreads its calls.
    """

    strategy: Strategy = "external"

    def __init__(self, name: str, function: AnswerFunction, target: Target | None = None) -> None:
        self.name = name
        self._function = function
        self._target = target

    def fingerprint(self) -> Mapping[str, str]:
        """The function's name and, where it can be read, its source."""
        return {"function": _source_fingerprint(self._function)}

    async def prepare(self, day: date) -> Preparation:
        """Nothing is prepared: the function looks after itself."""
        return Preparation(day)

    async def answer(self, question: Question, day: date) -> Answer:
        """Call the function; what it raises is the outcome of this question."""
        if self._target is None:
            return await self._asked(question, day, 0.0)
        queue = await self._target.enter()
        entered = asyncio.get_running_loop().time()
        tokens: int | None = None
        try:
            answer = await self._asked(question, day, queue)
            tokens = answer.usage.prompt_tokens + answer.usage.completion_tokens
        finally:
            self._target.leave("answered", entered=entered, tokens=tokens)
        return answer

    async def _asked(self, question: Question, day: date, queue: float) -> Answer:
        """The answer; `queue` are the seconds that the call had to wait for its turn."""
        started = time.perf_counter() - queue
        try:
            result = await self._call(question, day)
        except Exception as error:  # noqa: BLE001  (foreign code: whatever it raises is an outcome)
            failure = Failure("error", f"{type(error).__name__}: {error}")
            timing = Timing(queue=queue, total=time.perf_counter() - started)
            return Answer(None, timing=timing, failure=failure)
        timing = Timing(queue=queue, total=time.perf_counter() - started)
        if isinstance(result, Answer):
            return result if result.timing.total else replace(result, timing=timing)
        if isinstance(result, str):
            return Answer(result, usage=estimated_usage(question, result), timing=timing)
        message = f"returned {type(result).__name__}, neither str nor Answer"
        return Answer(None, timing=timing, failure=Failure("error", message))

    async def close(self) -> None:
        """Nothing is held."""

    async def _call(self, question: Question, day: date) -> object:
        if inspect.iscoroutinefunction(self._function):
            return await self._function(question, day)
        result = await asyncio.to_thread(self._function, question, day)
        return await result if inspect.isawaitable(result) else result


def import_function(reference: str, folder: Path | None = None) -> AnswerFunction:
    """Import `module:function`; modules in `folder` are found too.

    Raises:
        ConfigError: the reference is malformed, or there is no such module or function.
    """
    module_name, _, name = reference.partition(":")
    if not module_name or not name:
        raise ConfigError(f"{reference!r} is no function: write it as 'module:function'")
    with _importable(folder):
        if folder is not None:
            _forget_namesake(module_name, folder)
        try:
            module = importlib.import_module(module_name)
        except Exception as error:  # importing runs the user's code
            told = without_secrets(f"{type(error).__name__}: {error}")
            raise ConfigError(f"cannot import {module_name!r}: {told}") from error
    function = getattr(module, name, None)
    if not callable(function):
        names = [word for word, value in vars(module).items() if inspect.isfunction(value)]
        raise ConfigError(f"{module_name!r} has no function {name!r}: {nearest(name, names)}")
    found: AnswerFunction = function
    return found


@contextmanager
def _importable(folder: Path | None) -> Iterator[None]:
    if folder is None:
        yield
        return
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _forget_namesake(module_name: str, folder: Path) -> None:
    """Forget a module of the same name from elsewhere, such as another suite's `answers.py`."""
    top = module_name.partition(".")[0]
    known = sys.modules.get(top)
    here = (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file()
    if known is None or not here or top in sys.stdlib_module_names:
        return
    source = getattr(known, "__file__", None)
    if source is not None and Path(source).resolve().is_relative_to(folder.resolve()):
        return
    for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
        del sys.modules[name]


def _source_fingerprint(function: AnswerFunction) -> str:
    name = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        source = ""
    return hashlib.sha256(f"{name}\n{source}".encode()).hexdigest()[:16]


def estimated_usage(question: Question, text: str) -> Usage:
    """What an answer used that does not tell it; what a system adds to a question is not known."""
    prompt = f"{question.text}\n{question.format.instruction}"
    return Usage(
        prompt_tokens=estimated_tokens(prompt),
        completion_tokens=estimated_tokens(text),
        counted=False,
    )
