"""Lifter trained from 2D alone: one frame's keypoints to depths, by the generator of `posewright train gan`, in plain NumPy.

Kudo et al. 2018, https://arxiv.org/abs/1803.08244, and Wandt et al. 2022, ElePose, https://arxiv.org/abs/2112.07088.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError, UsageError
from posewright.geometry import quat_between, quat_to_matrix
from posewright.lift.clip import gapless, metric_scale, mirrored, with_guesses
from posewright.skeletons import H36M17, JointSet
from posewright.track import Track
from posewright.types import Camera, Keypoints, Poses3D

Array = NDArray[Any]

BODY = JointSet(
    "body17",
    H36M17.joints,
    H36M17.edges,
    H36M17.pairs,
    H36M17.parents,
    "Human3.6M's joints (Ionescu et al. 2014), the trunk's made of hips and shoulders so that all sources agree",
)
"""What the networks see and give."""
FORMAT = "posewright gan generator 1"
SLOPE, KUDO_SLOPE = 0.1, 0.2
"""Of the activations (leaky ReLU): ours, and those of 2018 (Chainer's default)."""
NOSE_ON_THE_WAY = 0.45
"""Where the nose is put between neck and crown when a source has none."""
NEAREST = 0.3
"""Depths are kept above this share of the camera's distance."""
_TRUNK = {"pelvis": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder"), "spine": ("pelvis", "neck")}
_SHIPPED = ("gan_weights.npz", "gan_weights_2.npz", "gan_weights_3.npz")


def complete_body(body: Array) -> Array:
    """Positions (..., J, D) with pelvis, neck and spine made of hips and shoulders, relative to the pelvis."""
    body = np.array(body)
    for joint, ends in _TRUNK.items():
        body[..., BODY.index(joint), :] = body[..., BODY.indices(*ends), :].mean(-2)
    return body - body[..., :1, :]


def made_nose(body: Array) -> Array:
    """Positions (..., J, D) with the nose put between neck and crown."""
    body = np.array(body)
    neck, crown = (body[..., BODY.index(joint), :] for joint in ("neck", "head_top"))
    body[..., BODY.index("nose"), :] = (1.0 - NOSE_ON_THE_WAY) * neck + NOSE_ON_THE_WAY * crown
    return body


def normalised(xy: Array) -> Array:
    """Poses (..., J, 2) relative to the pelvis, divided by the mean distance of the other joints from it: Kudo et al. 2018, sec. 3."""
    size = np.linalg.norm(xy, axis=-1)[..., 1:].mean(-1)
    return np.asarray(xy / np.maximum(size, 1e-6)[..., None, None])


@dataclass(frozen=True)
class Generator:
    """The trained network: a perceptron from a normalised 2D pose to depths and, in the form `elevation`, how high the camera stands."""

    form: str
    """A key of `FORMS`."""
    weights: dict[str, NDArray[np.float32]]
    """Matrices (out, in) and biases under PyTorch's names."""
    distance: float
    """From the camera to the pelvis in units of the normalised pose; 0 where lines of sight are taken as parallel."""
    nose_made: bool
    """True when it was trained without a nose, so that it must be given none."""

    def __call__(self, xy: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Bodies (N, J, 3) in the camera's axes and in units of the normalised pose, and elevation in radians (N,), of normalised poses (N, J, 2)."""
        xy = np.asarray(xy, np.float32)
        depth, elevation = FORMS[self.form](self.weights, xy)
        other_depth, other_elevation = FORMS[self.form](self.weights, mirrored(xy, BODY))
        depth = np.asarray(0.5 * (depth + other_depth[:, BODY.mirror()]), np.float32)
        return placed(xy, depth, self.distance), np.asarray(0.5 * (elevation + other_elevation), np.float32)


@dataclass(frozen=True)
class Generators:
    """Several networks of one form and distance whose depths are averaged: what errors they do not share cancels."""

    members: tuple[Generator, ...]

    @property
    def nose_made(self) -> bool:
        """True when they were trained without a nose."""
        return self.members[0].nose_made

    def __call__(self, xy: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As `Generator`."""
        bodies, elevations = zip(*(member(xy) for member in self.members), strict=True)
        depth = np.mean([body[..., 2] for body in bodies], axis=0)
        return placed(np.asarray(xy, np.float32), np.asarray(depth - depth[:, :1], np.float32), self.members[0].distance), np.mean(elevations, axis=0)


def _elevation(weights: dict[str, Array], xy: Array) -> tuple[Array, Array]:
    """`posewright.train.gan.networks.ElevationGenerator`."""
    h = _leaky(_linear(weights, "enter", xy.reshape(len(xy), -1)), SLOPE)
    h = _block(weights, "shared.1", _block(weights, "shared.0", h))
    depth = _linear(weights, "depth.1", _block(weights, "depth.0", h))
    angle = _linear(weights, "angle.2", _leaky(_linear(weights, "angle.0", h), SLOPE))
    return depth - depth[:, :1], np.tanh(angle[:, 0])


def _heuristic(weights: dict[str, Array], xy: Array) -> tuple[Array, Array]:
    """`posewright.train.gan.networks.KudoMLP`; it knows no elevation."""
    h = _leaky(_linear(weights, "l1", xy.reshape(len(xy), -1)), KUDO_SLOPE)
    h = _leaky(_linear(weights, "l3", _leaky(_linear(weights, "l2", h), KUDO_SLOPE)) + h, KUDO_SLOPE)
    depth = _linear(weights, "l4", h)
    return depth - depth[:, :1], np.zeros(len(xy), np.float32)


FORMS: dict[str, Callable[[dict[str, Array], Array], tuple[Array, Array]]] = {"elevation": _elevation, "heuristic": _heuristic}
"""The networks by form: weights and normalised poses (N, J, 2) to depths (N, J) and elevation (N,)."""


def _linear(weights: dict[str, Array], name: str, x: Array) -> Array:
    return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])


def _block(weights: dict[str, Array], name: str, x: Array) -> Array:
    return x + _leaky(_linear(weights, f"{name}.second", _leaky(_linear(weights, f"{name}.first", x), SLOPE)), SLOPE)


def _leaky(x: Array, slope: float) -> Array:
    return np.maximum(x, slope * x)


def placed(xy: NDArray[np.float32], depth: NDArray[np.float32], distance: float) -> NDArray[np.float32]:
    """Bodies (N, J, 3) from normalised poses (N, J, 2) and depths behind the pelvis (N, J).

    Lines of sight meet `distance` before the pelvis; where it is 0 they are parallel.
    """
    if not distance:
        return np.concatenate([xy, depth[..., None]], axis=-1)
    away = np.maximum(1.0 + depth / distance, NEAREST)[..., None]
    return np.concatenate([xy * away, (away - 1.0) * distance], axis=-1)


def load_generator(path: Path) -> Generator:
    """A generator as `posewright train gan` exports it.

    Raises:
        ModelError: the file cannot be read, or is another.
    """
    try:
        with np.load(path) as data:
            if str(data["format"]) != FORMAT:
                raise ModelError(f"{path} is '{data['format']}', not '{FORMAT}'")
            weights = {key.removeprefix("w."): data[key].astype(np.float32) for key in data.files if key.startswith("w.")}
            return Generator(str(data["form"]), weights, float(data["distance"]), bool(data["nose_made"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"cannot read {path} as a generator of `posewright train gan`: {error}") from error


@cache
def shipped_generator() -> Generators:
    """The generators that come with the package."""
    members = []
    for name in _SHIPPED:
        with as_file(files(__package__) / name) as path:
            members.append(load_generator(path))
    return Generators(tuple(members))


class GANLifter:
    """Root-relative joints in metres, each frame by itself."""

    def __init__(self, generator: Generator | Generators | None = None) -> None:
        """
        Args:
            generator: the package's own when None; `load_generator` reads another.
        """
        self._generator = generator or shipped_generator()

    def __call__(self, track: Track, camera: Camera) -> Poses3D:
        """Root-relative positions in the camera's axes, metres (of an average adult), in H36M-17.

        Raises:
            UsageError: the track has not the joints that the network takes.
        """
        poses, turn, confidence = self.prepare(track.keypoints, camera)
        xyz = np.einsum("tji,tkj->tki", turn, self._generator(poses)[0])
        xyz = xyz * metric_scale(xyz, H36M17)
        return Poses3D(xyz.astype(np.float32), with_guesses(confidence), H36M17, track.keypoints.timestamps, "camera", root_relative=True)

    def prepare(self, keypoints: Keypoints, camera: Camera) -> tuple[Array, Array, Array]:
        """Poses as a camera would see them that looks straight at the pelvis.

        Returns:
            The network's input (T, 17, 2), that camera's rotations from camera axes (T, 3, 3), and confidence (T, 17).

        Raises:
            UsageError: arms, legs or head are lacking, or nobody is seen.
        """
        xy, confidence = gapless(keypoints, BODY)
        rays = np.concatenate([camera.rays(xy), np.ones((*xy.shape[:-1], 1))], axis=-1)
        sight = rays[:, BODY.indices("left_hip", "right_hip")].mean(1)
        turn = quat_to_matrix(quat_between(sight, np.array([0.0, 0.0, 1.0])))
        turned = np.einsum("tij,tkj->tki", turn, rays)
        if not (turned[..., 2] > 0.05).all():
            raise UsageError("the lifter 'gan' cannot lift a person who fills more than the camera's field of view")
        body = complete_body(turned[..., :2] / turned[..., 2:])
        if self._generator.nose_made:
            body = made_nose(body)
        return normalised(body), turn, confidence
