"""The price book of a run: the suite's own, and what providers ask, by the models that the systems use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.running.manifest import Manifest

if TYPE_CHECKING:
    from harness.scoring import PriceBook
    from harness.scoring.published import Served


def prices_of(path: Path | None, manifest: Manifest) -> PriceBook:
    """The price book, if there is one, and which models the systems use."""
    from harness.scoring import PriceBook  # noqa: PLC0415  (scoring is slow)

    book = PriceBook.load(path) if path is not None and path.is_file() else PriceBook.empty()
    return book.with_models(
        _models(manifest),
        embedders=_retrieval_models(manifest, "embedder"),
        rerankers=_retrieval_models(manifest, "rerank"),
        day=_day(manifest),
    )


def price_text(path: Path | None, manifest: Manifest) -> str | None:
    """What a run keeps as its price book: the suite's own, with what providers ask on this day."""
    own = prices_of(path, manifest)
    found = of_today(own, manifest)
    if found.prices != own.prices:
        return found.toml()
    return None if path is None else path.read_text(encoding="utf-8")


def of_today(book: PriceBook, manifest: Manifest) -> PriceBook:
    """The book with what providers ask on the day of the run for what it names or lacks."""
    from harness.scoring.published import with_published  # noqa: PLC0415  (scoring is slow)

    return with_published(book, _served(manifest), _day(manifest))


def _day(manifest: Manifest) -> date:
    return datetime.fromisoformat(manifest.created).date()


def _served(manifest: Manifest) -> Iterator[Served]:
    """What servers of others compute for a run: models, embedders, rerankers, and its suite's judge."""
    from harness.scoring.published import Served  # noqa: PLC0415  (scoring is slow)

    models = _models(manifest)
    for system in manifest.systems:
        model = system.settings.get("model")
        if isinstance(model, Mapping) and model.get("url"):
            yield Served(system.name, str(model["url"]), models[system.name])
        for part in ("embedder", "rerank"):
            found = (system.settings.get("retrieval") or {}).get(part)
            if isinstance(found, Mapping) and found.get("url"):
                yield Served(str(found["name"]), str(found["url"]), str(found["name"]), part=True)
    judge = manifest.settings.get("judge") or {}
    for part in ("model", "embedder"):
        if judge.get("url") and judge.get(part):
            yield Served(str(judge[part]), str(judge["url"]), str(judge[part]), part=True)


def _models(manifest: Manifest) -> dict[str, str]:
    """The name of each system's model, by which a price book may know it.

    A lab model is `lab` wherever its weights lie; another is known by its own name, or by that which
    its endpoint has for it. One that was fine-tuned by its provider is `ft:` and its base's name: it
    has other prices than the base.
    """
    models = {}
    for system in manifest.systems:
        model = system.settings.get("model")
        if isinstance(model, Mapping):
            kind = str(model["kind"])
            name = kind if kind == "lab" else str(model.get("name") or model.get("path") or kind)
            hosted = kind == "openai" and system.settings.get("training") is not None
            models[system.name] = f"ft:{name}" if hosted else name
    return models


def _retrieval_models(manifest: Manifest, part: str) -> dict[str, str]:
    """The name of each system's embedder or reranker, where it is a table and not a model's name."""
    models = {}
    for system in manifest.systems:
        found = (system.settings.get("retrieval") or {}).get(part)
        if isinstance(found, Mapping):
            models[system.name] = str(found["name"])
    return models
