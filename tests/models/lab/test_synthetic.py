"""The pretraining mix: deterministic, answerable as planted, free of real names and held-out texts."""

from __future__ import annotations

import json
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.models.lab.synthetic.attributes import RELEASES
from harness.models.lab.synthetic.contrast import contrast_scene
from harness.models.lab.synthetic.conversation import Shares, closed_book, open_book
from harness.models.lab.synthetic.generic import generic_scene
from harness.models.lab.synthetic.json_tasks import SUITE_KEYS
from harness.models.lab.synthetic.mix import STAGES, Stage, conversation
from harness.models.lab.synthetic.paraphrases import paraphrase
from harness.models.lab.synthetic.releases import release_scene
from harness.models.lab.synthetic.scene import Scene
from harness.models.lab.synthetic.security import security_scene
from harness.models.lab.synthetic.values import day, day_before, product_name, real_titles
from harness.models.lab.wordings import NATURAL_WORDINGS
from harness.world.releases.wording import ABSTENTION, QUESTION_KINDS

SEEDS = st.integers(0, 10**9)
QUICK = settings(max_examples=150, deadline=None)
SAMPLES = 20_000


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    """Turns of many conversations: most of the last two stages, an eighth of each early one."""
    stages = (*STAGES[:2], *[STAGES[-2], STAGES[-1]] * 3)
    return [
        turn
        for index in range(SAMPLES)
        for turn in conversation(Random(f"test:{index}"), stages[index % len(stages)])
    ]


def _pattern(wording: str) -> re.Pattern[str]:
    parts = wording.lower().rstrip("?.").split("{subject}")
    return re.compile(".{1,80}".join(re.escape(part) for part in parts))


def _scene(r: Random) -> Scene:
    build = r.choice((release_scene, generic_scene, security_scene, contrast_scene))
    return build(r, r.randint(1, 5), r.random())


@given(SEEDS, st.sampled_from(STAGES))
@QUICK
def test_a_conversation_is_a_function_of_its_seed(seed: int, stage: Stage) -> None:
    assert conversation(Random(seed), stage) == conversation(Random(seed), stage)


@given(SEEDS)
@QUICK
def test_the_newest_passage_decides(seed: int) -> None:
    scene = _scene(Random(seed))
    for item in scene.known:
        if item.attribute.key == "supported":
            continue
        stating = [
            (passage.day, claim.value, number)
            for number, passage in enumerate(scene.passages, 1)
            for claim in passage.claims
            if (claim.subject, claim.attribute.key) == (item.subject, item.attribute.key)
        ]
        assert (item.day, item.value, item.passage) == max(stating)
        assert item.restated == (len({value for _, value, _ in stating}) > 1)


@given(SEEDS)
@QUICK
def test_every_claim_can_be_read_in_its_passage(seed: int) -> None:
    scene = _scene(Random(seed))
    for passage in scene.passages:
        for claim in passage.claims:
            if claim.attribute.answer == "text":
                assert claim.value in passage.text
            # A cycle may be named apart from its product ("the cycle 3.1 of Foo").
            assert all(part in passage.text for part in claim.subject.split())


@given(SEEDS)
@QUICK
def test_support_follows_from_end_of_life_and_today(seed: int) -> None:
    scene = release_scene(Random(seed), 4, 0.5)
    ends = {i.subject: i.value for i in scene.known if i.attribute.key == "end_of_life"}
    status = {i.subject: i.value for i in scene.known if i.attribute.key == "supported"}
    assert status == {s: "yes" if scene.today < end else "no" for s, end in ends.items()}


@given(SEEDS)
@QUICK
def test_what_is_missing_is_stated_nowhere(seed: int) -> None:
    scene = _scene(Random(seed))
    stated = {(c.subject, c.attribute.key) for p in scene.passages for c in p.claims}
    assert not stated & {(item.subject, item.attribute.key) for item in scene.missing}


@given(SEEDS)
@QUICK
def test_passages_are_not_from_the_future(seed: int) -> None:
    scene = _scene(Random(seed))
    assert max(passage.day for passage in scene.passages) <= scene.today
    assert len({passage.day for passage in scene.passages}) == len(scene.passages)


@given(SEEDS)
@QUICK
def test_plain_answers_stand_in_the_context_or_abstain(seed: int) -> None:
    r = Random(seed)
    scene = _scene(r)
    shares = Shares(json=0.0, missing=0.3, about_passages=0.0)
    turns = open_book(r, scene, 5, shares)
    shown = "\n".join(passage.text for passage in scene.passages)
    for role, text in turns:
        if role == "assistant":
            assert text in {ABSTENTION, "yes", "no"} or text in shown


