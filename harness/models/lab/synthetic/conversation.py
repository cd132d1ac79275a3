# ruff: noqa: PLR2004 - shares of a mix are literal

"""From a scene to a conversation: prompt form, questions about it, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from harness.models.lab.synthetic.attributes import RELEASES
from harness.models.lab.synthetic.json_tasks import item_task, record_task
from harness.models.lab.synthetic.questions import ask
from harness.models.lab.synthetic.scene import Item, Passage, Scene
from harness.models.lab.synthetic.tickets import ticket_task
from harness.models.lab.synthetic.triage import NEWEST, PRIORITY, TRIAGE, priorities
from harness.models.lab.synthetic.turns import Turn
from harness.world.releases.wording import (
    ABSTENTION,
    CHOICE_INSTRUCTION,
    closed_book_prompt,
    retrieval_prompt,
)

__all__ = ["Shares", "closed_book", "open_book"]


@dataclass(frozen=True)
class Shares:
    """How often a question asks for JSON, for a missing answer, or about the passages themselves."""

    json: float = 0.28
    missing: float = 0.15
    about_passages: float = 0.08
    suite_form: float = 0.5
    everyday: float = 0.0
    tickets: float = 0.0
    repeat: bool = True
    """Whether a fact may be asked twice; the second answer could be copied from the first."""


_HEADS: Final = (
    "[{i}] ({d}) ", "[{i}] {d}: ", "[{i}] Updated {d}. ", "[{i}] (as of {d}) ", "[{i}] <{d}> ",
    "Passage {i} (updated {d}): ", "Document {i} ({d}): ", "{i}. ({d}) ", "[{i}] date: {d}. ",
    "({d}) ", "- {d}: ", "* {d} - ",
)  # fmt: skip
_BARE_HEADS: Final = ("[{i}] ", "{i}. ", "- ", "")
_LABELS: Final = ("Context:\n", "Context:\n", "Passages:\n", "Documents:\n", "Notes:\n", "")
_SYSTEM: Final = (
    "Answer the question using the context. If the context does not contain the answer, say I "
    "don't know.", "Use only the context to answer.", "You are a helpful assistant.",
    "Answer from the passages. Prefer the most recent passage.", "Answer briefly.",
    "If passages disagree, the newest one is right.",
)  # fmt: skip
_CHOICE: Final = (
    CHOICE_INSTRUCTION, CHOICE_INSTRUCTION, CHOICE_INSTRUCTION, "Reply yes or no.", "Yes or no?",
    "Say yes or no.", "",
)  # fmt: skip
_BRIEF: Final = (
    "Answer with the value only.",
    "Be brief.",
    "Give only the answer.",
    "No sentence.",
)
_NEWEST: Final = ("Which passage is the newest?", "Which passage is the most recent?")
_OLDEST: Final = ("Which passage is the oldest?", "Which passage has the earliest date?")


@dataclass(frozen=True)
class _Form:
    """How the passages are shown and where a question stands."""

    suite: bool
    head: str
    label: str
    question: str
    answer: str
    shows_today: bool

    @property
    def numbered(self) -> bool:
        return "{i}" in self.head

    @property
    def dated(self) -> bool:
        return "{d}" in self.head


@dataclass(frozen=True)
class _Book:
    """A scene with what can fairly be asked in the form in which it is shown."""

    scene: Scene
    known: tuple[Item, ...]
    missing: tuple[Item, ...]


_TICKETED: Final = (*TRIAGE.values(), PRIORITY)
"""What tickets may ask for."""
_DERIVED: Final = 0.35
"""Share of questions about what follows from two passages, where there is some of it."""
_TODAY: Final = 0.12
"""Share of questions that turn on the day of asking, where there is one."""
_CHOSEN: Final = 0.7
"""Share of questions about a label that name the labels."""
_ABSENT: Final = 0.12
"""Share of tickets asked for a vulnerability that no passage has."""
_NO_PASSAGES: Final = _Form(False, "", "", "", "", True)


def open_book(r: Random, scene: Scene, questions: int, shares: Shares) -> list[Turn]:
    """Return a conversation of `questions` questions over the scene's passages."""
    form = _form(r, shares)
    known = tuple(item for item in scene.known if _fair(item, form))
    missing = tuple(item for item in scene.missing if _fair(item, form))
    book = _Book(scene, known, missing)
    turns: list[Turn] = []
    if r.random() < 0.2:
        turns.append(("system", r.choice(_SYSTEM)))
    for number in range(questions):
        if number and not shares.repeat and not book.known:
            break
        question, instruction, answer, asked = _exchange(r, book, form, shares)
        if not shares.repeat:
            left = (item for item in book.known if not any(item is one for one in asked))
            book = replace(book, known=tuple(left))
        text = _first(form, scene, question, instruction)
        if number:
            text = _follow_up(r, form, question, instruction)
        turns += [("user", text), ("assistant", answer)]
    return turns


