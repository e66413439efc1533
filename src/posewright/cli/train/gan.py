"""`posewright train gan`: a lifter that learns 3D from 2D poses alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Quiet


def gan(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the run; one that holds a run of the same settings goes on from its checkpoint.", metavar="FOLDER", show_default=False)
    ],
    poses: Annotated[
        list[Path] | None,
        typer.Option("--poses", help="Where the 2D poses are (see above). May be given several times.", metavar="PATH", show_default=False, rich_help_panel="Data"),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option("--test", help="Motion capture .npz to measure on; it is not learned from.", metavar="FILE", show_default=False, rich_help_panel="Data"),
    ] = None,
    form: Annotated[str | None, typer.Option("--form", help="elevation, heuristic or supervised (elevation).", show_default=False, rich_help_panel="Training")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="How many (6000).", show_default=False, rich_help_panel="Training")] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Poses lifted in a step (320).", show_default=False, rich_help_panel="Training")] = None,
    width: Annotated[int | None, typer.Option("--width", help="Of the generator's layers (384).", show_default=False, rich_help_panel="Training")] = None,
    frames: Annotated[
        int | None,
        typer.Option("--frames", help="Show a second discriminator clips of so many frames; 1 for none (1).", show_default=False, rich_help_panel="Training"),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="The same seed gives the same weights (0).", show_default=False, rich_help_panel="Training")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="Of the processor (1).", show_default=False, rich_help_panel="Training")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="TOML file with any of: poses, test, form, steps, batch, width, distance, frames, seed, save_every, threads.", metavar="FILE", show_default=False
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train a lifter from 2D poses alone: a generator guesses depths, a discriminator judges what other cameras would see.

    The form `elevation` learns how high the cameras stood and sees in perspective; `heuristic` is that of Kudo et al. 2018, which
    turns people about the picture's vertical; `supervised` is the same network taught with 3D, for comparison (motion capture only).

    **Poses** may be: motion capture (.npz files or a folder of them; random cameras look at it), a folder of OpenPose's JSON,
    keypoints of `posewright pose` (.npz, .json), a folder of joints.npy and names.npy, COCO's person_keypoints_*.json,
    MPII's .mat or its .json, or an .npy of (people, joints, 2). Only people of whom every joint is seen are used.

    The folder then holds checkpoint.pt, curves.csv, generator.npz (for `posewright.lift.gan.load_generator`), figures.json with --test, and
    results.png with the extra `plots`. Ctrl-C stops; the same command goes on.

    Examples:

        posewright train gan --poses mocap --test mocap/cmu_test.npz -o run

        posewright train gan --poses openpose_json --steps 2000 -o run

        posewright train gan --form heuristic --poses mpii_human_pose_v1_u12_1.mat -o run2018
    """
    from rich.console import Console

    from posewright.train.config import read_config
    from posewright.train.gan.run import GANConfig, train_gan

    chosen = {"form": form, "steps": steps, "batch": batch, "width": width, "frames": frames, "seed": seed, "threads": threads}
    settings = read_config(GANConfig, config, poses=tuple(poses) if poses else None, test=test, **chosen)
    console = Console(stderr=True, quiet=quiet)
    began = time.monotonic()

    def told(step: int, figures: dict[str, float]) -> None:
        values = "  ".join(f"{name} {value:.3g}" for name, value in figures.items() if name != "seconds")
        console.print(f"{step:>6} of {settings.steps}  {time.monotonic() - began:5.0f} s  {values}", markup=False, highlight=False, soft_wrap=True)

    figures = train_gan(settings, output, told)
    for name, row in figures.items():
        typer.echo(f"{name}: " + ", ".join(f"{key} {value:.1f}" for key, value in row.items() if isinstance(value, float)))
    typer.echo(f"wrote {output}")
