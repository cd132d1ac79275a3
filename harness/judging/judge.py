"""One rating: ragas' prompts for a metric, put to a model through our transport, and what came of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from harness.errors import RunError
from harness.judging.schema import strict_schema
from harness.models.base import Message, ModelError
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.model import OpenAIModel
from harness.retrieval.base import Embedder
from harness.retrieval.specs import load_embedder
from harness.retrieval.spending import spending, total_tokens
from harness.running.judge_spec import JudgeSpec
from harness.scoring.jsontext import JsonTextError, find
from harness.scoring.quality import METRICS, Sample, Scored, Scorer, unscorable
from harness.scoring.quality.library import load, versions
from harness.transport.limits import Limits
from harness.transport.messages import one_line
from harness.transport.target import Target
from harness.world.formats import JsonSchema

__all__ = ["Judge"]

_MOST_TOKENS: Final = 4096
"""Of one reply: as many as a judge needs to give a reason for each of fifty claims."""

_VERDICTS: Final = frozenset({"verdict", "attributed", "noncommittal"})
_ON_CLAIMS: Final = "NLIStatementOutput"
"""What ragas calls the reply that has a verdict on each claim."""
_WEIGHTS: Final = (0.75, 0.25)  # ragas' own: of claims, and of the likeness of meanings
_NO_CLAIMS: Final = "the judge found no claims"
_ROUNDING: Final = 1e-6


class Judge:
    """A model with ragas' prompts; use as an asynchronous context manager.

    Raises `ConfigError` where the key is missing, `MissingExtraError` without ragas.
    """

    def __init__(self, spec: JudgeSpec, work: Path) -> None:
        """`work` is a folder for vectors that were paid for."""
        self._ragas = load()
        endpoint = Endpoint.of(spec.model_spec())
        self.target = Target(endpoint.url, Limits(concurrency=spec.concurrency))
        self._model = OpenAIModel(endpoint, self.target)
        embeds = spec.embedder_spec()
        self._embedder: Embedder | None = None
        if embeds is not None:
            self._embedder = load_embedder(embeds, work / "vectors.sqlite")
        settings = {
            **versions(),
            "model": endpoint.model,
            "url": endpoint.url,
            "enforce": endpoint.enforce,
            "temperature": endpoint.temperature,
            "prompts": self._prompts(),
            "embedder": embeds.settings() if embeds is not None else None,
            "weights": list(_WEIGHTS if embeds is not None else (1.0, 0.0)),
            "questions": 1,  # of answer relevancy: at temperature 0 the others would be the same
        }
        self.scorer = Scorer("judge", settings)

    async def rate(self, sample: Sample, metric: str) -> Scored:
        """What the judge says of one answer by one metric.

        A call that fails is the judge's failure, told in the line; raises `TargetError` where to go on is no use.
        """
        known = unscorable(metric, sample)
        if isinstance(known, str):
            return self._line(sample, missing={metric: known})
        if known is not None:
            return self._line(sample, scores={metric: known})
        calls = _Calls(self._model)
        told: dict[str, Mapping[str, Any]]
        try:
            rater = self._metric(metric, calls)
            value = float((await rater.ascore(**_shown(metric, sample))).value)
            told = _told(metric, value)
        except _NoClaimsError:
            told = {"missing": {metric: _NO_CLAIMS}}
        except ModelError as error:
            told = {"failed": {metric: one_line(f"{error.kind}: {error}")}}
        except _BadReplyError as error:
            told = {"failed": {metric: one_line(f"bad_reply: {error}")}}
        return self._line(sample, calls=calls, **told)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._model.close()
        if self._embedder is not None:
            self._embedder.close()

    def _line(
        self, sample: Sample, calls: _Calls | None = None, **told: Mapping[str, Any]
    ) -> Scored:
        used = calls or _Calls(self._model)
        return Scored(
            sample.key,
            self.scorer.fingerprint,
            sample.digest,
            **told,
            prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens,
            embedded_tokens=used.embedded_tokens,
            calls=used.calls,
            counted=used.counted,
        )

    def _metric(self, name: str, calls: _Calls) -> Any:  # noqa: ANN401  (of ragas)
        of, llm = self._ragas.collections, _llm(self._ragas, calls)
        embeds = _embeddings(self._ragas, self._embedder, calls) if self._embedder else None
        match name:
            case "answer_correctness":
                weights = list(_WEIGHTS if embeds else (1.0, 0.0))
                return of.AnswerCorrectness(llm=llm, embeddings=embeds, weights=weights)
            case "answer_relevancy":
                return of.AnswerRelevancy(llm=llm, embeddings=embeds, strictness=1)
            case _:
                return getattr(of, METRICS[name].theirs)(llm=llm)

    def _prompts(self) -> str:
        """SHA-256 (first 16 hex digits) of the prompts of all metrics, examples and schemas included."""
        llm = _llm(self._ragas, _Calls(self._model))
        of = self._ragas.collections
        made = [of.Faithfulness(llm=llm), of.AnswerCorrectness(llm=llm, weights=[1.0, 0.0])]
        made += [of.ContextPrecision(llm=llm), of.ContextRecall(llm=llm)]
        prompts = [
            p for m in made for p in vars(m).values() if isinstance(p, self._ragas.BasePrompt)
        ]
        relevancy = of.AnswerRelevancy.__init__.__globals__["AnswerRelevancePrompt"]()
        told = [
            [
                prompt.instruction,
                [[i.model_dump(), o.model_dump()] for i, o in prompt.examples],
                prompt.output_model.model_json_schema(),
            ]
            for prompt in (*prompts, relevancy)
        ]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


class _BadReplyError(Exception):
    """The judge replied, and not with a verdict."""


class _NoClaimsError(Exception):
    """The judge found nothing in a text that could be true or false."""


@dataclass
class _Calls:
    """The calls of one rating, added up, and what the judge has said so far."""

    model: OpenAIModel
    prompt_tokens: int = 0
    completion_tokens: int = 0
    embedded_tokens: int | None = 0
    calls: int = 0
    counted: bool = True
    claims: int | None = None

    async def ask(self, prompt: str, reply: Any) -> Any:  # noqa: ANN401  (pydantic's models)
        """The judge's reply, an instance of the model `reply`."""
        schema = JsonSchema(reply.__name__, strict_schema(reply.model_json_schema()))
        generated = await self.model.generate(
            [Message("user", prompt)], max_tokens=_MOST_TOKENS, enforced=schema
        )
        self.calls += generated.attempts
        self.prompt_tokens += generated.prompt_tokens
        self.completion_tokens += generated.completion_tokens
        self.counted = self.counted and generated.counted
        if generated.finish_reason == "length":
            raise _BadReplyError(f"it was cut off after {_MOST_TOKENS} tokens")
        try:
            found = reply.model_validate(find(generated.text))
        except (JsonTextError, ValueError) as error:
            raise _BadReplyError(f"no {reply.__name__}: {error}") from None
        self._check(found.model_dump(), verdicts=reply.__name__ == _ON_CLAIMS)
        return found

    def embed(self, embedder: Embedder, text: str) -> list[float]:
        """The vector of a text."""
        with spending() as spent:
            try:
                vector = embedder.embed([text])[0]
            except RunError as error:
                raise ModelError("embedder", str(error)) from None
        self.embedded_tokens = total_tokens(self.embedded_tokens, spent.embedded)
        return [float(number) for number in vector]

    def _check(self, said: Mapping[str, Any], *, verdicts: bool) -> None:
        """Refuse what ragas would count wrongly: verdicts other than 0 and 1, claims left out."""
        for number in _verdicts(said):
            if number not in {0, 1}:
                raise _BadReplyError(f"a verdict of {number}, which is neither 0 nor 1")
        statements = said.get("statements")
        if statements is None:
            return
        if verdicts:
            if len(statements) != self.claims:
                raise _BadReplyError(f"{len(statements)} verdicts on {self.claims} claims")
        elif statements:
            self.claims = len(statements)
        else:
            raise _NoClaimsError


