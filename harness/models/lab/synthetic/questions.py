# ruff: noqa: PLR2004 - shares of a mix are literal

"""Wordings of questions: openers x nouns x placement x endings, beside whole questions."""

from __future__ import annotations

from random import Random
from typing import Final

from harness.models.lab.synthetic.attributes import Attribute
from harness.models.lab.synthetic.paraphrases import paraphrase
from harness.world.releases.wording import question_texts

__all__ = ["ask"]

_NOUN_FORMS: Final = (
    "What is the {n} of {s}?", "What is the {n} of {s}?", "What's the {n} of {s}?",
    "What is the {n} for {s}?", "What is {s}'s {n}?", "Which {n} does {s} have?",
    "Which {n} applies to {s}?", "What {n} does {s} list?", "Tell me the {n} of {s}.",
    "Tell me {s}'s {n}.", "Give the {n} of {s}.", "Give me the {n} for {s}.",
    "State the {n} of {s}.", "Name the {n} of {s}.", "Find the {n} of {s}.",
    "Look up the {n} of {s}.", "Show the {n} of {s}.", "Report the {n} for {s}.",
    "I need the {n} of {s}.", "I want to know the {n} of {s}.", "We need {s}'s {n}.",
    "Can you tell me the {n} of {s}?", "Could you give me the {n} for {s}?",
    "Do you know the {n} of {s}?", "Would you look up the {n} of {s}?",
    "For {s}, what is the {n}?", "With regard to {s}, what is the {n}?",
    "As for {s}, what's the {n}?", "{s}: what is the {n}?", "{s}: {n}?", "{s} {n}?",
    "{n} of {s}?", "{n} for {s}?", "{n}, {s}?", "the {n} of {s}", "{s} {n}",
    "What do we know about the {n} of {s}?", "What does the context give as the {n} of {s}?",
    "What is listed as the {n} of {s}?", "What is given as {s}'s {n}?",
    "How is the {n} of {s} stated?", "Regarding the {n} of {s}, what is it?",
    "What would be the {n} of {s}?", "What is the {s} {n}?", "What's the {s} {n}?",
)  # fmt: skip
_OPENERS: Final = (
    "Please answer: ", "Quick question: ", "Hi, ", "Hello! ", "One question. ", "Question for you: ",
    "According to the passages, ", "From the context: ", "Based on the notes, ", "Now, ", "Also, ",
    "Please tell me: ", "A customer asks: ", "My colleague asks: ", "For our report: ", "So, ",
    "We use {s}. ", "I am using {s} here. ", "This is about {s}. ", "It concerns {s}. ",
)  # fmt: skip
_ENDINGS: Final = (
    ", please?", " right now?", " today?", " at present?", " as of now?", " according to the context?",
    " as far as you know?", " in the passages?", ", and nothing else?", " (short answer)?",
    " currently?", " at the moment?",
)  # fmt: skip


def ask(r: Random, attribute: Attribute, subject: str, everyday: float = 0.0) -> str:
    """Return one wording of the question for `attribute` of `subject`.

    `everyday` is the chance of a wording from `paraphrases`, where the attribute has some.
    """
    text = everyday and r.random() < everyday and paraphrase(r, attribute.key)
    text = text or _plain(r, attribute)
    if text.endswith("?") and r.random() < 0.1:
        text = text[:-1] + r.choice(_ENDINGS)
    if r.random() < 0.12:
        text = _opened(r, text)
    text = text.replace("{s}", subject)
    if r.random() < 0.93:
        text = _capitalised(text, subject)
    elif r.random() < 0.3:
        text = text.rstrip("?.")
    return text


def _plain(r: Random, attribute: Attribute) -> str:
    kind = r.random()
    if attribute.suite_kinds and kind < 0.3:
        suite_kind = r.choice(attribute.suite_kinds)
        return r.choice(question_texts(suite_kind, held_out=False)).replace("{subject}", "{s}")
    if attribute.asks and (kind < 0.65 or attribute.answer == "choice"):
        return r.choice(attribute.asks)
    return r.choice(_NOUN_FORMS).replace("{n}", r.choice(attribute.nouns))


def _opened(r: Random, text: str) -> str:
    opener = r.choice(_OPENERS)
    if opener.endswith((", ", ": ")) and not text.startswith(("{s}", "I ", "EOL", "LTS")):
        text = text[0].lower() + text[1:]
    return opener + text


def _capitalised(text: str, subject: str) -> str:
    # A subject keeps its own spelling: "nginx" does not become "Nginx".
    return text if text.startswith(subject) else text[0].upper() + text[1:]
