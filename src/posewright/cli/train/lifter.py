"""`posewright train lifter`: networks from 2D keypoints to 3D, trained on motion capture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Bars, Quiet


def lifter(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the weights, the checkpoint and the curves.", metavar="FOLDER", show_default=False)],
    network: Annotated[str | None, typer.Option("--network", help="wright, videopose3d or motionbert-lite. (wright)", show_default=False)] = None,
    mocap: Annotated[
        Path | None,
        typer.Option("--mocap", help="Folder of motion capture (.npz, .bvh, .amc); files with test or val in their names are held out. (The sample's motion.)", metavar="FOLDER"),
    ] = None,
    cache: Annotated[Path | None, typer.Option("--cache", help="Folder that keeps the motion once read, if runs shall share it.", metavar="FOLDER")] = None,
    detected: Annotated[Path | None, typer.Option("--detected", help="Folder of clips of real detections (tools/measure_detector.py) to train on too.", metavar="FOLDER")] = None,
    start: Annotated[Path | None, typer.Option("--start", help="Weights to go on from.", metavar="FILE")] = None,
    window: Annotated[str | None, typer.Option("--window", help="centred, or causal for live use. (centred)", show_default=False)] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Steps of training. (5000)", show_default=False)] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of pairs, weights and order. (0)", show_default=False)] = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads that train. (1)", show_default=False)] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=0, help="Processes that make training pairs. (1)", show_default=False)] = None,
    device: Annotated[str | None, typer.Option("--device", help="What trains: cpu or cuda. (cpu)", show_default=False)] = None,
    bf16: Annotated[bool | None, typer.Option("--bf16", help="Multiply in 16 bits: faster on GPUs and on processors made for it.", show_default=False)] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in a TOML file; options of the command line win.", metavar="FILE")] = None,
    quiet: Quiet = False,
) -> None:
    """Train a lifter on motion capture, seen on random bodies by random cameras with a detector's errors (needs the extra `train`).

    A run that was stopped goes on from its last checkpoint when the same command is given again.

    Examples:

        posewright train lifter -o runs/wright --mocap mocap --steps 5000

        posewright train lifter -o runs/videopose3d --network videopose3d --mocap mocap
    """
    from posewright.train.config import read_config
    from posewright.train.lifter.run import LifterConfig, run

    given = {"network": network, "mocap": mocap, "cache": cache, "detected": detected, "start": start, "window": window}
    settings = read_config(LifterConfig, config, **given, steps=steps, seed=seed, threads=threads, workers=workers, device=device, bf16=bf16)
    bars = Bars(quiet)

    def told(number: int, figures: dict[str, float]) -> None:
        bars("train", number, settings.steps)
        bars.say(f"step {number}: " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items()))

    with bars.shown():
        trained = run(settings, output, told)
    bars.say(f"weights: {trained.weights}")
    for line in trained.advice:
        bars.say(line)
