"""The commands' common frame: options for all, errors without traceback, Ctrl-C."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from posewright import __version__
from posewright.cli import animate, character, demo, doctor, evaluate, models, pose, retarget, train
from posewright.errors import PosewrightError


class _Group(TyperGroup):
    """Commands whose errors are one line, without a traceback unless `--debug` asks for it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PosewrightError as error:
            if ctx.params.get("debug"):
                raise
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("interrupted: nothing was left half written", err=True)
            raise typer.Exit(130) from None


app = typer.Typer(
    name="posewright",
    cls=_Group,
    help="A video goes in, an animated character comes out.\n\nStart with: posewright demo\n\nThen: posewright animate YOUR_VIDEO.mp4",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("animate")(animate.animate)
app.command("pose")(pose.pose)
app.command("retarget")(retarget.retarget)
app.command("evaluate")(evaluate.evaluate)
app.command("demo")(demo.demo)
app.add_typer(models.app, name="models")
app.add_typer(character.app, name="character")
app.add_typer(train.app, name="train")
app.command("doctor")(doctor.doctor)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"posewright {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and stop."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error (may stand anywhere in the line)."),
) -> None:
    pass


def main() -> None:
    """Entry point. Exit status: 0 done, 1 an error that a user can act on, 2 a line that cannot be read, 130 interrupted."""
    # Before NumPy loads: our matrices are small, and the threads of a linear algebra library only fight with the networks'.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    debug = ["--debug"] if "--debug" in sys.argv else []
    app(args=debug + [argument for argument in sys.argv[1:] if argument != "--debug"])
