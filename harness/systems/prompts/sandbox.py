"""Jinja2 for templates that somebody else may have written: one file, pure, and sure to end.

Jinja2's sandbox keeps a template from Python's inner attributes. Here it also reads no other files,
knows no chance, and stops when it takes too many steps or writes too much. What one step takes is
not bounded: a filter that is told to pad a word to a gigabyte does so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateAssertionError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.errors import nearest

__all__ = ["compiled", "rendered"]

_READING: Final = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_COUNTED: Final = "counted"
_STEPS: Final = 100_000
"""Rounds of loops and calls, of which an honest prompt takes some hundred."""
_LONGEST: Final = 10_000_000
"""Characters of a prompt: more than any model reads."""
_LONGEST_RANGE: Final = 10_000

_steps_left: ContextVar[list[int]] = ContextVar("steps_left")


def compiled(source: str, names: Collection[str]) -> Template:
    """A template that may use `names`.

    Raises:
        TemplateSyntaxError: it is none, uses another name, or reads other files.
    """
    environment = _environment()
    tree = environment.parse(source)
    for node in tree.find_all(_READING):
        tag = type(node).__name__.lower().removeprefix("from")
        raise TemplateAssertionError(
            f"{tag} reads other files, which a template may not", node.lineno
        )
    known = {*names, *environment.globals}
    unknown = meta.find_undeclared_variables(tree) - known
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            message = f"{name.name!r} is undefined: {nearest(name.name, names)}"
            raise TemplateAssertionError(message, name.lineno)
    for loop in tree.find_all(nodes.For):
        counted = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)
        loop.iter = counted.set_environment(environment)
    return environment.from_string(tree)


def rendered(template: Template, values: Mapping[str, Any]) -> str:
    """The text; raises `SecurityError`, or whatever the template provokes."""
    token = _steps_left.set([_STEPS])
    pieces, length = [], 0
    try:
        for piece in template.generate(values):
            length += len(piece)
            if length > _LONGEST:
                raise SecurityError(f"it writes more than {_LONGEST:,} characters")
            pieces.append(piece)
    finally:
        _steps_left.reset(token)
    return "".join(pieces)


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
