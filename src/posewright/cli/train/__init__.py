"""`posewright train`: networks of our own."""

from __future__ import annotations

import typer

from posewright.cli.train import estimator, gan, lifter

app = typer.Typer(help="Train networks of your own (needs the extra `train`).", no_args_is_help=True)
app.command("lifter")(lifter.lifter)
app.command("gan")(gan.gan)
app.command("estimator")(estimator.estimator)
