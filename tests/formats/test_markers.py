"""Motions as markers and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.formats import read_motion, write
from posewright.formats.markers import MARKERS, Markers, markers_motion, motion_markers
from posewright.geometry import quat_from_rotvec
from posewright.skeletons import HALPE26, Skeleton, reference_skeleton
from posewright.types import Motion
from tests.formats.samples import box_character, random_motion

SHARED = Path(__file__).resolve().parents[3] / "shared" / "video" / "pose2sim_results" / "single_balancing.trc"


def gentle(frames: int = 40) -> Motion:
    """A body that turns as a whole, bends its knees and elbows, and walks."""
    skeleton = reference_skeleton()
    time = np.arange(frames)[:, None] / 30.0
    swing = np.zeros((frames, len(skeleton), 3))
    swing[:, 0, 1] = time[:, 0]
    for side in (-1, 1):
        name = "left" if side > 0 else "right"
        swing[:, skeleton.index(f"{name}LowerLeg"), 0] = 0.5 + 0.4 * np.sin(4 * time[:, 0] + side)
        swing[:, skeleton.index(f"{name}LowerArm"), 1] = -side * (0.6 + 0.4 * np.sin(3 * time[:, 0]))
        swing[:, skeleton.index(f"{name}UpperLeg"), 0] = -0.3 * np.sin(4 * time[:, 0] + side)
    return Motion(skeleton, quat_from_rotvec(swing), np.array([0.0, 0.95, 0.0]) + time * [0.1, 0.0, 1.0], 30.0)


def test_every_marker_of_halpe_26_is_there_but_the_face(motion: Motion) -> None:
    """The points of OpenSim's marker sets for HALPE_26, at plausible places in the T-pose."""
    rest = replace(motion, rotations=np.tile(motion.skeleton.rest_rotations, (len(motion), 1, 1)))
    markers = motion_markers(rest)
    names = {name for name, joint in MARKERS.items() if joint in HALPE26} - {"LEye", "REye", "LEar", "REar"}
    assert names <= {*markers.names}
    place = dict(zip(markers.names, markers.xyz[0] - markers.xyz[0, markers.names.index("Hip")], strict=True))
    assert np.allclose(place["Neck"], 0.5 * (place["LShoulder"] + place["RShoulder"]))
    assert place["Head"][1] > place["Nose"][1] > place["Neck"][1]
    assert place["LHeel"][2] < place["LAnkle"][2] < place["LSmallToe"][2] < place["LBigToe"][2]
    assert place["LBigToe"][0] < place["LAnkle"][0] < place["LSmallToe"][0]
    assert np.allclose(place["RSmallToe"] * [-1, 1, 1], place["LSmallToe"])


def test_names_stay_unique(motion: Motion) -> None:
    hero = box_character(motion.skeleton.renamed({"head": "Head", "neck": "Neck", "spine": "腰"}))
    hero = replace(hero, humanoid={bone: {"head": "Head", "neck": "Neck", "spine": "腰"}.get(bone, bone) for bone in motion.skeleton.joints})
    markers = motion_markers(replace(motion, skeleton=hero.skeleton), hero)
    assert len({*markers.names}) == len(markers.names)
    assert {"Head", "Head_joint", "Neck", "Neck_joint", "腰"} <= {*markers.names}


def test_what_is_no_body_keeps_its_joints(motion: Motion) -> None:
    chain = Skeleton(tuple(f"bone{i}" for i in range(5)), (-1, 0, 1, 2, 3), np.tile([0.0, 0.1, 0.0], (5, 1)), np.tile([0.0, 0.0, 0.0, 1.0], (5, 1)))
    assert motion_markers(replace(motion, skeleton=chain, rotations=motion.rotations[:, :5])).names == chain.joints


def test_our_own_markers_become_the_same_movement(tmp_path: Path) -> None:
    motion = gentle()
    write(tmp_path / "a.trc", motion)
    back = read_motion(tmp_path / "a.trc")
    order = [back.skeleton.index(joint) for joint in motion.skeleton.joints]
    assert np.linalg.norm(back.joint_positions()[:, order] - motion.joint_positions(), axis=-1).max() < 0.02


def test_keypoints_alone_are_enough() -> None:
    motion = gentle()
    whole = motion_markers(motion)
    kept = [i for i, name in enumerate(whole.names) if name in MARKERS]
    xyz = whole.xyz[:, kept].copy()
    names = tuple(f"subject:{whole.names[i]}" for i in kept)
    xyz[10:14, names.index("subject:LWrist")] = np.nan
    back = markers_motion(Markers(names, xyz, whole.timestamps + 1 / 30, 30.0), "a.trc")
    for joint in ("leftUpperLeg", "rightFoot", "leftLowerArm", "rightHand"):
        apart = back.joint_positions()[:, back.skeleton.index(joint)] - motion.joint_positions()[:, motion.skeleton.index(joint)]
        assert np.linalg.norm(apart, axis=-1).mean() < 0.03


def test_markers_on_the_skin_are_no_joints(motion: Motion) -> None:
    with pytest.raises(InputError, match=r"x\.trc: no points for left_shoulder.*found: RASI, LASI"):
        markers_motion(Markers(("RASI", "LASI"), np.ones((3, 2, 3)), np.arange(3) / 30, 30.0), "x.trc")


def test_two_people_the_first_is_read() -> None:
    first, second = motion_markers(gentle()), motion_markers(random_motion(reference_skeleton()))
    names = tuple(f"{who}:{name}" for who, person in (("anna", first), ("bert", second)) for name in person.names)
    both = Markers(names, np.concatenate([first.xyz, second.xyz], axis=1), first.timestamps, 30.0)
    alone = markers_motion(first, "a")
    assert np.allclose(markers_motion(both, "b").joint_positions(), alone.joint_positions())


@pytest.mark.skipif(not SHARED.is_file(), reason="../shared is not there")
def test_pose2sims_own_file_is_a_movement() -> None:
    """Limb joints of the solved body against the file's markers, which are no rigid body: within 5 cm on average."""
    from posewright.formats.trc import read_trc

    motion, markers = read_motion(SHARED), read_trc(SHARED)
    assert (len(motion), motion.fps) == (100, 60.0)
    for marker, bone in (("RKnee", "rightLowerLeg"), ("LAnkle", "leftFoot"), ("RWrist", "rightHand")):
        apart = motion.joint_positions()[:, motion.skeleton.index(bone)] - markers.xyz[:, markers.names.index(marker)]
        assert np.linalg.norm(apart, axis=-1).mean() < 0.05, marker
