"""A skeleton in a .bvh as the character: driven, and written with its own names, order and rest pose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posewright.errors import CharacterError, UsageError
from posewright.formats import check_output, examine_rig, on_character, read_motion, read_rig, write
from posewright.geometry import normalize, quat_from_rotvec
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Motion
from tests.strategies import random_motion


def rig_file(folder: Path, skeleton: Skeleton | None = None) -> Path:
    """A skeleton on the humanoid's pattern with names and proportions of its own."""
    skeleton = (skeleton or reference_skeleton()).scaled(1.1)
    still = Motion(skeleton, skeleton.rest_rotations[None], skeleton.rest_offsets[:1], 30.0)
    (path,) = write(folder / "rig.bvh", still, bone_names="cmu")
    return path


def test_names_order_and_rest_pose_are_the_files(tmp_path: Path) -> None:
    rig = read_rig(rig_file(tmp_path))
    (out,) = write(tmp_path / "out.bvh", random_motion(3, frames=6, angle=0.8), character=rig)
    back = read_motion(out)
    assert back.skeleton.joints == rig.skeleton.joints
    assert "LowerBack" in back.skeleton.joints
    assert back.skeleton.parents == rig.skeleton.parents
    np.testing.assert_allclose(back.skeleton.rest_offsets[1:], rig.skeleton.rest_offsets[1:], atol=1e-6)
    np.testing.assert_allclose(back.skeleton.rest_rotations, rig.skeleton.rest_rotations, atol=1e-9)


def test_the_motion_is_that_of_the_source(tmp_path: Path) -> None:
    """Limbs point as in the source, on a skeleton that rests with its arms half down."""
    body = reference_skeleton()
    lowered = replace(body, rest_offsets=body.rest_offsets.copy())
    for side, sign in (("left", -1.0), ("right", 1.0)):
        turn = quat_from_rotvec(np.array([0.0, 0.0, sign * 0.7]))
        rotations = lowered.rest_rotations.copy()
        rotations[lowered.index(f"{side}UpperArm")] = turn
        lowered = replace(lowered, rest_rotations=rotations)
    rig = read_rig(rig_file(tmp_path, lowered))
    assert examine_rig(tmp_path / "rig.bvh").bone_map.score > 0.8
    source = random_motion(4, frames=6, angle=0.8)
    (out,) = write(tmp_path / "out.bvh", source, character=rig)
    back = read_motion(out)
    place, theirs = back.joint_positions(), source.joint_positions()
    for a, b in (("leftUpperArm", "leftLowerArm"), ("rightLowerArm", "rightHand"), ("leftUpperLeg", "leftLowerLeg"), ("rightLowerLeg", "rightFoot")):
        ours = place[:, back.skeleton.index(rig.humanoid[b])] - place[:, back.skeleton.index(rig.humanoid[a])]
        wanted = theirs[:, source.skeleton.index(b)] - theirs[:, source.skeleton.index(a)]
        np.testing.assert_allclose(normalize(ours), normalize(wanted), atol=1e-4)
    np.testing.assert_allclose(place, on_character(source, rig).joint_positions(), atol=1e-4)


@pytest.mark.parametrize("suffix", [".glb", ".usda", ".anim", ".vrm"])
def test_formats_that_need_a_mesh_refuse(tmp_path: Path, suffix: str) -> None:
    if suffix == ".usda":
        pytest.importorskip("pxr", reason="usd-core is not installed")
    rig = read_rig(rig_file(tmp_path))
    with pytest.raises(UsageError, match="skeleton without a mesh"):
        check_output(tmp_path / f"out{suffix}", rig)
    with pytest.raises(UsageError, match="skeleton without a mesh"):
        write(tmp_path / f"out{suffix}", random_motion(3, frames=2), character=rig)


def test_what_is_no_rig_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CharacterError, match=r"none\.bvh"):
        read_rig(tmp_path / "none.bvh")
    chain = Skeleton(("a", "b", "c"), (-1, 0, 1), np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]), np.tile([0.0, 0.0, 0.0, 1.0], (3, 1)))
    write(tmp_path / "chain.bvh", Motion(chain, chain.rest_rotations[None], np.zeros((1, 3)), 30.0))
    with pytest.raises(CharacterError, match="no bone for hips"):
        read_rig(tmp_path / "chain.bvh")
    assert not examine_rig(tmp_path / "chain.bvh", strict=False).bone_map.bones


def test_a_zero_pose_that_is_no_body_is_refused(tmp_path: Path) -> None:
    """Bones laid along one axis, as some converters write them."""
    body = reference_skeleton()
    offsets = np.linalg.norm(body.rest_offsets, axis=1, keepdims=True) * [[0.0, 1.0, 0.0]]
    for joint in ("UpperLeg", "UpperArm", "Shoulder"):
        for side in ("left", "right"):
            offsets[body.index(side + joint)] = body.rest_offsets[body.index(side + joint)]
    with pytest.raises(CharacterError, match="no pose of a body"):
        read_rig(rig_file(tmp_path, replace(body, rest_offsets=offsets)))


def test_a_rig_keeps_its_names_whatever_they_are(tmp_path: Path) -> None:
    """Some of them are the humanoid's own words."""
    names = {"hips": "Hips", "leftUpperLeg": "LeftUpLeg", "rightUpperLeg": "RightUpLeg"}
    rig = read_rig(rig_file(tmp_path))
    mixed = replace(
        rig,
        skeleton=rig.skeleton.renamed({"Head": "head", "Neck": "neck"}),
        humanoid={bone: {"Head": "head", "Neck": "neck"}.get(joint, joint) for bone, joint in rig.humanoid.items()},
    )
    (out,) = write(tmp_path / "out.bvh", random_motion(1, frames=2), character=mixed)
    found = read_motion(out).skeleton.joints
    assert {"head", "neck", *names.values()} <= {*found}
