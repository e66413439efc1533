"""Clips on which BlazePose was run over rendered people (`tools/measure_detector.py`), with the truth: to measure, train and test with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.geometry import Array
from posewright.train.data.bodies import JOINTS, PARENTS, POINTS
from posewright.train.data.kinematics import forward
from posewright.train.data.visibility import COVERED, HIDDEN, OUTSIDE, SEEN, View, hidden, view_of

_HIPS = [POINTS.index("left_hip"), POINTS.index("right_hip")]


@dataclass(frozen=True)
class Clip:
    """One person for T frames at 30 a second. Metres; camera axes as OpenCV's."""

    rays: NDArray[np.float32]
    """What BlazePose saw, as x / z and y / z, (T, 33, 2); NaN where it lost the person."""
    confidence: NDArray[np.float32]
    """(T, 33); 0 where lost."""
    world: NDArray[np.float32]
    """BlazePose's own 3D, (T, 33, 3), metres from the hips, axes of a camera that looks straight at the person; NaN where lost."""
    points: NDArray[np.float32]
    """Where BlazePose's points truly are in camera axes, (T, 33, 3)."""
    joints: NDArray[np.float32]
    """The humanoid's joints in camera axes, (T, 22, 3)."""
    rotations: NDArray[np.float32]
    """Local rotations, the hips' against the world, (T, 22, 4)."""
    contacts: NDArray[np.float32]
    """(T, 4)."""
    turn: NDArray[np.float32]
    """World to camera axes, (3, 3); its second column is the vertical."""
    offsets: NDArray[np.float32]
    """Rest offsets of the body, (22, 3)."""
    stature: float
    picture: NDArray[np.float32]
    """Left, top, right, bottom of the picture, in rays, (4,)."""
    thing: NDArray[np.float32]
    """The same of something that stands before the person; zeros for nothing."""
    kind: str
    """`whole`, `cut` or `hidden`."""
    name: str
    figure: str

    def truth(self) -> NDArray[np.float32]:
        """Exact rays of the points, (T, 33, 2)."""
        return np.asarray(self.points[..., :2] / self.points[..., 2:])

    def size(self) -> NDArray[np.float32]:
        """Stature over the hips' distance, (T,)."""
        return np.asarray(self.stature / self.points[:, _HIPS, 2].mean(1))

    def view(self) -> View:
        """How the body stands to the camera."""
        return view_of(self.points)

    def state(self) -> NDArray[np.int8]:
        """How each point is met, (T, 33)."""
        exact = self.truth()
        state = np.where(hidden(self.points[None], np.array([self.stature]))[0], HIDDEN, SEEN).astype(np.int8)
        state[_inside(exact, self.thing)] = COVERED
        state[~_inside(exact, self.picture)] = OUTSIDE
        return state


def _inside(rays: Array, box: Array) -> NDArray[np.bool_]:
    return np.asarray(((rays > box[:2]) & (rays < box[2:])).all(-1))


def read_clip(path: Path) -> Clip:
    """One file of `measure_detector.py render`.

    Raises:
        InputError: the file is not that.
    """
    try:
        with np.load(path) as data:
            values = {key: data[key] for key in data.files}
        focal, centre, pose = float(values["focal"]), values["centre"], values["T_world_camera"]
        turn = pose[:3, :3].T
        joints = forward(values["rotations"][None].astype(np.float32), values["offsets"][None].astype(np.float32), PARENTS)[0][:, 0].swapaxes(0, 1) + values["root"][:, None]
        points, local_joints = ((array - pose[:3, 3]) @ turn.T for array in (values["points"], joints))
        edges = [(np.asarray(box, dtype=np.float64).reshape(2, 2) - centre) / focal for box in ([0, 0, *values["size"]], values["hidden"])]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path} is no clip of tools/measure_detector.py: {error}") from error
    picture, thing = (edge.ravel().astype(np.float32) for edge in edges)
    assert joints.shape[1] == len(JOINTS)
    arrays: dict[str, Any] = {"rays": (values["xy"] - centre) / focal, "points": points, "joints": local_joints, "turn": turn}
    arrays |= {name: values[name] for name in ("confidence", "world", "rotations", "contacts", "offsets")}
    floats: dict[str, Any] = {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}
    kind, name, figure = (str(values[key]) for key in ("kind", "name", "figure"))
    return Clip(**floats, stature=float(values["stature"]), picture=picture, thing=thing, kind=kind, name=name, figure=figure)


def read_clips(folder: Path) -> list[Clip]:
    """All clips of a folder, in the order of their numbers."""
    return [read_clip(path) for path in sorted(folder.glob("clip_*.npz"))]
