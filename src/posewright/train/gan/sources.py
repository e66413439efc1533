"""Where 2D poses can come from: motion capture, folders of keypoints, annotation files, arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, NoPersonError, UsageError
from posewright.formats.exchange import read_exchange
from posewright.formats.recording import load_json
from posewright.lift.gan import BODY
from posewright.skeletons import BLAZEPOSE33, BODY_25, COCO17, HALPE26, MPII16, OPENPOSE18, JointSet, joint_set
from posewright.train.gan.annotations import read_coco, read_mpii_json, read_mpii_mat
from posewright.train.gan.mocap import Bodies, read_bodies
from posewright.train.gan.poses import Poses2D, Projected, Source, gathered

LEAST_PEOPLE = 16
"""Fewer whole people than this teach nothing."""
_SETS = {len(joint_set): joint_set for joint_set in (COCO17, BLAZEPOSE33, BODY_25, OPENPOSE18, HALPE26, MPII16)}
_HUGE = (10_000_000, 10_000_000)


def read_all(paths: Sequence[Path], leave_out: Path | None = None) -> Source:
    """2D poses from several places of one kind.

    Args:
        paths: files or folders, each any of `SOURCES`.
        leave_out: a file of motion capture that is measured on, and so not learned from if it lies in one of the folders.

    Raises:
        UsageError: there are none, or motion capture and pictures are mixed.
        InputError, NoPersonError: see `read_poses`.
    """
    sources = [read_poses(path, leave_out) for path in paths]
    if not sources:
        raise UsageError("no poses to train from: give --poses")
    count = np.cumsum([0, *(int(source.clip.max()) + 1 for source in sources)])
    clip = np.concatenate([source.clip + first for source, first in zip(sources, count, strict=False)])
    left_out = sum(source.left_out for source in sources)
    if all(isinstance(source, Projected) for source in sources):
        return Projected(Bodies(np.concatenate([source.bodies.xyz for source in sources if isinstance(source, Projected)]), clip))
    if not all(isinstance(source, Poses2D) and source.nose_made == sources[0].nose_made for source in sources):
        raise UsageError("poses of motion capture and of pictures, or with and without a nose, cannot be mixed: train on one of them")
    return Poses2D(np.concatenate([source.xy for source in sources if isinstance(source, Poses2D)]), clip, sources[0].nose_made, left_out)


def read_poses(path: Path, leave_out: Path | None = None) -> Source:
    """2D poses from any of the sources that `SOURCES` names.

    Raises:
        InputError: there is nothing there, it is of no known kind or of another version (says what is missing), or it holds NaN.
        NoPersonError: nobody in it is seen whole, or too few.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist. Give one of: {'; '.join(about for about, _, _ in SOURCES)}")
    for _, fits, read in SOURCES:
        if fits(path):
            source = _mocap(path, leave_out) if read is _mocap else read(path)
            if len(source) < LEAST_PEOPLE:
                told = f", and {source.left_out} of whom not all joints are seen" if source.left_out else ""
                raise NoPersonError(f"{path} holds {len(source)} whole people{told}: at least {LEAST_PEOPLE} are needed")
            return source
    raise InputError(f"{path} is of no known kind. Known are: {'; '.join(about for about, _, _ in SOURCES)}")


def _mocap(path: Path, leave_out: Path | None = None) -> Projected:
    files = sorted(path.glob("*.npz")) if path.is_dir() else [path]
    return Projected(read_bodies([file for file in files if leave_out is None or file.resolve() != leave_out.resolve()]))


def _exchange(name: str) -> Callable[[Path], Poses2D]:
    def read(path: Path) -> Poses2D:
        results = read_exchange(path, name, _HUGE).results
        everybody = [(pose, frame.index) for frame in results for pose in frame.people]
        if not everybody:
            raise NoPersonError(f"{path} holds nobody")
        joint_set = everybody[0][0].joint_set
        if any(pose.joint_set is not joint_set for pose, _ in everybody):
            raise InputError(f"{path} mixes joint sets: keep the files of each model in a folder of its own")
        return gathered(((pose.xy, pose.confidence, number) for number, (pose, _) in enumerate(everybody)), joint_set, str(path))

    return read


def _own(path: Path) -> Poses2D:
    """The people's keypoints in Posewright's .npz or .json, all of one joint set."""
    people = _own_json(path) if path.suffix.lower() == ".json" else _own_npz(path)
    names = {str(person["joint_set"]) for person in people}
    if len(names) != 1:
        raise InputError(f"{path} holds keypoints of {', '.join(sorted(names)) or 'nobody'}, where one joint set is needed: write it with `posewright pose`")
    rows = ((xy, trust, number) for number, person in enumerate(people) for xy, trust in zip(_floats(person["xy"]), _floats(person["confidence"]), strict=True))
    return gathered(rows, joint_set(names.pop()), str(path))


