"""What a client says of its requests, beside what the server knows of the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from runner.rows import Row
from stub_plan import prompt_hash
from stub_truth import Served

from harness import api
from harness.systems.base import Timing

__all__ = ["Matched", "first_token_seconds", "service_seconds", "timings"]

_QUANTILES: Final = (0.5, 0.95, 0.99)
_SECONDS: Final = 0.002


class Matched(NamedTuple):
    """Seconds of the same requests, as the client tells them and as they truly were."""

    told: Sequence[float]
    true: Sequence[float]

    @classmethod
    def of(cls, told: Iterable[tuple[str, float]], true: dict[str, float]) -> Matched:
        """From (prompt, seconds), and seconds by the prompt's hash."""
        found = [(seconds, true[prompt_hash(prompt)]) for prompt, seconds in told]
        return cls([a for a, _ in found], [b for _, b in found])

    def rows(self, what: str, bare: Matched, *, share: float) -> Iterator[Row]:
        """How far p50, p95 and p99 are off: by 2 ms, or that share of the truth, at most.

        Beside it, how far those of a bare client are, which is what the machine does to anybody.
        """
        for quantile in _QUANTILES:
            told, true = _quantile(self.told, quantile), _quantile(self.true, quantile)
            off = abs(_quantile(bare.told, quantile) - _quantile(bare.true, quantile))
            note = f"{told * 1e3:,.1f} told, {true * 1e3:,.1f} true, n = {len(self.told):,}"
            yield Row(
                f"{what}, p{quantile * 100:.0f} off by",
                abs(told - true) * 1e3,
                "ms",
                max(_SECONDS, share * true) * 1e3,
                f"{note}; a bare client: {off * 1e3:.2f}",
            )


def timings(run: Path) -> list[tuple[str, Timing]]:
    """The prompt and the timing of each answer of a run."""
    loaded = api.load(run).loaded
    return [
        (loaded.questions[record.question_id].text, record.answer.timing)
        for record in loaded.records
        if record.answer.failure is None
    ]


def service_seconds(truth: Iterable[Served]) -> dict[str, float]:
    """Of the requests that were answered, by the prompt's hash."""
    return {row.prompt: row.service_seconds for row in truth if row.status == 200}


def first_token_seconds(truth: Iterable[Served]) -> dict[str, float]:
    """As `service_seconds`."""
    return {
        row.prompt: row.first_token_seconds
        for row in truth
        if row.status == 200 and row.first_token_seconds is not None
    }


def _quantile(seconds: Sequence[float], quantile: float) -> float:
    return float(np.quantile(seconds, quantile))
