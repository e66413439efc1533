from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from posewright.errors import InputError, UsageError
from posewright.formats.calibration import fit_to_frames, read_camera
from posewright.types import Camera

SHARED = Path(__file__).parents[2].parent / "shared" / "video" / "pose2sim_single"
SIZE = (1280, 720)
K = np.array([[1000.0, 0.0, 650.0], [0.0, 1010.0, 350.0], [0.0, 0.0, 1.0]])
DISTORTION = [0.1, -0.05, 0.001, -0.002, 0.01]
ROTATION, TRANSLATION = [1.2, -0.3, 0.4], [0.1, 0.9, 3.0]

TOML = """
[cam_0]
name = "left_01"
size = [ 1280.0, 720.0]
matrix = [ [ 1000.0, 0.0, 650.0], [ 0.0, 1010.0, 350.0], [ 0.0, 0.0, 1.0]]
distortions = [ 0.1, -0.05, 0.001, -0.002, 0.01]
rotation = [ 1.2, -0.3, 0.4]
translation = [ 0.1, 0.9, 3.0]
fisheye = false

[cam_1]
name = "int_cam_10_img"
size = [ 640, 480]
matrix = [ [ 500.0, 0.0, 320.0], [ 0.0, 500.0, 240.0], [ 0.0, 0.0, 1.0]]
distortions = [ 0.0, 0.0, 0.0, 0.0]
rotation = [ 0.0, 0.0, 0.0]
translation = [ 0.0, 0.0, 0.0]

[metadata]
adjusted = false
error = 0.0
"""
ROS = """image_width: 1280
image_height: 720
camera_name: usb_cam
camera_matrix:
  rows: 3
  cols: 3
  data: [1000.0, 0, 650.0, 0, 1010.0, 350.0, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.1, -0.05, 0.001, -0.002, 0.01]
"""


def check(camera: Camera) -> None:
    assert camera.image_size == SIZE
    np.testing.assert_allclose(camera.matrix, K)
    np.testing.assert_allclose(camera.distortion, DISTORTION)
    assert not camera.assumed


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".yml", ".yaml", ".xml", ".json"])
def test_what_opencv_writes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"camera{suffix}"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("calibration_time", "Fri 20 Nov 2026")
    storage.write("image_width", SIZE[0])
    storage.write("image_height", SIZE[1])
    storage.write("camera_matrix", K)
    storage.write("distortion_coefficients", np.array(DISTORTION)[:, None])
    storage.release()
    check(read_camera(path))


def test_ros(tmp_path: Path) -> None:
    check(read_camera(write(tmp_path, "camera.yaml", ROS)))


@pytest.mark.parametrize(
    "content",
    [
        {"K": K.tolist(), "dist": DISTORTION, "size": SIZE},
        {"camera_matrix": K.ravel().tolist(), "dist_coeffs": [DISTORTION], "image_size": SIZE},
        {"fx": 1000, "fy": 1010, "cx": 650, "cy": 350, "distortion": DISTORTION, "width": 1280, "height": 720},
        {"cameras": [{"matrix": K.tolist(), "distortions": DISTORTION, "size": SIZE}]},
        {"cameras": {"a": {"matrix": K.tolist(), "distortions": DISTORTION, "size": SIZE}}},
        {"mtx": K.tolist(), "dist": DISTORTION, "resolution": list(SIZE)},
    ],
)
def test_plain_json(tmp_path: Path, content: object) -> None:
    check(read_camera(write(tmp_path, "camera.json", json.dumps(content))))


def test_one_of_several_by_name_or_by_the_clip(tmp_path: Path) -> None:
    path = write(tmp_path, "calib.toml", TOML)
    check(read_camera(path, "left_01"))
    check(read_camera(path, "Left1"))
    check(read_camera(path, video="clips/left01.mp4"))
    assert read_camera(path, video="cam10.mov").image_size == (640, 480)
    for wrong in ({}, {"video": "cam1.mp4"}, {"video": "right.mp4"}, {"name": "cam10"}):
        with pytest.raises(InputError, match="Name one of: left_01, int_cam_10_img"):
            read_camera(path, **wrong)  # type: ignore[arg-type]


