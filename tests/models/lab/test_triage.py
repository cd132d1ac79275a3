"""The scenes and tickets of vulnerabilities: planted truth, and nothing of the suite's objects."""

from __future__ import annotations

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.models.lab.synthetic.conversation import Shares, open_book
from harness.models.lab.synthetic.scene import Scene
from harness.models.lab.synthetic.triage import PRIORITY, TRIAGE, triage_scene
from harness.world.advisories.wording import KINDS, TIER_KEYS

SEEDS = st.integers(0, 2**32)
SHARES = Shares(tickets=1.0, repeat=False)
QUICK = settings(max_examples=60, deadline=None)


def _rules(scene: Scene) -> list[tuple[str, str]]:
    """The day and text of each passage that claims nothing: the policies."""
    return sorted((p.day, p.text) for p in scene.passages if not p.claims)


@given(SEEDS, st.integers(1, 5))
@QUICK
def test_the_newest_passage_decides_what_alerts_state(seed: int, count: int) -> None:
    scene = triage_scene(Random(seed), count, 0.5)
    for item in scene.known:
        if item.attribute is PRIORITY:
            continue
        stating = [
            (passage.day, claim.value, number)
            for number, passage in enumerate(scene.passages, 1)
            for claim in passage.claims
            if (claim.subject, claim.attribute.key) == (item.subject, item.attribute.key)
        ]
        assert (item.day, item.value, item.passage) == max(stating)


@given(SEEDS)
@QUICK
def test_every_claim_can_be_read_in_its_passage(seed: int) -> None:
    for passage in triage_scene(Random(seed), 4, 0.5).passages:
        for claim in passage.claims:
            assert claim.value in passage.text
            assert claim.subject in passage.text


@given(SEEDS)
@QUICK
def test_a_priority_is_named_in_the_newest_policy_and_only_with_one(seed: int) -> None:
    scene = triage_scene(Random(seed), 4, 0.5)
    derived = [item for item in scene.known if item.attribute is PRIORITY]
    rules = _rules(scene)
    assert bool(derived) <= bool(rules)
    uses = {i.subject for i in scene.known if i.attribute is TRIAGE["ransomware_use"]}
    assert {item.subject for item in derived} == (uses if rules else set())
    for item in derived:
        assert item.value is not None
        assert item.value in rules[-1][1]


@given(SEEDS)
@QUICK
def test_a_ticket_says_what_the_scene_knows_and_null_for_the_rest(seed: int) -> None:
    r = Random(seed)
    scene = triage_scene(r, 3, 0.3)
    known = {item.value for item in scene.known} | {item.subject for item in scene.known}
    days = {passage.day for passage in scene.passages}
    for role, text in open_book(r, scene, 3, SHARES):
        if role != "assistant" or not text.startswith("{"):
            continue
        for value in _leaves(json.loads(text)):
            if isinstance(value, int) or value is None:
                continue
            missing = any(item.subject == value for item in scene.missing)
            assert (
                missing
                or value in known
                or value in days
                or f"{value}" in " ".join(filter(None, known))
            )


@given(SEEDS)
@QUICK
def test_no_ticket_is_an_object_of_the_suite(seed: int) -> None:
    r = Random(seed)
    for role, text in open_book(r, triage_scene(r, 3, 0.3), 4, SHARES):
        if role == "assistant" and text.startswith("{"):
            assert tuple(json.loads(text)) not in TIER_KEYS.values()


def test_held_out_wordings_never_occur() -> None:
    held_out = [text.lower().split("{subject}") for kind in KINDS for text in kind.held_out]
    for seed in range(400):
        r = Random(seed)
        for role, text in open_book(r, triage_scene(r, 3, 0.3), 4, Shares(tickets=0.4)):
            if role == "user":
                question = text.lower()
                assert not any(all(part in question for part in parts) for parts in held_out)


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]
