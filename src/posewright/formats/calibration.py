"""Camera calibrations of other programs, read into a `Camera`: OpenCV, ROS, Pose2Sim, FreeMoCap, anipose, Caliscope.

All of them write OpenCV's model (a 3 x 3 matrix in pixels, distortion k1, k2, p1, p2, k3, ..., world to camera as a
rotation and a translation) under different names: `MATRIX` and its like list them. OpenCV's own files are described at
https://docs.opencv.org/4.x/da/d56/classcv_1_1FileStorage.html.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, UsageError
from posewright.types import Camera
from posewright.types.camera import LEVEL

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MATRIX = ("matrix", "camera_matrix", "cameraMatrix", "K", "k", "intrinsic_matrix", "mtx")
DISTORTION = ("distortions", "distortion_coefficients", "distortionCoefficients", "dist_coeffs", "dist_coeff", "distCoeffs", "distortion", "dist", "D")
SIZE = ("size", "image_size", "imageSize", "img_size", "resolution")
WIDTH, HEIGHT = ("image_width", "image_Width", "width"), ("image_height", "image_Height", "height")
ROTATION, TRANSLATION = ("rotation", "rvec", "R"), ("translation", "tvec", "t", "T")
NAME = ("name", "camera_name", "cam_id")
MODEL = ("distortion_model", "camera_model", "model")
FISHEYE = ("fisheye", "equidistant", "omni", "kannala_brandt", "thin_prism_fisheye")
COEFFICIENTS = (0, 4, 5, 8)
"""So many distortion coefficients OpenCV's functions take, as far as `Camera` knows them."""
ASPECT_SLACK = 0.01
"""By so much the aspect ratios of calibration and frames may differ: encoders pad and crop to multiples of 8 or 16."""
# World axis that points up: rows are the axes of the world with +Y up in those of the file, a cyclic change of names.
UP_AXES = {"x": np.eye(3)[[2, 0, 1]], "y": np.eye(3), "z": np.eye(3)[[1, 2, 0]]}
UP_AXES |= {f"-{axis}": np.diag([-1.0, -1.0, 1.0]) @ turn for axis, turn in UP_AXES.items()}

Entry = Mapping[str, Any]


def read_camera(
    path: str | os.PathLike[str],
    name: str | None = None,
    *,
    video: str | os.PathLike[str] | None = None,
    frame_size: tuple[int, int] | None = None,
    rotation: int = 0,
    up_axis: str | None = None,
) -> Camera:
    """A camera from a calibration file: OpenCV's YAML, XML or JSON, ROS's YAML, plain JSON, or TOML of Pose2Sim and its kin.

    Args:
        path: the file.
        name: which of several cameras. None: the one whose name fits that of `video`.
        video: the clip that the camera took.
        frame_size: width and height of its upright frames; the calibration is brought to it.
        rotation: degrees clockwise by which stored frames were turned to stand upright (`SourceInfo.rotation`).
        up_axis: world axis of the file that points up, `x`, `y`, `z` or `-x`, `-y`, `-z`: then the camera's pose is read too,
            in a world with +Y up and in the file's unit of length. None: the pose is that of a level camera.

    Raises:
        InputError: the file cannot be read, holds no such camera, or does not fit the frames.
        UsageError: `up_axis` is no axis.
    """
    path = Path(path)
    if up_axis is not None and up_axis not in UP_AXES:
        raise UsageError(f"'{up_axis}' is no axis: the one that points up is one of {', '.join(UP_AXES)}")
    chosen, entry = _choose(_cameras(_content(path), path), name, None if video is None else Path(video).stem, path)
    where = f"{path}, camera '{chosen}'" if chosen else str(path)
    camera = _camera(entry, frame_size, up_axis, where)
    return camera if frame_size is None else fit_to_frames(camera, frame_size, rotation, where)


def fit_to_frames(camera: Camera, frame_size: tuple[int, int], rotation: int = 0, where: str = "the calibration") -> Camera:
    """The camera of frames of another size: scaled, and turned with the frames where it was calibrated on its side.

    Raises:
        InputError: the frames have another shape.
    """
    if _same_shape(camera.image_size, frame_size):
        return _scaled(camera, frame_size)
    sizes = "{} x {}".format(*camera.image_size), "{} x {}".format(*frame_size)
    if not _same_shape(camera.image_size[::-1], frame_size):
        raise InputError(f"{where} is for frames of {sizes[0]}, the clip has {sizes[1]}: another shape. Calibrate with the clip's own settings, uncropped.")
    if rotation % 180 != 90:
        raise InputError(f"{where} is for frames of {sizes[0]}, the clip has {sizes[1]}, and does not say which way it was turned. Calibrate with upright frames.")
    return _scaled(_turned(camera, rotation), frame_size)


# Reading: whatever the file, tables of plain Python


