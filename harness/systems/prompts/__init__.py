"""Prompt templates: Jinja2 files with a fingerprint.

A template sees `today` (ISO day), `question` and `instruction` (text; empty when the format needs
none), `passages`, each with `day`, `text`, `document_id` and `score`, best or newest first as the
system's settings say, and `show_days` (whether the passages' days are to be shown). Another name is
an error, and so is reading another file; `harness.systems.prompts.sandbox` says what else it may not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from jinja2 import Template, TemplateSyntaxError

from harness.errors import ConfigError, located
from harness.retrieval.base import Passage
from harness.systems.prompts.sandbox import compiled, rendered

__all__ = ["CLOSED_BOOK", "RETRIEVAL", "PromptTemplate"]

_FOLDER: Final = Path(__file__).parent
CLOSED_BOOK: Final = _FOLDER / "closed_book.jinja"
RETRIEVAL: Final = _FOLDER / "retrieval.jinja"

_NAMES: Final = ("today", "question", "instruction", "passages", "show_days")
_SAMPLE: Final = (Passage("id", date(2000, 1, 1), "text", 0.0),)


@dataclass(frozen=True)
class PromptTemplate:
    """A template that has been read, compiled and tried."""

    path: Path
    source: str
    _template: Template

    @classmethod
    def load(cls, path: Path) -> PromptTemplate:
        """Read and try a template; raises `ConfigError` with file and line when it cannot render."""
        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(located(path, None, f"cannot read the template: {error}")) from error
        try:
            template = cls(path, source, compiled(source, _NAMES))
            template.render(date(2000, 1, 1), "question", "instruction", _SAMPLE)
        except TemplateSyntaxError as error:
            raise ConfigError(located(path, error.lineno, f"template: {error.message}")) from error
        except Exception as error:  # foreign code: filters and methods raise what they like
            told = str(error) or type(error).__name__
            raise ConfigError(located(path, _failed_line(error), f"template: {told}")) from error
        return template

    def fingerprint(self) -> str:
        """SHA-256 of the source, first 16 hex digits."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    def render(
        self,
        today: date,
        question: str,
        instruction: str,
        passages: Sequence[Passage],
        *,
        show_days: bool = True,
    ) -> str:
        """The user message."""
        values = (today.isoformat(), question, instruction, passages, show_days)
        return rendered(self._template, dict(zip(_NAMES, values, strict=True)))


def _failed_line(error: Exception) -> int | None:
    # Jinja2 gives the frames of a template's code the file name "<template>" and its own lines.
    lines: list[int] = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else None
