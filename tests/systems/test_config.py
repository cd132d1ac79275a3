"""systems.toml: a few lines a system, and every mistake named with line, key and valid word."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.models.specs import ModelSpec
from harness.systems.config import load_systems
from harness.systems.locate import key_lines, nearest_line
from harness.systems.recording import ReplaySpec
from harness.systems.refresh import ON_CHANGE, every
from harness.systems.spec import RetrievalSpec, SpecError, SystemSpec, TrainingSpec

FIVE = """\
[systems.base]
strategy = "base"

[systems.rag]
strategy = "rag"
retrieval = { passages = 3, superseded = "delete" }

[systems.fine-tuned]
strategy = "fine-tuned"
training = { recipe = "facts", as_of = 2025-08-22 }

[systems.hybrid]
strategy = "hybrid"
training = { recipe = "behaviour" }

[systems.stacked]
strategy = "hybrid"
[systems.stacked.training]
recipe = "facts"
as_of = ["2025-08-22", 2025-02-22]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "systems.toml"
    path.write_text(text)
    return path


def test_five_systems_in_a_few_lines(tmp_path: Path) -> None:
    base, rag, fine_tuned, hybrid, stacked = load_systems(write(tmp_path, FIVE))
    facts = TrainingSpec("facts", as_of=(date(2025, 8, 22),))
    assert base == SystemSpec("base", "base", folder=tmp_path)
    assert rag.retrieval == RetrievalSpec(passages=3, superseded="delete")
    assert (fine_tuned.training, fine_tuned.retrieval) == (facts, None)
    assert (hybrid.training, hybrid.retrieval) == (TrainingSpec("behaviour"), RetrievalSpec())
    twice = TrainingSpec("facts", as_of=(date(2025, 2, 22), date(2025, 8, 22)))
    assert (stacked.name, stacked.strategy, stacked.training) == ("stacked", "hybrid", twice)


def test_models_prompts_and_answers_are_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "my.jinja").write_text("{{ question }}")
    (tmp_path / "answers.jsonl").write_text("")
    (tmp_path / "weights").mkdir()
    text = """\
[systems.one]
strategy = "rag"
model = { kind = "transformers", path = "weights", device = "cpu" }
prompt = "my.jinja"
[systems.two]
strategy = "external"
replay = "answers.jsonl"
[systems.three]
strategy = "external"
function = "mine:answer"
[systems.four]
strategy = "fine-tuned"
model = { adapter = "weights" }
"""
    one, two, three, four = load_systems(write(tmp_path, text))
    assert one.model == ModelSpec("transformers", str(tmp_path / "weights"), device="cpu")
    assert one.prompt == tmp_path / "my.jinja"
    assert two.replay == ReplaySpec(tmp_path / "answers.jsonl")
    assert (three.function, three.folder) == ("mine:answer", tmp_path)
    assert four.model.adapter == tmp_path / "weights"
    assert str(tmp_path) not in str([one.settings(), two.settings(), four.settings()])


def test_an_embedder_is_a_name_or_an_endpoint_and_a_reranker_may_follow(tmp_path: Path) -> None:
    text = """\
[systems.named]
strategy = "rag"
retrieval = { embedder = "org/small" }
[systems.spelled]
strategy = "rag"
retrieval = { embedder = { kind = "sentence-transformers", name = "org/small" } }
[systems.served]
strategy = "rag"
[systems.served.retrieval]
embedder = { kind = "openai", name = "e", url = "http://h/v1/", key_env = "A_KEY", dimensions = 8 }
rerank = { kind = "endpoint", name = "r", url = "http://h/v1", key_env = "A_KEY", candidates = 9 }
[systems.moved]
strategy = "rag"
[systems.moved.retrieval]
embedder = { kind = "openai", name = "e", url = "http://h/v1", key_env = "B", dimensions = 8, batch = 2 }
rerank = { kind = "endpoint", name = "r", url = "http://h/v1/", candidates = 9 }
"""
    named, spelled, served, moved = (
        spec.settings()["retrieval"] for spec in load_systems(write(tmp_path, text))
    )
    assert named == spelled == RetrievalSpec(embedder="org/small").settings()
    assert named["embedder"] == "org/small"
    assert "rerank" not in named
    # Where the key is, and how many texts are sent at a time, changes no vector.
    assert served == moved
    assert served["embedder"] == {
        "kind": "openai", "name": "e", "url": "http://h/v1", "dimensions": 8,
    }  # fmt: skip
    assert served["rerank"] == {
        "kind": "endpoint", "name": "r", "url": "http://h/v1", "candidates": 9,
    }  # fmt: skip


