from __future__ import annotations

from dataclasses import replace

import pytest
from planted import asked_for, planted_run, with_formats, with_parts

from harness.decision import Check, Constraint
from harness.decision.claims import Claim, ClaimVerdict, Verdict
from harness.decision.ownership import CHANGES, VOLUMES, Ownership
from harness.reporting.components import Badge, Figure, Section, ShownFlip, SystemLabel, Table
from harness.reporting.html import render
from harness.reporting.sections.context import Context
from harness.reporting.sections.flips import pick
from harness.reporting.view import ReportView, report_view
from harness.retrieval.base import UNDATED, Passage
from harness.statistics.estimate import Estimate


def section(view: ReportView, name: str) -> Section:
    return next(section for section in view.sections if section.id == name)


def tables(of: Section) -> list[Table]:
    return [block for block in of.blocks if isinstance(block, Table)]


@pytest.fixture(scope="module")
def view() -> ReportView:
    return report_view(*planted_run(questions=40, days=3, systems=5))


def test_every_figure_known_or_not_says_its_n_or_its_reason(view: ReportView) -> None:
    figures = [
        cell
        for table in [view.overview.table, *(t for s in view.sections for t in tables(s))]
        for row in table.rows
        for cell in row
        if isinstance(cell, Figure)
    ]
    assert len(figures) > 150
    for figure in figures:
        assert figure.note
        assert figure.sample if figure.known else figure.text == "unknown"


def test_the_comparison_table_has_a_row_per_system_and_all_measures(view: ReportView) -> None:
    table = view.overview.table
    assert [column.title for column in table.columns] == [
        "System",
        "Right",
        "Stale",
        "Valid format",
        "Latency p50",
        "Latency p95",
        "Cost per query",
        "Set-up and upkeep",
        "Answers",
    ]
    assert len(table.rows) == 5
    assert table.columns[6].unit == "$ per million"


def test_every_row_has_as_many_cells_as_there_are_columns(view: ReportView) -> None:
    for table in [view.overview.table, *(t for s in view.sections for t in tables(s))]:
        assert {len(row) for row in table.rows} <= {len(table.columns)}


def test_the_answer_names_the_best_system_with_both_intervals() -> None:
    run, results = planted_run(questions=480, days=3, systems=5)
    answer = report_view(run, results).overview.answer
    assert answer.startswith("Both, here: hybrid was right in ")
    assert answer.endswith(" more than rag, the next best.")
    assert answer.count("[") == 2


def test_what_cannot_be_told_apart_is_not_settled() -> None:
    run, results = planted_run(questions=8, days=1, systems=4)
    answer = report_view(run, results).overview.answer
    assert answer.startswith("Not settled: ")
    assert "cannot be told apart" in answer


def test_the_answer_follows_the_recommendation_and_says_who_was_excluded_and_better() -> None:
    run, results = planted_run(questions=480, days=3, systems=5)
    slow = Constraint("latency_p95", "at most", 0.03, "fast")
    asked = replace(asked_for(run, results, slow), changes=())
    view = report_view(run, results, recommendation=asked)
    assert view.overview.answer.startswith("Fine-tuning, here: fine-tuned was right in ")
    assert "hybrid was right more often, by " in view.overview.answer
    assert view.overview.answer.endswith(", and misses what was asked for: fast.")
    badges = [c for row in tables(section(view, "decision"))[0].rows for c in row[1:]]
    assert [badge.text for badge in badges if isinstance(badge, Badge)].count("missed") == 3


def test_a_choice_level_with_one_that_is_out_says_why_the_other_is_out() -> None:
    run, results = planted_run(questions=8, days=1, systems=4)
    fast = Constraint("latency_p50", "at most", 0.02, "fast")
    out = Check("hybrid", fast, "missed", results["hybrid"].metrics["latency_p50"])
    asked = replace(asked_for(run, results), choice="rag", tied=(), checks=(out,), changes=())
    answer = report_view(run, results, recommendation=asked).overview.answer
    assert answer.startswith("RAG, here: rag was right in ")
    assert answer.endswith(
        ", which cannot be told from hybrid's; hybrid misses what was asked for: fast."
    )


