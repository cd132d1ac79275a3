"""A suite reads what lies with it: every path, on every way out, in both of its files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.running.suite import load_suite
from harness.systems.config import load_systems
from harness.systems.paths import ALLOW_OUTSIDE

SUITE = """\
title = "Somebody's"
days = [2026-01-01]
systems = "systems.toml"
prices = "prices.toml"
[world]
facts = "facts.csv"
documents = "documents.jsonl"
[questions]
source = "questions.jsonl"
"""
FILES = ("systems.toml", "prices.toml", "facts.csv", "documents.jsonl", "questions.jsonl")
SYSTEMS = {
    "prompt": '[systems.a]\nstrategy = "base"\nprompt = "{}"\n',
    "replay": '[systems.a]\nstrategy = "external"\nreplay = "{}"\n',
    "path": '[systems.a]\nstrategy = "external"\nreplay = {{ path = "{}" }}\n',
}
FOLDERS = {
    "path": '[systems.a]\nstrategy = "base"\nmodel = {{ kind = "transformers", path = "{}" }}\n',
    "path of a lab model": '[systems.a]\nstrategy = "base"\nmodel = {{ path = "{}" }}\n',
    "adapter": '[systems.a]\nstrategy = "fine-tuned"\nmodel = {{ adapter = "{}" }}\n',
    "embedder": '[systems.a]\nstrategy = "rag"\nretrieval = {{ embedder = "{}" }}\n',
    "name": (
        '[systems.a]\nstrategy = "rag"\n'
        'retrieval = {{ rerank = {{ kind = "sentence-transformers", name = "{}" }} }}\n'
    ),
}


@pytest.fixture(autouse=True)
def nothing_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ALLOW_OUTSIDE, raising=False)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder of a suite, beside one that it has no business with."""
    home = tmp_path / "suite"
    home.mkdir()
    for name in FILES:
        (home / name).touch()
    (home / "suite.toml").write_text(SUITE)
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in (*FILES, "secret.jsonl"):
        (outside / name).write_text("secret")
    (outside / "weights").mkdir()
    return home


def ways_out(suite: Path, name: str) -> list[str]:
    """Texts that name a file or folder outside: plainly, and through links within."""
    outside = suite.parent / "outside"
    (suite / "link").unlink(missing_ok=True)
    (suite / "link").symlink_to(outside, target_is_directory=True)
    linked = suite / f"linked-{name}"
    linked.unlink(missing_ok=True)
    linked.symlink_to(Path("..") / "outside" / name)
    return [
        f"../outside/{name}", str(outside / name), f"./../suite/../outside/{name}",
        f"link/{name}", linked.name,
    ]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_no_path_of_suite_toml_leads_out(suite: Path, name: str) -> None:
    line = next(n for n, text in enumerate(SUITE.splitlines(), 1) if f'"{name}"' in text)
    for way in ways_out(suite, name):
        (suite / "suite.toml").write_text(SUITE.replace(f'"{name}"', f'"{way}"'))
        with pytest.raises(ConfigError) as refused:
            load_suite(suite)
        told = str(refused.value)
        assert told.startswith(f"{suite / 'suite.toml'}:{line}: ")
        assert f"{way!r} leads out of the suite's folder" in told
        assert told.endswith(f"{ALLOW_OUTSIDE}={suite.parent / 'outside'}")
        assert "\n" not in told


@pytest.mark.parametrize("key", SYSTEMS)
def test_no_path_of_systems_toml_leads_out(suite: Path, key: str) -> None:
    for way in ways_out(suite, "secret.jsonl"):
        (suite / "systems.toml").write_text(SYSTEMS[key].format(way))
        with pytest.raises(ConfigError, match=rf"systems\.toml:3: {key}: '.*' leads out of the"):
            load_systems(suite / "systems.toml")


