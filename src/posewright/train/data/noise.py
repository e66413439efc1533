"""`DetectorNoise`: BlazePose's errors in the picture, as measured on rendered people (see the README of this folder).

All lengths are in the picture and in units of the stature as seen at the hips' distance. The error of a point is

    what its side to the camera makes it miss by     a Fourier series in yaw, linear in tilt
    + a residual whose length follows a measured distribution for each point and each way to meet it (plain, hidden by the
      body, covered, outside the picture), while direction and order in time and among points follow a Gaussian process: a
      copula (Sklar 1959; Nelsen 2006, An Introduction to Copulas, section 2)
    + now and then left and right mistaken for each other, for as long as measured.

A point's confidence is drawn from what was measured for that point, that way to meet it, and an error as large.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.files import atomic_path
from posewright.geometry import Array
from posewright.train.data.bodies import POINT_TWINS, POINTS
from posewright.train.data.cameras import rays as rays_of
from posewright.train.data.kinematics import Floats
from posewright.train.data.process import FPS, TIMES_S, Residual, even, looked_up, probability, process, row_of
from posewright.train.data.spoil import boxed, cut_off
from posewright.train.data.visibility import COVERED, HIDDEN, OUTSIDE, SEEN, View, hidden, straight, view_of

CLASSES = (0.0, 1.0, 1.8)
"""Gaussian radii from which an error counts as small, middling and large."""
SWAPPED = tuple(
    np.array([i for i, name in enumerate(POINTS) if name.split("_", 1)[-1] in parts])
    for parts in (("hip", "knee", "ankle", "heel", "foot_index"), ("shoulder", "elbow", "wrist", "pinky", "index", "thumb"))
)
"""Points that are mistaken together: of the legs, of the arms."""
SIDES = 3
"""Views for which mistakes are counted: from the front, from the side, from behind."""
_HIPS = [POINTS.index("left_hip"), POINTS.index("right_hip")]


@dataclass(frozen=True)
class Seen:
    """What a detector would give. n windows of W frames."""

    rays: NDArray[np.float32]
    """x / z and y / z, (n, W, 33, 2)."""
    confidence: NDArray[np.float32]
    """0 to 1, (n, W, 33)."""
    state: NDArray[np.int8]
    """How each point is met: `SEEN`, `HIDDEN`, `COVERED` or `OUTSIDE`, (n, W, 33)."""
    world: NDArray[np.float32] | None
    """BlazePose's own 3D, metres from the hips, axes of a camera that looks straight at the person (`straight`), (n, W, 33, 3); None unless asked for."""


