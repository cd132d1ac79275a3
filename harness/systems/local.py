"""The built-in systems: a language model with or without retrieval, with or without an adapter."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from harness.energy import EnergyMeter, total_joules
from harness.errors import HarnessError
from harness.models.base import Generation, LanguageModel, Message, ModelError
from harness.models.fingerprint import adapter_fingerprint, model_fingerprint
from harness.models.openai.endpoint import Endpoint
from harness.models.specs import ModelSpec, load_model
from harness.retrieval.base import Passage, Retriever
from harness.retrieval.spending import Spent, spending
from harness.systems.base import Answer, Failure, Preparation, Strategy, Timing, Usage
from harness.systems.hosted import HostedKeeper, hosted_training_settings
from harness.systems.index import Index, IndexKeeper
from harness.systems.prompts import CLOSED_BOOK, RETRIEVAL, PromptTemplate
from harness.systems.search import SearchParts
from harness.systems.spec import SystemSpec
from harness.systems.tuning import AdapterKeeper, base_folder, training_fingerprint
from harness.systems.world import SystemWorld
from harness.training.adapter import Adapter
from harness.training.hosted.ledger import Ledger
from harness.training.hosted.tuner import Pace, Tell, TunedModel
from harness.training.store import AdapterStore
from harness.transport.target import Target
from harness.world.questions import Question

__all__ = ["LocalSystem"]

_THREADS: Final = 256

_P = ParamSpec("_P")
_T = TypeVar("_T")


class LocalSystem:
    """One configuration of model, prompt, retriever and adapter; see `SystemSpec` for the parts.

    An answer takes three stages: `retrieve` (search and order), `first_token` and `decode` (as the
    model measures them), and before an endpoint's `queue` and `connect`; `total` has the rendering of
    the prompt as well.
    """

    def __init__(
        self,
        spec: SystemSpec,
        world: SystemWorld,
        workdir: Path,
        store: AdapterStore | None = None,
        ledger: Ledger | None = None,
        *,
        target: Target | None = None,
        tell: Tell | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Read the template and make ready; models are loaded and made by `prepare`.

        Indices, and vectors that were paid for, are kept in `workdir`, which workers and systems of
        one run share; adapters in `store`, orders at providers in `ledger`, of which `tell` is told
        how they stand.
        """
        self.name = spec.name
        self.strategy: Strategy = spec.strategy
        self._spec = spec
        self._questions = world.questions
        self._target = target
        self._template = PromptTemplate.load(spec.prompt or _default_prompt(spec))
        self._search = SearchParts.load(spec.retrieval, workdir) if spec.retrieval else None
        self._index = _index_keeper(self._search, world, workdir)
        # A search that waits for a server must not also wait for a thread, which come when needed.
        waits = self._search is not None and self._search.waits
        self._threads = ThreadPoolExecutor(_THREADS if waits else None)
        self._tuning: AdapterKeeper | HostedKeeper | None = None
        if spec.training is not None and spec.model.is_endpoint:
            self._tuning = HostedKeeper(
                spec.name,
                spec.model,
                spec.training,
                world,
                ledger or Ledger.default(),
                tell=tell,
                pace=pace,
            )
        elif spec.training is not None:
            self._tuning = AdapterKeeper(
                spec.model, spec.training, world, store or AdapterStore.default()
            )
        self._retriever: Retriever | None = None
        self._tuned: Adapter | TunedModel | None = None
        self._model: LanguageModel | None = None
        self._metered = not spec.model.is_endpoint and EnergyMeter().tells

    def fingerprint(self) -> Mapping[str, str]:
        """Of all that is declared; what each day made of it is in the preparation's fingerprints."""
        spec = self._spec
        found = {"prompt": self._template.fingerprint(), "model": _model_fingerprint(spec)}
        if spec.model.adapter is not None:
            found["adapter"] = adapter_fingerprint(spec.model.adapter)
        if self._index is not None:
            found["retrieval"] = self._index.settings
        if spec.training is not None:
            hosted = spec.model.is_endpoint
            settings = hosted_training_settings(spec.training) if hosted else None
            found["training"] = training_fingerprint(spec.training, settings)
        found["max_tokens"] = str(spec.max_tokens)
        if spec.decoding != "free":
            found["decoding"] = spec.decoding
        return found

    async def prepare(self, day: date) -> Preparation:
        """Re-index and retrain as declared, from what was visible on `day`, or reuse what is made.

        What is kept from the day before costs nothing again.

        Raises:
            ArtefactError: a model or adapter is missing, damaged or does not fit; a provider could
                not make it.
            ConfigError: the declared training knows the future of `day`, or a provider refuses it.
            RunError: a provider cannot be reached, or a server does not embed or rerank.
        """
        preparation = Preparation(day, energy_joules=0.0)
        if self._index is not None and self._search is not None:
            if self._retriever is not None:
                self._retriever.close()
            else:
                await self._beside(self._search.check)
            retriever, index = await self._beside(self._index.prepare, day)
            preparation = _with_index(preparation, index, retriever)
            self._retriever = retriever
        if self._tuning is not None:
            tuned, found = await _prepared(self._tuning, day)
            if tuned != self._tuned:
                preparation = _with_training(preparation, tuned, reused=found)
                await self._release_model()
            preparation = replace(preparation, adapter_as_of=tuned.day)
            self._tuned = tuned
        if self._model is None:
            spec = _tuned_spec(self._spec.model, self._tuned)
            self._model = load_model(spec, self._target)
            if self._spec.decoding == "constrained":
                self._model.enforce(question.format for question in self._questions)
        return _with(preparation, model=self._model.fingerprint())

    async def answer(self, question: Question, day: date) -> Answer:
        """Retrieve, render, generate. `prepare(day)` comes first."""
        if not self._metered:
            return await self._answer(question, day)
        meter = EnergyMeter()
        answer = await self._answer(question, day)
        return replace(answer, energy_joules=meter.joules())

    async def _answer(self, question: Question, day: date) -> Answer:
        started = time.perf_counter()
        try:
            passages, spent = await self._searched(question)
        except Exception as error:  # noqa: BLE001  (the index is foreign code: its errors are outcomes)
            seconds = time.perf_counter() - started
            timing = Timing(retrieve=seconds, total=seconds)
            return Answer(None, timing=timing, failure=Failure("retrieval", _told(error)))
        retrieve = time.perf_counter() - started if self._retriever is not None else 0.0
        try:
            generation = await self._generate(question, day, passages)
        except ModelError as error:
            timing = Timing(retrieve=retrieve, total=time.perf_counter() - started)
            usage = Usage(embedded_tokens=spent.embedded, reranked_tokens=spent.reranked)
            failure = Failure(error.kind, str(error))
            return Answer(None, passages, usage, timing, failure=failure, attempts=error.attempts)
        waited = generation.queue_seconds + (generation.connect_seconds or 0.0)
        return Answer(
            generation.text,
            passages,
            _usage(generation, spent),
            Timing(
                queue=generation.queue_seconds,
                connect=generation.connect_seconds,
                retrieve=retrieve,
                first_token=generation.first_token_seconds - waited,
                decode=generation.total_seconds - generation.first_token_seconds,
                total=time.perf_counter() - started,
            ),
            generation.finish_reason,
            attempts=generation.attempts,
            batch=generation.batch,
        )

    async def close(self) -> None:
        """Close index and model."""
        if self._retriever is not None:
            self._retriever.close()
            self._retriever = None
        if self._search is not None:
            self._search.close()
        self._threads.shutdown(wait=False)
        await self._release_model()

    async def _beside(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do it in a thread where other answers wait for an endpoint in this loop, else here."""
        if not self._spec.model.is_endpoint:
            return work(*args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(work, *args, **kwargs))

    async def _searched(self, question: Question) -> tuple[tuple[Passage, ...], Spent]:
        """The passages that the question brings along, and the tokens that took."""
        if self._retriever is None:
            return (), Spent()
        return await self._beside(self._retrieve, question)

    def _retrieve(self, question: Question) -> tuple[tuple[Passage, ...], Spent]:
        retrieval = self._spec.retrieval
        if self._retriever is None or retrieval is None:
            return (), Spent()
        with spending() as spent:
            return self._retriever.search(question.text, retrieval.passages), spent

    async def _generate(
        self, question: Question, day: date, passages: tuple[Passage, ...]
    ) -> Generation:
        if self._model is None:
            raise ModelError("not_prepared", f"system {self.name!r} was not prepared for {day}")
        prompt = self._prompt(question, day, passages)
        return await self._model.generate(
            [Message("user", prompt)],
            max_tokens=self._spec.max_tokens,
            enforced=question.format if self._spec.decoding == "constrained" else None,
        )

    def _prompt(self, question: Question, day: date, passages: tuple[Passage, ...]) -> str:
        retrieval = self._spec.retrieval
        return self._template.render(
            day,
            question.text,
            question.format.instruction,
            passages,
            show_days=retrieval is None or retrieval.show_days,
        )

    async def _release_model(self) -> None:
        if self._model is not None:
            await self._model.close()
            self._model = None


def _index_keeper(
    search: SearchParts | None, world: SystemWorld, workdir: Path
) -> IndexKeeper | None:
    if search is None:
        return None
    return IndexKeeper(search.spec, world, workdir / "indices", search.retriever)


def _default_prompt(spec: SystemSpec) -> Path:
    return CLOSED_BOOK if spec.retrieval is None else RETRIEVAL


def _model_fingerprint(spec: SystemSpec) -> str:
    model = spec.model
    if model.is_endpoint:
        return Endpoint.of(model).fingerprint()
    if model.path is not None and not Path(model.path).is_dir():
        # A name on a hub: what it stands for is known once it is loaded.
        return hashlib.sha256(f"{model.kind} {model.path}".encode()).hexdigest()[:16]
    text = json.dumps([model.kind, model_fingerprint(base_folder(model)), model.dtype])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _told(error: Exception) -> str:
    """What an error says; one of ours says it in full."""
    return str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"


def _usage(generation: Generation, spent: Spent) -> Usage:
    return Usage(
        generation.prompt_tokens,
        generation.completion_tokens,
        generation.counted,
        generation.reasoning_tokens,
        generation.cached_tokens,
        spent.embedded,
        spent.reranked,
    )


def _with_index(preparation: Preparation, index: Index, retriever: Retriever) -> Preparation:
    return replace(
        _with(preparation, index=retriever.fingerprint()),
        index_seconds=index.seconds,
        documents=index.written,
        removed=index.removed,
        energy_joules=total_joules(preparation.energy_joules, index.joules),
        embedded_tokens=index.tokens,
        index_as_of=index.as_of,
        index_bytes=index.size,
        reused=index.reused,
    )


async def _prepared(
    keeper: AdapterKeeper | HostedKeeper, day: date
) -> tuple[Adapter | TunedModel, bool]:
    if isinstance(keeper, HostedKeeper):
        return await keeper.prepare(day)
    return keeper.prepare(day)


def _tuned_spec(model: ModelSpec, tuned: Adapter | TunedModel | None) -> ModelSpec:
    """The model that answers."""
    match tuned:
        case None:
            return model
        case Adapter():
            return replace(model, adapter=tuned.path)
        case TunedModel():
            return replace(model, name=tuned.name)


def _with_training(
    preparation: Preparation, tuned: Adapter | TunedModel, *, reused: bool
) -> Preparation:
    joules = tuned.joules if isinstance(tuned, Adapter) else None
    if isinstance(tuned, TunedModel):  # by that name it can be asked again
        preparation = _with(preparation, tuned_model=tuned.name)
    return replace(
        _with(preparation, adapter=tuned.fingerprint()),
        training_seconds=tuned.seconds,
        examples=tuned.examples,
        tokens=tuned.tokens or 0,
        energy_joules=total_joules(preparation.energy_joules, joules),
        reused=preparation.reused or reused,
    )


def _with(preparation: Preparation, **fingerprints: str) -> Preparation:
    return replace(preparation, fingerprints={**preparation.fingerprints, **fingerprints})