def test_nothing_is_recommended_where_nothing_keeps_what_was_asked() -> None:
    run, results = planted_run(questions=480, days=3, systems=5)
    asked = asked_for(run, results, Constraint("right_rate", "at least", 0.99, "nearly all right"))
    answer = report_view(run, results, recommendation=asked).overview.answer
    assert answer.startswith("None of them, here: no system keeps all that was asked for; hybrid")


def test_a_month_of_every_system_stands_at_every_volume_and_rate_of_change() -> None:
    run, results = planted_run(questions=40, days=3, systems=3)
    month = Estimate(1.0, 0.9, 1.2, 40, 40, "planted")
    dear = Estimate.unknown("no price for training")
    owned = tuple(
        Ownership(
            system.name,
            month,
            0.5,
            "",
            0.0,
            {},
            by_change={
                days: {v: dear if days == 1 else replace(month, value=days * v) for v in VOLUMES}
                for days in CHANGES
            },
            storage=None if system.name == "rag" else 0.0,
            stored="an index of 4 GB, no usd_per_gb_month",
        )
        for system in results.systems
    )
    asked = replace(asked_for(run, results), owned=owned)
    found = section(report_view(run, results, recommendation=asked), "cost")
    (table,) = (table for table in tables(found) if "how often the facts change" in table.caption)
    assert len(table.rows) == 3 * len(VOLUMES)
    assert table.note.count("an index of 4 GB") == 1
    assert "rag: unknown (an index of 4 GB, no usd_per_gb_month)" in table.note
    for row, volume in zip(table.rows, VOLUMES * 3, strict=True):
        assert row[1] == f"{volume:,}"
        cells = [cell for cell in row if isinstance(cell, Figure)]
        assert [cell.value for cell in cells] == [None, 7 * volume, 30 * volume, 90 * volume]
        assert cells[0].note == "no price for training"


def test_limits_name_the_model_and_what_did_not_run(view: ReportView) -> None:
    assert "the lab model (2.6 million parameters" in view.overview.limits[0]
    run, results = planted_run(questions=8, days=1, systems=2)
    limits = " ".join(report_view(run, results).overview.limits)
    assert "No system of the run is fine-tuned or hybrid" in limits


def test_classes_of_a_day_add_up_to_all_attempted() -> None:
    _, results = planted_run(questions=40, days=3, systems=5)
    table = tables(
        section(report_view(*planted_run(questions=40, days=3, systems=5)), "freshness")
    )[0]
    classes = len(table.columns) - 3  # beside system, day and the stale rate
    for row in table.rows:
        assert sum(int(str(cell)) for cell in row[2 : 2 + classes]) == 40
    assert {column.title for column in table.columns} >= {"Current", "Mixed", "Stale", "Failed"}
    assert "none was premature or undecided" in table.caption
    assert len(table.rows) == len(results.systems) * 3


def test_flips_are_different_and_the_rest_is_counted() -> None:
    run, results = planted_run(questions=200, days=3, systems=5)
    flips = section(report_view(run, results), "flips")
    shown = [block for block in flips.blocks if isinstance(block, ShownFlip)]
    assert len(shown) == 12
    assert f"{len(results.flips):,} times" in flips.sentence
    assert f"other {len(results.flips) - 12:,}" in flips.sentence
    picked = pick(Context(run, results, (), None), 12)
    assert len({(flip.winner, flip.loser) for flip in picked}) == 12
    assert len({flip.loser_class for flip in picked}) >= 4
    assert {flip.day for flip in picked} == set(results.days)
    assert len({run.questions[flip.question_id].cluster for flip in picked}) == 12


