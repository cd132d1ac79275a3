"""Where a model answers, and with which key: what a `ModelSpec` means in this environment."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from harness.errors import ConfigError
from harness.models.specs import Enforce, ModelSpec, url_problem

__all__ = ["Endpoint", "Key"]

_URL_VARIABLE: Final = "OPENAI_BASE_URL"
_KEY_VARIABLE: Final = "OPENAI_API_KEY"
_URL: Final = "https://api.openai.com/v1"
_KEY: Final = re.compile(r"[\x21-\x7e]+")
_SHORTEST_SECRET: Final = 8


@dataclass(frozen=True, slots=True)
class Key:
    """A key that shows itself in the header of a request and nowhere else."""

    _value: str = field(repr=False)

    def header(self) -> dict[str, str]:
        """What authorises a request; nothing where there is no key."""
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def hide(self, text: str) -> str:
        """`text` without the key, which servers like to repeat.

        A word as short as `EMPTY`, which local servers are given, is no secret and may be an answer.
        """
        secret = len(self._value) >= _SHORTEST_SECRET
        return text.replace(self._value, "[key]") if secret else text


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model at a server: `url` is what `/chat/completions` is put behind.

    The key is in the environment variable `key_variable`; see `key`.
    """

    url: str
    model: str
    key_variable: str = _KEY_VARIABLE
    enforce: Enforce = "json_schema"
    temperature: float = 0.0

    @classmethod
    def of(cls, spec: ModelSpec) -> Endpoint:
        """The endpoint that a checked spec of kind `openai` declares; what it leaves out is looked up.

        Raises:
            ConfigError: the spec has no name, or `OPENAI_BASE_URL` is no base of an endpoint.
        """
        if spec.name is None:
            raise ConfigError("name: missing: what the model is called at the endpoint")
        url = spec.url
        if url is None:
            url = os.environ.get(_URL_VARIABLE) or _URL
            if problem := url_problem(url):
                raise ConfigError(f"the environment variable {_URL_VARIABLE} {problem}")
        return cls(
            url.rstrip("/"),
            spec.name,
            spec.key_env or _KEY_VARIABLE,
            spec.enforce or "json_schema",
            spec.temperature or 0.0,
        )

    def key(self) -> Key:
        """The key, read from the environment; an empty one for a server on this machine.

        Raises:
            ConfigError: the variable is missing, or holds what no header can carry.
        """
        value = os.environ.get(self.key_variable, "").strip()
        if not value and not self._is_local():
            raise ConfigError(
                f"{self.url} needs a key: set the environment variable {self.key_variable}, "
                "or name another with key_env"
            )
        if value and not _KEY.fullmatch(value):
            raise ConfigError(
                f"the environment variable {self.key_variable} holds no key: it has spaces, or "
                "characters other than ASCII's"
            )
        return Key(value)

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) of what names the model there; nothing of the key."""
        named = ["openai", self.url, self.model, self.enforce, self.temperature]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]

    def _is_local(self) -> bool:
        host = urlsplit(self.url).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False
