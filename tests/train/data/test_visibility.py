from __future__ import annotations

import numpy as np
import pytest

from posewright.train.data.bodies import POINT_TWINS, POINTS, Bodies
from posewright.train.data.visibility import hidden, straight, view_of


def _standing(bodies: Bodies, yaw: float, frames: int = 6) -> np.ndarray:
    """A body in T-pose 4 m away that faces the picture's right by `yaw`, camera axes."""
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (1, frames, 22, 1))
    rotations[:, :, 0] = [0.0, np.sin(yaw / 2), 0.0, np.cos(yaw / 2)]
    points = bodies.taken(np.array([0])).pose(rotations, np.tile([0.0, 0.9, 0.0], (1, frames, 1))).points
    return (points - np.array([0.0, 1.2, 4.0], dtype=np.float32)) * np.array([1.0, -1.0, -1.0], dtype=np.float32)


@pytest.mark.parametrize("yaw", [0.0, 0.7, np.pi / 2, 2.5, -1.2])
def test_the_view_is_the_bodys_turn(bodies: Bodies, yaw: float) -> None:
    view = view_of(_standing(bodies, yaw))
    np.testing.assert_allclose(view.yaw, yaw, atol=0.1)
    np.testing.assert_allclose(view.up, np.broadcast_to([0.0, -1.0], view.up.shape), atol=0.1)
    assert np.abs(view.tilt).max() < 0.15


def test_a_mirror_turns_the_view_round(bodies: Bodies) -> None:
    points = _standing(bodies, 0.8)
    mirrored = points[..., POINT_TWINS, :] * np.array([-1.0, 1.0, 1.0], dtype=np.float32)
    np.testing.assert_allclose(view_of(mirrored).yaw, -view_of(points).yaw, atol=1e-4)
    stature = bodies.stature[:1]
    np.testing.assert_array_equal(hidden(mirrored, stature), hidden(points, stature)[..., POINT_TWINS])


def test_a_body_hides_what_is_behind_it(bodies: Bodies) -> None:
    seen = {name: dict(zip(POINTS, hidden(_standing(bodies, yaw), bodies.stature[:1])[0, 0], strict=True)) for name, yaw in (("front", 0.0), ("back", np.pi), ("right", np.pi / 2))}
    assert not any(seen["front"][point] for point in POINTS if "ear" not in point)
    assert seen["back"]["nose"]
    assert not seen["back"]["left_wrist"]
    # One who faces the picture's right turns the right side to the camera: the left arm is behind the trunk or the head.
    assert seen["right"]["left_shoulder"]
    assert seen["right"]["left_hip"]
    assert not seen["right"]["right_wrist"]
    assert not seen["right"]["right_hip"]


def test_every_frame_gets_an_answer(bodies: Bodies) -> None:
    for frames in (1, 2, 5, 9):
        assert hidden(_standing(bodies, 2.0, frames), bodies.stature[:1]).shape == (1, frames, 33)


def test_straight_axes_have_the_trunk_in_the_middle(bodies: Bodies) -> None:
    points = _standing(bodies, 0.4) + np.array([1.5, 0.3, 0.0], dtype=np.float32)
    own = straight(points)
    np.testing.assert_allclose(own[..., [23, 24], :].mean(-2), 0.0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(own[..., 11, :] - own[..., 28, :], axis=-1), np.linalg.norm(points[..., 11, :] - points[..., 28, :], axis=-1), rtol=1e-5)
    trunk = points[..., [11, 12, 23, 24], :].mean(-2)
    back = np.linalg.svd(np.swapaxes(own[0, 0] - own[0, 0].mean(0), -1, -2) @ (points[0, 0] - points[0, 0].mean(0)))
    turn = back[0] @ back[2]
    np.testing.assert_allclose(turn @ (trunk[0, 0] / np.linalg.norm(trunk[0, 0])), [0.0, 0.0, 1.0], atol=1e-4)
