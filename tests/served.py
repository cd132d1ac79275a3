"""The server of the lab model on a thread of its own, and a client that hides nothing of what it says."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from safetensors.numpy import save_file
from threaded import Threaded

from harness.fixtures import fixture_path
from harness.models.lab.model import LabModel
from harness.models.lab.weights import read_safetensors
from harness.serving.server import serving

CHAT = "/v1/chat/completions"


class Served(Threaded):
    """Serves within its block; `url` is what a client puts `/chat/completions` behind."""

    def __init__(self, models: Mapping[str, LabModel]) -> None:
        self.models = models
        super().__init__()

    async def serve(self) -> None:
        async with serving(self.models, "127.0.0.1", 0) as self.url:
            self.started.set_result(None)
            await self.stop.wait()

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one's own."""
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)

    def get(self, path: str) -> tuple[int, Any]:
        with closing(self.connect()) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def post(self, body: object, path: str = CHAT) -> tuple[int, Any]:
        """What is answered in one piece; bytes are sent as they are."""
        with closing(self.connect()) as connection:
            connection.request("POST", path, body if isinstance(body, bytes) else json.dumps(body))
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def stream(self, body: Mapping[str, Any]) -> list[Any]:
        """All events, `[DONE]` as it is."""
        with closing(self.connect()) as connection:
            connection.request("POST", CHAT, json.dumps({**body, "stream": True}))
            return list(events(connection.getresponse()))


def events(response: http.client.HTTPResponse) -> Iterator[Any]:
    """The events of a stream, each when it comes."""
    assert response.status == 200, response.read()
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    while line := response.readline():
        data = line.decode("utf-8").removesuffix("\n")
        assert response.readline() == b"\n"
        assert data.startswith("data: ")
        data = data.removeprefix("data: ")
        yield data if data == "[DONE]" else json.loads(data)


def random_adapter(folder: Path) -> Path:
    """A LoRA adapter for the lab model, whichever weights it has, that changes what it says."""
    module = "model.layers.1.self_attn.o_proj"
    shape = read_safetensors(fixture_path("lab") / "model.safetensors")[f"{module}.weight"].shape
    rng = np.random.default_rng(3)
    tensors = {
        f"base_model.model.{module}.lora_A.weight": rng.normal(size=(4, shape[1])),
        f"base_model.model.{module}.lora_B.weight": rng.normal(size=(shape[0], 4)),
    }
    folder.mkdir(parents=True)
    save_file(
        {name: tensor.astype(np.float32) for name, tensor in tensors.items()},
        folder / "adapter_model.safetensors",
    )
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 1}))
    return folder


def chat(text: str, model: str = "lab", **more: object) -> dict[str, Any]:
    """The body of a request with one turn."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def schema_format(schema: object) -> dict[str, Any]:
    """A `response_format`."""
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
