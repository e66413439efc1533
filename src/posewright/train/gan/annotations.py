"""Annotation files of people in images: MPII's, in MATLAB's format or as JSON, and COCO's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.formats.recording import load_json
from posewright.skeletons import COCO17, MPII16

People = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Positions (N, J, 2) in pixels and 1 where a joint is annotated, else 0, (N, J)."""


def read_coco(path: Path) -> People:
    """COCO's person_keypoints_*.json: 17 joints x, y, v with v = 0 for none (https://cocodataset.org/#format-data).

    Raises:
        InputError: it is another file, or another version of it.
    """
    content = load_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("annotations"), list):
        raise InputError(f"{path} is not COCO's: it has no list 'annotations'. Of COCO's files it must be person_keypoints_*.json")
    annotations = [entry for entry in content["annotations"] if isinstance(entry, dict)]
    lists = [entry["keypoints"] for entry in annotations if "keypoints" in entry]
    if annotations and not lists:
        raise InputError(f"{path} has annotations without 'keypoints': it must be person_keypoints_*.json, not instances_* or captions_*")
    values = [_numbers(entry, 3 * len(COCO17), f"{path}, annotation {number}").reshape(-1, 3) for number, entry in enumerate(lists, start=1)]
    people = np.array(values, dtype=np.float64).reshape(-1, len(COCO17), 3)
    return people[..., :2], (people[..., 2] > 0).astype(np.float64)


def read_mpii_json(path: Path) -> People:
    """The JSON that HRNet's and SimpleBaseline's MPII code reads: a list of `joints` (16, 2) and `joints_vis` (16,); joints not annotated are -1, -1.

    Raises:
        InputError: it is another file, or another version of it.
    """
    content = load_json(path)
    if not isinstance(content, list):
        raise InputError(f"{path} is not MPII's: it is no list of people")
    xy, seen = [], []
    for number, entry in enumerate(content, start=1):
        where = f"{path}, person {number}"
        missing = [key for key in ("joints", "joints_vis") if not isinstance(entry, dict) or key not in entry]
        if missing:
            raise InputError(f"{where}: no '{missing[0]}'. Known is the form with 'joints' (16 pairs) and 'joints_vis'")
        xy.append(_numbers(entry["joints"], 2 * len(MPII16), where).reshape(-1, 2))
        seen.append(_numbers(entry["joints_vis"], len(MPII16), where))
    places = np.array(xy, dtype=np.float64).reshape(-1, len(MPII16), 2)
    known = (np.array(seen, dtype=np.float64).reshape(-1, len(MPII16)) > 0) & (places > 0).any(-1)
    return places, known.astype(np.float64)


def read_mpii_mat(path: Path) -> People:
    """MPII's own `mpii_human_pose_v1_u12_1.mat`: RELEASE.annolist(i).annorect(k).annopoints.point(j).{x, y, id} (its README).

    Raises:
        InputError: it cannot be read, or is of another version.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(path, struct_as_record=False, squeeze_me=True)
    except (OSError, ValueError, TypeError, NotImplementedError, EOFError, MatReadError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if "RELEASE" not in content:
        held = ", ".join(key for key in content if not key.startswith("__")) or "nothing"
        raise InputError(f"{path} is not MPII's release 1 (mpii_human_pose_v1_u12_1.mat): it has no 'RELEASE', but {held}")
    if not hasattr(content["RELEASE"], "annolist"):
        raise InputError(f"{path} is of another version of MPII: RELEASE has no 'annolist'")
    people = [_points(points, f"{path}, image {number}") for number, points in _annotated(content["RELEASE"].annolist)]
    values = np.array(people, dtype=np.float64).reshape(-1, len(MPII16), 3)
    return values[..., :2], values[..., 2]


def _annotated(annolist: Any) -> Iterator[tuple[int, Any]]:
    """The points of each person who has some, and the number of the image."""
    for number, image in enumerate(np.atleast_1d(annolist), start=1):
        for person in np.atleast_1d(getattr(image, "annorect", [])):
            points = getattr(getattr(person, "annopoints", None), "point", None)
            if points is not None:
                yield number, np.atleast_1d(points)


def _points(points: Any, where: str) -> NDArray[np.float64]:
    """x, y, 1 of each joint, (16, 3); zeros for what is not annotated."""
    values = np.zeros((len(MPII16), 3))
    for point in points:
        missing = [key for key in ("x", "y", "id") if not hasattr(point, key)]
        if missing:
            raise InputError(f"{where}: a point has no '{missing[0]}': a file of another version")
        if not 0 <= int(point.id) < len(MPII16):
            raise InputError(f"{where}: a point has the id {point.id}; MPII's go from 0 to {len(MPII16) - 1}")
        values[int(point.id)] = point.x, point.y, 1.0
    return values


def _numbers(value: Any, count: int, where: str) -> NDArray[np.float64]:
    try:
        numbers = np.array(value, dtype=np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: the joints are no numbers") from error
    if len(numbers) != count:
        raise InputError(f"{where}: {len(numbers)} numbers where {count} are due: a file of another version?")
    return numbers
