"""The commands' common frame: options for all, errors without traceback, Ctrl-C."""

from __future__ import annotations

import sys

import typer

from posewright import __version__
from posewright.cli import animate, demo, doctor, evaluate, models, pose, retarget
from posewright.errors import PosewrightError

app = typer.Typer(
    name="posewright",
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
    """Entry point: errors that a user can act on are one line, exit status 1; Ctrl-C is exit status 130."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(args=arguments)
    except PosewrightError as error:
        if debug:
            raise
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("interrupted: nothing was left half written", err=True)
        raise SystemExit(130) from None
