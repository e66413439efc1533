"""The report's plots, drawn as SVG in the page itself: nothing to install, sharp on any screen, coloured by the page's own style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise

import numpy as np

from posewright.geometry import Array
from posewright.types import Camera
from posewright.view.report.parts import PARTS
from posewright.view.report.ranges import find_ranges
from posewright.view.report.timeline import Timeline

WIDTH, LEFT, RIGHT, TOP = 600.0, 84.0, 12.0, 6.0
"""Of the drawing, and its margins."""
MOST_COLUMNS = 500
"""More points across are not told apart."""
LEVELS = (0.2, 0.4, 0.6, 0.8)
"""Confidences at which the strip's colour changes."""
_KINDS = ("nobody", "c0", "c1", "c2", "c3", "c4")
_ROW, _ORDER = 17.0, ("head", "body", "left arm", "right arm", "left hand", "right hand", "left leg", "right leg", "left foot", "right foot")


def confidence_strip(line: Timeline) -> str:
    """How surely each part of the body was seen, a row a part, over time; frames whose left and right were mixed up in a row of their own."""
    names = [part.name for part in PARTS]
    rows = [name for name in _ORDER if np.isfinite(line.confidence[:, names.index(name)]).any()]
    found = _binned(line.seen, np.max) > 0
    body = []
    for number, name in enumerate(rows):
        level = np.where(found, np.digitize(_binned(line.confidence[:, names.index(name)], np.min), LEVELS), -1)
        body += [_label(name, number * _ROW + 12)]
        body += [_bar(first, last, len(level), number * _ROW, _ROW - 2, kind) for value, kind in enumerate(_KINDS, start=-1) for first, last in find_ranges(level == value)]
    height = len(rows) * _ROW
    if line.swapped.any():
        swapped = _binned(line.swapped, np.max)
        body += [_label("mixed up", height + 12), *(_bar(first, last, len(swapped), height, _ROW - 2, "swap") for first, last in find_ranges(swapped > 0))]
        height += _ROW
    return _svg("How surely each part of the body was seen", body + _time_axis(line, height), height + 34)


def foot_plot(line: Timeline) -> str:
    """Height of the lowest point of each foot, and when it stands."""
    height = 130.0
    top = max(0.1, float(np.quantile(line.sole_height[line.seen].max(1), 0.99)) if line.seen.any() else 0.1)
    low = min(-0.02, float(line.sole_height[line.seen].min()) if line.seen.any() else 0.0)
    body = _value_axis(low, top, height, "m")
    for side, name in enumerate(("left", "right")):
        body.append(_curve(np.where(line.seen, line.sole_height[:, side], np.nan), low, top, height, name))
        planted = _binned(line.planted[:, side] & line.seen, np.max)
        y = height + 8 + side * 15
        body += [_label(f"{name} stands", y + 10), *(_bar(first, last, len(planted), y, 11, f"{name} fill") for first, last in find_ranges(planted > 0))]
    return _svg("Height of the feet over the floor, and when they stand", body + _time_axis(line, height + 40), height + 74)


def acceleration_plot(line: Timeline) -> str:
    """Mean acceleration of the joints: smooth motion has hills, shaking a high floor, a jump of the pose a spike."""
    height = 110.0
    values = np.where(line.seen, line.acceleration, np.nan)
    top = max(1.0, float(np.nanmax(values)) if line.seen.any() else 1.0)
    body = [*_value_axis(0.0, top, height, "m/s²"), _curve(values, 0.0, top, height, "plain", np.max)]
    return _svg("Mean acceleration of the joints", body + _time_axis(line, height + 8), height + 42)


