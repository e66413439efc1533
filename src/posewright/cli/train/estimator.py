"""`posewright train estimator`: a small heat-map network, trained on rendered people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Bars, Quiet


def estimator(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for weights, checkpoint, curves and the rendered people.", metavar="FOLDER", show_default=False)],
    network: Annotated[str | None, typer.Option("--network", help="simplebaseline or hrnet. (simplebaseline)", show_default=False)] = None,
    mocap: Annotated[
        Path | None, typer.Option("--mocap", help="Folder of recordings (.npz); files with test or val in their names are held out. (The sample's motion.)", metavar="FOLDER")
    ] = None,
    bodies: Annotated[Path | None, typer.Option("--bodies", help="Folder of rigged bodies (.glb, .vrm) beside the mannequin; every third is held out.", metavar="FOLDER")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the rendered people, if runs shall share them. (OUTPUT/data)", metavar="FOLDER")] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Steps of training, 32 people each. (6000)", show_default=False)] = None,
    crops: Annotated[int | None, typer.Option("--crops", min=1, help="People to render. (4800)", show_default=False)] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of people, weights and order. (0)", show_default=False)] = None,
    device: Annotated[str | None, typer.Option("--device", help="What trains: cpu or cuda. (cpu)", show_default=False)] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in a TOML file; options of the command line win.", metavar="FILE")] = None,
    quiet: Quiet = False,
) -> None:
    """Train a small 2D estimator on people that are rendered for it (needs the extras `train` and `render`).

    A run that was stopped goes on from its last checkpoint when the same command is given again.

    Examples:

        posewright train estimator -o runs/baseline --steps 300 --crops 600

        posewright train estimator -o runs/hrnet --network hrnet --mocap mocap --bodies bodies
    """
    from posewright.train.config import read_config
    from posewright.train.estimator.run import NETWORKS, EstimatorConfig, run

    bars = Bars(quiet)
    given = {"network": network, "mocap": mocap, "bodies": bodies, "data": data, "steps": steps, "crops": crops, "seed": seed, "device": device}
    settings = read_config(EstimatorConfig, config, **given)

    def told(number: int, figures: dict[str, float]) -> None:
        bars.say(f"step {number}: " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items()))

    with bars.shown():
        weights = run(settings, output, bars, told)
    name = NETWORKS[settings.network][0]
    converted = output / f"{name}.onnx"
    bars.say(f"weights: {weights}")
    bars.say(f"convert them:  posewright models convert {name} {weights} -o {converted}")
    bars.say(f"use them:      posewright pose VIDEO --estimator {settings.network}:{converted}")
