"""Every answer, to look up: the first of them stand in the page, all of them in its data."""

from __future__ import annotations

from typing import Any, Final

from harness.reporting.answers import Tables, fitted
from harness.reporting.components import (
    Explorer,
    ListedAnswer,
    ListedCase,
    Section,
    ShownPassage,
    SystemLabel,
)
from harness.reporting.figures import count
from harness.reporting.sections.context import Context
from harness.reporting.sections.told import verdict
from harness.reporting.untrusted import Excerpt

LISTED: Final = 200
"""How many answers can be read without JavaScript (whole questions, so it may be some more)."""

BRIEF: Final = 120


def explorer(context: Context) -> Section | None:
    """The list of answers; None for a run that has none."""
    if not context.run.records:
        return None
    tables, packed = fitted(context)
    total = len(tables["answers"]["system"])
    cases = listed_cases(tables, LISTED)
    listed = sum(len(case.answers) for case in cases)
    return Section(
        id="explorer",
        title="Every answer",
        sentence=_sentence(total, tables["left_out"]),
        reading=(
            "Answers to one question on one day stand together; open one for its whole text, what it "
            "was judged by, what it had retrieved, and what it took. Choose a system that was right "
            "and one that was not to see what the first has over the second. The address of the page "
            "keeps what you chose, so a link leads others to the same answers. Long texts are "
            "shortened; the run's folder has them whole."
        ),
        blocks=(
            Explorer(
                cases=cases,
                listed=listed,
                total=total,
                packed=packed,
                systems=tuple(name for name, *_ in tables["systems"]),
                days=tuple(sorted(tables["days"])),
                classes=_met(tables),
                kinds=tuple(sorted(filter(None, tables["kinds"]))),
            ),
        ),
        noted=False,
    )


def listed_cases(tables: Tables, most: int) -> tuple[ListedCase, ...]:
    """The first cases, until `most` answers are listed."""
    cases = []
    start = 0
    for row in tables["cases"]:
        if start >= most:
            break
        cases.append(_case(tables, row, start))
        start += row[-1]
    return tuple(cases)


def _sentence(total: int, left_out: int) -> str:
    held = f"All {count(total)} answers of the run are in this file"
    if left_out:
        held = (
            f"{count(total)} of the run's {count(total + left_out)} answers are in this file (all "
            "those to every n-th question)"
        )
    return f"{held}, to be found by system, day, class, kind, group and text."


def _met(tables: Tables) -> tuple[str, ...]:
    met = set(tables["answers"]["class"])
    return tuple(name for place, (name, _) in enumerate(tables["classes"]) if place in met)


def _case(tables: Tables, row: list[int], start: int) -> ListedCase:
    question, day, repeat, right, size = row
    id_, text, omitted, kind, group, history = tables["questions"][question]
    meta = (
        tables["days"][day],
        tables["kinds"][kind],
        tables["groups"][group],
        f"repeat {repeat + 1}" if repeat else "",
    )
    return ListedCase(
        question=Excerpt(text, omitted),
        meta=tuple(filter(None, meta)),
        id=id_,
        reference=tables["texts"][right],
        history=None if history < 0 else tuple(map(_held, tables["histories"][history])),
        answers=tuple(_answer(tables, place) for place in range(start, start + size)),
    )


def _held(row: list[Any]) -> tuple[str, str]:
    value, since, until = row
    return value, f"{since} to {until}" if until else f"since {since}"


def _answer(tables: Tables, place: int) -> ListedAnswer:
    texts = tables["texts"]
    got = {name: column[place] for name, column in tables["answers"].items()}
    name, slot, _ = tables["systems"][got["system"]]
    text = texts[got["text"]]
    return ListedAnswer(
        system=SystemLabel(name, "", slot),
        verdict=verdict(tables["classes"][got["class"]][0], right=bool(got["right"])),
        brief=brief(text),
        took=texts[got["time"]],
        excerpt=Excerpt(text, texts[got["cut"]]),
        evidence=texts[got["evidence"]],
        notes=tuple(texts[note] for note in got["notes"]),
        time=": ".join(filter(None, (texts[got["time"]], texts[got["stages"]]))),
        cost=": ".join(filter(None, (texts[got["cost"]], texts[got["basis"]]))),
        passages=tuple(
            ShownPassage(document, day, Excerpt(passage, omitted))
            for document, day, passage, omitted in (tables["passages"][p] for p in got["passages"])
        ),
    )


def brief(text: str) -> str:
    """The beginning of an answer on one line; the script cuts in the same way."""
    line = " ".join(text.split())
    return line if len(line) <= BRIEF else f"{line[:BRIEF]}…"
