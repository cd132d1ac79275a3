"""The lab model: pretrained, evaluated, served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.app import lab, serving
from harness.cli.options import (
    JsonOption,
)
from harness.cli.shown import (
    write_json,
)
from harness.errors import require_extra

if TYPE_CHECKING:
    from harness.models.lab.evaluation import MeasureResult


@lab.command("pretrain", epilog="Example:\n\n`harness lab pretrain --out build/lab`")
def lab_pretrain(
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, log and the final model.")],
    tokens: Annotated[
        float | None, typer.Option(help="Token budget in millions (default: the recipe's).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of data and weights.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 2,
    device: Annotated[str, typer.Option(help="cpu, or cuda where there is a GPU.")] = "cpu",
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that make data; a GPU takes a dozen.")
    ] = 1,
) -> None:
    """Pretrain the lab model from nothing; goes on from its last checkpoint."""
    require_extra("Pretraining", "train", "torch", "transformers")
    from harness.models.lab.export import export  # noqa: PLC0415  (torch)
    from harness.models.lab.pretrain import (  # noqa: PLC0415  (torch)
        TOKENIZER,
        PretrainOptions,
        pretrain,
        progress_line,
    )

    options = PretrainOptions(out, seed=seed, threads=threads, device=device, workers=workers)
    if tokens is not None:
        options = replace(options, tokens=round(tokens * 1e6))
    model = pretrain(options, lambda step: typer.echo(progress_line(step)))
    export(model, out / TOKENIZER, out)
    typer.echo(f"model: {out}")


@lab.command("evaluate", epilog="Example:\n\n`harness lab evaluate --n 1000`")
def lab_evaluate(
    model: Annotated[
        Path | None, typer.Option(help="Folder of the model (default: the shipped one).")
    ] = None,
    n: Annotated[int, typer.Option(min=10, help="Items a measure.")] = 1000,
    split: Annotated[
        Literal["dev", "test"], typer.Option(help="dev while tuning; test for final figures.")
    ] = "test",
    seed: Annotated[int, typer.Option(help="Of the items; new weights take new ones.")] = 1,
    json_out: JsonOption = None,
) -> None:
    """Measure the lab model on worlds it has never seen; figures with intervals."""
    from harness.fixtures import fixture_path  # noqa: PLC0415  (rarely needed)
    from harness.models.lab.evaluation import MEASURES, evaluate, runtime_answers  # noqa: PLC0415

    folder = model if model is not None else fixture_path("lab")
    total = len(MEASURES)
    done: list[str] = []

    def measured(result: MeasureResult) -> None:
        done.append(result.measure.name)
        low, high = result.interval
        share = f"{result.share:.1%} [{low:.1%}, {high:.1%}]"
        typer.echo(f"{len(done)}/{total} {result.measure.name}: {share}", err=True)

    evaluation = evaluate(
        runtime_answers(folder), split=split, count=n, seed=seed, progress=measured
    )
    typer.echo(evaluation.table(), err=json_out == "-")
    write_json(evaluation.as_dict, json_out)


@serving.command(
    "lab",
    epilog="Examples:\n\n`harness serve lab`\n\n"
    "`harness serve lab --adapter adapters/mine --port 8080`\n\n"
    "and in `systems.toml`: "
    '`model = { kind = "openai", name = "lab", url = "http://127.0.0.1:8000/v1" }`',
)
def serve_lab(
    adapter: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A LoRA adapter, served under its folder's name beside the base (lab) and the "
            "shipped adapters; can be given several times.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; whoever reaches it is served.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")
    ] = 8000,
) -> None:
    """Serve the lab model and its adapters until Ctrl-C."""
    from harness.serving.lab import lab_models  # noqa: PLC0415  (heavy)
    from harness.serving.server import serve  # noqa: PLC0415  (heavy)

    models = lab_models(adapter or ())

    def announce(url: str) -> None:
        typer.echo(f"models: {', '.join(models)}")
        typer.echo(f"url:    {url}")
        typer.echo("ready; Ctrl-C stops it")

    serve(models, host, port, announce)