def test_recorded_answers_may_have_other_columns_and_epochs(tmp_path: Path) -> None:
    for name in ("answers.parquet", "log.eval"):
        (tmp_path / name).touch()
    text = """\
[systems.one]
strategy = "external"
replay = { path = "answers.parquet", columns = { question_id = "id", text = "output" } }
[systems.two]
strategy = "external"
[systems.two.replay]
path = "log.eval"
epoch = 2
"""
    one, two = load_systems(write(tmp_path, text))
    columns = {"question_id": "id", "text": "output"}
    assert one.replay == ReplaySpec(tmp_path / "answers.parquet", columns)
    assert two.replay == ReplaySpec(tmp_path / "log.eval", epoch=2)
    assert one.settings() == {"replay": "answers.parquet", "columns": columns}
    assert two.settings() == {"replay": "log.eval", "epoch": 2}


WRONG = [
    ('[systems.a]\nstrategy = "rga"', 2, "strategy: unknown word 'rga': did you mean 'rag'?"),
    (
        '[systems.a]\nstrategy = "base"\ndecoding = "constrain"',
        3,
        "unknown word 'constrain': did you mean 'constrained'",
    ),
    (
        '[systems.a]\nstrategy = "external"\nfunction = "m:f"\ndecoding = "constrained"',
        4,
        "an external system looks after this itself",
    ),
    ("[systems.a]\nmax_tokens = 3", 1, "strategy is missing"),
    ('[systems.a]\nstrategy = "rag"\nretreival = {}', 3, "did you mean 'retrieval'?"),
    ('[system.a]\nstrategy = "rag"', 1, "unknown key 'system': did you mean 'systems'?"),
    ("[systems]", 1, "declares no system"),
    ("", None, "declares no system"),
    ('[systems]\na = "rag"', 2, "system 'a' must be a table"),
    ('[systems."a b"]\nstrategy = "rag"', 1, "'a b' is no name"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { passages = "4" }', 3, "a whole number"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { passages = true }', 3, "a whole number"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { passages = 0 }', 3, "at least 1"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { order = "new" }', 3, "did you mean 'newest'?"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = 4', 3, "retrieval must be a table"),
    ('[systems.a]\nstrategy = "rag"\ntraining = { recipe = "facts" }', 3, "'rag' has no adapter"),
    ('[systems.a]\nstrategy = "base"\nretrieval = {}', 3, "'base' has no retrieval"),
    ('[systems.a]\nstrategy = "fine-tuned"', 1, "needs a recipe or model.adapter"),
    ('[systems.a]\nstrategy = "hybrid"\ntraining = {}', 3, "recipe is missing"),
    ('[systems.a]\nstrategy = "hybrid"\ntraining = { recipe = "fact" }', 3, "'facts'?"),
    (
        '[systems.a]\nstrategy = "hybrid"\n[systems.a.training]\nrecipe = "facts"\n'
        'as_of = "2025-02-30"',
        5,
        "as_of must be a day such as 2026-08-22, or a list of such days, not '2025-02-30'",
    ),
    (
        '[systems.a]\nstrategy = "hybrid"\ntraining = { recipe = "behaviour", as_of = 2025-02-03 }',
        3,
        "tells no facts",
    ),
    (
        '[systems.a]\nstrategy = "hybrid"\n'
        'training = { recipe = "facts", as_of = 2025-02-03, refresh = "on-change" }',
        3,
        "fixes a day",
    ),
    (
        '[systems.a]\nstrategy = "rag"\nretrieval = { refresh = "each-day" }',
        3,
        "retrieval.refresh: unknown refresh 'each-day'; valid: on-change, never, every N days",
    ),
    (
        '[systems.a]\nstrategy = "hybrid"\ntraining = { recipe = "facts", refresh = "every 0 days" }',
        3,
        "training.refresh: unknown refresh 'every 0 days'; valid: on-change, never, every N days",
    ),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { superseded = 1.5 }', 3, "a share from 0 to 1"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { superseded = "kep" }', 3, "'keep'?"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { superseded = true }', 3, "or a share"),
    ('[systems.a]\nstrategy = "rag"\nretrieval = { show_days = 1 }', 3, "must be true or false"),
    ('[systems.a]\nstrategy = "rag"\nmodel = true', 3, "model must be a kind or a table"),
    ('[systems.a]\nstrategy = "rag"\nmodel = "labb"', 3, "did you mean 'lab'?"),
    ('[systems.a]\nstrategy = "rag"\nmodel = { path = "none" }', 3, "there is no folder 'none'"),
    *(
        (f'[systems.a]\nstrategy = "{strategy}"\nmodel = {{ kind = "openai", {keys} }}', 3, message)
        for strategy, keys, message in (
            ("rag", 'url = "http://host/v1"', "model.name: missing: what the model is called"),
            ("rag", 'nam = "m"', "unknown key 'nam': did you mean 'name'?"),
            ("rag", 'name = "m", key = "sk-1"', "unknown key 'key': did you mean 'key_env'?"),
            ("rag", 'name = "m", device = "cpu"', 'model.device: kind = "openai" has no such key'),
            ("rag", 'name = "m", path = "x"', 'model.path: kind = "openai" has no such key'),
            ("rag", "name = 3", "name must be a text"),
            ("rag", 'name = "m", url = "host/v1"', "model.url: must be a URL such as"),
            ("rag", 'name = "m", url = "http://h:x/v1"', "model.url: is no URL"),
            ("rag", 'name = "m", url = "http://me:pw@h/v1"', "model.url: must not hold a user"),
            ("rag", 'name = "m", url = "http://h/v1?key=1"', "model.url: must end with its path"),
            (
                "rag",
                'name = "m", url = "http://h/v1/chat/completions"',
                "model.url: must not end in /chat/completions",
            ),
            ("rag", 'name = "m", key_env = "sk-1"', "model.key_env: must be the name of"),
            (
                "rag",
                'name = "m", enforce = "vlm"',
                "model.enforce: unknown word 'vlm': did you mean",
            ),
            ("rag", 'name = "m", temperature = -1', "model.temperature: must be 0 or more"),
            (
                "rag",
                'name = "m", sunset = "soon"',
                "model.sunset: must be a day such as 2026-08-22",
            ),
            ("rag", 'name = "m", sunset = 2026-10-01T12:00:00', "model.sunset: must be a day such"),
            ("rag", 'name = "m", sunset = true', "model.sunset: must be a day such"),
        )
    ),
    *(
        (f'[systems.a]\nstrategy = "rag"\nretrieval = {{ {keys} }}', 3, message)
        for keys, message in (
            ("embedder = 3", "embedder must be a name or a table, not 3"),
            ('embedder = { name = "m" }', "embedder: kind is missing"),
            ('embedder = { kind = "opnai", name = "m" }', "embedder.kind: unknown embedder kind"),
            ('embedder = { kind = "openai" }', "embedder.name: missing: the model that is"),
            ('embedder = { kind = "openai", nam = "m" }', "unknown key 'nam': did you mean 'name'"),
            (
                'embedder = { kind = "openai", name = "m", key = "sk-1" }',
                "unknown key 'key': did you mean 'key_env'?",
            ),
            (
                'embedder = { kind = "openai", name = "m", key_env = "sk-1" }',
                "retrieval.embedder.key_env: must be the name of an environment variable",
            ),
            (
                'embedder = { kind = "openai", name = "m", url = "http://h/v1/embeddings" }',
                "retrieval.embedder.url: must not end in /embeddings, which is put behind it",
            ),
            (
                'embedder = { kind = "openai", name = "m", dimensions = 0 }',
                "retrieval.embedder.dimensions: must be at least 1, not 0",
            ),
            ('embedder = { kind = "openai", name = "m", batch = 0 }', "batch: must be at least 1"),
            (
                'embedder = { kind = "openai", name = "m", batch = "8" }',
                "batch must be a whole number",
            ),
            (
                'embedder = { kind = "sentence-transformers", name = "m", url = "http://h/v1" }',
                'embedder.url: kind = "sentence-transformers" has no such key: valid: name',
            ),
            (
                'mode = "bm25", embedder = { kind = "openai", name = "m" }',
                'retrieval.embedder: is not used with mode = "bm25"',
            ),
            ('rerank = "judge"', "rerank must be a table, not 'judge'"),
            ('rerank = { name = "judge" }', "rerank: kind is missing"),
            (
                'rerank = { kind = "openai", name = "m" }',
                "retrieval.rerank.kind: unknown reranker kind 'openai': valid: endpoint,",
            ),
            ('rerank = { kind = "endpoint", name = "m" }', "rerank.url: missing: what /rerank is"),
            (
                'rerank = { kind = "endpoint", url = "http://h/v1" }',
                "retrieval.rerank.name: missing: the model that is the reranker",
            ),
            (
                'rerank = { kind = "endpoint", name = "m", url = "http://h/v1/rerank/" }',
                "retrieval.rerank.url: must not end in /rerank",
            ),
            (
                'rerank = { kind = "endpoint", name = "m", url = "http://me:pw@h/v1" }',
                "retrieval.rerank.url: must not hold a user",
            ),
            (
                'rerank = { kind = "endpoint", name = "m", url = "http://h", candidate = 3 }',
                "unknown key 'candidate': did you mean 'candidates'",
            ),
            (
                'passages = 8, rerank = { kind = "sentence-transformers", name = "m", candidates = 5 }',
                "retrieval.rerank.candidates: must be at least passages, which is 8",
            ),
        )
    ),
    ('[systems.a]\nstrategy = "rag"\nmodel = "openai"', 3, "model.name: missing"),
    ('[systems.a]\nstrategy = "rag"\nmodel = { name = "m" }', 3, 'kind = "lab" has no such key'),
    ('[systems.a]\nstrategy = "rag"\nmodel = { device = "cuda" }', 3, "the lab model runs on"),
    (
        '[systems.a]\nstrategy = "hybrid"\nmodel = { kind = "openai", name = "m" }\n'
        'training = { recipe = "behaviour", epochs = 0 }',
        4,
        "training.epochs: must be at least 1, not 0",
    ),
    (
        '[systems.a]\nstrategy = "hybrid"\ntraining = { recipe = "behaviour", epochs = 2 }',
        3,
        'training.epochs: goes with kind = "openai"',
    ),
    (
        '[systems.a]\nstrategy = "rag"\nmodel = { sunset = 2026-10-01 }',
        3,
        'model.sunset: kind = "lab" has no such key',
    ),
    *(
        (f'[systems.a]\nstrategy = "external"\nfunction = "m:f"\nlimits = {{ {keys} }}', 4, message)
        for keys, message in (
            ("concurrency = 0", "limits.concurrency: must be at least 1, not 0"),
            ("concurrency = 1.5", "concurrency must be a whole number, not 1.5"),
            ("requests_per_minute = 0", "limits.requests_per_minute: must be more than 0"),
            ("tokens_per_minute = -1", "limits.tokens_per_minute: must be more than 0"),
            ("concurency = 2", "unknown key 'concurency': did you mean 'concurrency'?"),
            ("request_seconds = 3", "limits.request_seconds: a function is called once"),
        )
    ),
    ('[systems.a]\nstrategy = "rag"\nlimits = {}', 3, "limits: only what asks a server"),
    ('[systems.a]\nstrategy = "rag"\nlimits = 3', 3, "limits must be a table, not 3"),
    ('[systems.a]\nstrategy = "rag"\nprompt = "none.jinja"', 3, "there is no file 'none.jinja'"),
    ('[systems.a]\nstrategy = "external"', 2, "exactly one of function, replay and http"),
    ('[systems.a]\nstrategy = "external"\nfunction = "m:f"\nretrieval = {}', 4, "looks after this"),
    ('[systems.a]\nstrategy = "rag"\nfunction = "m:f"', 3, 'needs strategy = "external"'),
    *(
        (f'[systems.a]\nstrategy = "external"\nreplay = {value}', 3, message)
        for value, message in (
            ("3", "replay must be a file or a table, not 3"),
            ('"answers.jsnl"', "replay: there is no file 'answers.jsnl' beside it"),
            ("{}", "replay: path is missing"),
            ("{ path = 3 }", "path must be a text, not 3"),
            ('{ path = "none.csv" }', "path: there is no file 'none.csv' beside it"),
            ('{ path = "s.csv", file = "x" }', "unknown key 'file': "),
            ('{ path = "s.csv", columns = "x" }', "columns must be a table, not 'x'"),
            ('{ path = "s.csv", columns = { text = 1 } }', "text must be a text, not 1"),
            (
                '{ path = "s.csv", columns = { txt = "output" } }',
                "replay.columns.txt: unknown key 'txt': did you mean 'text'?",
            ),
            ('{ path = "s.csv", epoch = 1 }', "replay.epoch: only an Inspect log (.eval) has"),
            ('{ path = "s.eval", epoch = 0 }', "replay.epoch: must be at least 1, not 0"),
            (
                '{ path = "s.eval", columns = { text = "x" } }',
                "replay.columns: an Inspect log has no columns",
            ),
            (
                '"systems.toml"',
                "replay.path: recorded answers end in .csv, .jsonl, .parquet, .eval, not '.toml'",
            ),
        )
    ),
    (
        '[systems.a]\nstrategy = "external"\n[systems.a.replay]\npath = "s.csv"\n'
        '[systems.a.replay.columns]\nseconds = "took"\ntxt = "output"',
        7,
        "unknown key 'txt': did you mean 'text'?",
    ),
    ("[systems.a\n", None, "not TOML"),
    (f"a = {'[' * 10_000}", None, "not TOML"),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    path = write(tmp_path, text)
    for name in ("s.csv", "s.eval"):
        (tmp_path / name).touch()
    with pytest.raises(ConfigError) as caught:
        load_systems(path)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert message in first


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = '[systems.a]\nstrategy = "rga"\n[systems.b]\n[systems.c]\nstrategy = "rag"\nx = 1\n'
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_systems(path)
    places = [line.split(": ")[0] for line in str(caught.value).splitlines()]
    assert places == [f"{path}:2", f"{path}:3", f"{path}:6"]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_systems(tmp_path / "none.toml")
    assert "\n" not in str(caught.value)


def test_secrets_in_the_wrong_place_are_not_repeated(tmp_path: Path) -> None:
    model = 'kind = "openai", name = "m", url = "http://me:PLANTED@h/v1", key_env = "sk-PLANTED"'
    path = write(
        tmp_path, f'[systems.a]\nstrategy = "base"\nmodel = {{ {model}, key = "PLANTED" }}'
    )
    with pytest.raises(ConfigError) as caught:
        load_systems(path)
    assert "PLANTED" not in str(caught.value)


def test_a_model_behind_an_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """\
[systems.one]
strategy = "rag"
model = { kind = "openai", name = "org/small", url = "http://10.0.0.1/v1/", key_env = "MY_KEY" }
[systems.two]
strategy = "hybrid"
[systems.two.model]
kind = "openai"
name = "ft:mine"
enforce = "vllm"
temperature = 1
"""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://10.0.0.2/v1")
    monkeypatch.setenv("MY_KEY", "planted")
    one, two = load_systems(write(tmp_path, text))
    assert one.model == ModelSpec(
        "openai", name="org/small", url="http://10.0.0.1/v1/", key_env="MY_KEY"
    )
    assert one.settings()["model"] == {
        "kind": "openai",
        "name": "org/small",
        "url": "http://10.0.0.1/v1",
        "enforce": "json_schema",
        "temperature": 0.0,
    }
    assert (two.strategy, two.retrieval) == ("hybrid", RetrievalSpec())
    assert two.settings()["model"] == {
        "kind": "openai",
        "name": "ft:mine",
        "url": "http://10.0.0.2/v1",
        "enforce": "vllm",
        "temperature": 1.0,
    }


def test_a_model_that_its_provider_fine_tunes_and_withdraws(tmp_path: Path) -> None:
    text = """\
[systems.one]
strategy = "fine-tuned"
model = { kind = "openai", name = "small-1", url = "http://10.0.0.1/v1", sunset = 2026-10-01 }
training = { recipe = "facts", epochs = 3 }
[systems.two]
strategy = "hybrid"
model = { kind = "openai", name = "small-1", url = "http://10.0.0.1/v1", sunset = "2026-10-01" }
training = { recipe = "behaviour" }
"""
    one, two = load_systems(write(tmp_path, text))
    assert one.model.sunset == two.model.sunset == date(2026, 10, 1)
    assert (one.training, two.training) == (
        TrainingSpec("facts", epochs=3),
        TrainingSpec("behaviour"),
    )
    assert one.settings()["model"]["sunset"] == "2026-10-01"
    assert one.settings()["training"]["epochs"] == 3
    assert "epochs" not in two.settings()["training"], "as before there was such a key"


def test_systems_made_in_python_are_held_to_the_same_rules() -> None:
    with pytest.raises(SpecError, match="strategy 'rag' has no adapter"):
        SystemSpec("a", "rag", training=TrainingSpec("facts"))
    with pytest.raises(SpecError, match="mode: unknown word 'fuzzy'"):
        SystemSpec("a", "rag", retrieval=RetrievalSpec(mode="fuzzy"))  # type: ignore[arg-type]
    assert SystemSpec("a", "rag").retrieval == RetrievalSpec()


def test_the_day_of_training_follows_the_refresh_policy() -> None:
    first, today = date(2025, 8, 22), date(2026, 2, 22)
    assert TrainingSpec("facts").day(first, today) == first
    assert TrainingSpec("facts", refresh=ON_CHANGE).day(first, today) == today
    assert TrainingSpec("facts", refresh=every(100)).day(first, today) == date(2025, 11, 30)
    assert TrainingSpec("facts", as_of=(date(2025, 1, 1),)).day(first, today) == date(2025, 1, 1)
    twice = TrainingSpec("facts", as_of=(first, today))
    assert [twice.day(first, day) for day in (first, date(2025, 11, 22), today)] == [
        first,
        first,
        today,
    ]
    then = TrainingSpec("facts", every(90), as_of=(date(2025, 1, 1), first))
    assert [then.day(first, day) for day in (date(2025, 8, 21), date(2025, 11, 19), today)] == [
        date(2025, 1, 1),
        first,
        date(2026, 2, 18),
    ]
    assert TrainingSpec("behaviour").day(first, today) is None
    with pytest.raises(ConfigError, match="knows the future"):
        TrainingSpec("facts", as_of=(today,)).day(first, first)


def test_the_first_training_that_can_know_a_change() -> None:
    first, changed = date(2025, 8, 22), date(2025, 9, 1)
    assert TrainingSpec("facts").first_day_on_or_after(first, changed) is None
    assert TrainingSpec("facts").first_day_on_or_after(first, first) == first
    twice = TrainingSpec("facts", as_of=(first, date(2025, 12, 1)))
    assert twice.first_day_on_or_after(first, changed) == date(2025, 12, 1)
    then = TrainingSpec("facts", every(30), as_of=(first,))
    assert then.first_day_on_or_after(first, changed) == date(2025, 9, 21)
    assert TrainingSpec("behaviour").first_day_on_or_after(first, changed) is None


def test_refresh_policies_and_shares_are_read_and_shown_in_the_settings(tmp_path: Path) -> None:
    text = """\
[systems.a]
strategy = "hybrid"
retrieval = { refresh = "every 7 days", superseded = 0.25, show_days = false }
training = { recipe = "facts", refresh = "every 90 days" }
"""
    (spec,) = load_systems(write(tmp_path, text))
    assert spec.retrieval == RetrievalSpec(refresh=every(7), superseded=0.25, show_days=False)
    assert spec.training == TrainingSpec("facts", every(90))
    settings = spec.settings()
    assert settings["retrieval"]["refresh"] == "every 7 days"
    assert settings["training"]["refresh"] == "every 90 days"


def test_lines_of_keys() -> None:
    text = 'a = 1\n[b."c d"]\n# e = 1\n e.f = { g = 1, "h" = 2 }\n[[i]]\nj = 1\n'
    lines = key_lines(text)
    expected = {
        ("a",): 1,
        ("b",): 2,
        ("b", "c d"): 2,
        ("b", "c d", "e", "f"): 4,
        ("b", "c d", "e", "f", "g"): 4,
        ("b", "c d", "e", "f", "h"): 4,
        ("i",): 5,
        ("i", "j"): 6,
    }
    assert lines == expected
    assert nearest_line(lines, ("b", "c d", "e", "x")) == 2
    assert nearest_line(lines, ("x", "y")) is None
