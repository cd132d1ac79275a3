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

from harness.errors import ConfigError, located
from harness.retrieval.base import Passage
from harness.systems.sandbox import TemplateProblem, TextTemplate

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
    _template: TextTemplate

    @classmethod
    def load(cls, path: Path) -> PromptTemplate:
        """Read and try a template; raises `ConfigError` with file and line when it cannot render."""
        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(located(path, None, f"cannot read the template: {error}")) from error
        try:
            template = cls(path, source, TextTemplate(source, _NAMES))
            template.render(date(2000, 1, 1), "question", "instruction", _SAMPLE)
        except TemplateProblem as problem:
            raise ConfigError(located(path, problem.line, str(problem))) from problem
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
        return self._template.render(
            today=today.isoformat(),
            question=question,
            instruction=instruction,
            passages=passages,
            show_days=show_days,
        )
