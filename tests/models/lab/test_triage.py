"""The scenes and tickets of vulnerabilities: planted truth, and nothing of the suite's objects."""

from __future__ import annotations

import json
import re
from datetime import date
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.models.lab.synthetic import triage
from harness.models.lab.synthetic.conversation import Shares, open_book
from harness.models.lab.synthetic.scene import Item, Scene
from harness.models.lab.synthetic.tickets import IDS, KEYS, ticket_task
from harness.models.lab.synthetic.triage import PRIORITY, TRIAGE, triage_scene
from harness.world.advisories.wording import KINDS, NO_WEAKNESSES, TIER_KEYS

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


_RULE = re.compile(r"Known=(?P<Known>\w+) Unknown=(?P<Unknown>\w+)")


@given(SEEDS)
@QUICK
def test_a_priority_follows_from_use_by_the_newest_policy_and_only_with_one(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("POLICIES", "_MORE_POLICIES"):
            patch.setattr(triage, name, ("{day}: Known={known} Unknown={unknown}",))
        scene = triage_scene(Random(seed), 4, 0.5)
    rules = _rules(scene)
    uses = {i.subject: i.value for i in scene.known if i.attribute is TRIAGE["ransomware_use"]}
    derived = {i.subject: i.value for i in scene.known if i.attribute is PRIORITY}
    newest = _RULE.search(rules[-1][1]) if rules else None
    wanted = {subject: newest[use] for subject, use in uses.items()} if newest else {}  # type: ignore[index]
    assert derived == wanted


def test_policies_stand_anywhere_among_the_passages() -> None:
    newest = [_newest_is_a_policy(triage_scene(Random(seed), 4, 0.3)) for seed in range(400)]
    with_one = [found for found in newest if found is not None]
    assert 0.3 < sum(with_one) / len(with_one) < 0.9


def _newest_is_a_policy(scene: Scene) -> bool | None:
    rules = _rules(scene)
    return rules[-1][0] == max(p.day for p in scene.passages) if rules else None


@given(SEEDS)
@example(196307552)  # the third id was drawn near the second and became the first again
@QUICK
def test_a_digest_lists_what_was_listed_in_its_week(seed: int) -> None:
    scene = triage_scene(Random(seed), 4, 0.3)
    listed = {i.subject: i.value for i in scene.known if i.attribute is TRIAGE["date_added"]}
    for passage in scene.passages:
        if "Added in the week of" not in passage.text:
            continue
        monday = re.search(r"week of (\S+):", passage.text)
        assert monday is not None
        assert date.fromisoformat(monday[1]).weekday() == 0
        assert {c.subject for c in passage.claims} == {
            subject for subject, day in listed.items() if day and monday[1] <= day <= passage.day
        }


@given(SEEDS)
@QUICK
def test_a_ticket_says_what_the_scene_knows_and_null_for_the_rest(seed: int) -> None:
    r = Random(seed)
    scene = triage_scene(r, 3, 0.3)
    subject = r.choice([*scene.known, *scene.missing]).subject
    known = {i.attribute.key: i for i in scene.known if i.subject == subject}
    items = [known.get(a.key, Item(subject, a)) for a in (*TRIAGE.values(), PRIORITY)]
    _, instruction, answer = ticket_task(r, subject, items, numbered=False, dated=False)
    truth = {
        name: known[key].value if key in known else None
        for key, names in KEYS.items()
        for name in names
    }
    ticket = _flat(json.loads(answer))
    for key, value in ticket.items():
        assert f'"{key}"' in instruction
        if key in truth:
            assert value in (truth[key], _as_list(truth[key]))
        elif key in IDS:
            assert value == subject
        else:
            assert value == known["due_date"].value


def _flat(value: dict[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, inner in value.items():
        flat |= _flat(inner) if isinstance(inner, dict) else {key: inner}
    return flat


def _as_list(value: str | None) -> list[str] | None:
    if value is None:
        return None
    return [] if value == NO_WEAKNESSES else value.split(", ")


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
