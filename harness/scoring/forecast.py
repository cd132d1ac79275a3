"""What a run will ask and cost, before anything is asked: calls are exact, tokens estimated.

A prompt is rendered for some questions of each day, with passages of the median length where the
system retrieves; an answer is taken to be as long as the right one, and at most as long as the
system allows. Tokens are estimated from lengths, so dollars are good to a factor, not to a cent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import mean
from typing import Final

from harness.models.base import estimated_tokens
from harness.retrieval.base import Passage
from harness.running.job import Inputs, Job
from harness.scoring.cost import tokens_cost
from harness.scoring.prices import HardwarePrice, PriceBook
from harness.systems.hosted import suite_orders
from harness.systems.outside import outside_lines
from harness.systems.prompts import CLOSED_BOOK, RETRIEVAL, PromptTemplate
from harness.systems.spec import SystemSpec
from harness.world.corpus import Corpus
from harness.world.formats import JsonSchema
from harness.world.questions import Question
from harness.world.releases.wording import ABSTENTION

__all__ = ["Forecast", "SystemForecast", "forecast"]

_SAMPLE: Final = 50
_PUNCTUATION: Final = 6  # of a key and its value in JSON: quotes, colon, comma


@dataclass(frozen=True, slots=True)
class SystemForecast:
    """One system: calls, tokens of all of them, US dollars; None where nobody can tell, see `basis`."""

    system: str
    calls: int
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    completion_most: int | None = None
    usd: float | None = None
    usd_most: float | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """All systems of a run, and what else it will pay for."""

    systems: tuple[SystemForecast, ...]
    notes: tuple[str, ...] = ()

    @property
    def calls(self) -> int:
        """How many answers will be asked for."""
        return sum(system.calls for system in self.systems)

    @property
    def usd(self) -> float | None:
        """What all will cost, about; None where that of a system is not known."""
        return _sum([system.usd for system in self.systems])

    @property
    def usd_most(self) -> float | None:
        """The same if every answer were as long as it may be."""
        return _sum([system.usd_most for system in self.systems])


def forecast(job: Job, inputs: Inputs, prices: PriceBook) -> Forecast:
    """What carrying out the job will take; `prices` know the systems' models."""
    passages = {day: _typical(inputs.world.corpus, day) for day in job.days}
    systems = tuple(_system(spec, job, inputs, passages, prices) for spec in job.systems)
    return Forecast(systems, tuple(_notes(job, inputs)))


def _sum(amounts: Sequence[float | None]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def _system(
    spec: SystemSpec,
    job: Job,
    inputs: Inputs,
    passages: Mapping[date, Passage | None],
    prices: PriceBook,
) -> SystemForecast:
    calls = len(inputs.questions) * len(job.days) * job.repeats
    if spec.strategy == "external":
        free = "recorded" if spec.replay is not None else "it asks for itself"
        return SystemForecast(spec.name, calls, basis=free)
    each = len(inputs.questions) * job.repeats
    sampled = tuple(inputs.questions)[:: max(1, len(inputs.questions) // _SAMPLE)]
    asked = [
        (_prompt_tokens(spec, question, day, passages[day]), _answer_tokens(question, day), day)
        for day in job.days
        for question in sampled
    ]
    prompt = sum(each * mean(p for p, _, d in asked if d == day) for day in job.days)
    completion = sum(
        each * mean(min(a, spec.max_tokens) for _, a, d in asked if d == day) for day in job.days
    )
    most = calls * spec.max_tokens
    found = SystemForecast(spec.name, calls, round(prompt), round(completion), most)
    return _priced(found, prices)


def _priced(found: SystemForecast, prices: PriceBook) -> SystemForecast:
    price = prices.price(found.system)
    if price is None:
        basis = prices.unpriced(found.system, prices.entry(found.system))
        usd, most = None, None
    elif isinstance(price, HardwarePrice):
        usd, most, basis = None, None, f"${price.per_hour:g} an hour, for as long as it takes"
    else:
        prompt = found.prompt_tokens or 0
        usd = tokens_cost(prompt, found.completion_tokens or 0, price)
        most = tokens_cost(prompt, found.completion_most or 0, price)
        basis = f"{price.name} ({price.source}, {price.date})"
    return SystemForecast(
        found.system,
        found.calls,
        found.prompt_tokens,
        found.completion_tokens,
        found.completion_most,
        usd,
        most,
        basis,
    )


def _prompt_tokens(spec: SystemSpec, question: Question, day: date, passage: Passage | None) -> int:
    retrieval = spec.retrieval
    template = _template(spec)
    shown = [passage] * retrieval.passages if retrieval is not None and passage is not None else []
    text = template.render(
        day,
        question.text,
        question.format.instruction,
        shown,
        show_days=retrieval is None or retrieval.show_days,
    )
    return estimated_tokens(text)


def _template(spec: SystemSpec) -> PromptTemplate:
    default = CLOSED_BOOK if spec.retrieval is None else RETRIEVAL
    return PromptTemplate.load(spec.prompt or default)


def _answer_tokens(question: Question, day: date) -> int:
    """Of the right answer: its values, and in JSON the keys around them."""
    current = question.references(day)
    text = current[0].value if current else ABSTENTION
    length = len(text)
    for part in question.parts:
        told = part.history.current(day)
        length += len(told[0].value) if told else 0
    if isinstance(question.format, JsonSchema):
        length += _keys(question.format.schema)
    return max(1, estimated_tokens("x" * length))


def _keys(schema: object) -> int:
    """Characters of the keys that a schema names, with what stands around each."""
    if not isinstance(schema, Mapping):
        return 0
    own = schema.get("properties")
    fields = own if isinstance(own, Mapping) else {}
    inner = sum(_keys(value) for value in fields.values())
    return inner + sum(len(str(name)) + _PUNCTUATION for name in fields)


def _typical(corpus: Corpus, day: date) -> Passage | None:
    """A passage of the median length among those that can be found on the day."""
    visible = sorted(corpus.visible(day), key=lambda document: len(document.text))
    if not visible:
        return None
    middle = visible[len(visible) // 2]
    return Passage(middle.id, middle.day, middle.text, 0.0)


def _notes(job: Job, inputs: Inputs) -> list[str]:
    notes = [*outside_lines(job.systems)]
    orders = suite_orders(job.systems, inputs.world)
    if orders:
        examples = sum(len(order.examples) for order in orders)
        notes.append(
            f"{len(orders)} fine-tuned models are needed from their provider, on {examples:,} "
            "examples in all; what is not made yet is ordered and paid for beside this"
        )
    if any(
        spec.retrieval is not None and spec.retrieval.rerank is not None for spec in job.systems
    ):
        notes.append("what a reranker reads is not counted")
    return notes
