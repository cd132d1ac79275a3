"""A manifest is read back as it was written, and one of an earlier version still loads."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import scripted

from harness.running.lag import LoopLag
from harness.running.manifest import manifest_from_dict, manifest_to_dict
from harness.systems.base import Preparation

DAY = date(2026, 8, 22)
MANIFEST = replace(
    scripted.manifest(scripted.questions(2), ["a"], 6),
    preparations={
        "a": (
            Preparation(
                DAY, 1.5, 40, removed=3, energy_joules=12.5, index_as_of=DAY, embedded_tokens=900
            ),
            Preparation(DAY, training_seconds=9.0, adapter_as_of=date(2025, 8, 22)),
        )
    },
    loop_lag=(LoopLag(("a",), 40, 0.0, 0.02, 0.03), LoopLag((), 2, 0.0, 0.0, 0.0)),
)


def test_it_is_read_back_as_it_was_written() -> None:
    text = json.dumps(manifest_to_dict(MANIFEST))
    assert manifest_from_dict(json.loads(text)) == MANIFEST


def test_one_of_an_earlier_version_knows_nothing_of_lag() -> None:
    data = json.loads(json.dumps(manifest_to_dict(MANIFEST)))
    del data["loop_lag"]
    assert manifest_from_dict(data) == replace(MANIFEST, loop_lag=())


def test_a_preparation_of_an_earlier_version_has_what_it_had() -> None:
    data = json.loads(json.dumps(manifest_to_dict(MANIFEST)))
    for preparation in data["preparations"]["a"]:
        for key in (
            "removed",
            "energy_joules",
            "index_as_of",
            "adapter_as_of",
            "embedded_tokens",
        ):
            del preparation[key]
    first, second = manifest_from_dict(data).preparations["a"]
    assert (first, second) == (Preparation(DAY, 1.5, 40), Preparation(DAY, training_seconds=9.0))
    assert first.as_of is None


def test_a_system_knows_what_its_freshest_part_knows() -> None:
    old, new = date(2025, 8, 22), DAY
    assert Preparation(DAY, index_as_of=new, adapter_as_of=old).as_of == new
    assert Preparation(DAY, adapter_as_of=old).as_of == old
