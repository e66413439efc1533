"""How far lifted poses are from the truth: each function takes joints of `cases.LIMBS`, (T, 12, 3) in camera axes, metres."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from lifters.cases import LIMBS, Case
from posewright.errors import PosewrightError
from posewright.geometry import Array, quat_between, quat_to_matrix
from posewright.lift.wright import Wright
from posewright.pipeline import Seen, animate
from posewright.study.metrics import acceleration_error, clip_lean, contact_score, flexion_error, mpjpe, pa_mpjpe
from posewright.study.tracks import track_of_motion
from posewright.track import Track
from posewright.track.camera_motion import CameraMotion
from posewright.types import Camera, Poses3D, SourceInfo

Lifter = Callable[[Track, Camera], Poses3D]
Figures: TypeAlias = dict[str, float]
HIPS = (LIMBS.index("left_hip"), LIMBS.index("right_hip"))
_BONES = [(f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))]
BONES = [(LIMBS.index(a), LIMBS.index(b)) for a, b in [*_BONES, ("left_shoulder", "right_shoulder"), ("left_hip", "left_shoulder"), ("right_hip", "right_shoulder")]]
_TRIPLES = [(f"{side}_{a}", f"{side}_{b}", f"{side}_{c}") for side in ("left", "right") for a, b, c in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))]
TRIPLES = [tuple(LIMBS.index(name) for name in triple) for triple in _TRIPLES]
COLUMNS = {
    "MPJPE": "MPJPE, mm",
    "PA-MPJPE": "PA-MPJPE, mm",
    "angles": "elbows and knees, deg",
    "lean": "lean, deg",
    "contact F1": "contact F1, %",
    "acceleration": "acceleration error, mm/frame²",
}
UP = np.array([0.0, 1.0, 0.0])


def lifted(lifter: Lifter, case: Case) -> Figures:
    """A lifter by itself."""
    poses = lifter(case.track, case.camera)
    figures = compared(_limbs(poses.joint_set.indices(*LIMBS), poses.xyz), case)
    if isinstance(lifter, Wright):  # the only one that tells of contacts
        figures |= _contact(lifter.body(case.track.keypoints, case.camera).contacts, case)
    return figures


def refined(lifter: Lifter, case: Case, wright: bool) -> Figures:
    """The whole path after the 2D: the lifter, whole-clip refinement and solving, with or without our own lifter's second opinion."""
    keypoints = case.track.keypoints
    times = keypoints.timestamps
    info = SourceInfo(case.name, "video", keypoints.frame_size, (len(times) - 1) / float(times[-1] - times[0]), len(times))
    seen = Seen(info, (case.track,), tuple(times.tolist()), (), lifter, CameraMotion((), 0.0, True))
    given = None if case.camera.assumed else case.camera
    capture = animate(seen, camera=None, fov_deg=_fov(given) if given else None, height_m=case.height_m, wright=wright)
    motion = capture.people[0].motion
    found = track_of_motion(motion, "refined")
    columns = [found.joints.index(name) for name in LIMBS]
    world = found.xyz[:, columns].reshape(len(motion), -1)
    at = times[0] + motion.timestamps
    joints = np.stack([np.interp(times, at, column) for column in world.T], axis=1).reshape(len(times), len(LIMBS), 3)
    figures = compared(joints @ capture.camera.T_camera_world[:3, :3].T, case, capture.camera.T_camera_world[:3, 1])
    if motion.contacts is not None:
        figures |= _contact(np.stack([np.interp(times, at, column) for column in np.nan_to_num(motion.contacts).T], axis=1), case)
    return figures


def _contact(contacts: Array, case: Case) -> Figures:
    """F1 of contacts (T, 4), in percent, where the truth knows of them."""
    if case.contacts is None:
        return {}
    known = np.isfinite(case.contacts).all(1)
    return {"contact F1": 100.0 * contact_score(contacts[known] > 0.5, case.contacts[known] > 0.5).f1}


def _fov(camera: Camera) -> float:
    return float(np.degrees(2.0 * np.arctan(0.5 * max(camera.image_size) / camera.focal[0])))


def _limbs(columns: tuple[int, ...] | list[int] | Array, xyz: Array) -> Array:
    return np.asarray(xyz, dtype=np.float64)[:, list(columns)]


def compared(joints: Array, case: Case, up: Array | None = None) -> Figures:
    """Figures of joints in camera axes, scaled by one factor a clip so that bones are as long as the truth's on average; NaN frames are left out.

    Args:
        joints: (T, 12, 3), metres in any scale.
        case: with the truth.
        up: the vertical that was found with them; without one the lean of the poses themselves is told.
    """
    known = np.isfinite(joints).all((1, 2)) & np.isfinite(case.truth).all((1, 2))
    joints, truth = _centred(joints[known]), _centred(case.truth[known])
    joints = joints * (_size(truth) / _size(joints))
    figures = {
        "MPJPE": 1000.0 * mpjpe(joints, truth),
        "PA-MPJPE": 1000.0 * pa_mpjpe(joints, truth),
        "angles": float(np.degrees(flexion_error(joints, truth, TRIPLES))),
        "acceleration": 1000.0 * acceleration_error(joints, truth),
    }
    if case.up is not None:
        if up is None:
            level = quat_to_matrix(quat_between(case.up, UP)).T
            figures["lean"] = float(np.degrees(clip_lean(joints @ level, truth @ level)))
        else:
            figures["lean"] = float(np.degrees(np.arccos(np.clip(up @ case.up / np.linalg.norm(up), -1.0, 1.0))))
    return figures


def _centred(joints: Array) -> Array:
    return joints - joints[:, list(HIPS)].mean(1, keepdims=True)


def _size(joints: Array) -> float:
    return float(np.mean([np.linalg.norm(joints[:, b] - joints[:, a], axis=-1).mean() for a, b in BONES]))


def figures_or_none(measure: Callable[[], Figures]) -> Figures | None:
    """What a lifter that cannot lift the case gives: nothing."""
    try:
        return measure()
    except PosewrightError as error:
        print(f"  left out: {error}")
        return None
