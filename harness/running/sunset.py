"""The day on which a provider withdraws a model, held against the days of a run.

Evaluation days are days of the world, so they are compared with that day as they are; whether it had
passed when the run was made is decided by the manifest, so that a report stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from harness.running.manifest import Manifest

__all__ = ["Sunset", "sunsets"]


@dataclass(frozen=True, slots=True)
class Sunset:
    """A model that is withdrawn on `day`, and the systems that stand on it.

    `created` is the day on which the run was made, `last` its last evaluation day.
    """

    model: str
    day: date
    systems: tuple[str, ...]
    created: date
    last: date

    @property
    def is_near(self) -> bool:
        """Whether it lies before the run or before an evaluation day, so that it is worth a warning."""
        return self.day <= max(self.created, self.last)

    def __str__(self) -> str:
        clauses = [_after_the_last(self.day, self.last)]
        if self.day <= self.created:
            clauses.append(
                f"it had passed when the run was made ({self.created}), so what answered to the name "
                "may be another model"
            )
        systems = ", ".join(self.systems)
        return (
            f"{systems}: the provider withdraws {self.model} on {self.day}, {'; '.join(clauses)}."
        )


def sunsets(manifest: Manifest) -> tuple[Sunset, ...]:
    """Those that the run's configuration tells of, each model once."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, model in _models(manifest):
        if "sunset" in model:
            found.setdefault((str(model.get("name")), str(model["sunset"])), []).append(name)
    return tuple(
        Sunset(
            model,
            date.fromisoformat(day),
            tuple(systems),
            date.fromisoformat(manifest.created[:10]),
            max(manifest.days),
        )
        for (model, day), systems in found.items()
    )


def _models(manifest: Manifest) -> Iterator[tuple[str, Mapping[str, object]]]:
    for system in manifest.systems:
        model = system.settings.get("model")
        if isinstance(model, Mapping):
            yield system.name, model


def _after_the_last(day: date, last: date) -> str:
    apart = abs((day - last).days)
    days = "1 day" if apart == 1 else f"{apart} days"
    if day > last:
        return f"{days} after the last evaluation day"
    when = f"{days} before the last evaluation day" if apart else "the last evaluation day"
    return f"{when}: from then on it could not be in use"