def test_the_pose_is_read_where_the_vertical_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "calib.toml", TOML)
    np.testing.assert_array_equal(read_camera(path, "left_01").T_world_camera, Camera.from_fov(SIZE).T_world_camera)
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3))  # the file's axes, z up
    truth = cv2.projectPoints(points, np.array(ROTATION), np.array(TRANSLATION), K, np.array(DISTORTION))[0][:, 0]
    upright = {"z": points[:, [1, 2, 0]], "y": points, "x": points[:, [2, 0, 1]], "-y": points * [-1, -1, 1]}
    for axis, ours in upright.items():
        camera = read_camera(path, "left_01", up_axis=axis)
        np.testing.assert_allclose(camera.project(ours), truth, atol=1e-6)
    up = np.zeros(3)
    up[1] = 1.0
    R = cv2.Rodrigues(np.array(ROTATION))[0]
    np.testing.assert_allclose(read_camera(path, "left_01", up_axis="-z").T_camera_world[:3, :3] @ up, -R[:, 2])
    with pytest.raises(UsageError, match="'w' is no axis"):
        read_camera(path, "left_01", up_axis="w")
    with pytest.raises(InputError, match="does not say where the camera stood"):
        read_camera(write(tmp_path, "camera.yaml", ROS), up_axis="z")


def test_distortion_of_eight_coefficients_is_opencvs(tmp_path: Path) -> None:
    coefficients = [0.2, -0.1, 0.001, -0.002, 0.03, 0.15, -0.05, 0.02]
    camera = read_camera(write(tmp_path, "c.json", json.dumps({"K": K.tolist(), "D": coefficients, "size": SIZE})))
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3)) + np.array([0.0, 0.0, 2.0])
    truth = cv2.projectPoints(points, np.zeros(3), np.zeros(3), K, np.array(coefficients))[0][:, 0]
    np.testing.assert_allclose(camera.project(camera.to_world(points)), truth, atol=1e-6)


@pytest.mark.parametrize(("given", "kept"), [([0.1], 4), ([0.1, 0.0, 0.0, 0.0, 0.2], 5), ([0.1] * 6, 8), ([0.1] * 8 + [0.0] * 6, 8), ([0.0] * 5, 0)])
def test_coefficients_come_in_a_count_that_opencv_takes(tmp_path: Path, given: list[float], kept: int) -> None:
    camera = read_camera(write(tmp_path, "c.json", json.dumps({"K": K.tolist(), "D": given, "size": SIZE})))
    assert len(camera.distortion) == kept
    assert [value for value in camera.distortion if value] == [value for value in given if value]


def test_frames_of_another_size(tmp_path: Path) -> None:
    path = write(tmp_path, "camera.yaml", ROS)
    half = read_camera(path, frame_size=(640, 360))
    np.testing.assert_allclose(half.matrix[:2], K[:2] / 2)
    padded = read_camera(path, frame_size=(1280, 724))
    assert padded.image_size == (1280, 724)
    with pytest.raises(InputError, match="for frames of 1280 x 720, the clip has 960 x 720: another shape"):
        read_camera(path, frame_size=(960, 720))
    with pytest.raises(InputError, match="does not say which way it was turned"):
        read_camera(path, frame_size=(720, 1280))


@pytest.mark.parametrize("rotation", [90, 270])
def test_a_clip_that_was_turned_upright(tmp_path: Path, rotation: int) -> None:
    path = write(tmp_path, "calib.toml", TOML)
    lying, upright = (read_camera(path, "left_01", up_axis="z", **more) for more in ({}, {"frame_size": SIZE[::-1], "rotation": rotation}))  # type: ignore[arg-type]
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3))
    x, y = lying.project(points).T
    turned = np.stack([SIZE[1] - y, x] if rotation == 90 else [y, SIZE[0] - x], axis=1)
    np.testing.assert_allclose(upright.project(points), turned, atol=1e-6)
    half = fit_to_frames(lying, (360, 640), rotation)
    np.testing.assert_allclose(half.project(points), turned / 2, atol=1e-6)
    assert read_camera(write(tmp_path, "c.yaml", ROS), frame_size=SIZE[::-1], rotation=rotation).T_world_camera[1, 1] == -1.0, "level for upright frames"