@dataclass(frozen=True)
class DetectorNoise:
    """The measured tables. P is 33 points, S the four ways to meet one."""

    bias: Floats
    """Across and along the trunk's direction in the picture, by `features` of the view, (P, 2, 10)."""
    picture: Residual
    """In the picture, statures as seen."""
    world_bias: Floats
    """BlazePose's own 3D by `features` of the view and the true place in statures, (P, 3, 13)."""
    world: Residual
    """Of its own 3D, metres."""
    mix: Floats
    """Lower triangular: correlated Gaussians of all points, first in the picture and then in 3D, from independent ones, (5 P, 5 P)."""
    trust: Floats
    """Confidence at even steps of probability by point, way and class of error, (P, S, 3, Q)."""
    trust_parts: Floats
    """Share of the variance of each of `TIMES_S` in the Gaussian behind the confidence, (3,)."""
    trust_common: Floats
    """Correlation of that between the points of a frame, (1,)."""
    swaps: Floats
    """Chance a frame that a mistake begins, and that it ends, by group and side, (2, SIDES, 2)."""

    def sample(self, rng: np.random.Generator, points: Array, stature: Array, things: float = 0.1, cut: float = 0.12, world: bool = False, times_s: Array | None = None) -> Seen:
        """What the detector would give for windows.

        Args:
            rng: random numbers.
            points: the true points in camera axes, (n, W, 33, 3), metres.
            stature: of each body, (n,), metres.
            things: share of windows in which something stands before a part of the person.
            cut: share of windows in which the picture's edge cuts off a part.
            world: give BlazePose's own 3D too.
            times_s: of the windows' frames, increasing, (W,), seconds; 30 a second when None.
        """
        times_s = even(points.shape[1]) if times_s is None else times_s
        exact, view = rays_of(points), view_of(points)
        size = (stature[:, None] / np.maximum(points[:, :, _HIPS, 2].mean(-1), 0.3)).astype(np.float32)
        state = np.where(hidden(points, stature), HIDDEN, SEEN).astype(np.int8)
        for spoil, share, met in ((boxed, things, COVERED), (cut_off, cut, OUTSIDE)):
            rows, lost = spoil(rng, exact, share)
            state[rows] = np.where(lost, met, state[rows])
        gauss = self.gauss(rng, len(state), times_s, world)
        flat, known = 2 * len(POINTS), features(view)
        error, radius = self.picture(gauss[..., :flat].reshape(*state.shape, 2), state)
        error += (known @ self.bias.reshape(flat, -1).T).reshape(error.shape)
        swapped = self.swapped(rng, view, times_s)
        rays = exchanged(exact, swapped)
        rays += along_trunk(error, view.up) * size[..., None, None]
        own = None
        if world:
            place = np.asarray(exchanged(straight(points), swapped) / stature[:, None, None, None], dtype=np.float32)
            own, _ = self.world(gauss[..., flat:].reshape(*state.shape, 3), state)
            own += self.expected_world(known, place)
        return Seen(rays, self.confidences(rng, state, radius, times_s), state, own)

    def gauss(self, rng: np.random.Generator, count: int, times_s: Array, world: bool = True) -> Floats:
        """Correlated Gaussians of variance 1, (n, W, 2 P), or (n, W, 5 P) with those of 3D."""
        residuals = ((self.picture, 2), (self.world, 3)) if world else ((self.picture, 2),)
        shares = np.concatenate([np.repeat(residual.parts, dimensions, axis=0) for residual, dimensions in residuals])
        mix = self.mix[: len(shares), : len(shares)]
        out = np.zeros((count, len(times_s), len(shares)), dtype=np.float32)
        for k, time in enumerate(TIMES_S):
            out += process(rng, count, times_s, len(shares), time) @ (mix * np.sqrt(shares[:, k, None])).T
        return out

    def confidences(self, rng: np.random.Generator, state: NDArray[np.int8], radius: Array, times_s: Array) -> Floats:
        """Confidence (n, W, 33) of points met as `state` with errors of a Gaussian radius (n, W, 33)."""
        count, _, number = state.shape
        common = float(self.trust_common[0])
        gauss = np.zeros(state.shape, dtype=np.float32)
        for share, time in zip(self.trust_parts, TIMES_S, strict=True):
            own = process(rng, count, times_s, number, time) * np.float32(np.sqrt((1 - common) * share))
            gauss += own + process(rng, count, times_s, 1, time) * np.float32(np.sqrt(common * share))
        classes = np.zeros(state.shape, dtype=np.int32)
        for edge in CLASSES[1:]:
            classes += radius > edge
        steps = self.trust.shape[-1] - 1
        return looked_up(self.trust.reshape(-1, steps + 1), row_of(state) * np.int32(len(CLASSES)) + classes, probability(gauss) * steps)

    def expected_world(self, known: Floats, place: Floats) -> Floats:
        """BlazePose's own 3D without its scatter, (..., 33, 3) metres, by features (..., 10) and true places (..., 33, 3) in statures."""
        of_view = (known @ self.world_bias[..., :-3].reshape(-1, known.shape[-1]).T).reshape(place.shape)
        return np.asarray(of_view + (self.world_bias[..., -3:] @ place[..., None])[..., 0])

    def swapped(self, rng: np.random.Generator, view: View, times_s: Array) -> NDArray[np.bool_]:
        """When left and right are mistaken for each other, (n, W, 2): of the legs, of the arms."""
        side = side_of(view)
        count, width = side.shape
        frames = np.diff(times_s, prepend=times_s[0]) * FPS
        on = np.zeros((count, width, len(SWAPPED)), dtype=bool)
        for k, chances in enumerate(self.swaps):
            steady = (chances[:, 0] / np.maximum(chances.sum(-1), 1e-9))[side]
            lasting = np.maximum(1.0 - chances.sum(-1), 0.0)[side] ** frames  # what the last time still says of this one: a Markov chain of two states
            draw = rng.random((count, width))
            now = draw[:, 0] < steady[:, 0]
            for t in range(width):
                on[:, t, k] = now = draw[:, t] < steady[:, t] + (now - steady[:, t]) * lasting[:, t]
        return on

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the tables, in half precision.

        Raises:
            OutputError: the file cannot be written.
        """
        halves: dict[str, Any] = {name: value.astype(np.float16) for name, value in _flat(self).items()}
        with atomic_path(path) as part:
            np.savez_compressed(part, points=np.array(POINTS), **halves)


def _flat(noise: DetectorNoise) -> dict[str, Floats]:
    """Tables by name, those of a residual as `name.table`."""
    tables: dict[str, Floats] = {}
    for name, value in vars(noise).items():
        tables |= {f"{name}.{key}": table for key, table in vars(value).items()} if isinstance(value, Residual) else {name: value}
    return tables


@cache
def load_noise(path: Path | None = None) -> DetectorNoise:
    """The noise that comes with the package, or that of another file that `DetectorNoise.save` wrote.

    Raises:
        InputError: the file is of other points than this version of the program.
    """
    with (path or files(__package__) / "noise.npz").open("rb") as file, np.load(file) as data:
        if tuple(data.get("points", ())) != POINTS:
            raise InputError(f"{path or 'noise.npz'} holds no noise of these points: measure it again (tools/measure_detector.py)")
        tables = {name: data[name].astype(np.float32) for name in data.files if name != "points"}
    plain: dict[str, Any] = {name: table for name, table in tables.items() if "." not in name}
    plain |= {name: Residual(*(tables[f"{name}.{key}"] for key in ("shape", "radius", "parts"))) for name in ("picture", "world")}
    return DetectorNoise(**plain)


def exchanged(values: Floats, swapped: NDArray[np.bool_]) -> Floats:
    """Values (n, W, 33, D) with left and right exchanged where `swapped` (n, W, 2) says so of the legs or arms."""
    out = values.copy()
    for k, group in enumerate(SWAPPED):
        rows, frames = np.nonzero(swapped[..., k])
        out[rows[:, None], frames[:, None], group] = values[rows[:, None], frames[:, None], POINT_TWINS[group]]
    return out


def features(view: View) -> Floats:
    """What the bias depends on, (..., 10): 1, cosine and sine of yaw and of twice the yaw, and each times the tilt."""
    turns = [np.ones_like(view.yaw), np.cos(view.yaw), np.sin(view.yaw), np.cos(2 * view.yaw), np.sin(2 * view.yaw)]
    plain = np.stack(turns, axis=-1)
    return np.concatenate([plain, plain * view.tilt[..., None]], axis=-1).astype(np.float32)


def along_trunk(error: Array, up: Array) -> Array:
    """Errors (..., P, 2) across (to the right of one who sees the trunk upright) and along the trunk, as picture x and y; `up` (..., 2) is y down."""
    x, y, out = up[..., None, 0], up[..., None, 1], np.empty_like(error)
    out[..., 0] = error[..., 1] * x - error[..., 0] * y
    out[..., 1] = error[..., 1] * y + error[..., 0] * x
    return np.asarray(out)


def across_trunk(error: Array, up: Array) -> Array:
    """The other way: picture x and y (..., P, 2) to across and along the trunk."""
    up = up[..., None, :]
    return np.stack([-error[..., 0] * up[..., 1] + error[..., 1] * up[..., 0], (error * up).sum(-1)], axis=-1)


def side_of(view: View) -> NDArray[np.int64]:
    """0 for a view from the front, 1 from the side, 2 from behind."""
    ahead = np.cos(view.yaw)
    return np.where(ahead > 0.6, 0, np.where(ahead > -0.6, 1, 2))
