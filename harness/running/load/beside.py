"""Whether a load test may stand beside runs in one report, and under which name (DESIGN rule 8).

What shapes a system's answers must be the same: suite, facts, documents, questions, the system itself,
and a day of the run. Another machine, other packages, or an index that was made for that day alone
are no other system, and are noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.errors import RunError, nearest
from harness.running.fingerprints import differing
from harness.running.manifest import Manifest, SystemManifest
from harness.running.together import names_together

__all__ = ["beside"]

_SHARED = ("questions", "facts", "corpus")


def beside(test: Manifest, runs: Sequence[Manifest]) -> tuple[str, tuple[str, ...]]:
    """What the test's system is called beside these runs, and what a reader must know.

    Where several runs have a system of that name, the first that is like the test's counts. Raises
    `RunError` where no run has it, or each is unlike in what matters, and names that.
    """
    (system,) = test.systems
    found = [
        (run, own, names[own.name])
        for run, names in zip(runs, names_together(runs), strict=True)
        for own in run.systems
        if own.name == system.name
    ]
    if not found:
        known = [own.name for run in runs for own in run.systems]
        raise RunError(
            f"load test {test.run_id} is of {system.name!r}, which is no system of the run: "
            f"{nearest(system.name, known)}"
        )
    for run, own, name in found:
        if not any(_unlike(test, run, own)):
            return name, tuple(_notes(test, run, system.name))
    run, own, _ = found[0]
    raise RunError(
        f"load test {test.run_id} and run {run.run_id} are unlike: {'; '.join(_unlike(test, run, own))}. "
        f"Put the system of the run under load: harness load {run.settings.get('suite', run.suite)} "
        f"--system {system.name} ..."
    )


def _unlike(test: Manifest, run: Manifest, own: SystemManifest) -> Iterator[str]:
    """A phrase for each thing that makes them another measurement."""
    if test.suite != run.suite:
        yield f"suite ({run.suite} in the run, {test.suite} in the test)"
    names = [name for name in _SHARED if name != "questions" or not _sampled(run)]
    yield from _differing(
        {name: run.fingerprints.get(name) for name in names},
        {name: test.fingerprints.get(name) for name in names},
    )
    if test.days[0] not in run.days:
        yield f"day ({test.days[0]} in the test; {', '.join(map(str, run.days))} in the run)"
    (system,) = test.systems
    for phrase in _differing(own.fingerprints, system.fingerprints):
        yield f"{system.name}'s {phrase}"


def _sampled(run: Manifest) -> bool:
    """Whether the run asked some of the suite's questions: a load test has all of them."""
    return run.settings.get("limit") is not None


def _differing(run: Mapping[str, str | None], test: Mapping[str, str | None]) -> Iterator[str]:
    for name in differing(run, test):
        yield f"{name} ({run.get(name) or 'none'} in the run, {test.get(name) or 'none'} in the test)"


def _notes(test: Manifest, run: Manifest, system: str) -> Iterator[str]:
    if test.fingerprints.get("questions") != run.fingerprints.get("questions"):
        yield "the load test asked all questions of the suite, the run a sample of them"
    if machine := differing(run.machine, test.machine):
        yield f"measured on another machine than the run ({', '.join(machine)})"
    if versions := differing(run.versions, test.versions):
        yield f"measured with other versions than the run ({', '.join(versions)})"
    ours, theirs = _prepared(run, test, system), _prepared(test, test, system)
    if ours and theirs and (parts := differing(ours, theirs)):
        yield (
            f"the {' and '.join(parts)} of that day is not the run's: a load test prepares for one day, "
            "and a run for each of its days in turn"
        )


def _prepared(of: Manifest, test: Manifest, system: str) -> Mapping[str, str]:
    """Fingerprints of what was made for the day of the test; empty where that is not kept."""
    made = of.preparations.get(system, ())
    return next((p.fingerprints for p in made if p.day == test.days[0]), {})
