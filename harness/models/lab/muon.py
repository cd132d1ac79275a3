"""Muon: momentum whose update is made orthogonal, matrix by matrix.

Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". `torch.optim.Muon` is
the same arithmetic in bfloat16 only, which a processor without units for it emulates some thirty
times slower; here the precision is given, and matrices of one shape go through together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import torch
from torch import Tensor

__all__ = ["Muon"]

# Of the quintic Newton-Schulz iteration: chosen by its authors for the steepest slope at zero.
_COEFFICIENTS: Final = (3.4445, -4.7750, 2.0315)
_STEPS: Final = 5
_EPSILON: Final = 1e-7


class Muon(torch.optim.Optimizer):
    """Optimiser of hidden matrices, with Nesterov momentum and decoupled weight decay.

    Matrices of shape (rows, columns) learn at `lr * max(1, rows / columns) ** 0.5`.
    """

    def __init__(
        self,
        params: Iterable[torch.nn.Parameter],
        *,
        lr: float | Tensor,
        momentum: float = 0.95,
        weight_decay: float = 0.02,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        if closure is not None:
            raise TypeError("closures are not supported")
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.nn.Parameter]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape.setdefault(parameter.shape, []).append(parameter)
            for shape, parameters in by_shape.items():
                wanted = self._momenta(parameters, group["momentum"])
                rate = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                updates = _orthogonal(wanted.to(self._dtype)).to(parameters[0].dtype) * -rate
                # A few launches for all matrices together: on a GPU each one costs as much as its work.
                torch._foreach_mul_(list(parameters), 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(list(parameters), list(updates))

    def _momenta(self, parameters: list[torch.nn.Parameter], momentum: float) -> Tensor:
        """Return the matrices to be made orthogonal, stacked; the buffers move on."""
        gradients: list[Tensor] = []
        buffers: list[Tensor] = []
        for parameter in parameters:
            gradient, state = parameter.grad, self.state[parameter]
            if gradient is None:
                raise AssertionError("only parameters with a gradient get here")
            if not state:
                state["momentum_buffer"] = torch.zeros_like(gradient)
            gradients.append(gradient)
            buffers.append(state["momentum_buffer"])
        torch._foreach_lerp_(buffers, gradients, 1 - momentum)
        return torch.stack(torch._foreach_lerp(gradients, buffers, momentum))  # noqa: SLF001 - has no public name


def _orthogonal(matrices: Tensor) -> Tensor:
    """Return matrices (count, rows, columns) with the same singular vectors and values near one."""
    tall = matrices.size(1) > matrices.size(2)
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=_EPSILON)
    a, b, c = _COEFFICIENTS
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
