"""Which number format training computes in: the narrow one only where the hardware has it."""

from __future__ import annotations

import torch

__all__ = ["training_dtype"]

_UNITS = ("avx512_bf16", "amx_bf16")


def training_dtype(device: str = "cpu") -> torch.dtype:
    """Return bfloat16 where `device` computes in it, else float32.

    A processor without such units emulates bfloat16: measured at 200 tokens a second where
    float32 made 3,000.
    """
    kind = torch.device(device).type
    if kind == "cuda":
        narrow = torch.cuda.is_bf16_supported(including_emulation=False)
    elif kind == "cpu":
        narrow = any(torch.cpu.get_capabilities().get(unit) for unit in _UNITS)
    else:
        narrow = False
    return torch.bfloat16 if narrow else torch.float32