@pytest.mark.parametrize("key", FOLDERS)
def test_no_folder_of_systems_toml_leads_out(suite: Path, key: str) -> None:
    for way in ways_out(suite, "weights"):
        (suite / "systems.toml").write_text(FOLDERS[key].format(way))
        with pytest.raises(
            ConfigError, match=rf"systems\.toml:3: {key.split(maxsplit=1)[0]}: '.*' leads out"
        ):
            load_systems(suite / "systems.toml")


def test_nothing_in_a_model_s_folder_leads_out(suite: Path) -> None:
    (suite / "weights" / "inner").mkdir(parents=True)
    link = suite / "weights" / "inner" / "chat_template.jinja"
    link.symlink_to(suite.parent / "outside" / "secret.jsonl")
    (suite / "systems.toml").write_text(FOLDERS["path"].format("weights"))
    told = r"path: 'weights/inner/chat_template.jinja' leads out of the suite's folder"
    with pytest.raises(ConfigError, match=told):
        load_systems(suite / "systems.toml")
    link.unlink()
    link.symlink_to(suite / "prices.toml")
    (spec,) = load_systems(suite / "systems.toml")
    assert spec.model.path == str(suite / "weights")


def test_a_model_in_the_working_folder_is_not_the_suite_s(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suite / "systems.toml").write_text(FOLDERS["embedder"].format("org/small"))
    (spec,) = load_systems(suite / "systems.toml")
    assert spec.retrieval is not None
    assert spec.retrieval.embedder == "org/small", "on the hub"
    (suite.parent / "org" / "small").mkdir(parents=True)
    monkeypatch.chdir(suite.parent)
    with pytest.raises(ConfigError, match="no folder 'org/small' beside it"):
        load_systems(suite / "systems.toml")
    (suite / "org" / "small").mkdir(parents=True)
    (spec,) = load_systems(suite / "systems.toml")
    assert spec.retrieval is not None
    assert spec.retrieval.embedder == str(suite / "org" / "small")
    assert spec.settings()["retrieval"]["embedder"] == "small", "no machine's paths"


@pytest.mark.parametrize(
    "way",
    ["../outside/weights", "..", ".", "~/weights", "a b", "org/small/x", "file:x", "a\\u0000"],
)
def test_what_is_neither_a_folder_nor_a_name_on_the_hub_is_refused(suite: Path, way: str) -> None:
    (suite / "systems.toml").write_text(FOLDERS["path"].format(way))
    if way == ".":  # the suite's own folder
        load_systems(suite / "systems.toml")
        return
    with pytest.raises(ConfigError, match=r"systems\.toml:3: path: "):
        load_systems(suite / "systems.toml")


@pytest.mark.parametrize(
    "source",
    ["json", "text", "pandas", "a/b/c", "owner/../x", "a b/c", "s3/x://y", "owner/", "~/x"],
)
def test_a_data_set_is_named_with_its_owner(suite: Path, source: str) -> None:
    (suite / "suite.toml").write_text(SUITE.replace("questions.jsonl", source))
    with pytest.raises(ConfigError, match=r"suite\.toml:9: source: "):
        load_suite(suite)


@pytest.mark.parametrize("url", ["https://me:pw@h/f.jsonl", "file:///etc/passwd", "s3://b/f.jsonl"])
def test_a_url_is_no_path_and_is_not_told(suite: Path, url: str) -> None:
    for key in ("facts.csv", "questions.jsonl"):
        (suite / "suite.toml").write_text(SUITE.replace(key, url))
        with pytest.raises(ConfigError, match="must be a path, not a URL") as refused:
            load_suite(suite)
        assert url not in str(refused.value)


def test_what_is_no_path_at_all_is_said_in_one_line(suite: Path) -> None:
    (suite / "circle").symlink_to(suite / "circle")
    for text in ("circle", "a\\u0000b.csv", f"{'x' * 300}.csv"):
        (suite / "suite.toml").write_text(SUITE.replace("facts.csv", text))
        with pytest.raises(ConfigError, match=r"suite\.toml:6: facts: ") as refused:
            load_suite(suite)
        assert "\n" not in str(refused.value)


