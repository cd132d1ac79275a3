"""Whether two runs may be held against each other, and what differs where they may not.

What is under test (a system's prompt, model, adapter, retrieval) may differ: that is what a gate on a
baseline is for. What the figures are measured *with* may not: questions, facts, documents,
prices, judge, days, repeats, the index, and for times the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.errors import ConfigError, RunError, nearest
from harness.gates.expression import Expression
from harness.gates.units import quantity
from harness.running.fingerprints import differences, differing
from harness.running.manifest import Manifest

__all__ = ["changes_under_test", "check_alike", "unlike"]

WORDS = ("questions", "facts", "corpus", "prices", "judge", "days", "repeats", "index", "machine")
"""What `--allow-different` may name, beside what else a manifest has fingerprints of."""


def check_alike(
    run: Manifest,
    baseline: Manifest,
    expressions: Sequence[Expression],
    allowed: Iterable[str] = (),
) -> tuple[str, ...]:
    """Raise `RunError` naming what differs and is not allowed to; what is, comes back as notes."""
    found = unlike(run, baseline, expressions)
    valid = {*WORDS, *run.fingerprints, *baseline.fingerprints}
    allowed = tuple(allowed)
    for word in allowed:
        if word not in valid:
            raise ConfigError(f"--allow-different: unknown {word!r}: {nearest(word, valid)}")
    refused = {word: phrase for word, phrase in found.items() if word not in allowed}
    if refused:
        raise RunError(
            f"{run.run_id} and the baseline {baseline.run_id} are unlike: "
            f"{'; '.join(refused.values())}. Judge like runs, or accept this: "
            f"--allow-different={','.join(refused)}"
        )
    return tuple(f"differs from the baseline, as allowed: {phrase}" for phrase in found.values())


def unlike(
    run: Manifest, baseline: Manifest, expressions: Sequence[Expression]
) -> Mapping[str, str]:
    """What differs, a word each with a phrase that says how; empty where the runs are alike."""
    shared = (baseline.fingerprints, run.fingerprints)
    found = dict(zip(differing(*shared), differences(*shared), strict=True))
    for name, before, now in (
        ("days", ", ".join(map(str, baseline.days)), ", ".join(map(str, run.days))),
        ("repeats", str(baseline.repeats), str(run.repeats)),
    ):
        if before != now:
            found[name] = f"{name} (were {before}; are {now})"
    against = [e for e in expressions if e.against_baseline]
    if "corpus" not in found and (moved := _indexes(run, baseline, against)):
        found["index"] = moved
    timed = any(quantity(e.figure.metric) == "time" for e in against)
    if timed and (changed := differences(baseline.machine, run.machine)):
        found["machine"] = f"the machine, for times: {', '.join(changed)}"
    return found


def changes_under_test(
    run: Manifest, baseline: Manifest, expressions: Sequence[Expression]
) -> tuple[str, ...]:
    """What differs between the systems that are compared, a note for each of them."""
    now = {system.name: system.fingerprints for system in run.systems}
    before = {system.name: system.fingerprints for system in baseline.systems}
    notes = []
    for mine, theirs in _compared(expressions):
        parts = differing(before.get(theirs, {}), now.get(mine, {}))
        what = f"{mine} differs from {'itself' if mine == theirs else theirs} in the baseline"
        notes.append(f"{what} in: {', '.join(parts)}" if parts else "")
    return tuple(note for note in notes if note)


def _compared(expressions: Sequence[Expression]) -> list[tuple[str, str]]:
    pairs = [
        (e.figure.system, e.reference.system)
        for e in expressions
        if e.reference is not None and e.against_baseline
    ]
    return list(dict.fromkeys(pairs))


def _indexes(run: Manifest, baseline: Manifest, expressions: Sequence[Expression]) -> str:
    """Of which systems the index is another, on days that both runs have.

    To have none where the other has one is no other content but another system: it is under test.
    """
    moved = []
    for mine, theirs in _compared(expressions):
        before, now = _index_days(baseline, theirs), _index_days(run, mine)
        both = [(before[day], now[day]) for day in before.keys() & now.keys()]
        if any(None not in pair and pair[0] != pair[1] for pair in both):
            moved.append(mine)
    return f"the index of {', '.join(moved)}" if moved else ""


def _index_days(manifest: Manifest, system: str) -> dict[str, str | None]:
    made = manifest.preparations.get(system, ())
    return {p.day.isoformat(): p.fingerprints.get("index") for p in made}