def path_plot(line: Timeline, camera: Camera) -> str:
    """The path of the hips over the floor from above, a dot a second; the camera below."""
    path = line.root[line.seen][:, [0, 2]]
    if len(path) == 0:
        return ""
    middle, reach = 0.5 * (path.min(0) + path.max(0)), max(0.5, 0.55 * float(np.ptp(path, axis=0).max()))
    width, side = 320.0, 260.0
    scale, corner = 0.5 * side / reach, 0.5 * (width - side)

    def place(point: Array) -> tuple[float, float]:
        x, z = scale * (np.asarray(point) - middle)
        return 0.5 * width + float(x), 0.5 * side + 6 + float(z)

    body = [f'<rect class="frame" x="{corner}" y="6" width="{side}" height="{side}"/>']
    body.append(f'<polyline class="line plain" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in (place(p) for p in path[:: max(1, len(path) // MOST_COLUMNS)]))}"/>')
    every = max(1, round(line.fps)) * max(1, round(len(path) / line.fps / 20))
    body += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in (place(p) for p in path[::every])]
    for point, word, away, anchor in ((path[0], "start", -8, "end"), (path[-1], "end", 8, "")):
        x, y = place(point)
        body.append(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="5"/><text class="{anchor}" x="{x + away:.1f}" y="{y + 4:.1f}">{word}</text>')
    bar = next(length for length in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 1e9) if length * scale > 40)
    body.append(f'<path class="axis" d="M{corner + 8} {side - 6} h{bar * scale:.1f}"/><text x="{corner + 8}" y="{side - 12:.0f}">{bar:g} m</text>')
    distance = float(np.linalg.norm(camera.T_world_camera[[0, 2], 3] - path[0]))
    body.append(f'<text class="middle" x="{width / 2}" y="{side + 24:.0f}">to the camera, {distance:.1f} m from the start</text>')
    return _svg("Path of the hips over the floor, from above", body, side + 32, width)


def _svg(title: str, body: Sequence[str], height: float, width: float = WIDTH) -> str:
    small = ' class="small"' if width < WIDTH else ""
    return f'<svg{small} viewBox="0 {-TOP:g} {width:g} {height + TOP:g}" role="img" aria-label="{escape(title)}">{"".join(body)}</svg>'


def _across(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _bar(first: int, last: int, count: int, y: float, height: float, kind: str) -> str:
    x = _across(first / count)
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:g}" width="{_across((last + 1) / count) - x:.1f}" height="{height:g}"/>'


def _label(text: str, y: float, away: float = 6.0, kind: str = "") -> str:
    return f'<text class="end {kind}" x="{LEFT - away:g}" y="{y:g}">{escape(text)}</text>'


def _binned(values: Array, how: Callable[..., Array]) -> Array:
    """At most MOST_COLUMNS columns of values (T,), each the `how` of its frames."""
    if len(values) <= MOST_COLUMNS:
        return np.asarray(values, dtype=np.float64)
    edges = np.linspace(0, len(values), MOST_COLUMNS + 1).astype(int)
    return np.array([how(values[a:b]) for a, b in pairwise(edges)], dtype=np.float64)


def _curve(values: Array, low: float, top: float, height: float, kind: str, how: Callable[..., Array] = np.mean) -> str:
    """A line through values (T,), broken where they are NaN."""
    values = np.clip(_binned(values, how), low, top)
    path = []
    for first, last in find_ranges(np.isfinite(values)):
        points = [f"{_across((i + 0.5) / len(values)):.1f} {height * (top - values[i]) / (top - low) + 2:.1f}" for i in range(first, last + 1)]
        path.append("M" + "L".join(points))
    return f'<path class="line {kind}" d="{" ".join(path)}"/>'


def _value_axis(low: float, top: float, height: float, unit: str) -> list[str]:
    """Two to five round values with their grid lines."""
    raw = (top - low) / 4
    step = next(s for s in (m * 10.0**e for e in range(-3, 6) for m in (1, 2, 5)) if s >= raw)
    marks = [k * step for k in range(int(np.ceil(low / step)), int(top / step) + 1)]
    rows = [(height * (top - mark) / (top - low) + 2, mark) for mark in marks]
    return [f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>{_label(f"{mark:g} {unit}", y + 4)}' for y, mark in rows]


def _time_axis(line: Timeline, y: float) -> list[str]:
    """Seconds, and frames below them."""
    span = len(line) / line.fps
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 1e9) if s >= span / 8)
    marks = np.arange(np.ceil(line.times[0] / step), (line.times[0] + span) / step) * step
    places = [(_across(float(mark - line.times[0]) / span), mark, round(float(mark - line.times[0]) * line.fps)) for mark in marks]
    ticks = [
        f'<path class="axis" d="M{x:.1f} {y:g}v4"/><text class="middle" x="{x:.1f}" y="{y + 16:g}">{mark:g}</text>'
        f'<text class="middle faint" x="{x:.1f}" y="{y + 29:g}">{frame}</text>'
        for x, mark, frame in places
    ]
    return [f'<path class="axis" d="M{LEFT} {y:g}H{WIDTH - RIGHT}"/>', *ticks, _label("seconds", y + 16, 22), _label("frames", y + 29, 22, "faint")]
