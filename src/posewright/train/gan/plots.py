"""Pictures of results: the 2D pose, the lifted body from two sides, and the truth where it is known (extra `plots`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posewright.files import atomic_path
from posewright.geometry import Array
from posewright.lift.gan import BODY, Generator, made_nose, normalised
from posewright.study.align import apply_similarity, similarity
from posewright.train.gan.mocap import Views
from posewright.train.gan.poses import Source

PEOPLE = 6
SIDES = (("as the camera sees it", -90.0), ("from the side", 0.0))
"""Views of the 3D plots: what they are called, and their azimuth in degrees."""
_COLOURS = {"left": "tab:red", "right": "tab:blue", "": "0.3"}


def draw_results(path: Path, generator: Generator, source: Source, views: Views | None, seed: int = 0) -> bool:
    """Draw some people: of the views with their truth, or else of the source without. Nothing happens without Matplotlib.

    Returns:
        Whether a picture was written.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    rng = np.random.default_rng([seed, 3])
    if views is None:
        xy, truth = normalised(source.seen(rng.integers(0, len(source), PEOPLE), rng)), None
    else:
        chosen = np.linspace(0, len(views.xy) - 1, PEOPLE).astype(int)
        xy, truth = normalised(made_nose(views.xy[chosen]) if generator.nose_made else views.xy[chosen]), views.xyz[chosen]
    body = generator(xy.astype(np.float32))[0].astype(np.float64)
    if truth is not None:
        body = apply_similarity(similarity(body, truth), body)
    columns = 1 + len(SIDES) * (1 if truth is None else 2)
    figure = Figure(figsize=(2.6 * columns, 2.6 * len(xy)), layout="tight")
    for row in range(len(xy)):
        titles = row == 0
        _plane(figure.add_subplot(len(xy), columns, row * columns + 1), xy[row], "2D given" if titles else "")
        drawn = [(body[row], "lifted")] + ([] if truth is None else [(truth[row], "truth")])
        for kind, (points, name) in enumerate(drawn):
            for side, (view, azimuth) in enumerate(SIDES):
                axes = figure.add_subplot(len(xy), columns, row * columns + 2 + kind * len(SIDES) + side, projection="3d")
                _space(axes, points, azimuth, f"{name},\n{view}" if titles else "")
    with atomic_path(path) as part:
        figure.savefig(part, dpi=80)
    return True


def _plane(axes: Any, xy: Array, title: str) -> None:
    """A 2D pose (J, 2), y down."""
    for a, b, colour in _lines():
        axes.plot(*xy[[a, b]].T, color=colour, marker=".", markersize=3)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


def _space(axes: Any, body: Array, azimuth: float, title: str) -> None:
    """A body (J, 3) in the camera's axes, drawn with depth into the plot and up on top."""
    points = body[:, [0, 2, 1]] * (1.0, 1.0, -1.0)
    for a, b, colour in _lines():
        axes.plot(*points[[a, b]].T, color=colour, marker=".", markersize=3)
    middle, reach = (points.min(0) + points.max(0)) / 2.0, float(np.ptp(points, axis=0).max()) / 2.0
    for setter, centre in zip((axes.set_xlim, axes.set_ylim, axes.set_zlim), middle, strict=True):
        setter(centre - reach, centre + reach)
    axes.set_box_aspect((1, 1, 1))
    axes.view_init(elev=10.0, azim=azimuth)
    axes.tick_params(labelbottom=False, labelleft=False, labelright=False)
    axes.set_title(title, fontsize=9)


def _lines() -> list[tuple[int, int, str]]:
    """Joints to join, and their colour: left red, right blue."""
    lines = []
    for a, b in BODY.edges:
        side = next((side for side in ("left", "right") if b.startswith(side)), "")
        lines.append((BODY.index(a), BODY.index(b), _COLOURS[side]))
    return lines