def test_fewer_flips_than_room_are_all_shown() -> None:
    run, results = planted_run(questions=40, days=3, systems=5)
    few = replace(results, flips=results.flips[:3])
    assert set(pick(Context(run, few, (), None), 12)) == set(results.flips[:3])


def test_a_flip_without_its_records_says_so() -> None:
    run, results = planted_run(questions=8, days=2, systems=3)
    view = report_view(replace(run, records=()), results)
    flip = section(view, "flips").blocks[0]
    assert isinstance(flip, ShownFlip)
    assert flip.winner.excerpt.omitted == "no record of this answer"


def test_a_comparison_made_the_other_way_round_is_turned() -> None:
    run, results = planted_run(questions=40, days=1, systems=2)
    made = results.compare("base", "rag", "right_rate")
    turned = Context(run, results, (), None).difference("rag", "base", "right_rate")
    assert turned is not None
    assert made.difference.value is not None
    assert turned.difference.value == -made.difference.value
    assert (turned.difference.low, turned.difference.high) == (
        -(made.difference.high or 0),
        -(made.difference.low or 0),
    )
    assert (turned.only_a, turned.only_b) == (made.only_b, made.only_a)


def test_overheads_are_against_the_base_wherever_it_stands() -> None:
    run, results = planted_run(questions=40, days=1, systems=3)
    moved = replace(results, systems=(*results.systems[1:], results.systems[0]))
    latency = section(report_view(run, moved), "latency")
    assert latency.sentence.startswith("On the same questions, rag costs +23.")
    assert " over base: retrieval +4." in latency.sentence


@pytest.mark.parametrize(
    ("recorded", "sentence"),
    [
        ("rag", "On the same questions, fine-tuned costs +"),
        ("base", "On the same questions, rag costs +22."),
        ("base,rag", "The run holds no paired latencies, so no overhead is stated."),
    ],
)
def test_recorded_times_are_named_and_are_no_overhead(recorded: str, sentence: str) -> None:
    names = recorded.split(",")
    run, results = planted_run(questions=40, days=1, systems=3)
    systems = tuple(
        replace(s, settings={"replay": "a.jsonl"}) if s.name in names else s
        for s in run.manifest.systems
    )
    run = replace(run, manifest=replace(run.manifest, systems=systems))
    measured = tuple(o for o in results.latency.overheads if not {o.a, o.b} & {*names})
    results = replace(results, latency=replace(results.latency, overheads=measured))
    latency = section(report_view(run, results), "latency")
    assert latency.sentence.startswith(sentence)
    assert f"The times of {' and '.join(names)} are not measured here" in latency.reading


def test_a_passage_without_a_day_is_shown_without_one() -> None:
    run, results = planted_run(questions=40, days=1, systems=3)
    passage = Passage("", UNDATED, "It is so.", 1.0)
    records = tuple(
        replace(r, answer=replace(r.answer, passages=(passage, replace(passage, document_id="d"))))
        for r in run.records
    )
    page = render(report_view(replace(run, records=records), results))
    assert '<span class="source"></span>' in page
    assert '<span class="source">d</span>' in page
    assert "0001-01-01" not in page


def test_unknown_cost_is_said_and_never_zero() -> None:
    run, results = planted_run(questions=8, days=1, systems=2)
    unknown = Estimate.unknown("no price for 'rag' in 'default'", 8)
    systems = tuple(
        replace(s, metrics={**s.metrics, "cost_per_query": unknown, "cost_per_right": unknown})
        for s in results.systems
    )
    view = report_view(run, replace(results, systems=systems))
    assert section(view, "cost").sentence == "What a query cost is not known for this run."
    cell = view.overview.table.rows[0][6]
    assert isinstance(cell, Figure)
    assert (cell.text, cell.note) == ("unknown", "no price for 'rag' in 'default'")


