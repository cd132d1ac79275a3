"""The decoder of the Qwen3 architecture in numpy: token ids in, logits out.

The arithmetic is that of `Qwen3ForCausalLM` in float32; only its order differs where that saves
time: the gains of the block norms are multiplied into the matrices behind them, q/k/v and gate/up
are one matrix each, and after the last block only the last position is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.models.lab.config import DecoderConfig
from harness.models.lab.weights import Array

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class View:
    """What the tokens of a pass see: the cache up to index `end`, less what `mask` hides.

    `mask` is added to scores (batch, key heads, group, rows, end) and broadcasts to them.
    """

    end: int
    mask: Array | None


@dataclass(frozen=True, slots=True)
class Cache:
    """Keys (layers, batch, key heads, head, capacity) and values (..., capacity, head).

    Prompts are padded on the left, so that all rows of a batch continue at the same index.
    """

    keys: Array
    values: Array

    @classmethod
    def empty(cls, config: DecoderConfig, batch: int, capacity: int) -> Cache:
        """Room for `capacity` tokens in each of `batch` rows."""
        # Zeros, not noise: what padding holds is multiplied by a weight of zero.
        shape = (config.layers, batch, config.key_heads)
        return cls(
            np.zeros((*shape, config.head_width, capacity), np.float32),
            np.zeros((*shape, capacity, config.head_width), np.float32),
        )

    def layer(self, index: int) -> Cache:
        """A view of one layer, without the first axis."""
        return Cache(self.keys[index], self.values[index])

    def row(self, row: int, padding: int) -> Cache:
        """A view of one row that begins behind its padding."""
        rows = slice(row, row + 1)
        return Cache(self.keys[:, rows, ..., padding:], self.values[:, rows, :, padding:])

    def keep(self, rows: NDArray[np.bool_]) -> Cache:
        """A copy of the rows that are marked."""
        return Cache(self.keys[:, rows], self.values[:, rows])


@dataclass(frozen=True, slots=True)
class _Layer:
    """Matrices of one block, (in, out) and contiguous; `gain` of q and k norms is (heads, head)."""

    qkv: Array
    gain: Array
    out: Array
    gate_up: Array
    down: Array


class Decoder:
    """Matrices made ready once; `forward` is all there is."""

    def __init__(self, config: DecoderConfig, weights: dict[str, Array]) -> None:
        self.config = config
        self._embeddings = _tensor(weights, "model.embed_tokens.weight")
        head = self._embeddings if config.tied else _tensor(weights, "lm_head.weight")
        self._head = _fused(_tensor(weights, "model.norm.weight"), head)
        self._layers = [_layer(config, weights, index) for index in range(config.layers)]
        self._cosine, self._sine = _rotations(config)

    def forward(self, ids: Ids, positions: Ids, cache: Cache, view: View) -> Array:
        """Logits after the last of `ids` (batch, length), shape (batch, vocabulary)."""
        epsilon = self.config.norm_epsilon
        rotation = self._cosine[positions], self._sine[positions]
        x = self._embeddings[ids]
        for index, layer in enumerate(self._layers):
            # After the last block only the last position is read.
            rows = 1 if index == len(self._layers) - 1 else ids.shape[1]
            query = self._remember(layer, x, rotation, cache.layer(index), view.end)
            x = x[:, -rows:] + self._mixed(query[:, -rows:], cache.layer(index), view) @ layer.out
            x += _gated(_normalised(x, epsilon) @ layer.gate_up) @ layer.down
        logits: Array = _normalised(x[:, -1], epsilon) @ self._head
        return logits

    def _remember(
        self, layer: _Layer, x: Array, rotation: tuple[Array, Array], cache: Cache, end: int
    ) -> Array:
        """Write keys and values of `x` into the cache up to `end`; its queries are returned.

        Queries are (batch, length, heads, head).
        """
        config = self.config
        batch, length, _ = x.shape
        heads, both = config.heads, config.heads + config.key_heads
        qkv = _normalised(x, config.norm_epsilon) @ layer.qkv
        qkv = qkv.reshape(batch, length, both + config.key_heads, config.head_width)
        qk = _normalised(qkv[:, :, :both], config.norm_epsilon)
        qk *= layer.gain
        _rotate(qk, *rotation)
        cache.keys[..., end - length : end] = qk[:, :, heads:].transpose(0, 2, 3, 1)
        cache.values[..., end - length : end, :] = qkv[:, :, both:].transpose(0, 2, 1, 3)
        return qk[:, :, :heads]

    def _mixed(self, query: Array, cache: Cache, view: View) -> Array:
        """Values weighted by attention, (batch, rows, heads x head)."""
        batch, rows, heads, head = query.shape
        # Query heads that share a key head are stacked as further rows of one product.
        grouped = query.reshape(batch, rows, self.config.key_heads, -1, head)
        grouped = grouped.transpose(0, 2, 3, 1, 4).reshape(batch, self.config.key_heads, -1, head)
        scores = grouped @ cache.keys[..., : view.end]
        if view.mask is not None:
            split = scores.reshape(batch, self.config.key_heads, -1, rows, view.end)
            split += view.mask[..., -rows:, :]
        _softmax(scores)
        mixed: Array = np.matmul(scores, cache.values[..., : view.end, :])
        mixed = mixed.reshape(batch, self.config.key_heads, -1, rows, head)
        return mixed.transpose(0, 3, 1, 2, 4).reshape(batch, rows, heads * head)


def _tensor(weights: dict[str, Array], name: str) -> Array:
    if name not in weights:
        raise KeyError(f"tensor {name} is missing")
    return weights[name]


def _layer(config: DecoderConfig, weights: dict[str, Array], index: int) -> _Layer:
    def get(name: str) -> Array:
        return _tensor(weights, f"model.layers.{index}.{name}.weight")

    q, k, v = (get(f"self_attn.{name}_proj") for name in "qkv")
    head = config.head_width
    sizes = (config.heads * head, config.key_heads * head, config.key_heads * head)
    for matrix, rows in zip((q, k, v), sizes, strict=True):
        if matrix.shape != (rows, config.width):
            raise ValueError(f"layer {index}: {matrix.shape} is not {(rows, config.width)}")
    # The usual 1 / sqrt(head) of the scores goes into the queries' gain.
    query_gain = get("self_attn.q_norm") * np.float32(head**-0.5)
    gains = [query_gain] * config.heads + [get("self_attn.k_norm")] * config.key_heads
    return _Layer(
        qkv=_fused(get("input_layernorm"), q, k, v),
        gain=np.stack(gains),
        out=np.ascontiguousarray(get("self_attn.o_proj").T),
        gate_up=_fused(get("post_attention_layernorm"), get("mlp.gate_proj"), get("mlp.up_proj")),
        down=np.ascontiguousarray(get("mlp.down_proj").T),
    )


def _fused(gain: Array, *matrices: Array) -> Array:
    """Matrices side by side, (in, out), with the gain of the norm before them multiplied in."""
    return np.ascontiguousarray((np.concatenate(matrices) * gain).T)


def _rotations(config: DecoderConfig) -> tuple[Array, Array]:
    """Cosine and sine of every position, (positions, 1, head).

    Rotary embeddings after Su et al. 2021 (RoFormer), in the half-split layout of `transformers`,
    which computes angles in float32; so they are here.
    """
    half = np.arange(0, config.head_width, 2, dtype=np.float32) / np.float32(config.head_width)
    frequency = (1.0 / np.float32(config.rope_theta) ** half).astype(np.float32)
    angle = np.arange(config.positions, dtype=np.float32)[:, None] * frequency
    cosine, sine = np.cos(angle), np.sin(angle)
    return (
        np.concatenate([cosine, cosine], -1)[:, None],
        np.concatenate([-sine, sine], -1)[:, None],
    )


def _rotate(x: Array, cosine: Array, sine: Array) -> None:
    """Turn `x` by its positions, in place."""
    half = x.shape[-1] // 2
    swapped = np.concatenate([x[..., half:], x[..., :half]], -1)
    swapped *= sine
    x *= cosine
    x += swapped


def _normalised(x: Array, epsilon: float) -> Array:
    """Root mean square norm without its gain (Zhang and Sennrich 2019)."""
    square = np.einsum("...i,...i->...", x, x)[..., None] / np.float32(x.shape[-1])
    out: Array = x / np.sqrt(square + np.float32(epsilon))
    return out


def _gated(gate_up: Array) -> Array:
    """SwiGLU: silu(gate) * up, the two side by side in the last axis."""
    middle = gate_up.shape[-1] // 2
    gate, up = gate_up[..., :middle], gate_up[..., middle:]
    down = np.exp(-gate)
    down += 1
    np.divide(gate, down, out=down)
    down *= up
    return down


def _softmax(scores: Array) -> None:
    """Softmax over the last axis, in place."""
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
