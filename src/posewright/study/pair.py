"""A prediction and a reference at the same times, with the same joints, heading the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.study.align import common_times, nearest_frames, resample, root_relative, yaw_alignment
from posewright.study.metrics import detect_contacts, valid_points
from posewright.study.names import LIMBS12
from posewright.study.tracks import JointTrack

HIPS = ("left_hip", "right_hip")


@dataclass(frozen=True)
class Pair:
    """Both sides of a comparison at the same times."""

    pred: JointTrack
    """As read, on the reference's clock."""
    ref: JointTrack
    names: tuple[str, ...]
    """Columns of `p` and `q`: first the joints to compare, then the other limb joints."""
    compared: int
    """How many of them are compared."""
    p: NDArray[np.float64]
    """The prediction, (T, J, 3), turned about the vertical by `yaw`."""
    q: NDArray[np.float64]
    """The reference, (T, J, 3)."""
    times: NDArray[np.float64]
    yaw: NDArray[np.float64]
    """(3, 3)"""

    @property
    def fps(self) -> float:
        """Frames a second at which they are compared."""
        return 1.0 / float(np.median(np.diff(self.times)))

    @property
    def in_world(self) -> bool:
        """Both paths through space are known."""
        return not (self.pred.root_relative or self.ref.root_relative)

    def columns(self, groups: Sequence[tuple[str, ...]]) -> list[tuple[int, ...]]:
        """Groups of joint names as groups of columns."""
        return [tuple(self.names.index(name) for name in group) for group in groups]

    def rooted(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions with the mid-point of the hips at the origin of each frame."""
        return root_relative(points, [self.names.index(hip) for hip in HIPS])

    def root(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mid-point of the hips, (T, 3)."""
        return points[:, [self.names.index(hip) for hip in HIPS]].mean(1)

    def started(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The prediction moved, once for the clip, so that its root starts where the reference's does."""
        here, there = self.root(self.p), self.root(self.q)
        both = np.flatnonzero(valid_points(here, there))
        return points + (there[both[0]] - here[both[0]] if len(both) else np.nan)

    def soles(self, track: JointTrack) -> NDArray[np.float64] | None:
        """The sole points of either side at the common times, (T, 4, 3)."""
        return None if track.soles is None else resample(track.soles, track.timestamps, self.times)

    def contacts(self, track: JointTrack) -> NDArray[np.bool_] | None:
        """Contacts of either side at the common times, (T, 4): as stated, else detected at its own frame rate."""
        contacts = track.contacts
        if contacts is None:
            if track.soles is None:
                return None
            contacts = detect_contacts(track.soles, track.fps)
        return contacts[nearest_frames(track.timestamps, self.times)]


def at_rate(track: JointTrack, fps: float) -> JointTrack:
    """A track at another, even frame rate."""
    start, end = track.timestamps[0], track.timestamps[-1]
    times = start + np.arange(int((end - start) * fps + 1e-6) + 1) / fps
    return replace(
        track,
        xyz=resample(track.xyz, track.timestamps, times),
        timestamps=times,
        soles=None if track.soles is None else resample(track.soles, track.timestamps, times),
        contacts=None if track.contacts is None else track.contacts[nearest_frames(track.timestamps, times)],
        motion=None,
    )


def bring_together(pred: JointTrack, ref: JointTrack, names: tuple[str, ...], *, align_heading: bool) -> Pair:
    """Resample both to common times and turn the prediction to the reference's heading.

    Raises:
        InputError: the clips share no time, or no joint at any time.
    """
    times = common_times(pred.timestamps, ref.timestamps)
    every = (*names, *(name for name in LIMBS12 if name not in names))
    p, q = (resample(track.take(every), track.timestamps, times) for track in (pred, ref))
    if not valid_points(p, q)[:, : len(names)].any():
        raise InputError(f"{pred.source} and {ref.source} have no joint in common at any time")
    yaw = yaw_alignment(p, q) if align_heading else np.eye(3)
    return Pair(pred, ref, every, len(names), p @ yaw.T, q, times, yaw)
