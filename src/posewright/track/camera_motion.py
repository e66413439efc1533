"""Does the camera move? A few small pictures a second, points followed on what stands behind the people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.media import Frame
from posewright.types import Keypoints

RATE_HZ = 3.0
"""Pictures looked at a second."""
SIDE_PX = 192
"""Longer side of those pictures, at least."""
AROUND_PX = 25
"""Brightness is reckoned against the mean of so many pixels around, so that a change of exposure is none of the picture."""
POINTS = 100
"""Points followed from one to the next, at most."""
FOLLOWED_PX = 0.5
"""A point counts as followed when following it back ends this near to where it began; so near does it agree with a common motion."""
TEXTURE = 3e-4
"""Least eigenvalue (OpenCV's `cornerMinEigenVal`) of a corner; noise of two grey levels makes half of that."""
LEAST_POINTS = 10
"""With fewer on the background nothing can be said."""
LEAST_SHARE = 0.35
"""Of the background's points, those that must share one motion for it to be the camera's."""
MARGIN = 0.2
"""A person's box is widened by this share of its longer side."""
SEEN = 0.3
"""Keypoints of a higher confidence bound the person."""
MOVING = 0.01
"""Share of the picture's longer side by which the background may wander before the camera counts as moving: 5 cm on a body 4 m away."""
LONGEST_S = 4.0
"""Slow motion is looked for within this time."""
LOST, BARE = "lost", "bare"


@dataclass(frozen=True)
class CameraMotion:
    """Whether and when the camera moves."""

    spans: tuple[tuple[float, float], ...]
    """Seconds from and to which it moves, in order."""
    fastest: float
    """Greatest shift of the background within one step of `RATE_HZ`, as a share of the picture's longer side; infinite where it could not be followed, as at a cut."""
    sure: bool
    """False when too little of the background was seen for most of the clip."""

    @property
    def moving(self) -> bool:
        """True when it moves at some time."""
        return bool(self.spans)

    @property
    def note(self) -> str | None:
        """A warning for the user, None when there is no need."""
        if not self.spans:
            return None
        times = [f"between {start:.1f} s and {end:.1f} s" for start, end in self.spans[:3]]
        more = f" and {len(self.spans) - 3} more times" if len(self.spans) > 3 else ""
        return f"the camera moves {', '.join(times)}{more}: a static camera is assumed, so the path and the feet will be off there"


@dataclass(frozen=True)
class _Step:
    """What was followed from one picture to the next."""

    start_s: float
    end_s: float
    before: NDArray[np.float32]
    """Points, pixels of the small picture, (N, 2)."""
    after: NDArray[np.float32]
    """Where they went, (N, 2); NaN where they were lost."""


class CameraWatch:
    """Sees the frames of a clip pass, and tells in the end whether the camera moved.

    Corners (Shi and Tomasi 1994) are followed from picture to picture (Lucas and Kanade 1981, pyramids after Bouguet 2000)
    forth and back; those outside of all people share a similarity (RANSAC) which is the camera's motion. What is kept of
    each picture is a few points, so that an hour takes some ten megabytes.
    """

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._last: tuple[float, NDArray[np.uint8]] | None = None
        self._scale = 1.0
        self._size = (1, 1)

    def see(self, frame: Frame) -> None:
        """Take a frame, in the order of time; most are passed over."""
        if self._last is not None and frame.timestamp < self._last[0] + 1.0 / RATE_HZ - 1e-6:
            return
        picture = frame.luma(SIDE_PX)
        picture = cv2.addWeighted(picture, 1.0, cv2.blur(picture, (AROUND_PX, AROUND_PX)), -1.0, 128.0)  # type: ignore[assignment]
        self._scale, self._size = 1.0 / (max(frame.size) // max(picture.shape)), (picture.shape[1], picture.shape[0])
        if self._last is not None:
            self._steps.append(_follow(self._last[0], self._last[1], frame.timestamp, picture))
        self._last = (frame.timestamp, picture)

    def passing(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames, each seen on its way."""
        for frame in frames:
            self.see(frame)
            yield frame

    def motion(self, people: Sequence[Keypoints] = ()) -> CameraMotion:
        """The camera's motion, from all that lies outside of the people's boxes."""
        if not self._steps:
            return CameraMotion((), 0.0, False)
        found = [_camera_step(step, people, self._scale) for step in self._steps]
        lost = np.array([step is LOST for step in found])
        transforms = np.stack([np.eye(3) if isinstance(step, str) else step for step in found])
        spans: list[tuple[float, float]] = []
        for step, moves in zip(self._steps, _moves(transforms, lost, self._size), strict=True):
            if moves and spans and spans[-1][1] >= step.start_s:
                spans[-1] = (spans[-1][0], step.end_s)
            elif moves:
                spans.append((step.start_s, step.end_s))
        fastest = float("inf") if lost.any() else float(_shifts(transforms, self._size).max())
        return CameraMotion(tuple(spans), fastest, sum(step is BARE for step in found) <= 0.5 * len(found))


def camera_motion(frames: Iterable[Frame], people: Sequence[Keypoints] = ()) -> CameraMotion:
    """Whether the camera moves in a clip's frames, outside of the people's boxes."""
    watch = CameraWatch()
    for _ in watch.passing(frames):
        pass
    return watch.motion(people)


def _follow(start_s: float, first: NDArray[np.uint8], end_s: float, second: NDArray[np.uint8]) -> _Step:
    """Corners of the first picture in the second."""
    corners = cv2.goodFeaturesToTrack(first, POINTS, qualityLevel=0.01, minDistance=SIDE_PX / 32)
    if corners is not None:
        at = corners[:, 0].astype(int)
        corners = corners[cv2.cornerMinEigenVal(first, 3)[at[:, 1], at[:, 0]] > TEXTURE]
    if corners is None or len(corners) == 0:
        return _Step(start_s, end_s, np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))
    window = {"winSize": (11, 11), "maxLevel": 3}
    after, found, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, None, **window)  # type: ignore[call-overload]
    back, again, _ = cv2.calcOpticalFlowPyrLK(second, first, after, None, **window)  # type: ignore[call-overload]
    kept = (found.ravel() > 0) & (again.ravel() > 0) & (np.linalg.norm((back - corners)[:, 0], axis=-1) < FOLLOWED_PX)
    return _Step(start_s, end_s, corners[:, 0], np.where(kept[:, None], after[:, 0], np.nan))


def _camera_step(step: _Step, people: Sequence[Keypoints], scale: float) -> NDArray[np.float64] | str:
    """T_after_before of the background, (3, 3), pixels of the small picture; `LOST` where it cannot be followed, `BARE` where there is too little of it."""
    free = np.ones(len(step.before), dtype=bool)
    for person in people:
        for low, high in _boxes(person, step, scale):
            free &= ((step.before < low) | (step.before > high)).any(-1)
    if free.sum() < LEAST_POINTS:
        return BARE
    before, after = step.before[free], step.after[free]
    followed = np.isfinite(after[:, 0])
    if followed.sum() >= LEAST_POINTS / 2:
        moved, agree = cv2.estimateAffinePartial2D(before[followed], after[followed], method=cv2.RANSAC, ransacReprojThreshold=FOLLOWED_PX)
        if moved is not None and agree.sum() >= LEAST_SHARE * len(before):
            return np.vstack([moved, [0.0, 0.0, 1.0]])
    return LOST


def _boxes(person: Keypoints, step: _Step, scale: float) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Corners of the box, pixels of the small picture, that holds a person through a step; none when they are not seen."""
    near = (person.timestamps >= step.start_s - 1e-6) & (person.timestamps <= step.end_s + 1e-6)
    points = person.xy[near][person.confidence[near] > SEEN] * scale
    points = points[np.isfinite(points).all(-1)]
    if len(points) == 0:
        return []
    low, high = points.min(0), points.max(0)
    margin = MARGIN * float((high - low).max())
    return [(low - margin, high + margin)]


def _shifts(transforms: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """By how much transforms (N, 3, 3) move the picture's corners, root mean square, as a share of its longer side, (N,)."""
    width, height = size
    corners = np.array([[0.0, 0.0, 1.0], [width, 0.0, 1.0], [0.0, height, 1.0], [width, height, 1.0]])
    moved = corners @ transforms.transpose(0, 2, 1) - corners
    return np.asarray(np.sqrt(np.mean(np.sum(moved**2, axis=-1), axis=-1)) / max(size))


def _moves(transforms: NDArray[np.float64], lost: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Steps (N,) in which the camera moves: quick ones first, then slow motion over ever longer stretches that hold no quick one.

    `lost` (N,) are those that could not be followed.
    """
    moves = lost | (_shifts(transforms, size) > MOVING)
    path = np.stack(list(accumulate(transforms, lambda before, step: step @ before, initial=np.eye(3))))
    length = 2
    while length <= min(len(transforms), LONGEST_S * RATE_HZ):
        starts = np.arange(len(transforms) - length + 1)
        quick = np.concatenate([[0], np.cumsum(moves)])
        slow = (quick[starts + length] == quick[starts]) & (_shifts(path[length:] @ np.linalg.inv(path[:-length]), size) > MOVING)
        for start in starts[slow]:
            moves[start : start + length] = True
        length *= 2
    return moves
