"""How a view becomes a page: our templates, those of the user in their place, and the brand.

A folder of the user's may hold `report.html.jinja`, which extends `harness/report.html.jinja` and overrides
blocks of it; `report.css`, which follows our style sheet; and `brand.toml`. Templates run in a sandbox.
A style sheet and a script are all that a page's content security policy admits, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import traceback
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from harness.errors import ConfigError, located
from harness.reporting.brand import Brand, load_brand
from harness.reporting.untrusted import excerpt

__all__ = ["PLAIN", "Look", "load_look", "page"]

_LONGEST: Final = 4000
_OURS: Final = Path(__file__).parent / "templates"
_BRAND: Final = "brand.toml"
_CSS: Final = "report.css"


@dataclass(frozen=True, slots=True)
class Look:
    """The user's templates, if any, and the brand."""

    templates: Path | None = None
    brand: Brand = field(default_factory=Brand)


PLAIN: Final = Look()


def load_look(templates: Path | None = None, brand: Path | None = None) -> Look:
    """The look from a folder of templates and a brand file (that in the folder when None).

    Raises `ConfigError` where there is no such folder, or the brand is wrong.
    """
    if templates is not None:
        if not templates.is_dir():
            raise ConfigError(f"--templates {templates}: no such folder")
        if brand is None and (templates / _BRAND).is_file():
            brand = templates / _BRAND
    return Look(templates, load_brand(brand) if brand is not None else Brand())


def page(template: str, look: Look, *, script: str = "", **values: object) -> str:
    """The text of a template; `script` names a file of ours that it runs.

    Raises `ConfigError` naming file and line where a template of the user's is wrong.
    """
    css = _read(_OURS / _CSS) + look.brand.css
    if look.templates is not None and (look.templates / _CSS).is_file():
        css += _read(look.templates / _CSS)
    code = _read(_OURS / script) if script else ""
    try:
        return (
            _environment(look.templates)
            .get_template(template)
            .render(
                brand=look.brand,
                css=Markup(css),  # noqa: S704  (our own file, or the user's)
                css_hash=_hash(css),
                script=Markup(code),  # noqa: S704  (our own file)
                script_hash=_hash(code),
                **values,
            )
        )
    except TemplateSyntaxError as error:
        raise ConfigError(
            located(error.filename or error.name or template, error.lineno, str(error.message))
        ) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        if look.templates is None:
            raise
        raise ConfigError(f"{_where(error, look.templates)}: {error}") from error


@lru_cache(maxsize=4)
def _environment(templates: Path | None) -> SandboxedEnvironment:
    ours = FileSystemLoader(_OURS)
    loaders: list[Any] = [PrefixLoader({"harness": ours}), ours]
    if templates is not None:
        loaders.insert(0, FileSystemLoader(templates))
    return SandboxedEnvironment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _printable(value: object) -> object:
    """Every text that a template prints passes here: made visible, and none without an end."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    printed = excerpt(value, _LONGEST)
    return f"{printed.text} ({printed.omitted})" if printed.omitted else printed.text


def _where(error: Exception, templates: Path) -> str:
    """The file of the user's, and its line, in which a template went wrong."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(str(templates))
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(templates)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(located(path, None, error.strerror or str(error))) from error
    except UnicodeDecodeError as error:
        raise ConfigError(located(path, None, "is not UTF-8")) from error


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
