"""AlphaPose's JSON: one list of people of all frames (https://github.com/MVIG-SJTU/AlphaPose/blob/master/docs/output.md)."""

from __future__ import annotations

import json
from pathlib import Path

from posewright.errors import InputError
from posewright.estimate import Pose2D
from posewright.files import atomic_path
from posewright.formats.recording import Recording, load_json, number_in, pose_of, recording, rows_by_time, seen_at
from posewright.skeletons import COCO17, HALPE26, JointSet
from posewright.types import Capture

JOINT_SETS: dict[int, JointSet] = {17: COCO17, 26: HALPE26, 136: HALPE26}
"""By the number of keypoints; of Halpe's 136 the first 26 are the body's."""
DECIMALS = 3


def read_alphapose(path: Path, frame_size: tuple[int, int], fps: float = 30.0) -> Recording:
    """Read `alphapose-results.json`, with COCO's 17 or Halpe's 26 or 136 joints in pixels.

    The last number in each `image_id` counts the frames.

    Raises:
        InputError: it cannot be read, or holds nobody.
    """
    content = load_json(path)
    if not isinstance(content, list):
        raise InputError(f"{path} is not AlphaPose's: it is no list of people")
    names: dict[str, int] = {}
    people: dict[int, list[Pose2D]] = {}
    for number, entry in enumerate(content, start=1):
        where = f"{path}, person {number}"
        if not isinstance(entry, dict) or not {"image_id", "keypoints"} <= entry.keys():
            raise InputError(f"{where}: no 'image_id' or 'keypoints'")
        name = str(entry["image_id"])
        counted = number_in(name)
        frame = names.setdefault(name, len(names) if counted is None else counted)
        score = entry.get("score")
        pose = pose_of(entry["keypoints"], JOINT_SETS, score if isinstance(score, int | float) else None, where)
        if pose is not None:
            people.setdefault(frame, []).append(pose)
    if not people:
        raise InputError(f"{path} holds nobody")
    return recording(people, frame_size, fps)


def write_alphapose(path: Path, capture: Capture) -> None:
    """Write Halpe's 26 joints in pixels, as MotionBERT's program wants them; joints that cannot be made of the estimator's, and those unseen, are 0, 0, 0.

    Frames are called `0.jpg`, `1.jpg` and so on, as AlphaPose calls a video's; `idx` numbers the people from 1.

    Raises:
        OutputError: the file cannot be written.
    """
    converted = {id(person.keypoints): (number, person.keypoints.to(HALPE26)) for number, person in enumerate(capture.people, start=1)}
    entries = []
    for frame, (_, rows) in enumerate(rows_by_time(capture)):
        for keypoints, row in rows:
            number, halpe = converted[id(keypoints)]
            values = seen_at(halpe, row)
            seen = values[values[:, 2] > 0]
            if not len(seen):
                continue
            low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
            entries.append(
                {
                    "image_id": f"{frame}.jpg",
                    "category_id": 1,
                    "keypoints": values.ravel().round(DECIMALS).tolist(),
                    "score": round(float(seen[:, 2].mean()), DECIMALS),
                    "box": [*low.round(DECIMALS).tolist(), *(high - low).round(DECIMALS).tolist()],
                    "idx": number,
                }
            )
    with atomic_path(path) as part:
        part.write_text(json.dumps(entries), encoding="utf-8")
