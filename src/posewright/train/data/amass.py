"""AMASS's .npz (Mahmood et al. 2019, https://arxiv.org/abs/1904.03278): SMPL, SMPL-H or SMPL-X poses as axis and angle.

Of SMPL (Loper et al. 2015, https://doi.org/10.1145/2816795.2818013) only facts are used here: which joint hangs on which, in what
order, and that its zero pose is a T-pose that faces +Z with +Y up. Its body belongs to its licence: motion is put on our average
body, so positions are not AMASS's to the centimetre, rotations are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from posewright.errors import InputError
from posewright.geometry import IDENTITY, Array, quat_continuous, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Motion

WIDTHS = {66: "SMPL's body", 72: "SMPL", 156: "SMPL-H", 165: "SMPL-X"}
"""Numbers a frame of `poses`: three for each joint. The first 22 joints are the body's in all of them."""
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps")
_BODY: tuple[tuple[str, int], ...] = (
    *(("hips", -1), ("leftUpperLeg", 0), ("rightUpperLeg", 0), ("spine", 0), ("leftLowerLeg", 1), ("rightLowerLeg", 2), ("chest", 3)),
    *(("leftFoot", 4), ("rightFoot", 5), ("upperChest", 6), ("leftToes", 7), ("rightToes", 8), ("neck", 9), ("leftShoulder", 9)),
    *(("rightShoulder", 9), ("head", 12), ("leftUpperArm", 13), ("rightUpperArm", 14), ("leftLowerArm", 16), ("rightLowerArm", 17)),
    *(("leftHand", 18), ("rightHand", 19)),
)
"""SMPL's body joints in their order, as the humanoid bones that turn at them, with their parents."""
_UPRIGHT = quat_from_rotvec(np.array([-np.pi / 2.0, 0.0, 0.0]))
"""AMASS's world (+Z up) to ours (+Y up)."""


def is_amass(keys: Collection[str]) -> bool:
    """Whether a .npz with these keys is AMASS's, or meant to be."""
    return "poses" in keys and "trans" in keys


def read_amass(path: Path, told: Callable[[str], None], least: int = 2) -> list[tuple[str, Motion]]:
    """Name and motion of a file's sequence, on the average humanoid in SMPL's order of joints; shape (`betas`) and hands are not used.

    `trans` is the place of SMPL's root, which lies near the hip joints: the path of the hips is scaled to our body's legs when the
    motion is put on a body, so a constant offset does not matter. Where frames hold NaN, the runs between them of at least `least`
    frames are kept, each as a sequence of its own, and `told` hears of it.

    Raises:
        InputError: keys are missing, `poses` is of another width, the numbers of frames differ, or no run without NaN is long enough.
    """
    poses, trans, rate = _arrays(path)
    rotations = quat_from_rotvec(poses[:, :66].reshape(len(poses), -1, 3))
    rotations[:, 0] = quat_multiply(_UPRIGHT, rotations[:, 0])
    whole = np.isfinite(poses[:, :66]).all(1) & np.isfinite(trans).all(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(int))).reshape(-1, 2)
    runs = [slice(int(start), int(stop)) for start, stop in edges if stop - start >= least or whole.all()]
    if whole.all():
        labels = [path.stem]
    elif runs:
        told(f"{path.name}: frame {int(np.argmin(whole))} holds NaN or infinity; cut into {len(runs)} parts")
        labels = [f"{path.stem}#{i}" for i in range(len(runs))]
    else:
        raise InputError(f"{path}: frame {int(np.argmin(whole))} holds NaN or infinity, and no run of {least} frames without is left")
    root = quat_rotate(_UPRIGHT, trans)
    return [(label, Motion(skeleton(), quat_continuous(rotations[run]), root[run], rate, name=label)) for label, run in zip(labels, runs, strict=True)]


def _arrays(path: Path) -> tuple[Array, Array, float]:
    """`poses` (T, 66 or more), `trans` (T, 3) and frames a second."""
    try:
        with np.load(path, allow_pickle=False) as data:
            rate = next((float(data[key]) for key in _RATES if key in data.files), 0.0)
            poses, trans, keys = np.asarray(data["poses"], dtype=np.float64), np.asarray(data["trans"], dtype=np.float64), tuple(data.files)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} cannot be read as AMASS's .npz: {error}") from error
    if not rate > 0:
        raise InputError(f"{path} does not say its frame rate: it has none of {', '.join(_RATES)}, but {', '.join(keys)}")
    if poses.ndim != 2 or poses.shape[1] not in WIDTHS or not len(poses) or trans.shape != (len(poses), 3):
        kinds = ", ".join(f"{width} ({kind})" for width, kind in WIDTHS.items())
        raise InputError(f"{path}: poses of shape {poses.shape} and trans of {trans.shape}; a frame needs 3 of trans and of poses one of {kinds}")
    return poses, trans, rate


def skeleton() -> Skeleton:
    """The average humanoid with its bones in SMPL's order."""
    average = reference_skeleton()
    names, parents = tuple(name for name, _ in _BODY), tuple(parent for _, parent in _BODY)
    return Skeleton(names, parents, average.rest_offsets[[average.index(name) for name in names]], np.tile(IDENTITY, (len(names), 1)))
