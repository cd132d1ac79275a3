"""The releases suite: a world of software products, their versions and their support."""

from harness.world.releases.watchlist import training_facts

__all__ = ["training_facts"]