@given(SEEDS)
@QUICK
def test_without_passages_nothing_is_known(seed: int) -> None:
    r = Random(seed)
    turns = closed_book(r, _scene(r), 3, Shares(json=0.0))
    assert {text for role, text in turns if role == "assistant"} == {ABSTENTION}


@given(SEEDS)
@QUICK
def test_days_are_days_and_earlier_ones_earlier(seed: int) -> None:
    r = Random(seed)
    later = day(r)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", later)
    assert day_before(r, later) < later


def test_dated_contrasts_state_more_days() -> None:
    def stated(dated: bool) -> int:
        scenes = (contrast_scene(Random(seed), 4, 0.3, dated=dated) for seed in range(200))
        claims = (c for scene in scenes for p in scene.passages for c in p.claims)
        return sum(c.attribute.kind == "day" for c in claims)

    assert stated(dated=True) > 1.1 * stated(dated=False)


@given(SEEDS)
@QUICK
def test_what_a_contrast_scene_lacks_is_a_near_miss(seed: int) -> None:
    scene = contrast_scene(Random(seed), 4, 0.3)
    stated = {(c.subject, c.attribute.key) for p in scene.passages for c in p.claims}
    assert not stated & {(item.subject, item.attribute.key) for item in scene.missing}
    assert {key for _, key in stated} & {item.attribute.key for item in scene.missing}
    assert len(scene.missing) >= 5


@given(SEEDS)
@QUICK
def test_a_paraphrase_names_its_subject_once_and_leaves_no_choice_open(seed: int) -> None:
    r = Random(seed)
    for key in RELEASES:
        text = paraphrase(r, key)
        assert text is not None
        assert text.count("{s}") == 1
        assert not set("<>|") & set(text)
    assert paraphrase(r, "colour") is None


def test_names_are_never_real_ones() -> None:
    real = {title.lower() for title in real_titles()}
    r = Random(0)
    assert not real & {product_name(r).lower() for _ in range(SAMPLES)}


def test_no_real_title_occurs_in_the_mix(texts: list[tuple[str, str]]) -> None:
    whole = "\n".join(text for _, text in texts)
    words = set(re.findall(r"[A-Za-z0-9]+", whole))
    # Only a title all of whose words occur can occur itself: a few, which are then searched for.
    possible = [t for t in real_titles() if words.issuperset(re.findall(r"[A-Za-z0-9]+", t))]
    found = [
        t for t in possible if re.search(rf"(?<![A-Za-z0-9]){re.escape(t)}(?![A-Za-z0-9])", whole)
    ]
    assert found == []


def test_held_out_and_hand_written_wordings_never_occur(texts: list[tuple[str, str]]) -> None:
    wordings = [text for kind in QUESTION_KINDS for text in kind.held_out]
    wordings += [text for listed in NATURAL_WORDINGS.values() for text in listed]
    asked = "\n".join(
        text.rpartition("\n\n")[2].lower().replace("\n", " ")
        for role, text in texts
        if role == "user"
    )
    assert [text for text in wordings if _pattern(text).search(asked)] == []


def test_there_are_enough_hand_written_wordings() -> None:
    assert sum(map(len, NATURAL_WORDINGS.values())) >= 40
    assert set(NATURAL_WORDINGS) == {kind.name for kind in QUESTION_KINDS}


def test_the_schema_of_the_suite_is_never_asked_for(texts: list[tuple[str, str]]) -> None:
    for role, text in texts:
        if role == "assistant" and text.startswith("{"):
            answer = json.loads(text)
            assert frozenset(answer) != SUITE_KEYS
            source = answer.get("source")
            assert not isinstance(source, dict) or set(source) != {"passage", "date"}


def test_the_mix_has_every_part(texts: list[tuple[str, str]]) -> None:
    answers = [text for role, text in texts if role == "assistant"]
    share = {
        "json": sum(text.startswith("{") for text in answers) / len(answers),
        "abstains": sum(text == ABSTENTION for text in answers) / len(answers),
        "choice": sum(text in {"yes", "no"} for text in answers) / len(answers),
    }
    assert 0.08 < share["json"] < 0.35
    assert 0.08 < share["abstains"] < 0.35
    assert 0.05 < share["choice"] < 0.3
