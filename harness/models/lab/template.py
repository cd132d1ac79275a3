"""The chat template of a model folder, rendered in a sandbox as `transformers` renders it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.errors import ArtefactError
from harness.models.chat import Turns
from harness.models.lab.config import read_json

_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token")


def read_template(folder: Path) -> Callable[[Turns], str]:
    """The template of `chat_template.jinja` or `tokenizer_config.json` as a function of the turns.

    Raises:
        ArtefactError: there is no template, or it is no Jinja.
    """
    path = folder / "tokenizer_config.json"
    config = read_json(path) if path.is_file() else {}
    source = config.get("chat_template")
    if (file := folder / "chat_template.jinja").is_file():
        path, source = file, file.read_text(encoding="utf-8")
    if not isinstance(source, str):
        raise ArtefactError(
            f"{folder}: no chat template; expected chat_template.jinja, "
            "or chat_template in tokenizer_config.json"
        )
    try:
        template = _environment().from_string(source)
    except jinja2.TemplateSyntaxError as error:
        raise ArtefactError(f"{path}:{error.lineno}: {error.message}") from error
    tokens = {name: _text(config[name]) for name in _TOKENS if config.get(name)}

    def render(turns: Turns) -> str:
        return template.render(messages=turns, add_generation_prompt=True, **tokens)

    return render


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    # Jinja's own filter escapes for HTML.
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    environment.globals["raise_exception"] = _refuse
    return environment


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _text(token: str | Mapping[str, Any]) -> str:
    # Older files write a token as an object.
    return token if isinstance(token, str) else str(token["content"])