# What is inside


def test_a_repository_is_one_place_but_for_what_is_hidden_in_it(suite: Path) -> None:
    (suite.parent / ".git").mkdir()
    (suite.parent / ".git" / "config").touch()
    (suite.parent / ".env").touch()
    (suite / ".own").touch()
    for way in ("../outside/facts.csv", ".own", str(suite.parent / "outside" / "facts.csv")):
        (suite / "suite.toml").write_text(SUITE.replace("facts.csv", way))
        assert load_suite(suite).facts == (suite / way).resolve()
    (suite / "link").symlink_to(suite.parent / ".env")
    for way in ("../.env", "../.git/config", "link"):
        (suite / "suite.toml").write_text(SUITE.replace("facts.csv", way))
        with pytest.raises(ConfigError, match=r"'.*' leads to what is hidden"):
            load_suite(suite)
    (suite / "suite.toml").write_text(SUITE.replace("facts.csv", "/etc/hostname"))
    with pytest.raises(ConfigError, match="leads out of the suite's folder"):
        load_suite(suite)


def test_a_home_that_is_a_repository_is_no_project(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suite.parent / ".git").mkdir()
    (suite / "suite.toml").write_text(SUITE.replace("facts.csv", "../outside/facts.csv"))
    assert load_suite(suite).facts
    monkeypatch.setenv("HOME", str(suite.parent))
    with pytest.raises(ConfigError, match="leads out of the suite's folder"):
        load_suite(suite)


def test_a_clone_within_a_repository_is_a_place_of_its_own(suite: Path) -> None:
    (suite.parent / ".git").mkdir()
    (suite / ".git").write_text("gitdir: elsewhere")
    (suite / "suite.toml").write_text(SUITE.replace("facts.csv", "../outside/facts.csv"))
    with pytest.raises(ConfigError, match="leads out of the suite's folder"):
        load_suite(suite)


def test_who_runs_a_suite_may_let_it_out(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (suite / "suite.toml").write_text(SUITE.replace("facts.csv", "../outside/facts.csv"))
    monkeypatch.setenv(ALLOW_OUTSIDE, f"/nowhere:{suite.parent / 'outside'}")
    assert load_suite(suite).facts == suite.parent / "outside" / "facts.csv"
    (suite / "suite.toml").write_text(SUITE.replace("facts.csv", "../elsewhere.csv"))
    with pytest.raises(ConfigError, match="leads out of the suite's folder"):
        load_suite(suite)


def test_systems_in_a_folder_below_reach_the_whole_suite(suite: Path) -> None:
    (suite / "conf").mkdir()
    (suite / "mine.jinja").write_text("{{ question }}")
    systems = suite / "conf" / "systems.toml"
    systems.write_text(SYSTEMS["prompt"].format("../mine.jinja"))
    (spec,) = load_systems(systems, suite)
    assert spec.prompt == suite / "mine.jinja"
    with pytest.raises(ConfigError, match="leads out of the suite's folder"):
        load_systems(systems)


def test_fixtures_are_there_for_every_suite(suite: Path) -> None:
    (suite / "suite.toml").write_text(SUITE.replace("facts.csv", "fixture:releases/facts.csv"))
    found = load_suite(suite).facts
    assert found is not None
    assert found.parts[-2:] == ("releases", "facts.csv")
    (suite / "systems.toml").write_text(FOLDERS["path of a lab model"].format("fixture:lab"))
    assert load_systems(suite / "systems.toml")[0].model.path is not None
    for way in ("fixture:../pyproject.toml", "fixture:/etc/hostname"):
        (suite / "suite.toml").write_text(SUITE.replace("facts.csv", way))
        with pytest.raises(ConfigError, match=re.escape(f"fixture {way[8:]!r} lies outside")):
            load_suite(suite)
