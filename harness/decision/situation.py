"""Which systems fit what is so, whatever is measured: a corpus, examples, where data may go."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from harness.decision.constraints import Situation
from harness.decision.judged import Kept
from harness.running.manifest import Manifest, SystemManifest

__all__ = ["Fit", "fits", "shifted"]

_SEARCHING: Final = ("rag", "hybrid")
_TRAINED: Final = ("fine-tuned", "hybrid")
_OWN: Final = (".local", ".internal", ".lan", ".localhost")


@dataclass(frozen=True, slots=True)
class Fit:
    """How one system stands to one thing that is so; `reason` says it of the system."""

    system: str
    kept: Kept
    reason: str


def fits(manifest: Manifest, situation: Situation) -> tuple[Fit, ...]:
    """What does not fit, or may not, of each system; what fits is not listed."""
    return tuple(fit for system in manifest.systems for fit in _of(system, manifest, situation))


def shifted(manifest: Manifest, said: Situation) -> Iterator[tuple[str, Situation]]:
    """Each single thing that could be otherwise, in words, and the situation in which it is."""
    if said.corpus is not None:
        there = "there were no corpus" if said.corpus else "there were a corpus to search"
        yield there, replace(said, corpus=not said.corpus)
    if said.labelled_examples is not None:
        used = {_examples(system, manifest) for system in manifest.systems} - {0}
        for count in sorted(used):
            if count > said.labelled_examples:
                words = f"there were {count:,} examples to train on"
                yield words, replace(said, labelled_examples=count)
        if said.labelled_examples:
            yield "there were no examples to train on", replace(said, labelled_examples=0)
    if said.data_may_leave is not None:
        may = "data had to stay" if said.data_may_leave else "data might go to a provider"
        yield may, replace(said, data_may_leave=not said.data_may_leave)


def _examples(system: SystemManifest, manifest: Manifest) -> int:
    return max((p.examples for p in manifest.preparations.get(system.name, ())), default=0)


def _of(system: SystemManifest, manifest: Manifest, situation: Situation) -> Iterator[Fit]:
    if situation.corpus is False and system.strategy in _SEARCHING:
        yield Fit(system.name, "missed", "it searches a corpus, and there is none")
    if situation.labelled_examples is not None and system.strategy in _TRAINED:
        used = _examples(system, manifest)
        if situation.labelled_examples == 0 or used > situation.labelled_examples:
            there = f"there are {situation.labelled_examples:,}"
            learnt = f"{used:,} examples" if used else "examples"
            yield Fit(system.name, "missed", f"it was trained on {learnt}, and {there}")
    if situation.data_may_leave is False:
        yield from _leaving(system)


def _leaving(system: SystemManifest) -> Iterator[Fit]:
    hosts = sorted({host for url in _urls(system.settings) if not _is_own(host := _host(url))})
    if hosts:
        yield Fit(system.name, "missed", f"it sends data to {', '.join(hosts)}")
    elif "model" not in system.settings:
        yield Fit(system.name, "undecided", "the run does not tell where it sends data")


def _urls(settings: Any) -> Iterator[str]:  # noqa: ANN401  (as a manifest has it)
    if not isinstance(settings, Mapping):
        return
    for key, value in settings.items():
        if key == "url" and isinstance(value, str):
            yield value
        else:
            yield from _urls(value)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _is_own(host: str) -> bool:
    """This machine or a private network; a public name is taken for a provider's."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_OWN)
