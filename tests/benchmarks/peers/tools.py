"""The tools that are compared, and what is known of each before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

_ADAPTERS: Final = Path(__file__).parent / "adapters"
_NO_LATENCY: Final = "it reports no time of a request"
_NO_FIRST: Final = "it reports no time to the first token"
_NO_RESUME: Final = "it leaves the asking to its user, and so the resuming"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool, the adapter that runs it, and the packages to install (none: it is here).

    The version of the first package is told. `lacks` says for a measure why the tool has no such thing;
    `note` which of its options are used.
    """

    name: str
    adapter: Path
    installer: Literal["pip", "npm"] | None = None
    packages: tuple[str, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


_OF_SCORERS: Final = {
    "latency": _NO_LATENCY,
    "first_token": _NO_FIRST,
    "kill": _NO_RESUME,
}

TOOLS: Final = {
    tool.name: tool
    for tool in (
        Tool(
            "harness",
            _ADAPTERS / "with_harness.py",
            note="`harness compare`, streamed; it also checks a JSON Schema and writes a report",
        ),
        Tool(
            "inspect-ai",
            _ADAPTERS / "with_inspect.py",
            "pip",
            ("inspect-ai", "openai"),
            {"first_token": _NO_FIRST},
            "`inspect eval`, openai-api, --max-connections, --no-fail-on-error, exact(); "
            "resume: log recover, then eval-retry; latency: the output's `time`",
        ),
        Tool(
            "lm-eval",
            _ADAPTERS / "with_lm_eval.py",
            "pip",
            ("lm-eval[api]",),
            {"latency": _NO_LATENCY, "first_token": _NO_FIRST},
            "`lm_eval run`, local-chat-completions, num_concurrent, --log_samples, exact_match; "
            "resume: the same command again with --use_cache",
        ),
        Tool(
            "deepeval",
            _ADAPTERS / "with_deepeval.py",
            "pip",
            ("deepeval", "openai"),
            _OF_SCORERS,
            "evaluate(), AsyncConfig(max_concurrent), CacheConfig(write_cache=False), ExactMatchMetric; "
            "it leaves the asking to its user: openai.AsyncOpenAI and a semaphore",
        ),
        Tool(
            "ragas",
            _ADAPTERS / "with_ragas.py",
            "pip",
            ("ragas", "openai", "langchain-community<0.4"),  # 0.4.3 imports what later ones lack
            _OF_SCORERS,
            "@experiment, ExactMatch; it leaves the asking to its user: openai.AsyncOpenAI and a "
            "semaphore",
        ),
        Tool(
            "promptfoo",
            _ADAPTERS / "with_promptfoo.py",
            "npm",
            ("promptfoo",),
            {"first_token": _NO_FIRST},
            "`promptfoo eval`, openai:chat, --max-concurrency, --no-cache, PROMPTFOO_RETRY_5XX, equals; "
            "resume: --resume; latency: `latencyMs`",
        ),
    )
}
