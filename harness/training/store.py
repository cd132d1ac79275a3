"""Where adapters lie: those that are shipped, then the user's cache."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ArtefactError, MissingExtraError
from harness.fixtures import fixture_path
from harness.training.adapter import RECORD_FILE, Adapter, AdapterKey, read_adapter
from harness.training.examples import Example
from harness.training.lora import LoraSettings, Progress, can_train, train_adapter

__all__ = ["AdapterStore", "cache_folder"]


def cache_folder() -> Path:
    """`$HARNESS_CACHE`, else `ragft-harness` in the user's cache folder."""
    own = os.environ.get("HARNESS_CACHE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ragft-harness"


@dataclass(frozen=True)
class AdapterStore:
    """Finds adapters by what determines them.

    The folders of `shipped` are only read; what is trained goes into `cache`.
    """

    cache: Path
    shipped: tuple[Path, ...] = ()

    @classmethod
    def default(cls) -> AdapterStore:
        """The adapters that come with the harness, then those of this user."""
        try:
            shipped: tuple[Path, ...] = (fixture_path("lab/adapters"),)
        except ArtefactError:
            shipped = ()
        return cls(cache_folder() / "adapters", shipped)

    def find(self, key: AdapterKey) -> Adapter | None:
        """The adapter with that key, or None.

        Raises:
            ArtefactError: it is there and damaged.
        """
        for folder in (*self.shipped, self.cache):
            path = folder / key.folder
            if (path / RECORD_FILE).is_file():
                return read_adapter(path, key.base)
        return None

    def get_or_train(
        self,
        base: Path,
        examples: Sequence[Example],
        settings: LoraSettings,
        key: AdapterKey,
        *,
        command: str,
        progress: Progress | None = None,
    ) -> tuple[Adapter, bool]:
        """The adapter with that key and whether it was there already; else it is trained.

        Several processes may ask at once: one trains, the others wait for it.

        Raises:
            ArtefactError: it is not there and cannot be trained here; the message says what
                would train it (`command` names it when the packages are installed).
        """
        found = self.find(key)
        if found is not None:
            return found, True
        if not can_train():
            what = f"the {key.recipe} adapter{f' as of {key.day}' if key.day else ''}"
            install = MissingExtraError(
                f"{what} is not shipped for this model; training it", "train"
            )
            raise ArtefactError(f"{install} && {command}")
        from filelock import FileLock  # noqa: PLC0415  (needed for training only)

        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(self.cache / f"{key.folder}.lock"):
            found = self.find(key)
            if found is not None:
                return found, True
            return self.train(base, examples, settings, key, progress), False

    def train(
        self,
        base: Path,
        examples: Sequence[Example],
        settings: LoraSettings,
        key: AdapterKey,
        progress: Progress | None = None,
    ) -> Adapter:
        """Train into `cache`, beside the final place and moved there: a folder is whole or absent.

        Raises:
            MissingExtraError: a package that training needs is not installed.
        """
        self.cache.mkdir(parents=True, exist_ok=True)
        target = self.cache / key.folder
        draft = Path(tempfile.mkdtemp(prefix="training-", dir=self.cache))
        try:
            train_adapter(base, examples, settings, key, draft, progress=progress)
            draft.chmod(0o755)
            shutil.rmtree(target, ignore_errors=True)  # without a record: no adapter of ours
            draft.replace(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return read_adapter(target, key.base)
