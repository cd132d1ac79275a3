# ruff: noqa: PLR2004 - shares of a mix are literal

"""The pretraining mix: which conversations, how long and how hard, in stages."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from harness.models.lab.synthetic.contrast import contrast_scene
from harness.models.lab.synthetic.conversation import Shares, closed_book, open_book
from harness.models.lab.synthetic.drills import (
    date_drill,
    dated_lookup_drill,
    lookup_drill,
    rule_drill,
    table_drill,
)
from harness.models.lab.synthetic.generic import generic_scene
from harness.models.lab.synthetic.ledger import ledger_scene, register_scene, restatement_scene
from harness.models.lab.synthetic.releases import release_scene
from harness.models.lab.synthetic.scene import Scene
from harness.models.lab.synthetic.security import security_scene
from harness.models.lab.synthetic.triage import triage_scene
from harness.models.lab.synthetic.turns import Turn

__all__ = ["STAGES", "Stage", "conversation"]


@dataclass(frozen=True)
class Stage:
    """One stage of the curriculum; `until` is the token count at which it ends.

    Shares are of conversations: tables, look-ups (plain, dated, by a rule), comparisons of days, closed-book ones; then of the scenes
    of the others: triage, contrasts, registers, ledgers, restatements. `kin` is the chance that rivals have near
    names, `strangers` that look-ups ask for what no row has. `reading` is the loss weight of text that is no answer.
    """

    until: int
    length: int
    rows: int
    passages: tuple[int, ...]
    conflicts: float
    tables: float
    lookups: float
    dates: float
    closed: float
    shares: Shares
    questions: tuple[int, ...] = (4, 5, 6)
    reading: float = 0.15
    ledgers: float = 0.0
    registers: float = 0.0
    restatements: float = 0.0
    dated_lookups: float = 0.0
    rules: float = 0.0
    kin: float = 0.0
    strangers: float = 0.0
    contrasts: float = 0.0
    triage: float = 0.0


STAGES: Final = (
    # Copying comes first: tables, and questions on one or two passages.
    Stage(
        until=2_000_000,
        length=128,
        rows=36,
        passages=(1, 1, 2),
        conflicts=0.05,
        tables=0.2,
        lookups=0.3,
        dates=0.06,
        closed=0.02,
        shares=Shares(json=0.08, missing=0.05, about_passages=0.02),
        reading=0.15,
    ),
    # Then the choice by name and cycle alone: without these dense scenes the model answers by
    # field, takes any subject's value, and more text does not change that.
    Stage(
        until=7_000_000,
        length=256,
        rows=18,
        passages=(1, 2, 2, 3),
        conflicts=0.3,
        tables=0.04,
        lookups=0.2,
        dates=0.06,
        closed=0.04,
        shares=Shares(json=0.1, missing=0.15, about_passages=0.05, repeat=False),
        questions=(4, 5, 6),
        reading=0.15,
        registers=0.6,
        kin=0.3,
        strangers=0.2,
    ),
    # The newest day, and what follows by a rule, need dense practice of their own too.
    Stage(
        until=13_000_000,
        length=256,
        rows=20,
        passages=(1, 2, 3),
        conflicts=0.6,
        tables=0.0,
        lookups=0.1,
        dates=0.14,
        closed=0.03,
        dated_lookups=0.26,
        rules=0.12,
        shares=Shares(json=0.08, missing=0.15, about_passages=0.15, suite_form=0.7, repeat=False),
        questions=(4, 5, 6),
        reading=0.1,
        registers=0.3,
        restatements=0.5,
        kin=0.5,
        strangers=0.4,
    ),
    # Then whole passages, as long and as entangled as those of the suites: they differ in one thing,
    # with near misses to abstain from, and everyday wordings.
    Stage(
        until=34_000_000,
        length=512,
        rows=10,
        passages=(1, 2, 3, 4, 4, 4, 4, 5),
        conflicts=0.45,
        tables=0.0,
        lookups=0.08,
        dates=0.05,
        closed=0.03,
        dated_lookups=0.05,
        rules=0.04,
        shares=Shares(
            json=0.08,
            missing=0.3,
            about_passages=0.06,
            suite_form=0.75,
            everyday=0.35,
            tickets=0.4,
            repeat=False,
        ),
        questions=(7, 9, 12),
        reading=0.1,
        ledgers=0.08,
        registers=0.2,
        restatements=0.2,
        kin=0.7,
        strangers=0.5,
        contrasts=0.5,
        triage=0.12,
    ),
    # Last, the same with more tickets and more of what is confused longest.
    Stage(
        until=10**12,
        length=512,
        rows=10,
        passages=(2, 3, 4, 4, 4, 4, 4, 5),
        conflicts=0.5,
        tables=0.0,
        lookups=0.06,
        dates=0.05,
        closed=0.03,
        dated_lookups=0.04,
        rules=0.03,
        shares=Shares(
            json=0.05,
            missing=0.35,
            about_passages=0.04,
            suite_form=0.85,
            everyday=0.45,
            tickets=0.4,
            repeat=False,
        ),
        questions=(9, 12, 14),
        reading=0.1,
        ledgers=0.05,
        registers=0.2,
        restatements=0.15,
        kin=0.7,
        strangers=0.5,
        contrasts=0.65,
        triage=0.2,
    ),
)


def conversation(r: Random, stage: Stage) -> list[Turn]:
    """Return one conversation of the stage; the same state of `r` gives the same conversation."""
    kind = r.random()
    for share, drill in (
        (stage.tables, _tables),
        (stage.lookups, _lookups),
        (stage.dated_lookups, _dated_lookups),
        (stage.rules, _rules),
        (stage.dates, _dates),
    ):
        if kind < share:
            return drill(r, stage)
        kind -= share
    if kind < stage.closed:
        if stage.triage and r.random() < stage.triage:
            return closed_book(r, triage_scene(r, 2, 0.2), r.choice((1, 1, 2)), stage.shares)
        return closed_book(r, _scene(r, 2, 0.2), r.choice((1, 1, 2, 4)), stage.shares)
    scene = _shown(r, stage)
    return open_book(r, scene, r.choice(stage.questions), stage.shares)


def _tables(r: Random, _: Stage) -> list[Turn]:
    return table_drill(r, r.randint(2, 6), 6)


def _lookups(r: Random, stage: Stage) -> list[Turn]:
    return lookup_drill(r, r.randint(2, 7), stage.kin, stage.strangers)


def _dated_lookups(r: Random, stage: Stage) -> list[Turn]:
    return dated_lookup_drill(r, r.choice((2, 2, 3, 3, 4, 5)), stage.kin)


def _rules(r: Random, _: Stage) -> list[Turn]:
    return rule_drill(r, r.randint(3, 8))


def _dates(r: Random, _: Stage) -> list[Turn]:
    return date_drill(r, r.randint(4, 8))


def _shown(r: Random, stage: Stage) -> Scene:
    """Return a dense scene by the stage's shares, else one of whole passages."""
    if stage.triage and r.random() < stage.triage:
        return triage_scene(r, r.choice(stage.passages), stage.conflicts)
    if stage.contrasts and r.random() < stage.contrasts:
        return contrast_scene(r, r.choice(stage.passages), stage.conflicts, dated=True)
    few = stage.conflicts * 0.5
    if stage.registers and r.random() < stage.registers:
        return register_scene(r, r.choice((2, 3, 4, 5)), few, stage.kin)
    if stage.ledgers and r.random() < stage.ledgers:
        return ledger_scene(r, r.choice((2, 3, 4, 5, 6)), few)
    if stage.restatements and r.random() < stage.restatements:
        return restatement_scene(r, r.choice((2, 3, 4, 5)))
    return _scene(r, r.choice(stage.passages), stage.conflicts, stage.kin or 0.2)


def _scene(r: Random, passages: int, conflicts: float, near: float = 0.2) -> Scene:
    kind = r.random()
    if kind < 0.55:
        return release_scene(r, passages, conflicts, near)
    if kind < 0.9:
        return generic_scene(r, passages, conflicts)
    return security_scene(r, min(3, passages), conflicts)
