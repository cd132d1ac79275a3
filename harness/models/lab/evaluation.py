"""Evaluation of the lab model: what it must be able to do to be worth evaluating.

Every measure is a share of items answered right, exactly, with a Wilson interval. Targets stand
beside the measures as data; a figure that misses its target is printed like any other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
from scipy.stats import binomtest

from harness.models.lab.evaluation_items import EvaluationItem, Split, draw_items
from harness.models.lab.tokenizer import load_tokenizer, render
from harness.world.releases.questions import FACT_SCHEMA

__all__ = [
    "MEASURES",
    "Answers",
    "Evaluation",
    "Measure",
    "MeasureResult",
    "evaluate",
    "runtime_answers",
    "torch_answers",
]

Answers = Callable[[Sequence[str], int], list[str]]
"""Answers to user messages: `answers(messages, max_new_tokens)`."""


@dataclass(frozen=True)
class Measure:
    """What is measured, and the range in which the share should lie."""

    name: str
    meaning: str
    low: float
    high: float = 1.0


MEASURES: Final = (
    Measure("gold alone", "the one passage answers", 0.98),
    Measure("gold among 4", "with three hard distractors", 0.93),
    Measure("most recent", "conflicting dated passages in random order", 0.85),
    Measure("no gold", "four passages, none answers: abstains", 0.93),
    Measure("unseen wordings", "question wordings absent from pretraining, 4 passages", 0.75),
    Measure("real products", "real product names, invented values, 4 passages", 0.90),
    Measure("nested JSON", "valid under the suite's schema, never trained", 0.10, 0.80),
    Measure("closed book", "no passages: abstains", 0.98),
    Measure("support status", "yes or no from an end-of-life date and today", 0.85),
)


@dataclass(frozen=True)
class MeasureResult:
    """A measure's share with its interval, and the share for each kind of question."""

    measure: Measure
    hits: int
    count: int
    kinds: dict[str, tuple[int, int]]
    misses: tuple[tuple[EvaluationItem, str], ...]

    @property
    def share(self) -> float:
        """Items answered right, of all."""
        return self.hits / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson interval at 95 %."""
        found = binomtest(self.hits, self.count).proportion_ci(method="wilson")
        return float(found.low), float(found.high)

    @property
    def reached(self) -> bool:
        """Whether the share lies in the target range."""
        return self.measure.low <= self.share <= self.measure.high


@dataclass(frozen=True)
class Evaluation:
    """All measures of one model on one split."""

    split: Split
    results: tuple[MeasureResult, ...]
    seed: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return {
            "split": self.split,
            "seed": self.seed,
            "measures": [
                {
                    "name": result.measure.name,
                    "hits": result.hits,
                    "count": result.count,
                    "share": result.share,
                    "interval": list(result.interval),
                    "target": [result.measure.low, result.measure.high],
                    "reached": result.reached,
                    "kinds": {kind: list(pair) for kind, pair in sorted(result.kinds.items())},
                }
                for result in self.results
            ],
        }

    def table(self) -> str:
        """Return the table in Markdown: share, interval, target, reached or not."""
        head = (
            f"| measure ({self.split}, seed {self.seed}) | share | 95 % interval | n | target | reached |\n"
            "|---|---|---|---|---|---|\n"
        )
        return head + "\n".join(_row(result) for result in self.results)


def evaluate(
    answers: Answers,
    *,
    split: Split = "dev",
    count: int = 1000,
    seed: int = 1,
    measures: Iterable[str] | None = None,
    progress: Callable[[MeasureResult], None] = lambda _: None,
) -> Evaluation:
    """Measure a model on `count` items of each measure (all of them when `measures` is None).

    Keep `test` for final figures: what is tuned is looked at on `dev`.
    """
    wanted = set(measures) if measures is not None else {measure.name for measure in MEASURES}
    results = []
    for measure in MEASURES:
        if measure.name in wanted:
            results.append(_measured(answers, measure, split, count, seed))
            progress(results[-1])
    return Evaluation(split, tuple(results), seed)


def _measured(
    answers: Answers, measure: Measure, split: Split, count: int, seed: int
) -> MeasureResult:
    items = draw_items(measure.name, split, count, seed)
    texts = answers([item.prompt for item in items], max(item.tokens for item in items))
    right = _valid if measure.name == "nested JSON" else _exact
    verdicts = [right(item, text) for item, text in zip(items, texts, strict=True)]
    asked = Counter(item.kind for item in items)
    hits = Counter(item.kind for item, hit in zip(items, verdicts, strict=True) if hit)
    misses = tuple(
        (item, text) for item, text, hit in zip(items, texts, verdicts, strict=True) if not hit
    )
    kinds = {kind: (hits[kind], total) for kind, total in asked.items()}
    return MeasureResult(measure, sum(verdicts), count, kinds, misses)


def _exact(item: EvaluationItem, text: str) -> bool:
    return text.strip() == item.answer


_VALIDATOR: Final = jsonschema_rs.Draft202012Validator(dict(FACT_SCHEMA))


def _valid(_: EvaluationItem, text: str) -> bool:
    try:
        return _VALIDATOR.is_valid(json.loads(text))
    except ValueError:
        return False


def _row(result: MeasureResult) -> str:
    measure, (low, high) = result.measure, result.interval
    target = (
        f"≥ {measure.low:.0%}" if measure.high == 1.0 else f"{measure.low:.0%}-{measure.high:.0%}"
    )
    return (
        f"| {measure.name}: {measure.meaning} | {result.share:.1%} | {low:.1%} - {high:.1%} "
        f"| {result.count} | {target} | {'yes' if result.reached else 'no'} |"
    )


def runtime_answers(folder: Path) -> Answers:
    """Return answers of the model folder, computed in numpy."""
    from harness.models.lab.runtime import Runtime  # noqa: PLC0415 - either backend stays optional

    runtime, tokenizer = Runtime.load(folder), load_tokenizer(folder / "tokenizer.json")

    def answers(messages: Sequence[str], max_new_tokens: int) -> list[str]:
        prompts = [render([("user", message)]) for message in messages]
        encoded = [tokenizer.encode(p, add_special_tokens=False).ids for p in prompts]
        found = runtime.generate_batch(encoded, max_new_tokens)
        return [tokenizer.decode(list(completion.ids)) for completion in found]

    return answers


def torch_answers(folder: Path, *, batch: int = 32) -> Answers:
    """Return answers of the model folder, computed with `transformers`."""
    import torch  # noqa: PLC0415 - as above
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")

    def one_batch(messages: Sequence[str], max_new_tokens: int) -> list[str]:
        prompts = [render([("user", message)]) for message in messages]
        encoded = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
        given = encoded["input_ids"].shape[1]
        with torch.inference_mode():
            out = model.generate(**encoded, max_new_tokens=max_new_tokens, do_sample=False)
        texts: list[str] = tokenizer.batch_decode(out[:, given:], skip_special_tokens=True)
        return texts

    def answers(messages: Sequence[str], max_new_tokens: int) -> list[str]:
        order = sorted(range(len(messages)), key=lambda index: len(messages[index]))
        texts = [""] * len(messages)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            answered = one_batch([messages[index] for index in chosen], max_new_tokens)
            for index, text in zip(chosen, answered, strict=True):
                texts[index] = text
        return texts

    return answers
