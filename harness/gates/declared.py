"""The gates of a suite, or of a command line, read and checked before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.errors import ConfigError, RunError, nearest
from harness.gates.evidence import Scope
from harness.gates.expression import Expression, parse
from harness.gates.judge import Declared
from harness.running.gate_rows import GateRow, row_from_dict
from harness.running.manifest import Manifest

__all__ = ["check_systems", "declare", "declared_in", "from_texts"]

_KINDS = ("free", "constrained")


def declare(
    rows: Sequence[GateRow], systems: Collection[str] | None = None
) -> tuple[Declared, ...]:
    """The gates of a suite; raises `ConfigError` with file and line where one cannot be read.

    Where `systems` are given, which are all that the suite has, a gate may speak of no other, but of
    one of them with a kind of decoding.
    """
    gates = []
    for row in rows:
        try:
            expression = parse(row.expression)
            if systems is not None:
                check_systems(expression, {*systems, *_decoded(systems)}, systems)
        except ConfigError as error:
            raise ConfigError(
                f"{row.where}: gates: {error}" if row.where else str(error)
            ) from error
        gates.append(Declared(expression, row.name, row.sentence, Scope(row.days, row.tags)))
    return tuple(gates)


def declared_in(manifest: Manifest) -> tuple[Declared, ...]:
    """The gates that a run's suite had; raises `RunError` where they are damaged."""
    try:
        return declare([row_from_dict(row) for row in manifest.settings.get("gates", ())])
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"the gates in the manifest of {manifest.run_id}: {error}") from error


def from_texts(texts: Sequence[str], systems: Collection[str]) -> tuple[Declared, ...]:
    """Gates that were given as texts, on the systems of a run; raises `ConfigError`."""
    gates = [Declared(parse(text)) for text in dict.fromkeys(texts)]
    for gate in gates:
        check_systems(gate.expression, systems, systems)
    return tuple(gates)


def check_systems(expression: Expression, known: Collection[str], shown: Collection[str]) -> None:
    """Raise `ConfigError` where the expression speaks of a system that is not `known`."""
    for system in expression.systems:
        if system not in known:
            column = expression.text.index(system) + 1
            raise ConfigError(
                f"column {column} of {expression.text!r}: no system {system!r}: "
                f"{nearest(system, shown)}"
            )


def _decoded(systems: Collection[str]) -> set[str]:
    return {f"{system}-{kind}" for system in systems for kind in _KINDS}
