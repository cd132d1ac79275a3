"""A server on this machine that plays an OpenAI-compatible endpoint and knows the truth.

    python tests/benchmarks/stub_server.py --mode lognormal --seconds 0.2 --sigma 0.5 --port 0

prints its port on a line of its own once it is ready, and serves until it is ended. It records when
each request really came and was answered; `StubServer` starts one and reads that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import http.client
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final, Self, get_args, get_type_hints

from stub_plan import Behaviour
from stub_protocol import StubProtocol
from stub_truth import Served, State, Truth

__all__ = ["StubServer", "main"]

_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 1024
_PATIENCE_SECONDS: Final = 60


class StubServer:
    """A stub server in a process of its own, for the length of a block."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self._behaviour = behaviour or Behaviour()
        self.port = 0

    @property
    def url(self) -> str:
        """What a client puts `/chat/completions` behind."""
        return f"http://{_HOST}:{self.port}/v1"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603  (this file)
            [sys.executable, __file__, *_options(self._behaviour)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the stub server ended at once: {self._process.wait()}")
        self.port = int(line)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def truth(self) -> list[Served]:
        """Every request that has been answered, or given up, in the order in which that happened."""
        rows = self._call("GET", "/truth")
        return [Served(*(row[name] for name in Served._fields)) for row in rows]

    def state(self) -> State:
        """How things stand."""
        return State(**self._call("GET", "/state"))

    def release(self) -> None:
        """Let go what is held, and hold nothing from now on."""
        self._call("POST", "/release")

    def _call(self, method: str, path: str) -> Any:  # noqa: ANN401  (any JSON)
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=_PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path)
            return json.load(connection.getresponse())


def main(arguments: Sequence[str]) -> None:
    """Serve as the options say."""
    options = vars(_parser().parse_args(arguments))
    port = options.pop("port")
    behaviour = Behaviour(**options)
    gc.disable()  # a pause of the server would be taken for one of the client
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(behaviour, port))


async def _serve(behaviour: Behaviour, port: int) -> None:
    loop, truth = asyncio.get_running_loop(), Truth(hold=behaviour.hold)
    server = await loop.create_server(
        lambda: StubProtocol(behaviour, truth, loop), _HOST, port, backlog=_BACKLOG
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  (whoever starts it waits)
    await server.serve_forever()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415  (not everywhere)
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _parser() -> argparse.ArgumentParser:
    """An option for each field of `Behaviour`."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=0, help="0 is any free one")
    hints = get_type_hints(Behaviour)
    for field in fields(Behaviour):
        option = f"--{field.name.replace('_', '-')}"
        if hints[field.name] is bool:
            parser.add_argument(option, action="store_true")
        elif choices := get_args(hints[field.name]):
            parser.add_argument(option, choices=choices, default=field.default)
        else:
            parser.add_argument(option, type=hints[field.name], default=field.default)
    return parser


def _options(behaviour: Behaviour) -> list[str]:
    """The command line that says `behaviour`."""
    options = []
    for name, value in asdict(behaviour).items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            options += [option] if value else []
        else:
            options.append(f"{option}={value}")
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
