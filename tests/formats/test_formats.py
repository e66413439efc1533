from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posewright.character import default_character
from posewright.errors import OutputError, PosewrightError, UsageError
from posewright.formats import BONE_NAMES, READERS, WRITERS, check_output, read_motion, write
from posewright.formats.names import with_humanoid_names
from posewright.skeletons import REQUIRED_BONES, reference_skeleton
from posewright.types import Capture, Character, Motion
from tests.formats.samples import box_character, random_motion


def ready(suffix: str) -> None:
    """Skip where what the format needs is not installed."""
    try:
        WRITERS[suffix].ready()
    except PosewrightError as error:
        pytest.skip(str(error))


# Blender takes seconds to start: its formats have tests of their own.
QUICK = [suffix for suffix in WRITERS if suffix not in (".fbx", ".blend")]


@pytest.mark.parametrize("suffix", QUICK)
def test_suffix_chooses_the_format(tmp_path: Path, capture: Capture, character: Character, suffix: str) -> None:
    ready(suffix)
    files = write(tmp_path / f"x{suffix.upper()}", capture, character=character)
    assert files[0] == tmp_path / f"x{suffix.upper()}"
    assert len(files) == (2 if WRITERS[suffix].people == "one" else 1)
    assert sorted(tmp_path.iterdir()) == sorted(files)
    if suffix in READERS:
        assert len(read_motion(files[0])) == len(capture.people[0].motion)


def test_each_further_person_gets_a_bvh(tmp_path: Path, capture: Capture) -> None:
    files = write(tmp_path / "dance.bvh", capture)
    assert [file.name for file in files] == ["dance.bvh", "dance_2.bvh"]
    assert [len(read_motion(file)) for file in files] == [40, 25]


def test_unknown_suffixes_are_told_what_there_is(tmp_path: Path, motion: Motion) -> None:
    with pytest.raises(UsageError, match=r"no format '\.xyz'. There are: \.glb, \.bvh"):
        write(tmp_path / "x.xyz", motion)
    with pytest.raises(UsageError, match=r"no format '\.csv' that holds a motion. There are: \.bvh"):
        read_motion(tmp_path / "x.csv")


def test_output_is_checked_before_the_work(tmp_path: Path) -> None:
    assert check_output(tmp_path / "x.glb") is WRITERS[".glb"]
    with pytest.raises(OutputError, match="does not exist"):
        check_output(tmp_path / "none" / "x.glb")
    with pytest.raises(UsageError):
        check_output(tmp_path / "x")


@pytest.mark.parametrize("suffix", WRITERS)
def test_folder_without_permission(tmp_path: Path, motion: Motion, character: Character, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posewright.files.os.access", lambda *_: False)  # the superuser, as whom tests may run, may write everywhere
    with pytest.raises(OutputError, match="no permission"):
        write(tmp_path / f"x{suffix}", motion, character=character)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", QUICK)
def test_interrupted_writing_leaves_nothing(tmp_path: Path, motion: Motion, character: Character, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the last moment: the older file stays as it was, and nothing beside it."""
    ready(suffix)
    file = tmp_path / f"x{suffix}"
    file.write_text("older", encoding="utf-8")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("posewright.files.os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(file, motion, character=character)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["older"]


@pytest.mark.parametrize("suffix", QUICK)
def test_one_frame_and_names_in_japanese(tmp_path: Path, motion: Motion, suffix: str) -> None:
    """Letters outside of ASCII, blanks and quotes in the names of file, motion, character and bones; and a motion that is a pose."""
    ready(suffix)
    names = {joint: f"骨 {number}: '{joint}'" for number, joint in enumerate(motion.skeleton.joints)}
    hero = replace(box_character(motion.skeleton.renamed(names)), name="初音 ミク", humanoid={joint: names[joint] for joint in names})
    pose = replace(motion, skeleton=hero.skeleton, name='歩く "速く"').sliced(4, 5)
    (file,) = write(tmp_path / f"踊り 1{suffix}", pose, character=hero)
    if suffix in READERS:
        back = read_motion(file)
        assert len(back) == 1
        hand = [names["leftHand"], "leftHand"]
        found = next(back.joint_positions()[0, back.skeleton.index(name)] for name in hand if name in back.skeleton)
        assert np.linalg.norm(found - pose.joint_positions()[0, pose.skeleton.index(names["leftHand"])]) < (0.15 if suffix in (".trc", ".c3d") else 1e-4)


@pytest.mark.parametrize("scheme", BONE_NAMES)
def test_motion_is_put_on_the_default_character(tmp_path: Path, scheme: str) -> None:
    """From a BVH with anybody's names onto the mannequin: limbs point where they pointed."""
    motion = random_motion(reference_skeleton())
    write(tmp_path / "x.bvh", motion, bone_names=scheme)
    write(tmp_path / "x.glb", read_motion(tmp_path / "x.bvh"))
    back = read_motion(tmp_path / "x.glb")
    assert back.skeleton.joints == default_character().skeleton.joints
    for upper, lower in (("leftUpperArm", "leftLowerArm"), ("rightUpperLeg", "rightLowerLeg")):
        limbs = []
        for body in (motion, back):
            points = body.joint_positions()
            limb = points[:, body.skeleton.index(lower)] - points[:, body.skeleton.index(upper)]
            limbs.append(limb / np.linalg.norm(limb, axis=-1, keepdims=True))
        assert (limbs[0] * limbs[1]).sum(-1).min() > np.cos(np.radians(10.0))


def test_foreign_names_become_the_humanoids() -> None:
    skeleton = reference_skeleton(fingers=True)
    for names in BONE_NAMES.values():
        assert with_humanoid_names(skeleton.renamed(names)).joints == skeleton.joints
    bare = skeleton.renamed({bone: name.rpartition(":")[2].upper() for bone, name in BONE_NAMES["mixamo"].items()})
    assert set(with_humanoid_names(bare).joints) >= REQUIRED_BONES
    strange = skeleton.renamed({bone: f"bone{i}" for i, bone in enumerate(skeleton.joints)})
    assert with_humanoid_names(strange) is strange
