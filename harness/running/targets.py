"""Which systems call the same server, and how much may be asked of it."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import ConfigError
from harness.models.openai.endpoint import Endpoint
from harness.systems.spec import SystemSpec
from harness.transport.limits import Limits
from harness.transport.target import Target

__all__ = ["make_targets"]


def make_targets(specs: Iterable[SystemSpec], default: Limits) -> dict[str, Target]:
    """The target of each system that waits for something else, by the system's name.

    Systems that ask the same URL, or whose models do, share one; a function is a target of its own. `default`
    counts for systems that state no limits.

    Raises:
        ConfigError: two systems state different limits of one server.
    """
    targets: dict[str, Target] = {}
    stated: dict[str, SystemSpec] = {}
    servers: dict[str, Target] = {}
    all_specs = tuple(specs)
    for spec in all_specs:
        if spec.limits is None:
            continue
        first = stated.setdefault(_server(spec), spec)
        if first.limits != spec.limits:
            raise ConfigError(
                f"systems {first.name!r} and {spec.name!r} ask one server ({_server(spec)}) and "
                "state different limits: state the same, or those of one of them only"
            )
    for spec in all_specs:
        server = _server(spec)
        limits = stated[server].limits if server in stated else default
        targets[spec.name] = servers.setdefault(server, Target(server, limits))
    return targets


def _server(spec: SystemSpec) -> str:
    if spec.http is not None:
        return spec.http.url
    return Endpoint.of(spec.model).url if spec.model.is_endpoint else spec.name