def _content(path: Path) -> dict[str, Any]:
    """The file as tables, lists and numbers; OpenCV's matrices as arrays."""
    reader = _PARSERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: a calibration is a {', '.join(_PARSERS)} file")
    try:
        content = reader(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, cv2.error, SystemError) as error:  # OpenCV's parser fails with a SystemError
        raise InputError(f"{path} is no well-formed {path.suffix[1:].upper()}: {_last_line(error)}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a list or a value where a table with a camera's figures is expected")
    return content


def _file_storage(text: str) -> Any:
    """YAML or XML by OpenCV's reader, which wants its own header on YAML."""
    if not text.lstrip().startswith(("<", "%YAML")):
        text = "%YAML:1.0\n---\n" + text.removeprefix("---\n")
    storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    try:
        return _plain(storage.root())
    finally:
        storage.release()


def _plain(node: cv2.FileNode) -> Any:
    if node.isMap():
        return {key: _plain(node.getNode(key)) for key in node.keys()}  # noqa: SIM118 (no mapping)
    if node.isSeq():
        return [_plain(node.at(i)) for i in range(node.size())]
    return node.string() if node.isString() else None if node.isNone() else node.real()


_PARSERS: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".json": json.loads, ".yaml": _file_storage, ".yml": _file_storage, ".xml": _file_storage}


def _last_line(error: BaseException) -> str:
    """What an error says, without the place in OpenCV's source."""
    line = str(error.__cause__ or error).strip().splitlines()[-1]
    return re.sub(r"^OpenCV\(.*? in function ", "", line)


# Choosing


def _cameras(content: Entry, path: Path) -> dict[str, Entry]:
    """The cameras in the file by name: the file itself, or its tables and the tables or lists in them."""
    if _is_camera(content):
        return {str(_first(content, NAME) or ""): content}
    found: dict[str, Entry] = {}
    for key, value in content.items():
        inner = {key: value} if isinstance(value, Mapping) and _is_camera(value) else value
        entries = inner.items() if isinstance(inner, Mapping) else ((f"{key}[{i}]", entry) for i, entry in enumerate(inner)) if isinstance(inner, list) else ()
        for label, entry in entries:
            if isinstance(entry, Mapping) and _is_camera(entry):
                given = _first(entry, NAME)
                found[str(label if given is None else given)] = entry
    if not found:
        raise InputError(f"{path} holds no camera: a matrix is looked for under {', '.join(MATRIX)}, or fx, fy, cx and cy")
    return found


def _is_camera(entry: Entry) -> bool:
    return _first(entry, MATRIX) is not None or "fx" in entry


def _choose(cameras: dict[str, Entry], name: str | None, stem: str | None, path: Path) -> tuple[str, Entry]:
    """The camera of that name, the only one, or the one whose name fits the clip's."""
    if name is not None:
        fitting = [camera for camera in cameras if camera == name] or [camera for camera in cameras if _letters(camera) == _letters(name)]
    elif len(cameras) == 1:
        fitting = list(cameras)
    else:
        clip = _letters(stem or "")
        fitting = [camera for camera in cameras if clip and _letters(camera) == clip] or [camera for camera in cameras if clip and _holds(clip, _letters(camera))]
    if len(fitting) == 1:
        return fitting[0], cameras[fitting[0]]
    problem = f"has no camera '{name}'" if name is not None else "holds several cameras" + (f", and none or several fit the name '{stem}'" if stem else "")
    raise InputError(f"{path} {problem}. Name one of: {', '.join(cameras)}")


def _letters(name: str) -> str:
    """A name without case, separators and leading zeros, so that `cam_1` is `Cam01`."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[^0-9a-z]+", "", name.lower()))


def _holds(a: str, b: str) -> bool:
    """True when one name holds the other, and the number at its end is not cut short: `cam1` is in `intcam1img` and not in `cam10`."""
    short, long = sorted((a, b), key=len)
    return bool(short) and re.search(rf"(?<!\d){re.escape(short)}(?!\d)" if short[0].isdigit() else rf"{re.escape(short)}(?!\d)", long) is not None


# Building


def _camera(entry: Entry, frame_size: tuple[int, int] | None, up_axis: str | None, where: str) -> Camera:
    if entry.get("fisheye") or str(_first(entry, MODEL) or "").lower() in FISHEYE:
        raise InputError(f"{where} is a fisheye's: only OpenCV's common model is understood. Undistort the clip first.")
    focal_x, focal_y, centre_x, centre_y = _intrinsics(entry, where)
    size = _size(entry, where)
    if size is None:
        if frame_size is None or not (0.25 < centre_x / frame_size[0] < 0.75 and 0.25 < centre_y / frame_size[1] < 0.75):
            raise InputError(f"{where} does not say for what image size it is. Add image_width and image_height, pixels.")
        size = frame_size
    try:
        camera = Camera(size, (focal_x, focal_y), (centre_x, centre_y), _distortion(entry, where))
        return camera if up_axis is None else replace(camera, T_world_camera=_pose(entry, up_axis, where))
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error


def _intrinsics(entry: Entry, where: str) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy in pixels."""
    value = _first(entry, MATRIX)
    if value is None:
        single = entry["fx"]
        fx, fy, cx, cy = _numbers([single, entry.get("fy", single), entry.get("cx", np.nan), entry.get("cy", np.nan)], "fx, fy, cx and cy", where)
        return float(fx), float(fy), float(cx), float(cy)
    matrix = _numbers(value, "camera matrix", where)
    if matrix.size != 9 or not np.allclose(matrix.reshape(3, 3)[[1, 2, 2], [0, 0, 1]], 0.0) or matrix.ravel()[8] != 1.0:
        raise InputError(f"{where}: the camera matrix is not fx 0 cx, 0 fy cy, 0 0 1 but {np.array2string(matrix.ravel(), precision=4)}")
    (fx, _, cx), (_, fy, cy), _ = matrix.reshape(3, 3).tolist()
    return fx, fy, cx, cy


