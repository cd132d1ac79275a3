"""Templates of users: plain text, in a sandbox, and a name that is not known is an error."""

from __future__ import annotations

from functools import cache
from typing import Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

__all__ = ["TemplateProblem", "TextTemplate"]

_ERRORS: Final = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
)
"""What a template can raise: its own errors, and those of the filters and methods that it uses."""


class TemplateProblem(Exception):  # noqa: N818  (the message is about a template, where it stands)
    """A template cannot be compiled or rendered; `line` is its own, where one is known."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(f"template: {message}")
        self.line = line


class TextTemplate:
    """A template that has been compiled, and the `names` that it reads."""

    def __init__(self, source: str) -> None:
        """Raises `TemplateProblem`."""
        environment = _environment()
        try:
            read = find_undeclared_variables(environment.parse(source))
            self.names = frozenset(read - environment.globals.keys())
            self._template = environment.from_string(source)
        except TemplateSyntaxError as error:
            raise TemplateProblem(error.message or "is wrong", error.lineno) from error

    def render(self, **values: object) -> str:
        """The text; raises `TemplateProblem`."""
        try:
            return self._template.render(values)
        except _ERRORS as error:
            raise TemplateProblem(str(error), _failed_line(error)) from error


@cache
def _environment() -> SandboxedEnvironment:
    # A prompt is plain text: nothing is escaped.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _failed_line(error: Exception) -> int | None:
    # Jinja2 gives the frames of a template's code the file name "<template>" and its own lines.
    lines: list[int] = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else None
