import numpy as np
import pytest

from posewright.skeletons import BLAZEPOSE33, COCO17, H36M17
from posewright.types import Camera, Keypoints, Motion, Poses3D
from tests.strategies import random_motion


def _keypoints(**changes):
    values = {"xy": np.zeros((3, 17, 2), np.float32), "confidence": np.ones((3, 17), np.float32), "joint_set": COCO17, "timestamps": np.arange(3.0), "frame_size": (64, 48)}
    return Keypoints(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"joint_set": BLAZEPOSE33}, "17 columns for the 33 joints"),
        ({"confidence": np.ones((3, 16))}, "confidence has shape"),
        ({"confidence": np.full((3, 17), np.nan)}, "0..1"),
        ({"timestamps": np.array([0.0, 1.0, 1.0])}, "increase"),
        ({"xy": np.full((3, 17, 2), np.inf)}, "infinity"),
    ],
)
def test_keypoints_refuse_what_does_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        _keypoints(**changes)


def test_conversion_keeps_time_and_frame():
    there = _keypoints().to(H36M17)
    assert there.xy.shape == (3, 17, 2)
    assert there.frame_size == (64, 48)
    poses = Poses3D(np.zeros((3, 17, 3), np.float32), np.ones((3, 17), np.float32), COCO17, np.arange(3.0), "camera", True).to(H36M17)
    assert poses.frame == "camera"
    assert poses.root_relative


def test_a_motion_refuses_nan_and_long_quaternions():
    motion = random_motion()
    broken = motion.rotations.copy()
    broken[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        Motion(motion.skeleton, broken, motion.root_translation, 30)
    with pytest.raises(ValueError, match="unit"):
        Motion(motion.skeleton, motion.rotations * 2, motion.root_translation, 30)
    with pytest.raises(ValueError, match="frames a second"):
        Motion(motion.skeleton, motion.rotations, motion.root_translation, 0)


def test_slicing_keeps_what_belongs_to_the_frames():
    motion = random_motion(frames=10)
    part = motion.sliced(2, 6)
    assert len(part) == 4
    assert np.array_equal(part.joint_positions(), motion.joint_positions()[2:6])


def test_camera_sees_a_person_in_front_the_right_way_round():
    camera = Camera.from_fov((640, 480), 60.0)
    assert camera.focal[0] == pytest.approx(320 / np.tan(np.radians(30)))
    left_up = camera.project(np.array([1.0, 1.0, -5.0]))
    assert left_up[0] > 320, "the person's left (+X) is on the right of the picture"
    assert left_up[1] < 240, "up is up"
    assert np.isnan(camera.project(np.array([0.0, 0.0, 5.0]))).all(), "behind the camera"
    assert np.allclose(camera.to_world(camera.to_camera(np.array([1.0, 2.0, 3.0]))), [1, 2, 3])


def test_distortion_follows_opencv():
    import cv2

    coefficients = (-0.2, 0.05, 0.001, -0.002, 0.01)
    camera = Camera((640, 480), (500.0, 510.0), (330.0, 235.0), coefficients, T_world_camera=np.eye(4))
    points = np.random.default_rng(0).uniform([-1, -1, 3], [1, 1, 6], (20, 3))
    expected = cv2.projectPoints(points, np.zeros(3), np.zeros(3), camera.matrix, np.array(coefficients))[0][:, 0]
    assert np.allclose(camera.project(points), expected, atol=1e-6)


@pytest.mark.parametrize("fov", [0.0, 180.0, float("nan")])
def test_an_impossible_angle_of_view_is_refused(fov):
    with pytest.raises(ValueError, match="angle of view"):
        Camera.from_fov((640, 480), fov)