def test_claims_are_printed_in_the_unit_of_their_metric() -> None:
    run, results = planted_run(questions=8, days=1, systems=2)
    claim = Claim(
        "c", "Retrieval adds time.", "the article", "latency_mean", ("base",), "rag", 0.05, 0.2
    )
    found = Estimate(0.022, 0.021, 0.023, 8, 8, "planted")
    verdicts = (
        ClaimVerdict(claim, "refuted", found, "too little"),
        ClaimVerdict(
            replace(claim, needs="a provider", metric=""),
            "not measurable here",
            Estimate.unknown("a provider"),
            "It takes a provider.",
        ),
    )
    claims = section(report_view(run, results, claims=verdicts), "claims")
    assert claims.sentence == "Of 2 claims this run finds 1 refuted and 1 not measurable here."
    first, second = tables(claims)[0].rows
    assert first[1] == "+50 ms to +200 ms"
    assert isinstance(first[2], Figure)
    assert first[2].text == "+22.0 ms"
    assert second[2] == "unknown"
    assert isinstance(second[3], Badge)
    assert second[3].detail == "It takes a provider."


@pytest.mark.parametrize(
    ("verdict", "low", "told"),
    [
        ("supported", 0.5, "right rate of rag is 82.5% [78.1, 86.9]: above 50%."),
        ("refuted", 0.9, "right rate of rag is 82.5% [78.1, 86.9]: not above 90%."),
        (
            "inconclusive",
            0.8,
            "right rate of rag is 82.5% [78.1, 86.9]: it may or may not be above 80%; this run tells it 4 "
            "times of 5 from 6.3% off.",
        ),
    ],
)
def test_why_a_claim_is_judged_so_is_in_the_units_of_its_metric(
    verdict: Verdict, low: float, told: str
) -> None:
    run, results = planted_run(questions=8, days=1, systems=2)
    asked = Claim("c", "Retrieval is right.", "the article", "right_rate", b="rag", low=low)
    found = Estimate(0.8253, 0.7812, 0.8694, 99, 99, "planted")
    judged = ClaimVerdict(asked, verdict, found, "right_rate of rag is 0.8253", "right_rate of rag")
    ((row,),) = (
        table.rows
        for table in tables(section(report_view(run, results, claims=[judged]), "claims"))
    )
    assert isinstance(row[3], Badge)
    assert row[3].detail.replace("\N{NO-BREAK SPACE}", " ") == told


def test_sections_without_input_are_left_out(view: ReportView) -> None:
    assert {"claims", "decision"}.isdisjoint({section.id for section in view.sections})


def test_commands_repeat_what_was_run() -> None:
    run, results = planted_run(questions=8, days=1, systems=2)
    manifest = replace(run.manifest, repeats=2, settings={"suite": "releases", "limit": 8})
    html = section(report_view(replace(run, manifest=manifest), results), "reproduce")
    commands = next(block for block in html.blocks if block.kind == "commands")
    assert commands.lines == (
        "harness compare releases --systems base,rag --days 2025-08-22 --limit 8 --repeats 2 --seed 7",
        "harness report runs/releases-planted",
    )


def named(of: Section, caption: str) -> Table:
    return next(table for table in tables(of) if table.caption.startswith(caption))


