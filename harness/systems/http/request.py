"""What is sent for a question: templates in a table of JSON, in a file, and behind the url.

In a table each text is a template of its own and becomes one JSON text, whatever is in it. A file is
one template; where it is sent as JSON it has to be JSON, however a question is written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness import fastjson
from harness.errors import located, nearest
from harness.systems.sandbox import TemplateProblem, TextTemplate

__all__ = [
    "OPEN_PLACE",
    "Body",
    "RequestTemplate",
    "asks",
    "body_problems",
    "query_problems",
    "source",
]

Body = Path | Mapping[str, Any]
"""The file of a template, or a table whose texts are templates."""

OPEN_PLACE: Final = (
    "is no place for a secret: put it in an environment variable, name that with key_env, and the "
    "header with key_header"
)

_SECRET: Final = re.compile(
    r"authorization|password|(?:api|access|auth|client)[_-]?(?:key|token|secret)", re.IGNORECASE
)
_VARIABLES: Final = ("question", "today", "instruction")
_PLAIN: Final = {"question": "question", "today": "2000-01-01", "instruction": "instruction"}
_HOSTILE: Final = {**_PLAIN, "question": "\"'}]\\\n\t", "instruction": "\"'}]\\\n\t"}


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """A body (None: none is sent) and a query, as `body_problems` and `query_problems` found good."""

    body: Any
    query: Mapping[str, TextTemplate]
    as_json: bool

    @classmethod
    def of(cls, body: Body | None, query: Mapping[str, str], *, as_json: bool) -> RequestTemplate:
        """Compile the templates."""
        template = TextTemplate(source(body)) if isinstance(body, Path) else _compiled(body)
        return cls(template, _compiled(query), as_json)

    def render(self, **values: str) -> tuple[bytes | None, dict[str, str]]:
        """Body and query for a question.

        Raises:
            TemplateProblem: a template fails for this question, or what comes of it is no JSON.
        """
        query = {name: template.render(**values) for name, template in self.query.items()}
        try:
            for text in query.values():
                text.encode()
            return self._body(values), query
        except UnicodeEncodeError as error:
            raise TemplateProblem(f"half a character cannot be sent ({error})", None) from error

    def _body(self, values: Mapping[str, str]) -> bytes | None:
        if self.body is None:
            return None
        if not isinstance(self.body, TextTemplate):
            return fastjson.dumps(_rendered(self.body, values))
        text = self.body.render(**values)
        if self.as_json:
            _check_json(text)
        return text.encode()


def body_problems(body: Body, *, as_json: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with a body, as (key, message)."""
    if isinstance(body, Path):
        if problem := _file_problem(body, as_json=as_json):
            yield "body", problem
        return
    if not as_json:
        yield (
            "body",
            "a table is sent as JSON; for another Content-Type, name the file of a template",
        )
    yield from _tree_problems("body", body)


def query_problems(query: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a query, as (key, message)."""
    yield from _tree_problems("query", query)


def asks(body: Body | None, query: Mapping[str, str]) -> bool:
    """Whether a template that can be read has the question in it."""
    sources = [source(body)] if isinstance(body, Path) else list(_texts(body))
    return any("question" in TextTemplate(text).names for text in (*sources, *query.values()))


def source(body: Path) -> str:
    """The text of a template's file; raises `OSError` or `UnicodeDecodeError`."""
    return body.read_text(encoding="utf-8")


def _file_problem(path: Path, *, as_json: bool) -> str | None:
    try:
        text = source(path)
    except (OSError, UnicodeDecodeError) as error:
        return f"{path.name} cannot be read: {error}"
    try:
        template = _tried(text)
        if as_json:
            _check_json(template.render(**_PLAIN))
    except TemplateProblem as problem:
        return located(path.name, problem.line, str(problem))
    try:
        if as_json:
            _check_json(template.render(**_HOSTILE))
    except TemplateProblem:
        hint = "write {{ question | tojson }}, without quotes around it"
        return f"{path.name}: template: a question with quotes in it breaks the JSON; {hint}"
    return None


def _tree_problems(key: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            try:
                _tried(value)
            except TemplateProblem as problem:
                yield key, str(problem)
        case Mapping():
            for name, inner in value.items():
                if _SECRET.fullmatch(name):
                    yield f"{key}.{name}", OPEN_PLACE
                yield from _tree_problems(f"{key}.{name}", inner)
        case list():
            for place, inner in enumerate(value):
                yield from _tree_problems(f"{key}.{place}", inner)
        case bool() | int():
            pass
        case float() if math.isfinite(value):
            pass
        case _:
            yield key, f"JSON has no {value!r}; write it as a text"


def _tried(text: str) -> TextTemplate:
    """The template, of which it is known that it can be rendered."""
    template = TextTemplate(text)
    for name in sorted(template.names.difference(_VARIABLES)):
        raise TemplateProblem(f"unknown name {name!r}: {nearest(name, _VARIABLES)}", None)
    for values in (_PLAIN, _HOSTILE):
        template.render(**values)
    return template


def _check_json(text: str) -> None:
    try:
        json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise TemplateProblem(f"renders to no JSON: {error}", None) from error


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is none")


def _compiled(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """The same with templates where texts were."""
    match value:
        case str():
            return TextTemplate(value)
        case Mapping():
            return {name: _compiled(inner) for name, inner in value.items()}
        case list():
            return [_compiled(inner) for inner in value]
        case _:
            return value


def _rendered(value: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401  (any JSON)
    match value:
        case TextTemplate():
            return value.render(**values)
        case dict():
            return {name: _rendered(inner, values) for name, inner in value.items()}
        case list():
            return [_rendered(inner, values) for inner in value]
        case _:
            return value


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
