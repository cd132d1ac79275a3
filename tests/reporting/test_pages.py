"""Templates of the user's, and the brand."""

from __future__ import annotations

import re
from pathlib import Path

import html5lib
import pytest
from planted import planted_run

from harness.errors import ConfigError
from harness.reporting import write_report
from harness.reporting.brand import load_brand
from harness.reporting.html import render
from harness.reporting.pages import load_look
from harness.reporting.view import report_view

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script></svg>'
EXTENDS = '{% extends "harness/report.html.jinja" %}\n'


def rendered(folder: Path | None = None, brand: Path | None = None) -> str:
    return render(report_view(*planted_run()), load_look(folder, brand))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_block_of_the_users_stands_in_place_of_ours(tmp_path: Path) -> None:
    block = "{% block footer %}<footer><p>Ours: {{ view.run_id }}</p></footer>{% endblock %}"
    written(tmp_path / "report.html.jinja", EXTENDS + block)
    page = rendered(tmp_path)
    assert "<footer><p>Ours: releases-planted</p></footer>" in page
    assert "Made by harness" not in page
    assert 'id="explorer"' in page
    html5lib.HTMLParser(strict=True).parse(page)


def test_a_block_may_hold_ours_and_use_what_ours_uses(tmp_path: Path) -> None:
    block = "{% block comparison %}{{ super() }}{{ components.table(view.overview.table) }}{% endblock %}"
    written(tmp_path / "report.html.jinja", EXTENDS + block)
    assert rendered(tmp_path).count("<caption>The comparison, measured</caption>") == 2


def test_what_a_template_of_the_users_prints_is_escaped(tmp_path: Path) -> None:
    block = '{% block footer %}{{ "<script>alert(1)</script>" }}{% endblock %}'
    written(tmp_path / "report.html.jinja", EXTENDS + block)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in rendered(tmp_path)


def test_a_style_sheet_of_the_users_is_admitted_by_the_policy(tmp_path: Path) -> None:
    written(tmp_path / "report.css", "h1 { color: rebeccapurple; }")
    page = rendered(tmp_path)
    assert page != rendered()
    assert "rebeccapurple" in page
    policies = [re.search("style-src '([^']+)'", text) for text in (page, rendered())]
    assert policies[0]
    assert policies[1]
    assert policies[0][1] != policies[1][1]


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{% block footer %}\n{% if %}", r"report\.html\.jinja:3: "),
        (
            "{% block footer %}\n{{ view.nothing }}{% endblock %}",
            r"report\.html\.jinja:3: .*nothing",
        ),
        ("{% block footer %}{{ view.title.__class__ }}{% endblock %}", r":2: .*__class__.* unsafe"),
        ("{% block footer %}{% include 'none.jinja' %}{% endblock %}", r":2: none\.jinja"),
        ("{% block footer %}{{ 1 / 0 }}{% endblock %}", r":2: division by zero"),
    ],
)
def test_a_template_that_is_wrong_is_named_with_its_line(
    tmp_path: Path, template: str, told: str
) -> None:
    written(tmp_path / "report.html.jinja", EXTENDS + template)
    with pytest.raises(ConfigError, match=told) as raised:
        rendered(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_template_that_is_wrong_leaves_no_report(tmp_path: Path) -> None:
    written(tmp_path / "report.html.jinja", "{{ nothing }}")
    with pytest.raises(ConfigError):
        write_report(*planted_run(), tmp_path / "out.html", look=load_look(tmp_path))
    assert not (tmp_path / "out.html").exists()


def test_a_brand_has_a_name_a_logo_and_an_accent(tmp_path: Path) -> None:
    written(tmp_path / "logo.svg", SVG)
    brand = 'name = "A <b> & Sons"\nlogo = "logo.svg"\naccent = "#00598c"'
    written(tmp_path / "brand.toml", brand)
    page = rendered(tmp_path)
    assert page == rendered(brand=tmp_path / "brand.toml")
    assert "A &lt;b&gt; &amp; Sons" in page
    assert re.search(r'<img src="data:image/svg\+xml;base64,[\w+/=]+" alt="">', page)
    assert "--link: #00598c;" in page
    assert SVG not in page
    html5lib.HTMLParser(strict=True).parse(page)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("accent", ["#ffcc00", "#000000", "#ffffff", "#777777", "#e4002b"])
def test_an_accent_can_be_read_on_light_and_on_dark_paper(tmp_path: Path, accent: str) -> None:
    brand = load_brand(written(tmp_path / "brand.toml", f'accent = "{accent}"'))
    light, dark = luminance("#fdfdfb"), luminance("#151618")
    assert (light + 0.05) / (luminance(brand.accent_light) + 0.05) >= 4.5
    assert (luminance(brand.accent_dark) + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "brand.toml: not TOML"),
        ('colour = "#00598c"', "brand.toml: unknown key 'colour'"),
        ("name = 3", "name must be a text, not 3"),
        ('accent = "red"', "accent 'red' is no colour: write it as #00598c"),
        ('accent = "#00598c; } body { display: none"', "is no colour"),
        ('logo = "logo.gif"', "logo logo.gif: not one of .svg"),
        ('logo = "none.png"', "none.png cannot be read: No such file"),
        ('logo = "large.png"', "large.png has 200,001 bytes, more than 200,000"),
        (f'name = "{"x" * 81}"', "name is longer than 80 characters"),
    ],
)
def test_a_brand_that_is_wrong_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "large.png").write_bytes(b"x" * 200_001)
    with pytest.raises(ConfigError, match=re.escape(told)):
        load_brand(written(tmp_path / "brand.toml", text))


def test_a_folder_or_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--templates .*none: no such folder"):
        load_look(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        load_look(brand=tmp_path / "none.toml")