def test_parts_are_shown_by_system_the_worst_first_and_the_rest_counted() -> None:
    run, results = planted_run(questions=40, days=3, systems=2)
    # Of 60 strict answers, `rag` has 10, 20, ... 60 right at the places in turn, `base` none.
    planted = with_parts(results, lambda s, number, place: s == "rag" and number < 10 + 10 * place)
    table = named(section(report_view(run, planted), "strictness"), "Right values by JSON path")
    assert [column.title for column in table.columns] == ["System", "At", "Answers", "Share right"]
    cells = [(c[0].name, c[1], c[2]) for c in table.rows if isinstance(c[0], SystemLabel)]
    assert cells == [
        ("base", "/affected/vendor", "0 / 60"),
        ("base", "/cve", "0 / 60"),
        ("base", "/due", "0 / 60"),
        ("base", "/priority", "0 / 60"),
        ("base", "/source/<b>", "0 / 60"),
        ("rag", "/cve", "10 / 60"),
        ("rag", "/affected/vendor", "20 / 60"),
        ("rag", "/due", "30 / 60"),
        ("rag", "/use", "40 / 60"),
        ("rag", "/priority", "50 / 60"),
    ]
    shares = [row[3] for row in table.rows if isinstance(row[3], Figure)]
    assert [share.value for share in shares] == pytest.approx(
        [0] * 5 + [i / 6 for i in range(1, 6)]
    )
    assert all(share.low is not None and share.interval and share.sample for share in shares)
    assert table.note.endswith("at no path. 2 places right more often are not shown.")


def test_strict_answers_are_shown_by_format_where_there_is_more_than_one() -> None:
    run, results = planted_run(questions=40, days=3, systems=3)
    formats = with_formats(run, "flat", "choice", "long")
    found = section(report_view(formats, results), "strictness")
    table = named(found, "Strict answers by format")
    assert [column.title for column in table.columns] == [
        "Format",
        "System",
        "Valid format",
        "And right",
    ]
    heads = [(row[0], row[1].name) for row in table.rows if isinstance(row[1], SystemLabel)]
    names = ("flat", "choice", "long")
    assert heads == [(name, system) for name in names for system in ("base", "rag", "fine-tuned")]
    for name, system, (_, _, valid, right) in (
        (*head, row) for head, row in zip(heads, table.rows, strict=True)
    ):
        own = [
            score.strictness
            for score in results.scores
            if score.system == system
            and score.strictness.strict
            and getattr(formats.questions[score.question_id].format, "name", "choice") == name
        ]
        assert isinstance(valid, Figure)
        assert isinstance(right, Figure)
        assert valid.value == pytest.approx(sum(one.valid for one in own) / len(own))
        assert right.value == pytest.approx(sum(one.right for one in own) / len(own))


def test_one_strict_format_and_questions_without_parts_need_no_tables(view: ReportView) -> None:
    captions = [table.caption for table in tables(section(view, "strictness"))]
    assert captions
    assert not any("by format" in caption or "JSON path" in caption for caption in captions)


def test_the_first_page_says_what_would_change_the_choice_first() -> None:
    run, results = planted_run(questions=8, days=1, systems=4)
    asked = replace(
        asked_for(run, results),
        provisional=True,
        changes=(
            "stale rate below 4%: the choice is rag",
            "valid rate above 99%: no system is left",
        ),
    )
    view = report_view(run, results, recommendation=asked)
    assert view.overview.answer.endswith(
        " No system surely keeps all that was asked for. What would change this first: "
        "stale rate below 4%, then the choice is rag."
    )
    changes = tables(section(view, "decision"))[1]
    assert [row[0] for row in changes.rows] == list(asked.changes)
    depends = replace(asked, choice=None, tied=("rag", "hybrid"), depends=True)
    answer = report_view(run, results, recommendation=depends).overview.answer
    assert answer.startswith("It depends on what counts more: rag and hybrid are each the better")


def test_the_first_page_names_a_system_that_is_right_more_often_than_those_it_depends_on() -> None:
    run, results = planted_run(questions=60, days=2, systems=4)
    asked = replace(asked_for(run, results), choice=None, depends=True)
    with_best = replace(asked, tied=("rag", "hybrid"))
    answer = report_view(run, results, recommendation=with_best).overview.answer
    assert "for some; hybrid was right most often, in " in answer
    without = replace(asked, tied=("base", "fine-tuned"))
    answer = report_view(run, results, recommendation=without).overview.answer
    assert "for some; of these fine-tuned was right most often, in " in answer
    assert ". hybrid was right in " in answer
    assert ", and is not sure to keep what was asked for." in answer
