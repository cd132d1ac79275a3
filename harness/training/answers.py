"""The answers that training teaches, in each output form of the releases suite."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness.world.releases.wording import ABSTENTION, CHOICE_INSTRUCTION

__all__ = ["Target", "json_answer", "plain_answer", "plain_instruction"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked and what the answer is; `value` is None where it cannot be known.

    `as_of` is the ISO day on which the value was stated, or up to which it was learned; `passage`
    the number (from 1) and `date` the ISO day of the passage that says so, None without passages.
    """

    subject: str
    attribute: str
    value: str | None
    as_of: str | None = None
    passage: int | None = None
    date: str | None = None


def plain_answer(target: Target) -> str:
    """The value alone, or the abstention."""
    return target.value if target.value is not None else ABSTENTION


def plain_instruction(answer: str) -> str:
    """The instruction of a question whose kind answers with `answer`: text or choice."""
    return CHOICE_INSTRUCTION if answer == "choice" else ""


def json_answer(target: Target) -> str:
    """The object that `JSON_INSTRUCTION` asks for."""
    known = target.value is not None
    return json.dumps(
        {
            "product": target.subject,
            "field": target.attribute,
            "value": target.value,
            "as_of": target.as_of if known else None,
            "known": known,
            "source": {"passage": target.passage, "date": target.date},
        },
        ensure_ascii=False,
    )