def _distortion(entry: Entry, where: str) -> tuple[float, ...]:
    value = _first(entry, DISTORTION)
    coefficients = np.zeros(0) if value is None else _numbers(value, "distortion", where).ravel()
    used = np.trim_zeros(coefficients, "b")
    count = next((count for count in COEFFICIENTS if len(used) <= count), None)
    if count is None:
        raise InputError(f"{where} has {len(used)} distortion coefficients: up to {COEFFICIENTS[-1]} are understood. Calibrate without thin prism and tilt.")
    return (*used.tolist(), *[0.0] * (count - len(used)))


def _size(entry: Entry, where: str) -> tuple[int, int] | None:
    value = _first(entry, SIZE)
    sides = [_first(entry, WIDTH), _first(entry, HEIGHT)] if value is None else value
    if value is None and None in sides:
        return None
    numbers = _numbers(sides, "image size", where).ravel()
    if len(numbers) != 2 or (numbers < 1).any():
        raise InputError(f"{where}: the image size is {numbers.tolist()}, not a width and a height in pixels")
    return int(numbers[0]), int(numbers[1])


def _pose(entry: Entry, up_axis: str, where: str) -> NDArray[np.float64]:
    """T_world_camera in a world with +Y up, from world to camera in the file's."""
    rotation, translation = _first(entry, ROTATION), _first(entry, TRANSLATION)
    if rotation is None or translation is None:
        raise InputError(f"{where} does not say where the camera stood (no rotation and translation), so that an axis that points up tells nothing")
    turn, shift = _numbers(rotation, "rotation", where), _numbers(translation, "translation", where).ravel()
    if turn.size not in (3, 9) or shift.size != 3:
        raise InputError(f"{where}: a rotation has 3 numbers (Rodrigues) or 9, a translation 3, but here they have {turn.size} and {shift.size}")
    R_camera_world = cv2.Rodrigues(turn.ravel())[0] if turn.size == 3 else turn.reshape(3, 3)
    T_world_camera = np.eye(4)
    T_world_camera[:3, :3] = UP_AXES[up_axis] @ R_camera_world.T
    T_world_camera[:3, 3] = -T_world_camera[:3, :3] @ shift
    return T_world_camera


def _numbers(value: Any, what: str, where: str) -> NDArray[np.float64]:
    """Numbers of a list, a list of lists, or a table of OpenCV or ROS with `data`."""
    if isinstance(value, Mapping):
        value = value.get("data")
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if numbers.ndim == 0 or not np.isfinite(numbers).all():
        raise InputError(f"{where}: the {what} is not a list of numbers but {str(value)[:80]}")
    return numbers


def _first(entry: Entry, names: Sequence[str]) -> Any:
    return next((entry[name] for name in names if name in entry), None)


# Fitting to frames


def _same_shape(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return abs(a[0] * b[1] / (a[1] * b[0]) - 1.0) <= ASPECT_SLACK


def _scaled(camera: Camera, size: tuple[int, int]) -> Camera:
    x, y = size[0] / camera.image_size[0], size[1] / camera.image_size[1]
    return replace(camera, image_size=size, focal=(camera.focal[0] * x, camera.focal[1] * y), centre=(camera.centre[0] * x, camera.centre[1] * y))


def _turned(camera: Camera, rotation: int) -> Camera:
    """The camera of pictures turned by 90 or 270 degrees clockwise."""
    (width, height), (cx, cy) = camera.image_size, camera.centre
    clockwise = rotation % 360 == 90
    centre = (height - cy, cx) if clockwise else (cy, width - cx)
    # A point (x, y) of the plane at depth 1 goes to (-y, x), or to (y, -x): so do p2 and p1, which lie along x and y.
    coefficients = camera.distortion
    if len(coefficients) >= 4:
        k1, k2, p1, p2, *more = coefficients
        coefficients = (k1, k2, p2, -p1, *more) if clockwise else (k1, k2, -p2, p1, *more)
    R_old_new = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) if clockwise else np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    pose = camera.T_world_camera.copy()
    if not np.array_equal(pose, LEVEL):  # a level camera is level for upright frames
        pose[:3, :3] = pose[:3, :3] @ R_old_new
    return replace(camera, image_size=(height, width), focal=camera.focal[::-1], centre=centre, distortion=coefficients, T_world_camera=pose)
