"""RAG, fine-tuning or both? An evaluation harness that answers with evidence.

    import harness

    result = harness.compare("releases", systems=["base", "rag", "fine-tuned", "hybrid"])
    result.results["rag"].metrics["stale_rate"]
    result.report("report.html")

The names below are the public surface. They are imported when first used, so that
`import harness` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import from_homes

if TYPE_CHECKING:
    from harness.api import Result as Result
    from harness.api import compare as compare
    from harness.api import forecast as forecast
    from harness.api import load as load
    from harness.api import plan as plan
    from harness.api import quality as quality
    from harness.api import resume as resume
    from harness.errors import ArtefactError as ArtefactError
    from harness.errors import ConfigError as ConfigError
    from harness.errors import DataError as DataError
    from harness.errors import HarnessError as HarnessError
    from harness.errors import MissingExtraError as MissingExtraError
    from harness.errors import RunError as RunError
    from harness.load_result import LoadResult as LoadResult
    from harness.retrieval.base import Passage as Passage
    from harness.running.judge_spec import JudgeSpec as JudgeSpec
    from harness.running.prepared import PreparedSystem as PreparedSystem
    from harness.running.prepared import PreparedSystems as PreparedSystems
    from harness.running.prepared import StageClock as StageClock
    from harness.running.prepared import prepared as prepared
    from harness.running.record import Record as Record
    from harness.scoring.score import Score as Score
    from harness.statistics.estimate import Estimate as Estimate
    from harness.statistics.results import Comparison as Comparison
    from harness.statistics.results import Results as Results
    from harness.statistics.results import SystemResult as SystemResult
    from harness.systems.base import Answer as Answer
    from harness.systems.base import Failure as Failure
    from harness.systems.base import System as System
    from harness.systems.base import Timing as Timing
    from harness.systems.base import Usage as Usage
    from harness.under_load import load_test as load_test
    from harness.world.corpus import Corpus as Corpus
    from harness.world.corpus import Document as Document
    from harness.world.facts import Fact as Fact
    from harness.world.facts import History as History
    from harness.world.facts import Timeline as Timeline
    from harness.world.formats import Choice as Choice
    from harness.world.formats import FreeText as FreeText
    from harness.world.formats import JsonSchema as JsonSchema
    from harness.world.formats import Regex as Regex
    from harness.world.questions import Question as Question
    from harness.world.questions import QuestionSet as QuestionSet

_HOME = {
    "harness.api": ("Result", "compare", "forecast", "load", "plan", "quality", "resume"),
    "harness.errors": (
        "ArtefactError",
        "ConfigError",
        "DataError",
        "HarnessError",
        "MissingExtraError",
        "RunError",
    ),
    "harness.load_result": ("LoadResult",),
    "harness.retrieval.base": ("Passage",),
    "harness.running.judge_spec": ("JudgeSpec",),
    "harness.running.prepared": ("PreparedSystem", "PreparedSystems", "StageClock", "prepared"),
    "harness.running.record": ("Record",),
    "harness.scoring.score": ("Score",),
    "harness.statistics.estimate": ("Estimate",),
    "harness.statistics.results": ("Comparison", "Results", "SystemResult"),
    "harness.systems.base": ("Answer", "Failure", "System", "Timing", "Usage"),
    "harness.under_load": ("load_test",),
    "harness.world.corpus": ("Corpus", "Document"),
    "harness.world.facts": ("Fact", "History", "Timeline"),
    "harness.world.formats": ("Choice", "FreeText", "JsonSchema", "Regex"),
    "harness.world.questions": ("Question", "QuestionSet"),
}

__all__ = sorted(name for names in _HOME.values() for name in names)  # noqa: PLE0605  (computed)


__getattr__ = from_homes(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
