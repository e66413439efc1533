"""The table of `docs/results/gan.md` from the folders of several runs: `python -m posewright.train.gan.report NAME=FOLDER ... NAME=TEST.npz`.

A file of motion capture in a folder's stead measures the generators that come with the package on it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from posewright.errors import InputError, UsageError
from posewright.formats.recording import load_json
from posewright.lift.gan import shipped_generator
from posewright.train.gan.measure import elevation_error, measure, views_of
from posewright.train.gan.mocap import read_bodies
from posewright.train.gan.run import FIGURES

OWN = "generator"
"""The row of a run's figures that is its own; the others are baselines, the same in every run on the same data."""


def table(runs: dict[str, Path]) -> str:
    """Markdown: a row for each baseline and each run, a column for each range of the camera's elevation.

    Raises:
        InputError: a folder holds no figures: the run has not ended, or was given nothing to measure on.
    """
    figures = {name: _figures(folder) for name, folder in runs.items()}
    rows: dict[str, dict[str, Any]] = {}
    for content in figures.values():
        rows |= {name: row for name, row in content.items() if name != OWN and "mean_mm" in row}
    rows |= {name: content[OWN] | {"elevation": content.get("elevation error, degrees", {}).get("mean")} for name, content in figures.items()}
    bins = list(next(iter(rows.values()))["by_elevation_mm"])
    head = ["", "12 limb joints", "17 joints", *(f"{name}°" for name in bins), "depths negated", "elevation, degrees off"]
    lines = [head, ["---"] * len(head), *([name, *_cells(row, bins)] for name, row in rows.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: dict[str, Any], bins: list[str]) -> list[str]:
    values = [row["mean_mm"], row["all_joints_mm"], *(row["by_elevation_mm"][name] for name in bins), row["upside_mm"]]
    elevation = row.get("elevation")
    return [f"{value:.1f}" for value in values] + ["" if elevation is None else f"{elevation:.1f}"]


def shipped(test: Path) -> dict[str, Any]:
    """Figures of the package's own generators on the motion capture of a file."""
    views, generator = views_of(read_bodies([test])), shipped_generator()
    errors = measure(lambda xy: generator(xy)[0], views, generator.nose_made)
    return {OWN: dataclasses.asdict(errors), "elevation error, degrees": {"mean": elevation_error(generator, views)}}


def _figures(folder: Path) -> dict[str, Any]:
    if folder.suffix == ".npz":
        return shipped(folder)
    path = folder / FIGURES
    if not path.exists():
        raise InputError(f"{folder} holds no {FIGURES}: the run has not ended, or was given no --test")
    content = load_json(path)
    if not isinstance(content, dict) or OWN not in content:
        raise InputError(f"{path} holds no figures of a run: {json.dumps(content)[:80]}")
    return content


if __name__ == "__main__":
    if not all("=" in argument for argument in sys.argv[1:]) or len(sys.argv) < 2:
        raise UsageError("give NAME=FOLDER for each run")
    print(table({name: Path(folder) for name, _, folder in (argument.rpartition("=") for argument in sys.argv[1:])}))
