"""Where a model answers, and with which key: what a `ModelSpec` means in this environment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from harness.errors import ConfigError
from harness.models.specs import Enforce, ModelSpec
from harness.transport.keys import Key, key_of
from harness.transport.urls import KEY_VARIABLE, openai_url

__all__ = ["Endpoint"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model at a server: `url` is what `/chat/completions` is put behind.

    The key is in the environment variable `key_variable`; see `key`.
    """

    url: str
    model: str
    key_variable: str = KEY_VARIABLE
    enforce: Enforce = "json_schema"
    temperature: float = 0.0
    stream: bool = True

    @classmethod
    def of(cls, spec: ModelSpec) -> Endpoint:
        """The endpoint that a checked spec of kind `openai` declares; what it leaves out is looked up.

        Raises:
            ConfigError: the spec has no name, or `OPENAI_BASE_URL` is no base of an endpoint.
        """
        if spec.name is None:
            raise ConfigError("name: missing: what the model is called at the endpoint")
        return cls(
            openai_url(spec.url, "/chat/completions"),
            spec.name,
            spec.key_env or KEY_VARIABLE,
            spec.enforce or "json_schema",
            spec.temperature or 0.0,
            spec.stream is not False,
        )

    def key(self) -> Key:
        """The key, read from the environment; an empty one for a server on this machine.

        Raises:
            ConfigError: the variable is missing, or holds what no header can carry.
        """
        return key_of(self.url, self.key_variable)

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) of what names the model there; nothing of the key."""
        named = ["openai", self.url, self.model, self.enforce, self.temperature]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
