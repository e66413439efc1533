"""AlphaPose's JSON: one list of people of all frames (https://github.com/MVIG-SJTU/AlphaPose/blob/master/docs/output.md)."""

from __future__ import annotations

from pathlib import Path

from posewright.errors import InputError
from posewright.estimate import Pose2D
from posewright.formats.recording import Recording, load_json, number_in, pose_of, recording
from posewright.skeletons import COCO17, HALPE26, JointSet

JOINT_SETS: dict[int, JointSet] = {17: COCO17, 26: HALPE26, 136: HALPE26}
"""By the number of keypoints; of Halpe's 136 the first 26 are the body's."""


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
