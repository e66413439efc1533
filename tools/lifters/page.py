"""docs/results/lifters.md: tables of means over clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lifters.measure import COLUMNS, Figures

INTRO = """# Lifters, side by side

    python tools/measure_detector.py render --held-out --mocap MOCAP --work WORK    # rendered people, and what BlazePose saw
    {command}

Rendered people: {count} clips of motions and bodies that nobody was trained on (CMU's `test` subjects), 80 frames at 30 a second, cameras of all heights and sides; in some
the person is cut off by the picture's edge or hidden by a thing. Each is lifted from *exact* 2D (where the points truly are), from *noisy* 2D (the errors that BlazePose was
measured to make, `posewright.train.data.noise`) and from what *BlazePose* saw. Then four views of a real man, whose reference is triangulated without markers and good to 2-4 cm.

12 limb joints. MPJPE is root-relative in the camera's axes, with one scale a clip (bones as long as the truth's on average), so a lean counts;
PA-MPJPE has a similarity for each frame.
*Lean* of a lifter alone is the tilt of its poses against the truth's; *refined*, the angle between the vertical that was found and the true one.
Refined is the whole path after the 2D:
whole-clip refinement and solving, with the lifter named; *blazepose and wright, refined* is what the command does by default. Means over clips.
"""

Rows = Mapping[str, Sequence[Figures]]
"""Method: figures of each clip."""


def table(rows: Rows, columns: Sequence[str] = tuple(COLUMNS)) -> str:
    """Means over clips, a row a method; what no clip tells is a dash."""
    shown = [column for column in columns if any(column in figures for clips in rows.values() for figures in clips)]
    lines = ["| lifter | " + " | ".join(COLUMNS[column] for column in shown) + " |", "|---" * (len(shown) + 1) + "|"]
    for name, clips in rows.items():
        lines.append(f"| {name} | " + " | ".join(_mean(clips, column) for column in shown) + " |")
    return "\n".join(lines)


def by_view(rows: Rows, views: Sequence[str], column: str = "PA-MPJPE") -> str:
    """One figure for each view and its mean."""
    lines = ["| lifter | " + " | ".join(views) + f" | mean {COLUMNS[column]} |", "|---" * (len(views) + 2) + "|"]
    for name, clips in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{figures[column]:.1f}" for figures in clips) + f" | {np.mean([figures[column] for figures in clips]):.1f} |")
    return "\n".join(lines)


def _mean(clips: Sequence[Figures], column: str) -> str:
    values = [figures[column] for figures in clips if column in figures]
    return f"{np.mean(values):.1f}" if values else "–"


def aims(found: Mapping[tuple[str, str], Rows], ours: str) -> str:
    """What was aimed at, and what was reached."""
    rendered = {given: found[("rendered", given)] for given in ("exact", "noisy", "BlazePose")}
    own = float(_mean(rendered["BlazePose"]["blazepose"], "MPJPE"))
    lines = ["## Aims", "", "| what | aim | lifter alone | refined |", "|---|---|---|---|"]
    for given, aim in (("exact", "at most 50 mm"), ("noisy", "at most 65 mm")):
        alone, refined = (_mean(rendered[given][name], "MPJPE") for name in (ours, f"{ours}, refined"))
        lines.append(f"| {ours}, MPJPE from {given} 2D | {aim} | {alone} mm | {refined} mm |")
    below = [100.0 * (1.0 - float(_mean(rendered["BlazePose"][name], "MPJPE")) / own) for name in (ours, f"{ours}, refined")]
    lines.append(f"| {ours}, MPJPE from BlazePose's 2D, below BlazePose's own 3D | at least 30 % | {below[0]:.0f} % | {below[1]:.0f} % |")
    real = found.get(("balancing", "BlazePose"))
    if real:
        alone, path = (np.mean([figures["PA-MPJPE"] for figures in real[name]]) for name in (ours, "blazepose and wright, refined"))
        lines.append(f"| the whole path on the real man, PA-MPJPE | at most 70 mm | {alone:.1f} mm | {path:.1f} mm |")
    return "\n".join(lines)
