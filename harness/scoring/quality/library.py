"""ragas, imported when it is needed: it takes seconds, and tells its makers nothing from here."""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from importlib import metadata
from types import SimpleNamespace
from typing import Any, Final

from harness.errors import ArtefactError, require_extra
from harness.scoring.quality.metrics import METRICS

__all__ = ["is_installed", "load", "versions"]

_PACKAGES: Final = ("ragas", "rapidfuzz", "rouge_score", "sacrebleu")
_PASSAGES: Final = ("text_precision", "text_recall", "id_precision", "id_recall")
_DISTRIBUTIONS: Final = ("ragas", "rapidfuzz", "rouge-score", "sacrebleu")


def is_installed() -> bool:
    """Whether the extra is there; nothing is imported."""
    import importlib.util  # noqa: PLC0415  (rarely needed)

    return all(importlib.util.find_spec(name) is not None for name in _PACKAGES)


@lru_cache(maxsize=1)
def load() -> Any:  # noqa: ANN401  (of ragas, whose types are not told)
    """What is used of ragas: its `collections` of metrics, the four of `passages` that are not in it, base classes.

    Raises:
        MissingExtraError: the extra is not installed.
        ArtefactError: ragas does not fit the packages that it needs.
    """
    _require()
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"  # before the import: it is read once
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own old modules, and of what it imports
        try:
            from ragas import metrics as legacy  # noqa: PLC0415  (slow)
            from ragas.dataset_schema import SingleTurnSample  # noqa: PLC0415  (slow)
            from ragas.embeddings.base import BaseRagasEmbedding  # noqa: PLC0415  (slow)
            from ragas.llms.base import InstructorBaseRagasLLM  # noqa: PLC0415  (slow)
            from ragas.metrics import collections  # noqa: PLC0415  (slow)
            from ragas.prompt.metrics.base_prompt import BasePrompt  # noqa: PLC0415  (slow)

            passages = {name: getattr(legacy, METRICS[name].theirs) for name in _PASSAGES}
        except ImportError as error:
            raise ArtefactError(
                f"ragas cannot be imported ({error}): pip install 'ragft-harness[quality]', whose "
                "langchain-community is older than 0.4"
            ) from error
    return SimpleNamespace(
        passages=passages,
        collections=collections,
        SingleTurnSample=SingleTurnSample,
        BaseRagasEmbedding=BaseRagasEmbedding,
        InstructorBaseRagasLLM=InstructorBaseRagasLLM,
        BasePrompt=BasePrompt,
    )


def versions() -> dict[str, str]:
    """Those of ragas and of what computes its figures, by distribution; raises `MissingExtraError`."""
    _require()
    return {name: metadata.version(name) for name in _DISTRIBUTIONS}


def _require() -> None:
    require_extra("ragas' metrics", "quality", *_PACKAGES)