def test_a_size_that_is_not_told_is_the_frames(tmp_path: Path) -> None:
    path = write(tmp_path, "camera.json", json.dumps({"K": K.tolist()}))
    assert read_camera(path, frame_size=SIZE).image_size == SIZE
    for size in (None, (3840, 2160)):
        with pytest.raises(InputError, match="does not say for what image size"):
            read_camera(path, frame_size=size)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.txt", "", "a calibration is a .toml"),
        ("c.toml", "[cam_0\nname=3", "no well-formed TOML"),
        ("c.json", "{", "no well-formed JSON"),
        ("c.json", "[1, 2]", "holds a list or a value"),
        ("c.yaml", "a: [1\n b:: }", "no well-formed YAML"),
        ("c.xml", "<opencv_storage><a>", "no well-formed XML"),
        ("c.toml", "[metadata]\nerror = 0.1", "holds no camera"),
        ("c.json", '{"K": [[1, 2], [3, 4]], "size": [4, 4]}', "not fx 0 cx"),
        ("c.json", '{"K": "abc", "size": [4, 4]}', "the camera matrix is not a list of numbers"),
        ("c.json", '{"fx": 100, "size": [4, 4]}', "fx, fy, cx and cy is not a list"),
        ("c.json", '{"fx": -100, "cx": 2, "cy": 2, "size": [4, 4]}', "focal lengths"),
        ("c.json", '{"fx": 100, "cx": 2, "cy": 2, "size": [4]}', "not a width and a height"),
        ("c.json", '{"fx": 100, "cx": 2, "cy": 2, "size": [4, 0]}', "not a width and a height"),
        ("c.json", '{"fx": 100, "cx": 2, "cy": 2, "size": [4, 4], "dist": [NaN]}', "the distortion is not"),
        ("c.json", json.dumps({"fx": 100, "cx": 2, "cy": 2, "size": [4, 4], "dist": [0.1] * 12}), "12 distortion coefficients"),
        ("c.toml", TOML.replace("fisheye = false", "fisheye = true"), "fisheye"),
        ("c.json", '{"fx": 100, "cx": 2, "cy": 2, "size": [4, 4], "distortion_model": "equidistant"}', "fisheye"),
        ("c.toml", TOML.replace("rotation = [ 1.2, -0.3, 0.4]", "rotation = [ 1.2]"), "Rodrigues"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(InputError, match=message) as caught:
        read_camera(path, "left_01" if text.count("cam_") > 1 else None, up_axis="z" if "Rodrigues" in message else None)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.toml: No such file"):
        read_camera(tmp_path / "none.toml")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/video/pose2sim_single")
def test_pose2sim_calibration_reprojects_the_reference() -> None:
    with np.load(SHARED / "reference_3d.npz") as reference, np.load(SHARED / "openpose_body25b_2d.npz") as seen:
        joints = [seen["names"].tolist().index(name) for name in reference["names"].tolist()]
        xyz, misses = reference["xyz_world_m"], []
        for view, clip in enumerate(seen["cams"].tolist()):
            camera = read_camera(SHARED / "Calib_qualisys.toml", video=f"{clip}.mp4", frame_size=(1088, 1920), up_axis="z")
            np.testing.assert_allclose(camera.matrix, reference["K"][view], atol=1e-4)
            man = seen["kp"][view, : len(xyz), 0][:, joints]
            miss = np.linalg.norm(camera.project(xyz[..., [1, 2, 0]]) - man[..., :2], axis=-1)
            misses.append(miss[man[..., 2] > 0.3])
    assert np.median(np.concatenate(misses)) < 13.0
