"""2D poses to train from: those of pictures, and what random cameras see of motion capture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import NoPersonError, require
from posewright.lift.gan import BODY, complete_body, made_nose
from posewright.skeletons import JointSet, conversion
from posewright.train.gan.mocap import Bodies, mirrored, random_views

SEEN = 0.1
"""Confidence from which a keypoint counts as seen."""
SMALLEST = 1e-3
"""A body whose joints lie nearer together than this share of the largest body's is no body."""


@dataclass(frozen=True)
class Poses2D:
    """People as pictures show them."""

    xy: NDArray[np.float32]
    """Joints of `BODY` relative to the pelvis, x right, y down, at any scale. Shape (N, J, 2)."""
    clip: NDArray[np.int64]
    """Number of the clip that each is from, whose frames follow one another. Shape (N,)."""
    nose_made: bool
    """True when there is no nose in the source, and it is put on the way to the crown."""
    left_out: int = 0
    """People of whom not all joints are seen."""

    def __post_init__(self) -> None:
        require(self.xy.ndim == 3 and self.xy.shape[1:] == (len(BODY), 2), f"xy has shape {self.xy.shape}, not (N, {len(BODY)}, 2)")
        require(self.clip.shape == self.xy.shape[:1], f"{self.clip.shape} clips for {len(self.xy)} people")
        require(bool(np.isfinite(self.xy).all()), "a pose holds NaN or infinity")

    def __len__(self) -> int:
        return len(self.xy)

    def seen(self, index: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
        """Some of the poses, (..., J, 2), half of them in a mirror."""
        return _mirrored_half(self.xy[index], rng)


@dataclass(frozen=True)
class Projected:
    """Motion capture as a source of 2D: each time it is asked, other cameras look at it."""

    bodies: Bodies
    nose_made: bool = False
    left_out: int = 0

    @property
    def clip(self) -> NDArray[np.int64]:
        """See `Poses2D.clip`."""
        return self.bodies.clip

    def __len__(self) -> int:
        return len(self.bodies)

    def seen(self, index: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
        """Some of the bodies, (..., J, 2), each row of a clip through one camera; half of them in a mirror."""
        return random_views(self.bodies.xyz[index], rng).xy


Source = Poses2D | Projected


def gathered(people: Iterable[tuple[NDArray[Any], NDArray[Any], int]], joints: JointSet, where: str) -> Poses2D:
    """Poses from people in another joint set: those of whom every joint is seen.

    Args:
        people: positions (J, 2), confidence (J,) and clip of each.
        joints: of what their columns mean.
        where: the file, for errors.

    Raises:
        NoPersonError: there is nobody.
    """
    rows = list(people)
    if not rows:
        raise NoPersonError(f"{where} holds nobody")
    xy, trust = np.stack([row[0] for row in rows]).astype(np.float64), np.stack([row[1] for row in rows])
    known = (trust > SEEN) & np.isfinite(xy).all(-1)
    xy, known = _with_face(np.where(known[..., None], xy, np.nan), joints), known
    body, _ = conversion(joints, BODY).apply(xy, np.ones(xy.shape[:2]))
    body = complete_body(body)
    made = "nose" not in joints
    if made:
        body = made_nose(body)
    whole = np.isfinite(body).all((-1, -2))
    size = np.linalg.norm(body, axis=-1).mean(-1)
    whole &= size > SMALLEST * np.max(size[whole], initial=0.0)
    return Poses2D(body[whole].astype(np.float32), np.array([row[2] for row in rows])[whole], made, int((~whole).sum()))


def _with_face(xy: NDArray[np.float64], joint_set: JointSet) -> NDArray[np.float64]:
    """An ear that is not seen takes the place of the other, and a nose seen from behind that of the ears: people from the side and behind must not be left out."""
    if not all(joint in joint_set for joint in ("nose", "left_ear", "right_ear")):
        return xy
    xy = xy.copy()
    nose, left, right = joint_set.indices("nose", "left_ear", "right_ear")
    for a, b in ((left, right), (right, left), (nose, left), (left, nose), (right, nose)):
        xy[:, a] = np.where(np.isfinite(xy[:, a]), xy[:, a], xy[:, b])
    return xy


def _mirrored_half(xy: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    turned = mirrored(xy)
    flip = rng.random(len(xy)) < 0.5
    return np.where(flip.reshape(-1, *[1] * (xy.ndim - 1)), turned, xy)
