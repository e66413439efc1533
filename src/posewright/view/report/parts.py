"""The body in the words of a person who looks at it: which keypoints and bones make up "the left arm"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.solve.targets import LANDMARKS, landmark_columns
from posewright.types import Keypoints

INSIDE, LEFT, RIGHT, TOP, BOTTOM = range(5)
"""Where a part lies: in the picture, or beyond one of its edges."""
EDGES = ("", "left", "right", "upper", "lower")


@dataclass(frozen=True)
class Part:
    """A row of `PARTS`."""

    name: str
    landmarks: tuple[str, ...]
    """Of `solve.targets.LANDMARKS`."""
    bones: tuple[str, ...]
    """Humanoid bones that it moves."""
    weight: float
    """How much it matters for the look of the result, 0 to 1."""
    covered_by: str = ""
    """The part whose trouble makes this one's go without saying."""


def _both(name: str, landmarks: tuple[str, ...], bones: tuple[str, ...], weight: float, covered_by: str) -> tuple[Part, ...]:
    """A part of the left and one of the right."""
    return tuple(
        Part(f"{side} {name}", tuple(f"{side}_{point}" for point in landmarks), tuple(side + bone for bone in bones), weight, covered_by.replace("SIDE", side))
        for side in ("left", "right")
    )


PARTS: tuple[Part, ...] = (
    Part(
        "body",
        ("left_shoulder", "right_shoulder", "left_hip", "right_hip"),
        ("hips", "spine", "chest", "upperChest", "leftShoulder", "rightShoulder"),
        1.0,
    ),
    Part("head", ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head_joint"), ("neck", "head"), 0.4, "body"),
    *_both("arm", ("elbow", "wrist"), ("UpperArm", "LowerArm"), 0.7, "body"),
    *_both("hand", ("thumb", "index", "pinky"), ("Hand",), 0.3, "SIDE arm"),
    *_both("leg", ("knee", "ankle"), ("UpperLeg", "LowerLeg"), 0.8, "body"),
    *_both("foot", ("heel", "toe", "ball"), ("Foot", "Toes"), 0.4, "SIDE leg"),
)
"""Parts of the body, each after the one that covers it."""
_PLURALS = {"foot": "feet"}


@dataclass(frozen=True)
class Subject:
    """One part, or the same part of both sides, as the subject of a sentence."""

    text: str
    plural: bool

    @property
    def is_are(self) -> str:
        return "are" if self.plural else "is"

    @property
    def its_their(self) -> str:
        return "their" if self.plural else "its"

    def verb(self, word: str) -> str:
        """ "slide" or "slides"."""
        return word if self.plural else word + "s"


def one(name: str) -> Subject:
    """ "The left arm"."""
    return Subject(f"The {name}", False)


def both(name: str) -> Subject:
    """ "Both arms", of the part called "left arm"."""
    bare = name.split(" ")[-1]
    return Subject(f"Both {_PLURALS.get(bare, bare + 's')}", True)


def part_confidence(keypoints: Keypoints) -> NDArray[np.float64]:
    """Mean confidence of each of PARTS in each frame, (T, P); NaN for parts that the joint set lacks."""
    return _by_part(keypoints, keypoints.confidence.astype(np.float64))


def part_place(keypoints: Keypoints) -> NDArray[np.int8]:
    """Where each of PARTS lies in each frame, (T, P): INSIDE, or the edge beyond which more than half of its keypoints are."""
    width, height = keypoints.frame_size
    x, y = keypoints.xy[..., 0], keypoints.xy[..., 1]
    place = np.zeros((len(keypoints), len(PARTS)), dtype=np.int8)
    for edge, beyond in ((LEFT, x < 0), (RIGHT, x > width), (TOP, y < 0), (BOTTOM, y > height)):
        place[_by_part(keypoints, beyond.astype(np.float64)) > 0.5] = edge
    return place


def _by_part(keypoints: Keypoints, values: Array) -> NDArray[np.float64]:
    """Means of `values` (T, J) over the keypoints of each part, (T, P)."""
    columns = dict(zip(LANDMARKS, landmark_columns(keypoints.joint_set), strict=True))
    result = np.full((len(values), len(PARTS)), np.nan)
    for p, part in enumerate(PARTS):
        found = [column for name in part.landmarks if (column := columns[name]) is not None]
        if found:
            result[:, p] = values[:, found].mean(1)
    return result
