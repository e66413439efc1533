"""A VRM 1.0 turned into a VRM 0.x is the same character, facing the other way."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from posewright.character import read_character
from posewright.formats import on_character, read_motion, write
from posewright.skeletons import reference_skeleton
from tests.formats.samples import box_character, random_motion

sys.path.append(str(Path(__file__).parents[2] / "tools"))  # the tools are scripts that import from their own folder

from vrm0 import as_vrm0


def test_same_bones_and_the_same_movement(tmp_path: Path) -> None:
    body = reference_skeleton(fingers=True)
    write(tmp_path / "one.vrm", random_motion(body, frames=1), character=box_character(body))
    as_vrm0(tmp_path / "one.vrm", tmp_path / "zero.vrm")
    one, zero = read_character(tmp_path / "one.vrm"), read_character(tmp_path / "zero.vrm")
    assert dict(zero.humanoid) == dict(one.humanoid)
    assert zero.document is not None
    assert np.allclose(np.abs(zero.document.file_from_world), [0.0, 1.0, 0.0, 0.0])
    order = [zero.skeleton.index(joint) for joint in one.skeleton.joints]
    assert np.allclose(zero.skeleton.rest_pose()[0][order], one.skeleton.rest_pose()[0], atol=1e-5)
    moved = on_character(random_motion(body, frames=5), zero)
    write(tmp_path / "moved.vrm", moved, character=zero)
    back = read_motion(tmp_path / "moved.vrm")
    hand = zero.humanoid["leftHand"]
    assert np.allclose(back.joint_positions()[:, back.skeleton.index(hand)], moved.joint_positions()[:, moved.skeleton.index(hand)], atol=1e-4)
