"""A process that has a small model fine-tuned: `tune_once.py URL LEDGER`; it says how that goes."""

from __future__ import annotations

import asyncio
import sys
from datetime import date
from pathlib import Path

from harness.models.openai.endpoint import Endpoint
from harness.training.examples import Example
from harness.training.hosted.calls import Retries
from harness.training.hosted.ledger import Ledger
from harness.training.hosted.tuner import Order, Pace, Tuner

EXAMPLES = (Example("Python?", "3", "fact"), Example("Perl\u2026?", "I don't know.", "unknown"))
PACE = Pace(0.001, 0.01, Retries(first_seconds=0.001), Retries(first_seconds=0.001))
COMMAND = "harness train small --cancel"


def order(url: str, **changes: object) -> Order:
    """Two examples for a small model; `changes` are arguments of `Order.of`."""
    endpoint = Endpoint(url, "small-1", "PLANTED_KEY")
    given = {
        "recipe": "facts",
        "day": date(2025, 1, 1),
        "examples": EXAMPLES,
        "epochs": 3,
        "seed": 7,
    }
    return Order.of(endpoint, **given | changes)  # type: ignore[arg-type]


def main() -> None:
    url, ledger = sys.argv[1:]

    def tell(kind: str, text: str) -> None:
        sys.stdout.write(f"{kind}: {text}\n")
        sys.stdout.flush()

    tuner = Tuner(Ledger(Path(ledger)), cancel_command=COMMAND, tell=tell, pace=PACE)
    model, found = asyncio.run(tuner.tune(order(url)))
    tell("found" if found else "made", model.name)


if __name__ == "__main__":
    main()