def closed_book(r: Random, scene: Scene, questions: int, shares: Shares) -> list[Turn]:
    """Return a conversation without passages, in which nothing can be known."""
    pool = [Item(item.subject, item.attribute) for item in (*scene.known, *scene.missing)]
    turns: list[Turn] = []
    if r.random() < 0.2:
        turns.append(("system", r.choice(_SYSTEM)))
    bare = r.random() < 0.4
    for number in range(questions):
        item = r.choice(pool)
        if shares.tickets and scene.triage and r.random() < shares.tickets:
            question, instruction, answer = _unknown_ticket(r, pool)
        else:
            question, instruction, answer = _about_item(r, item, scene.today, _NO_PASSAGES, shares)
        text = closed_book_prompt(scene.today, question, instruction)
        if bare or number:
            text = f"{question}\n{instruction}".strip()
        turns += [("user", text), ("assistant", answer)]
    return turns


def _form(r: Random, shares: Shares) -> _Form:
    if r.random() < shares.suite_form:
        return _Form(True, "[{i}] ({d}) ", "Context:\n", "Question: ", "", True)
    head = r.choice(_HEADS) if r.random() < 0.92 else r.choice(_BARE_HEADS)
    question = r.choice(("Question: ", "Q: ", "", ""))
    answer = r.choice(("\nAnswer:", "\nA:", "", "", ""))
    return _Form(False, head, r.choice(_LABELS), question, answer, r.random() < 0.6)


def _fair(item: Item, form: _Form) -> bool:
    """Tell whether the form shows what the answer depends on."""
    if item.attribute.key == "supported" and not form.shows_today:
        return False
    return form.dated or not item.restated


def _exchange(
    r: Random, book: _Book, form: _Form, shares: Shares
) -> tuple[str, str, str, tuple[Item, ...]]:
    """Return a question, its instruction (may be empty), the answer and the items it is about."""
    scene, known, missing = book.scene, book.known, book.missing
    if shares.tickets and scene.triage:
        left = any(item.attribute in _TICKETED for item in known)
        if r.random() < (shares.tickets if left else shares.tickets * _ABSENT):
            return _about_ticket(r, book, form)
        # Other JSON than tickets is for the other scenes.
        shares = replace(shares, json=0.0, about_passages=0.0)
    kind = r.random()
    if (missing and kind < shares.missing) or not known:
        # A scene of which the form shows nothing askable still leaves its passages' subjects.
        unknown = missing or [item for item in scene.missing if item.attribute.answer == "text"]
        item = r.choice(unknown or known)
        return *_about_item(r, item, scene.today, form, shares), (item,)
    if form.numbered and form.dated and kind > 1 - shares.about_passages:
        return *_about_passages(r, scene, known), ()
    if kind > 1 - shares.about_passages - shares.json * 0.25:
        return *_about_record(r, known, missing), ()
    item = _asked(r, known)
    return *_about_item(r, item, scene.today, form, shares), (item,)


def _asked(r: Random, known: Sequence[Item]) -> Item:
    """Return an item to ask for: more often one that takes two passages or the day, or is said twice."""
    derived = [item for item in known if item.attribute in (PRIORITY, NEWEST)]
    if derived and r.random() < _DERIVED:
        return r.choice(derived)
    turning = [item for item in known if item.attribute is RELEASES["supported"]]
    if turning and r.random() < _TODAY:
        return r.choice(turning)
    restated = [item for item in known if item.restated]
    return r.choice(restated) if restated and r.random() < 0.5 else r.choice(known)


def _about_item(
    r: Random, item: Item, today: str, form: _Form, shares: Shares
) -> tuple[str, str, str]:
    question = ask(r, item.attribute, item.subject, shares.everyday)
    if r.random() < shares.json:
        instruction, answer = item_task(r, item, today, form.numbered, form.dated)
        return question, instruction, answer
    instruction = r.choice(_BRIEF) if r.random() < 0.06 else ""
    if item.attribute.answer == "choice":
        instruction = r.choice(_CHOICE)
    if shares.tickets and item.value is not None and r.random() < _CHOSEN:
        instruction = _options(r, item) or instruction
    return question, instruction, item.value or ABSTENTION