def _llm(ragas: Any, calls: _Calls) -> Any:  # noqa: ANN401  (a class of ragas')
    """The model as ragas wants it."""

    class Model(ragas.InstructorBaseRagasLLM):  # type: ignore[misc] # known when it is imported
        """Through our transport: limits, retries and keys are those of all calls."""

        def generate(self, prompt: str, response_model: Any) -> Any:  # noqa: ANN401
            raise NotImplementedError("ask with agenerate")

        async def agenerate(self, prompt: str, response_model: Any) -> Any:  # noqa: ANN401
            return await calls.ask(prompt, response_model)

    return Model()


def _embeddings(ragas: Any, embedder: Embedder, calls: _Calls) -> Any:  # noqa: ANN401  (as above)
    """The embedder as ragas wants it."""

    class Embeddings(ragas.BaseRagasEmbedding):  # type: ignore[misc] # as above
        """A text is paid for once in a run."""

        def embed_text(self, text: str, **_: Any) -> list[float]:  # noqa: ANN401
            return calls.embed(embedder, text)

        async def aembed_text(self, text: str, **_: Any) -> list[float]:  # noqa: ANN401
            return await asyncio.to_thread(calls.embed, embedder, text)

        async def aembed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:  # noqa: ANN401
            return [await self.aembed_text(text) for text in texts]

    return Embeddings()


def _shown(metric: str, sample: Sample) -> dict[str, Any]:
    """What a metric of ragas is shown."""
    reference, passages = sample.reference, [p.text for p in sample.passages]
    shown: dict[str, dict[str, Any]] = {
        "faithfulness": {"response": sample.response, "retrieved_contexts": passages},
        "answer_correctness": {"response": sample.response, "reference": reference},
        "answer_relevancy": {"response": sample.response},
        "context_precision": {"reference": reference, "retrieved_contexts": passages},
        "context_recall": {"reference": reference, "retrieved_contexts": passages},
    }
    return shown[metric] | {"user_input": sample.question}


def _told(metric: str, value: float) -> dict[str, Mapping[str, Any]]:
    """A value as a score; what is none is the judge's failure, and likenesses below 0 count as 0."""
    if metric in {"answer_relevancy", "answer_correctness"} and -1 - _ROUNDING <= value < 0:
        value = 0.0
    if not math.isfinite(value) or not -_ROUNDING <= value <= 1 + _ROUNDING:
        return {"failed": {metric: f"bad_reply: a score of {value}"}}
    return {"scores": {metric: min(1.0, max(0.0, value))}}


def _verdicts(said: Any) -> list[Any]:  # noqa: ANN401  (any JSON)
    """Every number in the JSON that stands for yes or no."""
    found: list[Any] = []
    if isinstance(said, Mapping):
        for key, value in said.items():
            found += [value] if key in _VERDICTS else _verdicts(value)
    elif isinstance(said, list):
        for item in said:
            found += _verdicts(item)
    return found
