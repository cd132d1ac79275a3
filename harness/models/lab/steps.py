"""Optimiser steps on batches; on a GPU each shape of batch is recorded once and then replayed.

A model this small leaves a GPU waiting for launches: replaying a recorded step (a CUDA graph) takes
a fraction of the time and computes the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from harness.models.lab.architecture import LabConfig, LabModel
from harness.models.lab.batches import Batch
from harness.models.lab.muon import Muon
from harness.models.lab.precision import training_dtype

__all__ = ["Rates", "Steps", "TrainingState", "fresh_state"]

_EAGER: Final = 3
"""Steps of a shape before one is recorded: they make the optimisers' buffers, and the libraries' own."""
_SMOOTHING: Final = 0.98


@dataclass(frozen=True)
class Rates:
    """Full learning rates: of the hidden matrices (Muon), and of all else (AdamW)."""

    matrices: float = 0.02
    others: float = 4e-3


@dataclass
class TrainingState:
    """All that a checkpoint holds beside the options: changed in place by every step."""

    model: LabModel
    matrices: torch.optim.Optimizer
    others: torch.optim.Optimizer
    step: int = 0
    answer_loss: float | None = None


@dataclass(frozen=True)
class _Recorded:
    graph: torch.cuda.CUDAGraph
    ids: Tensor
    weights: Tensor
    losses: Tensor


def fresh_state(config: LabConfig, seed: int, rates: Rates, device: str) -> TrainingState:
    """Return a new model on `device` with its optimisers."""
    torch.manual_seed(seed)
    model = LabModel(config).to(device)
    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        # Muon is made for hidden matrices; embeddings and norm weights go to AdamW.
        matrix = parameter.dim() > 1 and "embed_tokens" not in name
        (matrices if matrix else others).append(parameter)
    muon = Muon(matrices, lr=_rate(rates.matrices, device), dtype=training_dtype(device))
    adam = torch.optim.AdamW(
        others, lr=_rate(rates.others, device), betas=(0.9, 0.95), weight_decay=0.0,
        capturable=_on_gpu(device),
    )  # fmt: skip
    return TrainingState(model, muon, adam)


class Steps:
    """Steps of a run: call it with a batch and the share of the full rates."""

    def __init__(self, state: TrainingState, rates: Rates, device: str) -> None:
        self._state, self._rates, self._device = state, rates, device
        self._dtype = training_dtype(device)
        self._losses = torch.zeros(2, device=device)
        self._smoothed: Tensor | None = None
        if state.answer_loss is not None:
            self._smoothed = torch.tensor(state.answer_loss, device=device)
        self._recorded: dict[torch.Size, _Recorded] = {}
        self._seen: dict[torch.Size, int] = {}
        self._stream = torch.cuda.Stream() if _on_gpu(device) else None  # type: ignore[no-untyped-call]

    def __call__(self, batch: Batch, factor: float) -> None:
        """Make one step on the batch."""
        self._set_rates(factor)
        ids = torch.from_numpy(batch.ids).to(self._device)
        weights = torch.from_numpy(batch.weights).to(self._device)
        if self._stream is None:
            self._losses = self._eager(ids, weights)
        else:
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                self._losses = self._replayed(ids, weights)
            torch.cuda.current_stream().wait_stream(self._stream)
        answer = self._losses[1]
        before = answer if self._smoothed is None else self._smoothed
        self._smoothed = torch.lerp(answer, before, _SMOOTHING)
        self._state.step += 1

    def read_losses(self) -> float:
        """Return the last step's weighted loss in nats, and write the smoothed one of answers to the state.

        Apart from the step, since a GPU has to be waited for.
        """
        if self._smoothed is not None:
            self._state.answer_loss = self._smoothed.item()
        return self._losses[0].item()

    def _set_rates(self, factor: float) -> None:
        state, rates = self._state, self._rates
        for optimizer, rate in ((state.matrices, rates.matrices), (state.others, rates.others)):
            for group in optimizer.param_groups:
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(rate * factor)
                else:
                    group["lr"] = rate * factor

    def _replayed(self, ids: Tensor, weights: Tensor) -> Tensor:
        shape = ids.shape
        known = self._recorded.get(shape)
        if known is not None:
            known.ids.copy_(ids)
            known.weights.copy_(weights)
            known.graph.replay()
            return known.losses
        losses = self._eager(ids, weights)
        self._seen[shape] = self._seen.get(shape, 0) + 1
        if self._seen[shape] == _EAGER:
            self._recorded[shape] = self._record(ids.clone(), weights.clone())
        return losses

    def _record(self, ids: Tensor, weights: Tensor) -> _Recorded:
        graph = torch.cuda.CUDAGraph()
        self._forget_gradients()
        # Recording runs nothing: parameters stay as they are.
        with torch.cuda.graph(graph, stream=self._stream):
            losses = self._computed(ids, weights)
        return _Recorded(graph, ids, weights, losses)

    def _eager(self, ids: Tensor, weights: Tensor) -> Tensor:
        self._forget_gradients()
        return self._computed(ids, weights)

    def _forget_gradients(self) -> None:
        self._state.matrices.zero_grad()
        self._state.others.zero_grad()

    def _computed(self, ids: Tensor, weights: Tensor) -> Tensor:
        """Make the step and return the weighted loss and that of answers, in nats."""
        state, wide, targets = self._state, ids.long(), weights[:, 1:].reshape(-1)
        losses = state.model.token_losses(wide[:, :-1], wide[:, 1:], self._dtype)
        loss = (losses * targets).sum() / targets.sum()
        torch.autograd.backward(loss)
        others = [p for group in state.others.param_groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        state.matrices.step()
        state.others.step()
        answers = (targets == 1.0).float()
        return torch.stack((loss.detach(), (losses.detach() * answers).sum() / answers.sum()))


def _on_gpu(device: str) -> bool:
    return torch.device(device).type == "cuda"


def _rate(rate: float, device: str) -> float | Tensor:
    # A recorded step reads its rate from the GPU's memory.
    return torch.tensor(rate, device=device) if _on_gpu(device) else rate
