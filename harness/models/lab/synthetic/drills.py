# ruff: noqa: PLR2004 - shares of a mix are literal

"""Short exercises: tables to copy from (induction comes first) and comparisons of days."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.attributes import CORE, SHORT_KINDS, random_attribute
from harness.models.lab.synthetic.ledger import distinct, kin_subjects, rival_subjects
from harness.models.lab.synthetic.scene import shuffled_days
from harness.models.lab.synthetic.turns import Turn
from harness.models.lab.synthetic.versions import version
from harness.world.releases.wording import ABSTENTION

__all__ = ["date_drill", "dated_lookup_drill", "lookup_drill", "rule_drill", "table_drill"]


def _noun(r: Random) -> str:
    return random_attribute(r).nouns[0]


_KEYS: Final[tuple[Callable[[Random], str], ...]] = (
    values.product_name,
    values.stem,
    _noun,
    values.advisory_id,
    version,
)


def table_drill(r: Random, rows: int, questions: int) -> list[Turn]:
    """Return a table of `rows` pairs and `questions` look-ups."""
    draw = r.choice(_KEYS)
    keys = sorted({draw(r) for _ in range(rows)})
    r.shuffle(keys)
    makers = (*(attribute.draw for attribute in CORE), version, values.day)
    table = {key: r.choice(makers)(r) for key in keys}
    separator = r.choice((": ", " = ", " is ", " -> ", " | "))
    text = "\n".join(f"{key}{separator}{value}" for key, value in table.items())
    asked = keys * 3
    r.shuffle(asked)
    turns: list[Turn] = []
    for number, key in enumerate(asked[:questions]):
        question = r.choice((f"{key}?", f"What is {key}?", key))
        turns.append(("user", f"{text}\n\n{question}" if number == 0 else question))
        turns.append(("assistant", table[key]))
    return turns


_LINES: Final = ("{k}: {v}", "{k} = {v}", "{k} is {v}.", "{k} -> {v}", "{v}: {k}", "{v} is {k}.")


def lookup_drill(r: Random, rows: int, kin: float = 0.0, strangers: float = 0.0) -> list[Turn]:
    """Return a list of rival subjects with short values, each of which is asked for once.

    Only the name or the cycle tells the rows apart, and hardly anything is copied: nearly all of
    the loss is about the choice. `kin` is the chance that names are near one another, `strangers`
    that subjects are asked for, too, which no row has.
    """
    draw_subjects = kin_subjects if r.random() < kin else rival_subjects
    unknown = r.choice((1, 2)) if r.random() < strangers else 0
    subjects = draw_subjects(r, rows + unknown)
    absent = [subjects.pop() for _ in range(unknown)]
    draw = random_attribute(r, SHORT_KINDS).draw
    answers = dict(zip(subjects, distinct(r, draw, rows), strict=True))
    line = r.choice(_LINES)
    text = "\n".join(line.format(k=subject, v=value) for subject, value in answers.items())
    answers |= dict.fromkeys(absent, ABSTENTION)
    subjects += absent
    r.shuffle(subjects)
    form = r.choice(("{k}?", "What is {k}?", "{k}", "Question: {k}?"))
    turns: list[Turn] = []
    for number, subject in enumerate(subjects):
        question = form.format(k=subject)
        turns.append(("user", f"{text}\n\n{question}" if number == 0 else question))
        turns.append(("assistant", answers[subject]))
    return turns


_DATED_LINES: Final = (
    "({d}) {k}: {v}", "{d}: {k} = {v}", "[{i}] ({d}) {k} is {v}.", "[{i}] {d} {k} -> {v}",
    "{k} ({d}): {v}", "[{i}] ({d}) The value of {k} is {v}.", "[{i}] ({d}) {v} is {k}.",
)  # fmt: skip
_NOW: Final = ("{k}?", "{k} now?", "What is {k} now?", "What is {k}?", "Latest {k}?", "Newest {k}?")


def dated_lookup_drill(r: Random, rows: int, kin: float = 0.0) -> list[Turn]:
    """Return dated rows in any order, and for each subject the question for its newest value.

    The values are short: nearly all of the loss is about which day is the newest. `kin` is as in
    `lookup_drill`.
    """
    draw_subjects = kin_subjects if r.random() < kin else rival_subjects
    subjects = draw_subjects(r, r.choice((1, 1, 2, 3)))
    drawn = distinct(r, random_attribute(r, SHORT_KINDS).draw, rows)
    newest: dict[str, str] = {}
    entries: list[tuple[str, str, str]] = []
    days = _days_of_other_years(r, rows) if r.random() < 0.5 else shuffled_days(r, rows)
    for index, (day, value) in enumerate(zip(days, drawn, strict=True)):
        subject = subjects[index % len(subjects)]
        newest.setdefault(subject, value)
        entries.append((day, subject, value))
    r.shuffle(entries)
    line, form = r.choice(_DATED_LINES), r.choice(_NOW)
    text = "\n".join(
        line.format(i=i, d=day, k=subject, v=value)
        for i, (day, subject, value) in enumerate(entries, 1)
    )
    turns: list[Turn] = []
    for number, (subject, value) in enumerate(newest.items()):
        question = form.format(k=subject)
        turns.append(("user", f"{text}\n\n{question}" if number == 0 else question))
        turns.append(("assistant", value))
    return turns


_RULES: Final = (
    "{a} means {b}", "{a} -> {b}", "{b} for {a}", "if {a}, then {b}", "{a}: {b}",
    "{b} where it is {a}", "{a} gets {b}", "{b} is for {a}",
)  # fmt: skip
_OUTCOMES: Final[tuple[tuple[str, ...], ...]] = (
    ("P1", "P2", "P3", "P4"), ("urgent", "high", "routine", "low"), ("A", "B", "C", "D"),
    ("red", "orange", "green", "blue"), ("1", "2", "3", "4", "5"), ("now", "soon", "later"),
    ("S1", "S2", "S3"), ("critical", "high", "medium", "low"),
)  # fmt: skip
_CLASSES: Final[tuple[tuple[str, ...], ...]] = (
    ("Known", "Unknown"), ("Known", "Unknown"), ("yes", "no"), ("open", "closed"),
    ("gold", "silver", "bronze"), ("north", "south", "east", "west"), ("old", "new"),
)  # fmt: skip


def rule_drill(r: Random, rows: int) -> list[Turn]:
    """Return subjects with a class each, a rule from class to outcome, and questions for outcomes.

    An answer takes two steps: the subject's class, then the outcome of that class.
    """
    classes = r.choice(_CLASSES)
    scale = r.choice([scale for scale in _OUTCOMES if len(scale) >= len(classes)])
    outcomes = dict(zip(classes, r.sample(scale, len(classes)), strict=True))
    draw = values.advisory_id if r.random() < 0.4 else _short_key
    subjects = distinct(r, draw, rows)
    own = {subject: r.choice(classes) for subject in subjects}
    line = r.choice(_LINES)
    entries = [line.format(k=subject, v=value) for subject, value in own.items()]
    form = r.choice(_RULES)
    pairs = [form.format(a=a, b=b) for a, b in outcomes.items()]
    r.shuffle(pairs)
    head = r.choice(("Rule: ", "Policy: ", "", "Priorities: "))
    rule = f"{head}{r.choice((', ', '; ')).join(pairs)}."
    place = r.choice((0, len(entries), r.randint(0, len(entries))))
    text = "\n".join((*entries[:place], rule, *entries[place:]))
    asked = list(own)
    r.shuffle(asked)
    one_step = r.random() < 0.25
    word = r.choice(("priority", "rule", "outcome", "grade"))
    ask = r.choice(("{w} of {k}?", "Which {w} does {k} get?", "What {w} follows for {k}?"))
    turns: list[Turn] = []
    for number, subject in enumerate(asked):
        plain = one_step and r.random() < 0.5
        question = f"{subject}?" if plain else ask.format(w=word, k=subject)
        turns.append(("user", f"{text}\n\n{question}" if number == 0 else question))
        turns.append(("assistant", own[subject] if plain else outcomes[own[subject]]))
    return turns


def _short_key(r: Random) -> str:
    return values.stem(r) if r.random() < 0.5 else values.product_name(r)


def _days_of_other_years(r: Random, count: int) -> list[str]:
    years = sorted(r.sample(range(2014, 2029), count), reverse=True)
    return [values.day(r, year, year) for year in years]


def date_drill(r: Random, questions: int) -> list[Turn]:
    """Return comparisons of days: later or earlier, passed or not, newest of a list."""
    turns: list[Turn] = []
    for _ in range(questions):
        question, answer = r.choice((_pair, _order, _passed, _passed, _newest, _newest))(r)
        turns += [("user", question), ("assistant", answer)]
    return turns


def _days(r: Random, count: int) -> list[str]:
    days = [values.day(r, 2016, 2031)]
    while len(days) < count:
        days.append(values.day_before(r, days[-1]))
    r.shuffle(days)
    return days


def _pair(r: Random) -> tuple[str, str]:
    first, second = _days(r, 2)
    late = r.random() < 0.6
    word = r.choice(("later", "newer", "more recent")) if late else r.choice(("earlier", "older"))
    answer = max(first, second) if late else min(first, second)
    return f"Which date is {word}, {first} or {second}?", answer


def _order(r: Random) -> tuple[str, str]:
    first, second = _days(r, 2)
    before = r.random() < 0.5
    word = r.choice(("before", "earlier than")) if before else r.choice(("after", "later than"))
    return f"Is {first} {word} {second}?", "yes" if (first < second) == before else "no"


def _passed(r: Random) -> tuple[str, str]:
    today, other = _days(r, 2)
    asks = (
        ("Has {d} passed?", other < today), ("Is {d} in the past?", other < today),
        ("Is {d} still to come?", other > today), ("Does {d} lie in the future?", other > today),
    )  # fmt: skip
    ask, truth = r.choice(asks)
    return f"Today is {today}.\n\nQuestion: {ask.replace('{d}', other)}", "yes" if truth else "no"


def _newest(r: Random) -> tuple[str, str]:
    days = _days(r, r.randint(2, 5))
    late = r.random() < 0.75
    word = (
        r.choice(("latest", "newest", "most recent")) if late else r.choice(("oldest", "earliest"))
    )
    answer = max(days) if late else min(days)
    if r.random() < 0.5:
        return f"{', '.join(days)}\nWhich date is the {word}?", answer
    marks = [values.identifier(r) for _ in days] if r.random() < 0.5 else None
    names = marks or [str(number) for number in range(1, len(days) + 1)]
    if len(set(names)) < len(names):
        names = [str(number) for number in range(1, len(days) + 1)]
    listing = "\n".join(f"[{name}] ({day})" for name, day in zip(names, days, strict=True))
    noun = r.choice(("entry", "passage", "one"))
    return f"{listing}\nWhich {noun} is the {word}?", names[days.index(answer)]
