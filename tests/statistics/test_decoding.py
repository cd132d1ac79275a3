"""The cross of decoding with systems, on a planted truth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planting import Script, planted_run

from harness.scoring.prices import PriceBook
from harness.statistics.decoding import Crossed, decoding_cross
from harness.statistics.summary import summarise

CURRENT = {"current": 0.8}


def script(name: str, decoding: str, valid: float, seconds: float = 0.03) -> Script:
    strategy = "base" if name.startswith("base") else "fine-tuned"
    settings = {"model": "lab"} | ({} if decoding == "free" else {"decoding": decoding})
    return Script(name, strategy, CURRENT, valid=valid, seconds=seconds, settings=settings)


SCRIPTS = (
    script("base", "free", 0.4),
    script("base-constrained", "constrained", 1.0, 0.05),
    script("tuned", "free", 0.9),
    script("tuned-constrained", "constrained", 1.0, 0.05),
)


def test_what_enforcing_gains_and_what_it_leaves_of_a_lead_come_back() -> None:
    run = planted_run(*SCRIPTS, groups=240)
    cross = summarise(run, PriceBook.empty()).decoding
    base, tuned = cross.enforced
    assert base.system == Crossed("base", "base-constrained")
    assert base.valid_constrained.value == tuned.valid_constrained.value == 1.0
    for one, planted in ((base, 0.6), (tuned, 0.1)):
        assert one.valid.low is not None
        assert one.valid.high is not None
        assert one.valid.low <= planted <= one.valid.high
        assert one.seconds.value == pytest.approx(0.02, abs=0.01)
    (lead,) = cross.interactions
    assert (lead.a.free, lead.b.free) == ("base", "tuned")
    assert lead.free.value == pytest.approx(0.5, abs=0.1)
    assert lead.constrained.value == 0.0
    assert lead.change.value == pytest.approx(-(lead.free.value or 0))
    assert lead.change.high is not None
    assert lead.change.high < -0.3


def test_the_planted_effect_lies_in_its_interval_at_the_nominal_rate() -> None:
    inside = 0
    for seed in range(60):
        run = planted_run(*SCRIPTS[:2], groups=90, seed=seed)
        scores = summarise(run, PriceBook.empty()).scores
        effect = decoding_cross(run, scores, seed=1).enforced[0].valid
        assert effect.low is not None
        assert effect.high is not None
        inside += effect.low <= 0.6 <= effect.high
    assert inside >= 53  # of 60 at 95 %: 53 or more in 99.6 % of all tries


def test_without_a_pair_there_is_no_cross() -> None:
    lone = planted_run(SCRIPTS[0], SCRIPTS[3])  # free base, constrained tuned: not alike
    assert summarise(lone, PriceBook.empty()).decoding.enforced == ()
    twins = planted_run(*SCRIPTS[:2], replace(SCRIPTS[0], name="twin"))
    assert summarise(twins, PriceBook.empty()).decoding.enforced == ()
    unknown = planted_run(Script("mine", "external", CURRENT, settings={}))
    assert summarise(unknown, PriceBook.empty()).decoding.interactions == ()
