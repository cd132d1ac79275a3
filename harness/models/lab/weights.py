"""Safetensors files as float32 arrays, without torch.

The `safetensors` package cannot hand bfloat16 to numpy, which has no such type; the format is a
length, a JSON header and raw little-endian bytes (https://github.com/huggingface/safetensors).
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import ArtefactError, nearest

Array = NDArray[np.float32]

_LENGTH = struct.Struct("<Q")
_ITEM_BYTES = {"BF16": 2, "F16": 2, "F32": 4}


def read_safetensors(path: Path) -> dict[str, Array]:
    """All tensors of a file by name, bf16 and f16 widened to f32 (which is exact).

    Raises:
        ArtefactError: the file is missing, truncated, or has a tensor of another type.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path}: cannot be read ({error.strerror})") from error
    header, start = _header(path, data)
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        try:
            tensors[name] = _tensor(entry, memoryview(data)[start:])
        except (KeyError, TypeError, ValueError) as error:
            raise ArtefactError(f"{path}: tensor {name!r}: {error}") from error
    return tensors


def _header(path: Path, data: bytes) -> tuple[dict[str, Any], int]:
    if len(data) < _LENGTH.size:
        raise ArtefactError(f"{path}: no safetensors file (only {len(data)} bytes)")
    start = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    try:
        header = json.loads(data[_LENGTH.size : start])
    except ValueError as error:
        raise ArtefactError(f"{path}: no safetensors file (its header is damaged)") from error
    if start > len(data) or not isinstance(header, dict):
        raise ArtefactError(f"{path}: no safetensors file (its header is damaged)")
    return header, start


def _tensor(entry: Mapping[str, Any], data: memoryview) -> Array:
    kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if kind not in _ITEM_BYTES:
        raise ValueError(f"its type is {kind}; {nearest(str(kind), _ITEM_BYTES)}")
    raw = data[begin:end]
    if begin < 0 or len(raw) != end - begin or len(raw) != _ITEM_BYTES[kind] * math.prod(shape):
        raise ValueError("its bytes are not those of its shape; the file is damaged")
    if kind == "BF16":
        # bfloat16 is the upper half of a float32.
        array = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        array = np.frombuffer(raw, "<f2" if kind == "F16" else "<f4").astype(np.float32)
    return array.reshape(shape)