def _options(r: Random, item: Item) -> str:
    """Return the instruction to choose among the values that a label can have; else nothing."""
    if item.attribute is PRIORITY and item.value is not None:
        options = priorities(r, item.value)
    elif item.attribute is TRIAGE["ransomware_use"]:
        options = ("Known", "Unknown")
    else:
        return ""
    return f"Answer with {', '.join(options[:-1])} or {options[-1]}."


def _about_ticket(r: Random, book: _Book, form: _Form) -> tuple[str, str, str, tuple[Item, ...]]:
    """Return a request for a ticket: of a vulnerability that a passage has, or of one that none has."""
    known = [item for item in book.known if item.attribute in _TICKETED]
    everywhere = {item.subject for item in book.scene.known}
    absent = [
        item.subject
        for item in book.missing
        if item.attribute in _TICKETED and item.subject not in everywhere
    ]
    if absent and (not known or r.random() < _ABSENT):
        subject = r.choice(absent)
    else:
        subject = r.choice(known or book.known).subject
    stated = {i.attribute.key: i for i in book.scene.known if i.subject == subject}
    # What the form does not show fairly is left out; what no passage says is null.
    items = [
        stated.get(attribute.key, Item(subject, attribute))
        for attribute in _TICKETED
        if attribute.key not in stated or _fair(stated[attribute.key], form)
    ]
    request, instruction, answer = ticket_task(r, subject, items, form.numbered, form.dated)
    return request, instruction, answer, tuple(i for i in known if i.subject == subject)


def _unknown_ticket(r: Random, pool: Sequence[Item]) -> tuple[str, str, str]:
    """Return a request for a ticket where no passage is shown: all but its id is null."""
    ids = [item.subject for item in pool if item.attribute in TRIAGE.values()]
    subject = r.choice(ids)
    items = [Item(subject, attribute) for attribute in _TICKETED]
    return ticket_task(r, subject, items, numbered=False, dated=False)


def _about_record(
    r: Random, known: Sequence[Item], missing: Sequence[Item]
) -> tuple[str, str, str]:
    subject = r.choice(known).subject
    own = [item for item in known if item.subject == subject]
    gaps = [item for item in missing if item.subject == subject]
    items = r.sample(own, r.randint(1, min(4, len(own))))
    if gaps and r.random() < 0.4:
        items.append(r.choice(gaps))
    request, answer = record_task(r, subject, items)
    return request, "", answer


def _about_passages(r: Random, scene: Scene, known: Sequence[Item]) -> tuple[str, str, str]:
    days = [passage.day for passage in scene.passages]
    kind = r.random()
    if kind < 0.3:
        return r.choice(_NEWEST), "", str(days.index(max(days)) + 1)
    if kind < 0.4:
        return r.choice(_OLDEST), "", str(days.index(min(days)) + 1)
    if kind < 0.55:
        number = r.randint(1, len(days))
        return f"What is the date of passage {number}?", "", days[number - 1]
    restated = [item for item in known if item.restated] or known
    item = r.choice(restated)
    noun = r.choice(item.attribute.nouns)
    forms = (
        f"Which passage gives the {noun} of {item.subject}?",
        f"Which is the most recent passage about the {noun} of {item.subject}?",
        f"In which passage do I find the {noun} of {item.subject}?",
    )
    return r.choice(forms), "", str(item.passage)


def _first(form: _Form, scene: Scene, question: str, instruction: str) -> str:
    shown = [(passage.day, passage.text) for passage in scene.passages]
    if form.suite:
        return retrieval_prompt(scene.today, shown, question, instruction)
    today = f"Today is {scene.today}.\n\n" if form.shows_today else ""
    context = "\n".join(_line(form, i, p) for i, p in enumerate(scene.passages, 1))
    tail = f"\n{instruction}" if instruction else ""
    return f"{today}{form.label}{context}\n\n{form.question}{question}{tail}{form.answer}"


def _line(form: _Form, number: int, passage: Passage) -> str:
    return form.head.replace("{i}", str(number)).replace("{d}", passage.day) + passage.text


def _follow_up(r: Random, form: _Form, question: str, instruction: str) -> str:
    label = form.question if r.random() < 0.7 else ""
    separator = "\n" if form.suite or r.random() < 0.5 else " "
    return f"{label}{question}{separator}{instruction}".strip() + form.answer
