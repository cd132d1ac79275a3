"""Everyday wordings of the release questions: frames whose words vary, beside those of `attributes`.

`{s}` is the subject; `<a|b>` is one of the words between the bars. A wording is drawn anew each
time, so that the model meets many more than are written here. Held-out wordings and those of
`harness.models.lab.wordings` never occur; a test holds that.
"""

from __future__ import annotations

import re
from random import Random
from typing import Final

__all__ = ["paraphrase"]

_NEW: Final = "<latest|newest|current|most recent|last|present|freshest|top|highest>"
_VERSION: Final = "<version|release|build|version number|update|patch|revision>"
_NOW: Final = "<now|today|at present|these days|right now|currently|at the moment>"
_GIVE: Final = "<Tell me|Give me|Name|State|Find|I need|I'd like to know|Please find|Look up>"
_DAY: Final = "<day|date>"

_FRAMES: Final[dict[str, tuple[str, ...]]] = {
    "latest_version": (
        f"Which {_VERSION} of {{s}} do people <run|use|install|get> {_NOW}?",
        f"Which {{s}} {_VERSION} is <the one to have|to be installed|recommended|in force> {_NOW}?",
        f"What is the {_NEW} {{s}} {_VERSION}?",
        f"{_GIVE} the {_NEW} {_VERSION} <number of|of|for> {{s}}.",
        f"What number does the {_NEW} {{s}} {_VERSION} <have|carry|bear>?",
        f"We are <updating|upgrading|patching|installing> {{s}}. <Which|What> {_VERSION} <should we take|is the right one|do we need|is it>?",
        f"<I manage|We look after|Our team runs|We depend on|I work with> {{s}}. What is the {_NEW} {_VERSION}?",
        "<At which|At what|Up to which> version is {s} <by now|today|now>?",
        "<How high|How far> does the version number of {s} go?",
        "If {s} is fully <updated|up to date|patched>, what version does it <show|report|have>?",
        f"What has {{s}} <advanced|been updated|been upgraded|been brought|got> to {_NOW}?",
        f"Is there a newer {{s}}? <Name|Tell me|Give> the {_NEW} {_VERSION}.",
        "What <is|would be> the <target|goal> version when I <update|upgrade|patch> {s}?",
        "Which version <tops|leads|ends> the <list|history> of {s} <versions|releases>?",
        "<Which|What> version of {s} has <nothing|no version> after it?",
        f"An <admin|auditor|engineer> asks which {_VERSION} of {{s}} is {_NEW}.",
        "<My|Our> {s} must be <current|up to date>: which version does that mean?",
        "What did the {s} <team|project|makers> <release|publish|ship|put out> last?",
        "{s}, <newest|latest|current> version?", "<Newest|Latest|Current> {s}?",
        "<Version|Release|Build> of {s} as of today?",
    ),
    "latest_release_date": (
        f"<When|On what {_DAY}|On which {_DAY}> did the {_NEW} {_VERSION} of {{s}} <appear|arrive|land|come out|go out|become available>?",
        f"{_GIVE} the {_DAY} of the {_NEW} {{s}} {_VERSION}.",
        f"From <which|what> {_DAY} is the {_NEW} {{s}} {_VERSION}?",
        f"<When|On which {_DAY}> was the {_NEW} {{s}} {_VERSION} <made|published|issued|put out|shipped|brought out>?",
        "When was {s} last <released|patched|revised|renewed|improved>?",
        "When did {s} last <release something|publish a version|bring out an update|change version>?",
        f"The {_NEW} {_VERSION} of {{s}}: <since when|from which day|of what date> is it?",
        f"I <see|have> the {_NEW} {{s}} {_VERSION}. <When did it come out|What is its date|When was it made>?",
        f"Which {_DAY} <stands beside|belongs to|goes with|marks> the {_NEW} {_VERSION} of {{s}}?",
        "How long ago was {s} updated, <as a date|on which day|give the date>?",
        f"Since <when|what day|which date> have people had the {_NEW} {{s}} {_VERSION}?",
        "{s}: date of <its|the> <last|latest|newest> <update|release|version>?",
        "When did <users|people|customers> last get an update of {s}?",
        "<Date|Day> of the <newest|latest> {s} <version|release|update>?",
    ),
    "newest_cycle": (
        "Which <cycle|line|series|branch> of {s} is the <youngest|latest|newest|last|most recent|freshest>?",
        "What is the <youngest|latest|newest|last|most recent|top> {s} <cycle|line|series|branch>?",
        "<Tell me|Give me|Name> the <youngest|latest|newest|most recent> <line|series|branch|cycle> of {s}.",
        "With which <cycle|line|series> does {s} <go on|continue|lead> <today|now>?",
        "Which <cycle|line|series> did the {s} <team|makers|project> <start|open|launch|add> last?",
        "<New users|Beginners|New projects> of {s} <take|pick|choose> which cycle as the newest?",
        "Of all <cycles|lines|series> of {s}, which <came|started|was opened> last?",
        "We are <setting up|planning for|choosing> {s}. Which <cycle|line|series> is the newest?",
        "Which is the <newest|latest> <generation|line|major version> of {s}?",
        "How far have the {s} cycles <got|gone|come>?",
        "Which cycle <heads|leads|tops> the list of {s}?",
        "{s}, <newest|latest|youngest> <cycle|line|series>?",
    ),
    "release_date": (
        f"<When|On which {_DAY}|On what {_DAY}> did {{s}} <arrive|debut|land|begin|get released|enter the market|open|go public>?",
        f"<When|On which {_DAY}|On what {_DAY}> was {{s}} <born|started|issued|brought out|opened|unveiled|offered first|put out>?",
        f"What {_DAY} was {{s}} <first out|published|made public|launched>?",
        "Since <when|which day|what day|which date> can <one|we|users|you> <get|use|install|download> {s}?",
        f"{_GIVE} the {_DAY} <on which {{s}} appeared|of the first {{s}} release|{{s}} was launched|when {{s}} came out>.",
        f"The first {_DAY} of {{s}}, <which is it|what is it|when was it>?",
        f"From <which|what> {_DAY} on <is|was|has> {{s}} <available|on offer|been around|been out>?",
        "How old is {s}, <that is, when was it released|given as its release date>?",
        "When could <people|users|customers> first <get|use|install> {s}?",
        "<When|On what day> did the life of {s} <begin|start>?",
        "<Launch|Debut|Start|Release> of {s}: <when|which day|what date>?",
    ),
    "end_of_life": (
        f"<When|On what {_DAY}|On which {_DAY}> <does|will> {{s}} <die|run out|end|lapse|be dropped|be closed|be abandoned>?",
        f"Until <which|what> {_DAY} <is|will> {{s}} <get patches|be patched|receive fixes|be safe to use|be looked after>?",
        "How long <can|may|should> <we|one|I> <stay on|use|keep|run|rely on> {s}, <until which day|give the date|as a date>?",
        f"What is the last {_DAY} <of|for> {{s}} <support|fixes|updates|patches>?",
        f"{_GIVE} the {_DAY} on which {{s}} <ends|stops|retires|runs out|is closed>.",
        "When <do|will> the <patches|fixes|updates|bug fixes|security patches> for {s} <stop|end|cease|dry up>?",
        "When <must|should> we <leave|replace|move away from|drop|say goodbye to> {s}?",
        "By <when|which day|what date> should {s} be <gone|replaced|upgraded|switched off>?",
        "When does the vendor <stop|cease|end> <supporting|fixing|patching|maintaining> {s}?",
        "<When|On which day> is it over <for|with> {s}?",
        "What <day|date> <closes|ends> the life of {s}?",
        "After <which|what> day is {s} <no longer supported|without fixes|out of support|on its own>?",
        "{s}: <supported until when|last day|when is the end|how long>?",
    ),
    "supported": (
        "<Do|Will|Can> we <still|today> get <help|patches|fixes|updates|support> <for|with> {s}?",
        "Is {s} <alive|looked after|covered|cared for|patched|kept up> <today|now|still|at present>?",
        "Does anybody <fix|patch|maintain|support|update> {s} <today|now|at present>?",
        "Is it <fine|safe|all right|OK> to <use|run|keep> {s} <as far as support goes|with regard to support>?",
        "Has {s} <not yet|still not> reached its end of life?",
        "Are <fixes|patches|updates|security updates> for {s} still <made|released|provided|coming>?",
        "Is {s} <before|ahead of> its end of life?",
        "Would a <hole|bug|flaw|defect> in {s} still <be closed|be fixed|get a patch>?",
        "<We run|I have|Our server has> {s}. Is it still <supported|maintained|covered>?",
        "Is the <vendor|maker|team> still <fixing|patching|supporting|maintaining> {s}?",
        "Is today <before|ahead of> the end of support of {s}?",
        "Does {s} have support <today|now|at the moment|left>?",
    ),
    "lts": (
        "Is {s} <kept|supported|maintained> for <long|a long time|the long term>?",
        "Does {s} <carry|bear|have> the LTS <label|mark|flag|badge|status>?",
        "<Is|Was> {s} <labelled|classed|listed|sold|chosen> as <LTS|long-term support>?",
        "Does the LTS <promise|policy|plan|programme> <cover|include> {s}?",
        "<We want|We need|My boss wants> long-term support. Does {s} <have|offer|give|include> it?",
        "Is {s} <an LTS|a long-term> <one|line|edition|version|build|branch>?",
        "Can {s} be called <LTS|a long-term release>?",
        "Would {s} be <a long-term|an LTS> <choice|pick|line>?",
        "Is it true that {s} is <LTS|a long-term support release>?",
        "Do users of {s} get <long-term support|LTS>?",
        "LTS or not: is {s} <one|LTS>?",
    ),
}  # fmt: skip
_CHOICE: Final = re.compile(r"<([^<>]*)>")


def paraphrase(r: Random, key: str) -> str | None:
    """Return an everyday wording for the attribute `key`, None where there are none."""
    frames = _FRAMES.get(key)
    if frames is None:
        return None
    text = r.choice(frames)
    while "<" in text:  # choices may stand within choices: the innermost ones go first
        text = _CHOICE.sub(lambda found: r.choice(found[1].split("|")), text)
    return text
