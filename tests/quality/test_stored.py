"""What is stored beside a run, and what is made of it without ragas and without a judge."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from scored_runs import JUDGE, TEXT, answered, kept, made, passage, question, scored, two_systems

from harness import api
from harness.errors import ConfigError, DataError, MissingExtraError, RunError
from harness.judging import check_metrics, in_order
from harness.judging.schema import strict_schema
from harness.running.folder import LoadedRun
from harness.running.judge_spec import JudgeSpec
from harness.running.suite import load_suite
from harness.scoring.quality import METRICS, QUALITY, Scorer, read_quality, samples, unscorable
from harness.scoring.quality.labels import read_labels
from harness.scoring.quality.stored import QualityJournal

ROOT = Path(__file__).resolve().parent.parent.parent


def stored(
    run: LoadedRun,
    home: Path,
    values: dict[str, list[float]],
    metric: str = "faithfulness",
    scorer: Scorer | None = None,
) -> Path:
    """The run as a folder with these scores."""
    path = kept(run, home)
    by = scorer or (JUDGE if METRICS[metric].judged else TEXT)
    with QualityJournal(path) as journal:
        journal.describe(by)
        for line in scored(run, values, metric):
            journal.append(replace(line, by=by.fingerprint))
    return path


def test_means_and_differences_are_those_of_the_scores(tmp_path: Path) -> None:
    run = two_systems(20)
    rag = [0.5 + 0.02 * i for i in range(20)]
    base = [0.25 + 0.02 * (i % 7) for i in range(20)]
    found = api.load(
        stored(run, tmp_path / "run", {"rag": rag, "base": base}, "answer_correctness")
    ).quality
    assert found is not None
    figure = found.figures["rag"]["answer_correctness"]
    assert figure.estimate.value == pytest.approx(sum(rag) / 20)
    assert (figure.estimate.n, figure.estimate.groups, figure.attempted) == (20, 10, 20)
    (difference,) = found.comparisons
    assert (difference.a, difference.b, difference.pairs) == ("base", "rag", 20)
    assert difference.difference.value == pytest.approx((sum(rag) - sum(base)) / 20)
    assert difference.p_value is not None
    assert difference.p_value < 0.05


def test_exact_matches_are_a_rate_with_its_interval_even_where_there_is_none(
    tmp_path: Path,
) -> None:
    run = two_systems(20)
    found = api.load(
        stored(run, tmp_path / "run", {"rag": [0.0] * 20, "base": [0.0] * 20}, "exact_match")
    ).quality
    assert found is not None
    estimate = found.figures["rag"]["exact_match"].estimate
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert estimate.high is not None
    assert estimate.high > 0.1


def test_every_answer_is_somewhere(tmp_path: Path) -> None:
    questions = [question(0), question(1), question(2, answerable=False), question(3)]
    answers = [
        answered("It is at 0.2", passage(0)),
        answered(None),
        answered("I don't know", passage(2)),
        answered("It is at 3.2", passage(3)),
    ]
    run = made(questions, {"rag": answers})
    path = kept(run, tmp_path / "run")
    with QualityJournal(path) as journal:
        journal.describe(JUDGE)
        for sample in samples(run)[:3]:
            known = unscorable("answer_correctness", sample)
            line = scored(run, {"rag": [1.0] * 4}, "answer_correctness")[0]
            line = replace(line, key=sample.key, of=sample.digest, scores={})
            if sample.key[1] == "q0":
                line = replace(line, failed={"answer_correctness": "timeout: none came"})
            elif isinstance(known, str):
                line = replace(line, missing={"answer_correctness": known})
            else:
                assert known == 0.0
                line = replace(line, scores={"answer_correctness": known})
            journal.append(line)
    found = api.load(path).quality
    assert found is not None
    figure = found.figures["rag"]["answer_correctness"]
    assert figure.missing == {"no reference": 1}
    assert (figure.scored, figure.failed, figure.judge_failed, figure.waiting) == (1, 1, 1, 1)
    assert figure.attempted == 4
    html = api.load(path).report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "no reference: 1" in html


def test_scores_of_an_answer_that_changed_do_not_count(tmp_path: Path) -> None:
    path = stored(two_systems(4), tmp_path / "run", {"rag": [1.0] * 4})
    records = path / "records.jsonl"
    records.write_text(records.read_text().replace("It is at 0.2", "It is at 9.9"))
    found = api.load(path).quality
    assert found is not None
    assert found.figures["rag"]["faithfulness"].scored == 3
    assert found.notes == ("1 scores are of answers that have changed since, and do not count",)


def test_a_line_that_was_cut_short_is_dropped_with_a_note_and_cut_off(tmp_path: Path) -> None:
    path = stored(two_systems(4), tmp_path / "run", {"rag": [1.0] * 4})
    file = path / QUALITY
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"key": ["rag"')
    found = read_quality(path)
    assert found is not None
    assert found.notes == ("quality.jsonl:6: the line was cut short; it is not counted",)
    with QualityJournal(path):
        pass
    assert file.read_bytes() == whole


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nonsense", "no score"),
        ('{"by": "x"}', "'key' is missing"),
        (
            '{"key": ["rag", "q0", "2026-06-01", 0], "by": "x", "of": ""}',
            "scorer 'x' is not described",
        ),
        ('{"scorer": "x", "kind": "judge", "settings": {}}', "the fingerprint is not that"),
        ("[1]", "no object"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = kept(two_systems(2), tmp_path / "run")
    (path / QUALITY).write_text(f"{line}\n")
    with pytest.raises(RunError, match=told) as caught:
        read_quality(path)
    assert "quality.jsonl:1:" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unlike_judges_do_not_stand_side_by_side(tmp_path: Path) -> None:
    other = Scorer("judge", {**JUDGE.settings, "model": "another-judge"})
    one = stored(two_systems(4, run_id="one"), tmp_path / "one", {"rag": [1.0] * 4})
    two = stored(two_systems(4, run_id="two"), tmp_path / "two", {"rag": [0.0] * 4}, scorer=other)
    like = stored(two_systems(4, run_id="like"), tmp_path / "like", {"rag": [0.0] * 4})

    apart, together = api.load(one, two).quality, api.load(one, like).quality

    assert apart is not None
    assert apart.metrics == ()
    assert (
        "judged scores are left out, for unlike scorers gave them: one by stub-judge"
        in apart.notes[0]
    )
    assert "two by another-judge" in apart.notes[0]
    assert together is not None
    values = {
        name: figures["faithfulness"].estimate.value for name, figures in together.figures.items()
    }
    assert values["rag (one)"] == 1.0
    assert values["rag (like)"] == 0.0


def test_labels_tell_how_far_the_judge_can_be_trusted(tmp_path: Path) -> None:
    run = two_systems(40)
    judged = [0.9 if i % 4 else 0.2 for i in range(40)]
    path = stored(run, tmp_path / "run", {"rag": judged})
    labels = tmp_path / "labels.csv"
    rows = [f"rag,q{i},2026-06-01,{'yes' if i % 2 else 'no'}" for i in range(0, 40, 2)]
    rows += [f"rag,q{i},2026-06-01,yes" for i in range(1, 40, 4)]
    labels.write_text("\n".join(["system,question_id,day,label", *rows]))
    from harness.scoring.quality.labels import keep_labels  # noqa: PLC0415  (as elsewhere)

    keys = [record.key for record in run.records]
    keep_labels(path, read_labels(labels, keys, metric="faithfulness"))
    (found,) = api.load(path).judge_agreement
    assert (found.both, found.judge_only, found.people_only, found.neither) == (10, 10, 0, 10)
    oracle = pytest.importorskip("statsmodels.stats.inter_rater")
    expected = oracle.cohens_kappa([[10, 0], [10, 10]]).kappa
    assert found.kappa.value == pytest.approx(expected)
    rate = found.rates["rag"]
    assert rate.judge.value == 0.75
    assert rate.corrected.value is not None
    assert rate.corrected.value < 0.75  # people are stricter than this judge
    assert "As people would say of all" in api.load(path).report(tmp_path / "r.html").read_text()
    assert api.load(path).to_dict()["judge_agreement"][0]["metric"] == "faithfulness"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("rag,q0,2026-06-01,maybe", r"labels.csv:2: label 'maybe' is neither yes nor no"),
        ("rag,q99,2026-06-01,yes", r"labels.csv:2: the run has no answer of 'rag' to 'q99'"),
        ("rag,q0,June,yes", r"labels.csv:2: Invalid isoformat string"),
        ("rag,q0,2026-06-01,yes\nrag,q0,2026-06-01,no", r"labels.csv:3: a second label"),
        ("rag,q0,2026-06-01", r"labels.csv:2: not as many cells as columns"),
        ("", r"no labels in it"),
    ],
)
def test_what_is_wrong_with_labels_is_told_with_its_line(
    tmp_path: Path, row: str, told: str
) -> None:
    run = two_systems(2)
    file = tmp_path / "labels.csv"
    file.write_text(f"system,question_id,day,label\n{row}\n")
    with pytest.raises(DataError, match=told):
        read_labels(file, [record.key for record in run.records], metric="faithfulness")


def test_labels_need_a_metric(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text('{"system": "rag", "question_id": "q0", "day": "2026-06-01", "label": true}\n')
    with pytest.raises(DataError, match="which metric is labelled"):
        read_labels(file, [("rag", "q0", "2026-06-01", 0)])


def test_json_answers_are_shown_by_the_field_that_answers() -> None:
    run = made(
        [question(0, strict=True), question(1, strict=True)],
        {"base": [answered('{"value": "0.2"}'), answered('{"value": null}')]},
    )
    one, nothing = samples(run)
    assert one.response == "0.2"
    assert unscorable("exact_match", nothing) == 0.0
    assert unscorable("faithfulness", one) == "no passages"


def test_right_passages_are_pooled_over_systems_and_say_what_holds() -> None:
    run = made(
        [question(0)],
        {
            "rag": [answered("x", passage(0, 1))],
            "rag-two": [answered("x", passage(0), passage(5))],
        },
    )
    one, two = samples(run)
    assert [p.document_id for p in one.relevant] == ["d0-2"]
    assert one.relevant == two.relevant


def test_judging_goes_group_by_group_in_an_order_that_the_seed_draws() -> None:
    run = two_systems(20)
    order = in_order(run, samples(run))
    again = in_order(run, samples(run))
    groups = [run.questions[sample.key[1]].group for sample in order]
    assert order == again
    assert len(order) == 40
    assert [g for i, g in enumerate(groups) if i % 4 == 0] != sorted(set(groups))
    assert all(len(set(groups[i : i + 4])) == 1 for i in range(0, 40, 4))


def test_a_schema_is_made_strict_at_every_depth() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "integer", "default": 0}}}
    made_strict = strict_schema(
        {"type": "object", "properties": {"x": {"items": inner}}, "$defs": {"y": inner}}
    )
    found = made_strict["properties"]["x"]["items"]
    assert found == {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert made_strict["$defs"]["y"] == found


def test_a_judge_that_cannot_be_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ConfigError, match="judge: url: must be a URL"):
        check_metrics(JudgeSpec("m", "nowhere"))
    with pytest.raises(ConfigError, match="did you mean 'faithfulness'"):
        check_metrics(JudgeSpec("m"), ["faithfulnes"])
    with pytest.raises(ConfigError, match="judge: enforce: unknown word"):
        check_metrics(JudgeSpec("m", enforce="please"))


def test_a_suite_names_its_judge(office: Path) -> None:
    suite = office / "suite.toml"
    text = suite.read_text()
    suite.write_text(
        f'{text}\n[judge]\nmodel = "m"\nurl = "http://127.0.0.1:1/v1"\nconcurrency = 2\n'
    )
    assert load_suite(suite).judge == JudgeSpec("m", "http://127.0.0.1:1/v1", concurrency=2)
    suite.write_text(f'{text}\n[judge]\nmodel = "m"\nurl = "nowhere"\n')
    with pytest.raises(ConfigError, match=r"suite.toml:\d+: judge.url: must be a URL"):
        load_suite(suite)
    suite.write_text(f'{text}\n[judge]\nmodels = "m"\n')
    with pytest.raises(ConfigError, match="unknown key 'models': did you mean 'model'"):
        load_suite(suite)


def test_without_ragas_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept(two_systems(2), tmp_path / "run")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    from harness.scoring.quality import library  # noqa: PLC0415  (as elsewhere)

    library.load.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install 'ragft-harness\[quality\]'"):
        library.load()
    assert not (path / QUALITY).exists()


@pytest.mark.skipif(find_spec("ragas") is not None, reason="ragas is installed")
def test_the_command_is_one_line_and_exit_code_2_without_ragas(tmp_path: Path) -> None:
    path = kept(two_systems(2), tmp_path / "run")
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "harness", "quality", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ragft-harness[quality]" in done.stderr


def test_figures_go_to_csv_and_json(tmp_path: Path) -> None:
    path = stored(
        two_systems(12), tmp_path / "run", {"rag": [0.5] * 12, "base": [0.25] * 12}, "rouge_l"
    )
    result = api.load(path)
    files = {file.name: file for file in result.csv(tmp_path / "csv")}
    rows = files["quality.csv"].read_text().splitlines()
    assert rows[0].startswith("system,metric,value,low,high,n,groups,method,failed,missing")
    assert rows[1].startswith("base,rouge_l,0.25,")
    assert "quality-comparisons.csv" in files
    found = json.loads(json.dumps(result.to_dict()))["quality"]["figures"]
    assert found["rag"]["rouge_l"]["estimate"]["value"] == 0.5
