"""MotionBERT's `X3D.npy`: one array (T, 17, 3) of the joints of Human3.6M (https://github.com/Walter0807/MotionBERT/blob/main/docs/inference.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posewright.errors import InputError
from posewright.files import atomic_path
from posewright.skeletons import H36M17
from posewright.types import Camera, Capture, Poses3D


def write_x3d(path: Path, capture: Capture) -> None:
    """Write `path` for the first person, `name_2.npy` beside it for the second, and so on.

    Axes are MotionBERT's (x right, y down, z away from the camera); the unit is the metre, the origin the pelvis in the first frame.

    Raises:
        OutputError: a file cannot be written.
    """
    for number, person in enumerate(capture.people, start=1):
        xyz = in_camera(person.poses, capture.camera).to(H36M17).xyz
        known = np.isfinite(xyz[:, 0]).all(-1)
        origin = xyz[known][0, 0] if known.any() else np.zeros(3)
        file = path if number == 1 else path.with_stem(f"{path.stem}_{number}")
        with atomic_path(file) as part, part.open("wb") as out:
            np.save(out, (xyz - origin).astype(np.float32))


def in_camera(poses: Poses3D, camera: Camera) -> Poses3D:
    """The same poses in the camera's axes."""
    if poses.frame == "camera":
        return poses
    local = camera.to_camera(poses.xyz.astype(np.float64)).astype(np.float32)
    return Poses3D(local, poses.confidence, poses.joint_set, poses.timestamps, "camera", poses.root_relative)


def read_x3d(path: Path, fps: float = 30.0) -> Poses3D:
    """Read `X3D.npy`, relative to the pelvis, trusting each joint alike. The unit is as in the file: MotionBERT's own is half the crop.

    Raises:
        InputError: it cannot be read, or is another array.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot read {path} as a NumPy array ({error})") from error
    if not isinstance(values, np.ndarray) or values.ndim != 3 or values.shape[1:] != (17, 3) or len(values) == 0 or values.dtype.kind != "f":
        raise InputError(f"{path} holds {getattr(values, 'shape', 'several arrays')}, not MotionBERT's (frames, 17, 3)")
    xyz = np.asarray(np.where(np.isfinite(values), values, np.nan), dtype=np.float32)
    trust = np.asarray(np.isfinite(xyz).all(-1), dtype=np.float32)
    return Poses3D(xyz - xyz[:, :1], trust, H36M17, np.arange(len(xyz)) / fps, "camera", root_relative=True)