def _floats(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _own_npz(path: Path) -> list[dict[str, Any]]:
    with np.load(path) as data:
        prefixes = sorted({key.rsplit(".", 1)[0] for key in data.files if key.startswith("people.") and ".keypoints." in key})
        return [{key: data[f"{prefix}.{key}"] for key in ("joint_set", "xy", "confidence")} for prefix in prefixes]


def _own_json(path: Path) -> list[dict[str, Any]]:
    return [person["keypoints"] for person in load_json(path)["people"] if "keypoints" in person]


def _array(path: Path) -> Poses2D:
    """(N, 34) as the 2018 code keeps MPII (Kudo et al. 2018, https://github.com/DwangoMediaVillage/3dpose_gan), or (N, J, 2) of a known number of joints."""
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    flat = values.ndim == 2 and values.shape[1] == 2 * len(BODY)
    if values.dtype.kind not in "fiu" or not (flat or (values.ndim == 3 and values.shape[2] == 2 and values.shape[1] in _SETS)):
        wanted = f"(people, {2 * len(BODY)}) in Human3.6M's order, or (people, joints, 2) with {', '.join(map(str, _SETS))} joints"
        raise InputError(f"{path} holds {values.shape} {values.dtype}, not {wanted}")
    if not np.isfinite(values).any():
        raise InputError(f"{path} holds nothing but NaN")
    if values.ndim == 3:
        return gathered(_rows(values), _SETS[values.shape[1]], str(path))
    lacking = JointSet("without a nose", tuple("no nose" if joint == "nose" else joint for joint in BODY.joints), (), BODY.pairs)
    return gathered(_rows(values.reshape(len(values), -1, 2)), lacking, str(path))


def _rows(values: NDArray[Any]) -> Iterable[tuple[NDArray[Any], NDArray[Any], int]]:
    return ((row, np.ones(len(row)), number) for number, row in enumerate(values))


def _annotated(read: Callable[[Path], tuple[NDArray[Any], NDArray[Any]]], joint_set: JointSet) -> Callable[[Path], Poses2D]:
    def gather(path: Path) -> Poses2D:
        xy, seen = read(path)
        return gathered(((row, trust, number) for number, (row, trust) in enumerate(zip(xy, seen, strict=True))), joint_set, str(path))

    return gather


def _npz_with(key: str) -> Callable[[Path], bool]:
    def fits(path: Path) -> bool:
        if path.suffix.lower() != ".npz":
            return False
        try:
            with np.load(path) as data:
                return key in data.files
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise InputError(f"cannot read {path}: {error}") from error

    return fits


def _json_like(test: Callable[[Any], bool]) -> Callable[[Path], bool]:
    return lambda path: path.suffix.lower() == ".json" and path.is_file() and test(load_json(path))


def _is_table(*keys: str) -> Callable[[Any], bool]:
    return lambda content: isinstance(content, dict) and all(key in content for key in keys)


SOURCES: tuple[tuple[str, Callable[[Path], bool], Callable[[Path], Source]], ...] = (
    ("a folder of motion capture .npz, or one of them", lambda path: path.is_dir() and any(path.glob("*.npz")), _mocap),
    ("motion capture .npz", _npz_with("seq_skel"), _mocap),
    ("a folder with joints.npy and names.npy", lambda path: (path / "joints.npy").exists(), _exchange("joints")),
    ("a folder of OpenPose's JSON", lambda path: path.is_dir() and any(path.glob("*.json")), _exchange("openpose")),
    ("Posewright's keypoints (.npz or .json of `posewright pose`)", _npz_with("format"), _own),
    ("Posewright's .json", _json_like(_is_table("format", "people")), _own),
    ("OpenPose's .json", _json_like(_is_table("people")), _exchange("openpose")),
    ("COCO's person_keypoints .json", _json_like(lambda content: isinstance(content, dict)), _annotated(read_coco, COCO17)),
    ("MPII's .json (a list of joints, joints_vis)", _json_like(lambda content: isinstance(content, list)), _annotated(read_mpii_json, MPII16)),
    ("MPII's mpii_human_pose_v1_u12_1.mat", lambda path: path.suffix.lower() == ".mat", _annotated(read_mpii_mat, MPII16)),
    ("an .npy of poses", lambda path: path.suffix.lower() == ".npy", _array),
)
"""What each source is, how it is known, and its reader; the first that fits reads."""
