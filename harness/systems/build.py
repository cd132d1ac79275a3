"""From a declaration to a system."""

from __future__ import annotations

from pathlib import Path

from harness.systems.base import System
from harness.systems.function import FunctionSystem, import_function
from harness.systems.http.system import HttpSystem
from harness.systems.local import LocalSystem
from harness.systems.replay import ReplaySystem
from harness.systems.spec import SystemSpec
from harness.systems.world import SystemWorld
from harness.training.hosted.tuner import Tell
from harness.transport.target import Target

__all__ = ["build_system"]


def build_system(
    spec: SystemSpec,
    world: SystemWorld,
    workdir: Path,
    *,
    target: Target | None = None,
    tell: Tell | None = None,
) -> System:
    """Build the system that `spec` declares; what it makes (indices) goes into `workdir`.

    Workers and systems of one run share `workdir` and so each other's indices. `target` limits the
    calls of a system that waits for something else, `tell` is told how a fine-tuning at a provider
    stands.

    Raises:
        ConfigError: a template, function or model is wrong, or the key of an endpoint is missing.
        DataError: recorded answers are wrong.
        MissingExtraError: recorded answers are an Inspect log, and Inspect is not installed.
    """
    if spec.replay is not None:
        return ReplaySystem(spec.name, spec.replay, world.questions)
    if spec.http is not None:
        return HttpSystem(spec.name, spec.http, target)
    if isinstance(spec.function, str):
        return FunctionSystem(spec.name, import_function(spec.function, spec.folder), target)
    if spec.function is not None:
        return FunctionSystem(spec.name, spec.function, target)
    return LocalSystem(spec, world, workdir, target=target, tell=tell)
