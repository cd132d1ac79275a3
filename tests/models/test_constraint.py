"""Constrained decoding: whatever the weights, what comes out keeps the format, on both paths."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from llguidance import LLMatcher, LLTokenizer

from harness.models.base import Generation, LanguageModel, Message, ModelError
from harness.models.constraint import _grammar
from harness.models.lab.model import LabModel
from harness.scoring.strictness import grade
from harness.world.formats import Choice, Csv, FreeText, JsonSchema, OutputFormat, Regex, Xml

TICKET = JsonSchema(
    "ticket",
    {
        "type": "object",
        "properties": {
            "due": {"type": "string", "format": "date"},
            "priority": {"enum": ["P1", "P2"]},
            "open": {"type": "boolean"},
            "steps": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        },
        "required": ["due", "priority", "open", "steps"],
        "additionalProperties": False,
    },
)
FORMATS = (
    TICKET,
    Choice(("yes", "no")),
    Choice(('say "hi"', "back\\slash", "naïve")),
    Regex(r"\d{4}-\d{2}"),
    Regex("a|b"),
    Regex(r"[\d.]{3}\w\\d"),
    JsonSchema("cve", {"type": "string", "pattern": r"^CVE-\d{4}-\d{4,7}$"}),
)
UNBOUNDED = (
    Csv(("a", "b"), "b", delimiter=";"),
    Csv(('a "x"', "b,c", "d"), "d"),
    Csv(("a",), "a"),
    Csv(("a", "b"), "b", delimiter="<"),
    Csv(("a", "b"), "b", delimiter="|"),
    Csv(("a", "b"), "b", delimiter="-"),
    Xml(("a", "b"), "b"),
)


@pytest.fixture(scope="module")
def lab(tiny_model: Path) -> LabModel:
    return LabModel.load(tiny_model)


def answer(model: LanguageModel, form: OutputFormat | None, text: str = "?") -> Generation:
    chat = [Message("user", text)]
    return asyncio.run(model.generate(chat, max_tokens=80, enforced=form))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: type(form).__name__)
def test_a_random_model_keeps_any_format_that_is_enforced(
    lab: LabModel, form: OutputFormat
) -> None:
    for number in range(4):
        found = answer(lab, form, f"Number {number}?")
        graded = grade(found.text, form, right=False, finish_reason=found.finish_reason)
        assert found.finish_reason == "stop"
        assert graded.valid, found.text
        assert not grade(answer(lab, None, f"Number {number}?").text, form, right=False).valid


@pytest.mark.parametrize("form", UNBOUNDED, ids=lambda form: type(form).__name__)
def test_what_is_cut_off_began_as_declared(lab: LabModel, form: OutputFormat) -> None:
    found = answer(lab, form)
    graded = grade(found.text, form, right=False)
    if isinstance(form, Xml):
        assert found.text.startswith("<rows><row><a>")
    else:
        assert graded.raw, found.text  # its header is as declared
    if found.finish_reason == "stop":
        assert graded.valid, found.text


BYTES = LLTokenizer("byte")


def accepts(form: OutputFormat, text: str) -> bool:
    """Whether the grammar of the format lets the whole text pass and end."""
    matcher = LLMatcher(BYTES, _grammar(form), log_level=0)
    assert not matcher.is_error(), matcher.get_error()
    tokens = BYTES.tokenize_str(text)
    return bool(matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting())


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Csv(("a",), "a"), "a\n"),
        (Csv(("a", "b"), "b"), "a,b"),
        (Xml(("a",), "a"), "<rows><row><a>\x01</a></row></rows>"),
        (Regex(r"a\sb"), "a\x85b"),
        (Regex(r"\d+"), "\u0663"),
        (Regex(r"\w"), "\u00e9"),
        (Regex(r"\D"), "7"),
        (JsonSchema("p", {"type": "string", "pattern": r"^\d$"}), '"\u0663"'),
        (JsonSchema("p", {"const": 1}), "true"),
        (JsonSchema("p", {"const": True}), "1"),
    ],
)
def test_a_grammar_lets_nothing_pass_that_the_scorer_refuses(form: OutputFormat, text: str) -> None:
    assert not grade(text, form, right=False).valid
    assert not accepts(form, text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Csv(('a "x"', "b,c"), "b,c"), '"a ""x""","b,c"\n1,2\n"3, ""4""",'),
        (Csv(("a", "b"), "b", delimiter="\\"), "a\\b\n1\\2"),
        (Xml(("a",), "a"), "<rows><row><a>x é</a></row><row><a></a></row></rows>"),
        (Regex(r"a\sb\S[\d.]\D"), "a\u2003b!.x"),
        (JsonSchema("any", True), '{"a": [1, null]}'),  # type: ignore[arg-type]
    ],
)
def test_a_grammar_lets_pass_what_the_scorer_takes(form: OutputFormat, text: str) -> None:
    assert grade(text, form, right=False).valid
    assert accepts(form, text)


def test_a_grammar_is_compiled_once_and_ahead_of_answers(lab: LabModel) -> None:
    lab.enforce([*FORMATS, FreeText(), Regex("(?=a)b")])
    before = dict(lab._constrainer._compiled)
    answer(lab, JsonSchema("ticket", dict(TICKET.schema)))
    assert lab._constrainer._compiled == before


def test_both_paths_choose_the_same_tokens(lab: LabModel, tiny_model: Path) -> None:
    pytest.importorskip("torch", reason="the other path is transformers")
    from harness.models.transformers import TransformersModel  # noqa: PLC0415  (slow)

    general = TransformersModel.load(str(tiny_model))
    for form in (*FORMATS, *UNBOUNDED, FreeText()):
        ours, theirs = answer(lab, form), answer(general, form)
        assert (ours.text, ours.finish_reason, ours.completion_tokens) == (
            theirs.text,
            theirs.finish_reason,
            theirs.completion_tokens,
        )


def test_json_is_written_in_one_way(lab: LabModel) -> None:
    text = answer(lab, TICKET).text
    assert text == json.dumps(json.loads(text))


def test_free_text_is_left_alone(lab: LabModel) -> None:
    assert answer(lab, FreeText()).text == answer(lab, None).text


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (JsonSchema("u", {"type": "object", "unevaluatedProperties": False}), "unevaluated"),
        (Regex("(?=a)b"), "(?i)regex|look"),
    ],
)
def test_what_no_grammar_can_enforce_is_an_outcome_of_the_question(
    lab: LabModel, form: OutputFormat, message: str
) -> None:
    with pytest.raises(ModelError, match=message) as refused:
        answer(lab, form)
    assert refused.value.kind == "grammar"
    assert "\n" not in str(refused.value)
