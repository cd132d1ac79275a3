"""Question wordings that pretraining never has: what people might type, written by hand.

They are not producible by the grammar of `synthetic.questions`; a test holds that. Keys are the
question kinds of the releases suite, `{subject}` the subject.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["NATURAL_WORDINGS"]

NATURAL_WORDINGS: Final = MappingProxyType(
    {
        "product_latest_version": (
            "Which {subject} build is the freshest one out there?",
            "I want to upgrade {subject}. What number should I look for?",
            "Has {subject} moved on lately? Give me its present version.",
            "What's {subject} up to these days, version-wise?",
            "Our scanner wants the top {subject} version. What is it?",
            "Name the {subject} version that everybody should be on.",
        ),
        "product_latest_release_date": (
            "When did {subject} most recently ship anything?",
            "How old is the present {subject} version, by date?",
            "What's the day on which {subject} got its most recent version?",
            "Date of {subject}'s last release, please.",
            "I wonder when the present {subject} version hit the shelves.",
            "When has {subject} been refreshed for the last time?",
        ),
        "product_newest_cycle": (
            "If I start a new project on {subject}, which cycle would be the freshest?",
            "Which series of {subject} was begun most lately?",
            "What is the top cycle in the {subject} family?",
            "{subject} has many cycles; name the youngest.",
            "Which {subject} cycle succeeds all the others?",
            "What cycle number did {subject} reach most recently?",
        ),
        "cycle_latest_version": (
            "We cannot leave {subject}; which build is the newest there?",
            "What point version has {subject} reached?",
            "Which patch level is up to date for {subject}?",
            "On {subject}, what should a fully patched machine report as its version?",
            "What's the highest version published for {subject} so far?",
            "Give me the version that a patched {subject} shows.",
        ),
        "cycle_release_date": (
            "What day saw the arrival of {subject}?",
            "Since what day can people get {subject}?",
            "{subject} was born on which date?",
            "Which day is the birthday of {subject}?",
            "From which date on could {subject} be downloaded?",
            "When was the world given {subject}?",
        ),
        "cycle_end_of_life": (
            "When must we be off {subject}?",
            "When will the vendor drop {subject}?",
            "What's the final day on which {subject} gets patches?",
            "When does the clock run out for {subject}?",
            "How much longer can we rely on {subject}, up to which date?",
            "On what date is {subject} being put to rest?",
        ),
        "cycle_supported": (
            "Is it still okay to run {subject}, support-wise?",
            "Could we still get vendor support for {subject} if we called now?",
            "Would the vendor still help us with {subject} today?",
            "Are we still covered if we run {subject}?",
            "Is anybody still maintaining {subject} at this point?",
            "Can I expect more security patches for {subject}?",
        ),
        "cycle_lts": (
            "Should I think of {subject} as a long-term release?",
            "Did they make {subject} an LTS one?",
            "Is {subject} among those that get support for the long term?",
            "We only run LTS here. Does {subject} qualify?",
            "Is {subject} the long-term kind of cycle?",
            "Would {subject} count as LTS for our policy?",
        ),
    }
)
