"""`JointTrack`: the joints of one person through time, from any file, as the metrics take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, require
from posewright.formats.names import with_humanoid_names
from posewright.formats.trc import MARKERS, Markers
from posewright.geometry import quat_conjugate, quat_rotate
from posewright.skeletons import HUMANOID, JOINT_SETS
from posewright.study.names import SIDES, TOES, limb_joints
from posewright.types import CONTACT_POINTS, Motion, Poses3D

SPINE = ("hips", "spine", "chest", "upperChest", "head")
"""Humanoid bones taken over beside the limbs; its `neck` is left out, since in the common vocabulary that is the mid-point of the shoulders."""
VOCABULARY = frozenset(joint for joint_set in JOINT_SETS.values() if joint_set is not HUMANOID for joint in joint_set.joints) | {*TOES, *SPINE}
"""Names that mean the same everywhere."""
_HEEL_POINTS, _BALL_POINTS = ("heel", "ankle"), ("toes", "big_toe", "foot_index")
FLOOR_PERCENTILE = 5.0
"""Where no rest pose tells how high a foot's points lie above its sole: the height that the lower foot has at this percentile is the floor."""

FOREIGN_FLOOR_M = 0.05
"""A file of another program whose feet stand this far from y = 0 has its floor elsewhere."""


@dataclass(frozen=True)
class JointTrack:
    """Positions of named joints through a clip. World: right-handed, +Y up, metres."""

    source: str
    """File or method, for messages and tables."""
    joints: tuple[str, ...]
    """Names in the common vocabulary, TOES, and humanoid bones of the spine."""
    xyz: NDArray[np.float64]
    """Shape (T, J, 3); NaN where unknown."""
    timestamps: NDArray[np.float64]
    """Seconds, increasing. Shape (T,)."""
    root_relative: bool = False
    """True when the path through space is unknown: the mid-point of the hips is the origin of each frame."""
    soles: NDArray[np.float64] | None = None
    """Points of the sole that touch the floor at y = 0, one for each of CONTACT_POINTS. Shape (T, 4, 3); None when the path is unknown."""
    contacts: NDArray[np.bool_] | None = None
    """Which of CONTACT_POINTS rest on the floor, where the source says so. Shape (T, 4)."""
    motion: Motion | None = None
    """The motion that it came from, if one, its joints under the humanoid's names where they are known."""
    notes: tuple[str, ...] = ()
    """Assumptions made in reading."""

    def __post_init__(self) -> None:
        frames = len(self.timestamps)
        require(self.xyz.shape == (frames, len(self.joints), 3), f"positions have shape {self.xyz.shape}, not ({frames}, {len(self.joints)}, 3)")
        require(frames > 0 and bool((np.diff(self.timestamps) > 0).all()), "a track needs frames, and timestamps must increase")
        for points, what in ((self.soles, "soles"), (self.contacts, "contacts")):
            require(points is None or points.shape[:2] == (frames, len(CONTACT_POINTS)), f"{what} must be ({frames}, {len(CONTACT_POINTS)}, ...)")

    def __len__(self) -> int:
        return len(self.xyz)

    @property
    def fps(self) -> float:
        """Typical frames a second; 0 for a single frame."""
        return 1.0 / float(np.median(np.diff(self.timestamps))) if len(self) > 1 else 0.0

    def take(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Positions of the named joints, (T, len(names), 3); NaN for those that it lacks."""
        out = np.full((len(self), len(names), 3), np.nan)
        for column, name in enumerate(names):
            if name in self.joints:
                out[:, column] = self.xyz[:, self.joints.index(name)]
        return out

    def shifted(self, seconds: float) -> JointTrack:
        """The same track on a clock that is `seconds` later."""
        return replace(self, timestamps=self.timestamps + seconds)


def track_of_motion(motion: Motion, source: str) -> JointTrack:
    """The limbs, toes and spine of a motion on any rig whose names are known (`names.SCHEMES`).

    Raises:
        InputError: its joints bear no known names.
    """
    places = limb_joints(motion.skeleton.joints, source)
    ours = "leftUpperArm" in motion.skeleton
    motion = replace(motion, skeleton=with_humanoid_names(motion.skeleton))
    places |= {bone: motion.skeleton.index(bone) for bone in SPINE if bone in motion.skeleton}
    positions, worlds = motion.skeleton.forward(motion.rotations, motion.root_translation)
    track = JointTrack(source, tuple(places), positions[:, list(places.values())], motion.timestamps, motion=motion)
    soles = _soles_by_rest(motion, places, positions, worlds)
    notes: tuple[str, ...] = ()
    if soles is None:
        soles, notes = _soles_by_height(track), (f"{source}: floor height taken from the lowest feet",)
    elif not ours and abs(floor := _floor(soles)) > FOREIGN_FLOOR_M:
        # Only a file in our own names is sure to have its floor at 0.
        soles, notes = soles - np.array([0.0, floor, 0.0]), (f"{source}: its feet stand {floor:.2f} m above 0, taken as the floor",)
    contacts = None if motion.contacts is None else motion.contacts > 0.5
    return replace(track, soles=soles, contacts=contacts, notes=notes)


def track_of_poses(poses: Poses3D, source: str) -> JointTrack:
    """A track of 3D positions. Those in camera axes are turned upright as if the camera were level, so that its tilt shows as lean."""
    xyz = poses.xyz.astype(np.float64)
    notes: tuple[str, ...] = ()
    if poses.frame == "camera":
        xyz, notes = xyz * np.array([1.0, -1.0, -1.0]), (f"{source}: camera axes, taken as those of a level camera",)
    track = track_of_positions(xyz, poses.joint_set.joints, poses.timestamps, source, root_relative=poses.root_relative)
    return replace(track, notes=(*notes, *track.notes))


def track_of_markers(markers: Markers, source: str) -> JointTrack:
    """The markers that have a place in the common vocabulary (Pose2Sim's names), on a clock that begins at 0.

    Raises:
        InputError: too few of its markers have known names.
    """
    start = float(markers.timestamps[0])
    names = tuple(MARKERS.get(name, name) for name in markers.names)
    track = track_of_positions(markers.xyz, names, markers.timestamps - start, source)
    return replace(track, notes=(*track.notes, f"{source}: its clock begins at {start:.4f} s, taken as 0")) if start else track


def track_of_positions(xyz: NDArray[np.float64], names: Sequence[str], timestamps: NDArray[np.float64], source: str, *, root_relative: bool = False) -> JointTrack:
    """A track of bare positions (T, J, 3), +Y up: joints named in the common vocabulary are taken as they are, limbs of other names are found.

    Raises:
        InputError: its joints bear no known names.
    """
    known = {name: i for i, name in enumerate(names) if name in VOCABULARY}
    places = limb_joints(names, source) | known
    track = JointTrack(source, tuple(places), xyz[:, list(places.values())], timestamps, root_relative=root_relative)
    if root_relative:
        return track
    return replace(track, soles=_soles_by_height(track), notes=(f"{source}: floor height taken from the lowest feet",))


def _soles_by_rest(motion: Motion, places: dict[str, int], positions: NDArray[np.float64], worlds: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The floor below ankle and toe joint in the rest pose, carried along by each bone, (T, 4, 3). None unless the rest pose stands on y = 0."""
    rest, turned = motion.skeleton.rest_pose()
    points = [places.get(f"{side}_{joint}") for side in SIDES for joint in ("ankle", "toes")]
    heights = [rest[joint, 1] for joint in points if joint is not None]
    hips = [rest[places[f"{side}_hip"], 1] for side in SIDES if f"{side}_hip" in places]
    stands = bool(heights and hips) and min(heights) >= -0.005 and max(heights) < 0.25 * min(hips)
    if not stands:
        return None
    soles = np.full((len(motion), len(CONTACT_POINTS), 3), np.nan)
    for column, joint in enumerate(points):
        if joint is not None:
            down = quat_rotate(quat_conjugate(turned[joint]), np.array([0.0, -rest[joint, 1], 0.0]))
            soles[:, column] = positions[:, joint] + quat_rotate(worlds[:, joint], down)
    return soles


def _soles_by_height(track: JointTrack) -> NDArray[np.float64]:
    """Heel (else ankle) and toe points lowered so that the lower foot stands on y = 0, (T, 4, 3); NaN for points it lacks."""
    columns = []
    for side in SIDES:
        for candidates in (_HEEL_POINTS, _BALL_POINTS):
            name = next((f"{side}_{c}" for c in candidates if f"{side}_{c}" in track.joints), "")
            columns.append(track.take([name])[:, 0])
    soles = np.stack(columns, axis=1)
    for pair in ([0, 2], [1, 3]):
        soles[:, pair, 1] -= _floor(soles[:, pair])
    return soles


def _floor(points: NDArray[np.float64]) -> float:
    """Height at which the lowest of some points (T, P, 3) stands; NaN when none is known."""
    heights = points[..., 1]
    lowest = np.where(np.isfinite(heights), heights, np.inf).min(1)
    lowest = lowest[np.isfinite(lowest)]
    return float(np.percentile(lowest, FLOOR_PERCENTILE)) if len(lowest) else float("nan")


def require_joints(track: JointTrack, names: Sequence[str]) -> None:
    """Raise InputError unless the track has all of `names`."""
    missing = [name for name in names if name not in track.joints]
    if missing:
        raise InputError(f"{track.source} lacks {', '.join(missing)}. It has: {', '.join(track.joints)}")
