"""Templates of users, who may have them from somebody else: one file, pure, and sure to end.

Jinja2's sandbox keeps a template from Python's inner attributes. Here it also reads no other files,
knows no chance, and stops when it takes too many steps or writes too much. What one step takes is
not bounded: a filter that is told to pad a word to a gigabyte does so. A name that is not known is
an error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateAssertionError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.errors import nearest

__all__ = ["TemplateProblem", "TextTemplate"]

_READING: Final = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_COUNTED: Final = "counted"
_STEPS: Final = 100_000
"""Rounds of loops and calls, of which an honest prompt takes some hundred."""
_LONGEST: Final = 10_000_000
"""Characters of a prompt: more than any model reads."""
_LONGEST_RANGE: Final = 10_000

_steps_left: ContextVar[list[int]] = ContextVar("steps_left")


class TemplateProblem(Exception):  # noqa: N818  (the message is about a template, where it stands)
    """A template cannot be compiled or rendered; `line` is its own, where one is known."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(f"template: {message}")
        self.line = line


class TextTemplate:
    """A template that has been compiled, and the `names` that it reads."""

    def __init__(self, source: str, known: Collection[str] | None = None) -> None:
        """Raises `TemplateProblem`; `known` are the names that it may read, where that is checked here."""
        environment = _environment()
        try:
            tree = environment.parse(source)
            self.names = frozenset(
                meta.find_undeclared_variables(tree) - environment.globals.keys()
            )
            _check(tree, self.names, known)
            for loop in tree.find_all(nodes.For):
                counted = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)
                loop.iter = counted.set_environment(environment)
            self._template = environment.from_string(tree)
            # Else Jinja2 puts two layers of globals together each time.
            self._template.globals = dict(self._template.globals)
        except TemplateSyntaxError as error:
            raise TemplateProblem(error.message or "is wrong", error.lineno) from error

    def render(self, **values: object) -> str:
        """The text; raises `TemplateProblem`."""
        token = _steps_left.set([_STEPS])
        try:
            return _joined(self._template.generate(values))
        except Exception as error:  # foreign code: filters and methods raise what they like
            told = str(error) or type(error).__name__
            raise TemplateProblem(told, _failed_line(error)) from error
        finally:
            _steps_left.reset(token)


def _joined(written: Iterable[str]) -> str:
    """All of it, unless it is too much."""
    pieces, length = [], 0
    for piece in written:
        length += len(piece)
        if length > _LONGEST:
            raise SecurityError(f"it writes more than {_LONGEST:,} characters")
        pieces.append(piece)
    return "".join(pieces)


def _check(tree: nodes.Template, read: Collection[str], known: Collection[str] | None) -> None:
    """Raise `TemplateAssertionError` where it reads other files, or a name that there is not."""
    for node in tree.find_all(_READING):
        tag = type(node).__name__.lower().removeprefix("from")
        raise TemplateAssertionError(
            f"{tag} reads other files, which a template may not", node.lineno
        )
    if known is None:
        return
    unknown = set(read).difference(known)
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            message = f"{name.name!r} is undefined: {nearest(name.name, known)}"
            raise TemplateAssertionError(message, name.lineno)


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401  (Jinja2's)
        """Numbers only: a text times a billion is the shortest way to fill the memory."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or not numbers:
            raise SecurityError("only numbers are multiplied or divided, and none to a power")
        return super().call_binop(context, operator, left, right)

    def call(self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, PYI063  (Jinja2's)
        """One step each."""
        _take_step()
        return super().call(__context, __obj, *args, **kwargs)


@cache
def _environment() -> _Environment:
    # A prompt is plain text: nothing is escaped.
    environment = _Environment(undefined=StrictUndefined, autoescape=False)
    environment.filters[_COUNTED] = _counted
    environment.globals["range"] = _range
    del environment.filters["random"], environment.globals["lipsum"]  # the same prompt each time
    return environment


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _take_step()
        yield item


def _take_step() -> None:
    left = _steps_left.get()
    left[0] -= 1
    if left[0] < 0:
        raise SecurityError(f"it takes more than {_STEPS:,} rounds and calls")


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > _LONGEST_RANGE:
        raise SecurityError(f"a range of more than {_LONGEST_RANGE:,} numbers")
    return found


def _failed_line(error: Exception) -> int | None:
    # Jinja2 gives the frames of a template's code the file name "<template>" and its own lines.
    lines: list[int] = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else None
