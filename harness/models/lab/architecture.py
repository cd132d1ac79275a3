"""The lab model as a training module: a small decoder with the parameter names of Qwen3.

Same arithmetic as `transformers`' `Qwen3ForCausalLM` (RMS norms, rotary positions, normalised
queries and keys, SwiGLU, tied embeddings), written out flat because that is about twice as fast in
training on a CPU. `harness.models.lab.export` writes it in the standard format.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["LabConfig", "LabModel"]

MASKED = -1e4
BLOCK = 128


@dataclass(frozen=True)
class LabConfig:
    """Shape of the model; the default is the one that is shipped (2.6 million parameters)."""

    vocabulary: int = 2048
    width: int = 160
    layers: int = 7
    heads: int = 5
    head_width: int = 32
    feed_forward: int = 448
    positions: int = 1024
    rope_theta: float = 10_000.0
    norm_epsilon: float = 1e-6


class _Norm(nn.Module):
    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (x.size(-1),), self.weight.to(x.dtype), self.epsilon)


def _rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat((-second, first), -1) * sine


class _Attention(nn.Module):
    def __init__(self, config: LabConfig) -> None:
        super().__init__()
        inner = config.heads * config.head_width
        self.heads, self.head_width = config.heads, config.head_width
        self.q_proj = nn.Linear(config.width, inner, bias=False)
        self.k_proj = nn.Linear(config.width, inner, bias=False)
        self.v_proj = nn.Linear(config.width, inner, bias=False)
        self.o_proj = nn.Linear(inner, config.width, bias=False)
        self.q_norm = _Norm(config.head_width, config.norm_epsilon)
        self.k_norm = _Norm(config.head_width, config.norm_epsilon)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        shape = (batch, length, self.heads, self.head_width)
        # One wide product is faster than three narrow ones.
        joined = torch.cat((self.q_proj.weight, self.k_proj.weight, self.v_proj.weight))
        queries, keys, values = functional.linear(x, joined).chunk(3, -1)
        query = self.q_norm(queries.reshape(shape)).transpose(1, 2)
        key = self.k_norm(keys.reshape(shape)).transpose(1, 2)
        value = values.reshape(shape).transpose(1, 2)
        query, key = _rotate(query, cosine, sine), _rotate(key, cosine, sine)
        mixed = _causal_attention(query * self.head_width**-0.5, key, value, mask)
        merged: Tensor = self.o_proj(mixed.transpose(1, 2).reshape(batch, length, -1))
        return merged


def _causal_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    if query.is_cuda:
        # The queries are scaled already.
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True, scale=1.0)
    # Queries go in blocks, each against the keys up to its end: no work on what is masked anyway.
    length = query.size(2)
    blocks = []
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        scores = torch.matmul(query[:, :, start:end], key[:, :, :end].transpose(-1, -2))
        weights = functional.softmax(scores + mask[start:end, :end], -1, dtype=scores.dtype)
        blocks.append(torch.matmul(weights, value[:, :, :end]))
    return torch.cat(blocks, 2)


class _FeedForward(nn.Module):
    def __init__(self, config: LabConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.feed_forward, bias=False)
        self.up_proj = nn.Linear(config.width, config.feed_forward, bias=False)
        self.down_proj = nn.Linear(config.feed_forward, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat((self.gate_proj.weight, self.up_proj.weight))
        gate, up = functional.linear(x, joined).chunk(2, -1)
        out: Tensor = self.down_proj(functional.silu(gate) * up)
        return out


class _Block(nn.Module):
    def __init__(self, config: LabConfig) -> None:
        super().__init__()
        self.self_attn = _Attention(config)
        self.mlp = _FeedForward(config)
        self.input_layernorm = _Norm(config.width, config.norm_epsilon)
        self.post_attention_layernorm = _Norm(config.width, config.norm_epsilon)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cosine, sine, mask)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class _Body(nn.Module):
    def __init__(self, config: LabConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(_Block(config) for _ in range(config.layers))
        self.norm = _Norm(config.width, config.norm_epsilon)


class LabModel(nn.Module):
    """Decoder that maps token ids of shape (batch, length) to logits (batch, length, vocabulary)."""

    cosine: Tensor
    sine: Tensor
    mask: Tensor

    def __init__(self, config: LabConfig) -> None:
        super().__init__()
        self.config = config
        self.model = _Body(config)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=_initial_std(name, parameter, config.layers))
        half = torch.arange(0, config.head_width, 2).float() / config.head_width
        angle = torch.arange(config.positions).float()[:, None] * config.rope_theta**-half
        angle = torch.cat((angle, angle), -1)
        mask = torch.full((config.positions, config.positions), MASKED).triu(1)
        self.register_buffer("cosine", angle.cos(), persistent=False)
        self.register_buffer("sine", angle.sin(), persistent=False)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return logits; the body computes in `dtype`, float32 or bfloat16."""
        length = ids.size(1)
        cosine, sine = self.cosine[:length].to(dtype), self.sine[:length].to(dtype)
        mask = self.mask[:length, :length].to(dtype)
        narrow = dtype is not torch.float32
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=narrow):
            x = self.model.embed_tokens(ids).to(dtype)
            for block in self.model.layers:
                x = block(x, cosine, sine, mask)
            return functional.linear(self.model.norm(x), self.model.embed_tokens.weight)

    def token_losses(self, ids: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
        """Return the cross-entropy of every target, flat, in nats; the body computes in `dtype`."""
        logits = self(ids, dtype).view(-1, self.config.vocabulary).float()
        return functional.cross_entropy(logits, targets.reshape(-1), reduction="none")


def _initial_std(name: str, parameter: Tensor, layers: int) -> float:
    # Projections into the residual stream start smaller, so that depth does not inflate it.
    if "embed_tokens" in name:
        return 0.02
    scale = parameter.size(1) ** -0.5 * 0.5
    into_residual = "o_proj" in name or "down_proj" in name
    return float(scale / (2 * layers) ** 0.5 if into_residual else scale)
