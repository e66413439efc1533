"""`posewright models`: what networks there are, where they come from, and what may be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Offline, set_offline

app = typer.Typer(help="List, fetch, convert, export and check the networks' files.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A model's name, as `posewright models list` prints it.", show_default=False)]


@app.command("list")
def list_models() -> None:
    """The models, their licences and whether they are in the cache."""
    from rich.console import Console
    from rich.table import Table

    from posewright import models

    table = Table("model", "in cache", "size", "input", "joints", "licence of the weights", "training data", "commercial use", title=f"cache: {models.cache_dir()}")
    for name, entry in models.MODELS.items():
        size = f"{entry.size / 1e6:.1f} MB" if entry.size else "?"
        table.add_row(
            name,
            "yes" if models.is_present(name) else "no",
            size,
            entry.input_size,
            entry.joint_set or "-",
            entry.licence,
            entry.training_data,
            "yes" if entry.commercial else "NO",
        )
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)


@app.command()
def fetch(names: Annotated[list[str], typer.Argument(help="Models to fetch.", metavar="NAME...", show_default=False)]) -> None:
    """Fetch models into the cache now, instead of on first use."""
    from posewright import models

    for name in names:
        typer.echo(f"{name}: {models.fetch(name)}")


@app.command()
def convert(
    name: Name,
    checkpoint: Annotated[Path, typer.Argument(help="The checkpoint as its authors published it.", metavar="CHECKPOINT", show_default=False)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write the .onnx file; into the cache when left out.", metavar="FILE", show_default=False)] = None,
) -> None:
    """Convert a published PyTorch checkpoint to ONNX and put it where estimators and lifters find it (needs the extra `train`)."""
    from posewright import models

    typer.echo(models.convert(name, checkpoint, output))


@app.command()
def export(
    name: Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the .onnx file.", metavar="FILE", show_default=False)],
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint", help="Take the weights from this file instead of the model store.", metavar="FILE", show_default=False)] = None,
    seed: Annotated[int | None, typer.Option("--random", help="Take random weights from this seed, at full size.", metavar="SEED", show_default=False)] = None,
    opset: Annotated[int | None, typer.Option("--opset", help="ONNX opset, 13 to 20 (15, the newest that Unity's inference engine takes).", show_default=False)] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="Close the axes that are open otherwise: batch 1, frames, height and width as published.")] = False,
    offline: Offline = False,
) -> None:
    """Write a network as ONNX for another engine, such as Unity's.

    `convert` puts a downloaded checkpoint where estimators and lifters find it; `export` writes a network of the store to a
    file for others. Without options it is the file that Posewright itself runs. All but the copying needs the extra `train`.

    Examples:

        posewright models export hrnet-w32 -o hrnet.onnx

        posewright models export motionbert-lite -o lifter.onnx --fixed --opset 13

        posewright models export simplebaseline-res18 --random 0 -o untrained.onnx
    """
    set_offline(offline)
    from posewright import models

    typer.echo(models.export(name, output, checkpoint=checkpoint, seed=seed, opset=opset, fixed=fixed))


@app.command()
def verify(name: Annotated[str | None, typer.Argument(help="One model; all that are in the cache when left out.", show_default=False)] = None) -> None:
    """Compare the files in the cache with their checksums."""
    from posewright import models

    results = models.verify(name)
    for status in results:
        typer.echo(f"{status.name}: {status.state}")
    if any(status.bad for status in results):
        raise typer.Exit(1)


@app.command()
def path(name: Name, offline: Offline = False) -> None:
    """Print where a model's file lies, fetching it if needed."""
    set_offline(offline)
    from posewright import models

    typer.echo(models.path(name))
