from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from posewright.errors import InputError, OutputError, UsageError
from posewright.formats.bvh import continuous_zxy, read_bvh, write_bvh
from posewright.formats.export import Export
from posewright.formats.names import BONE_NAMES, bone_names
from posewright.geometry import quat_angle, quat_from_rotvec, quat_to_matrix
from posewright.skeletons import BODY_PARENTS, HUMANOID_PARENTS, Skeleton, reference_skeleton
from posewright.types import Motion
from tests.formats.samples import random_motion
from tests.strategies import quaternions, vectors

SHARED = Path(__file__).parents[3] / "shared"
round_trips = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TWO_BONES = """HIERARCHY
ROOT Hips
{{
  OFFSET {root}
  CHANNELS 6 Xposition Yposition Zposition {order}
  JOINT Head
  {{
    OFFSET 0 {length} 0
    CHANNELS {joint}
    End Site
    {{
      OFFSET 0 {length} 0
    }}
  }}
}}
MOTION
Frames: {frames}
Frame Time: {time}
{rows}
"""
DEFAULTS = {"root": "0 0 0", "order": "Zrotation Xrotation Yrotation", "joint": "3 Zrotation Xrotation Yrotation", "length": "115", "frames": 2, "time": "0.04"}
ROWS = "0 90 0 10 20 30 40 50 60\n1 91 2 10 20 30 40 50 60"


def two_bones(folder: Path, rows: str = ROWS, **changes: object) -> Path:
    file = folder / "two.bvh"
    file.write_text(TWO_BONES.format(**(DEFAULTS | changes), rows=rows), encoding="utf-8")
    return file


def positions_by_name(motion: Motion, joints: tuple[str, ...]) -> np.ndarray:
    return motion.joint_positions()[:, [motion.skeleton.index(joint) for joint in joints]]


@pytest.mark.parametrize("scheme", BONE_NAMES)
def test_read_back_joints_stand_where_they_stood(tmp_path: Path, motion: Motion, scheme: str) -> None:
    file = tmp_path / "x.bvh"
    write_bvh(file, Export((motion,), bone_names=scheme))
    back = read_bvh(file)
    names = tuple(bone_names(scheme).get(joint, joint) for joint in motion.skeleton.joints)
    assert set(back.skeleton.joints) == set(names)
    assert back.fps == motion.fps
    np.testing.assert_allclose(positions_by_name(back, names), motion.joint_positions(), atol=1e-6)
    np.testing.assert_allclose(back.skeleton.rest_offsets[0], motion.skeleton.rest_offsets[0], atol=1e-6)


@round_trips
@given(rotations=quaternions((3, len(BODY_PARENTS)), max_angle=np.pi), path=vectors((3,)), fps=st.floats(5, 240), height=st.floats(1.2, 2.2))
def test_round_trip(tmp_path: Path, rotations: np.ndarray, path: np.ndarray, fps: float, height: float) -> None:
    motion = Motion(reference_skeleton(height), rotations, path, fps)
    write_bvh(tmp_path / "x.bvh", Export((motion,), bone_names="vrm"))
    back = read_bvh(tmp_path / "x.bvh", unit="cm", up="y")
    assert back.fps == pytest.approx(fps, rel=1e-7)
    np.testing.assert_allclose(positions_by_name(back, motion.skeleton.joints), motion.joint_positions(), atol=1e-5)


def test_rest_rotations_become_part_of_the_movement(tmp_path: Path) -> None:
    """A rig whose joints are turned along their bones is written with a rest pose of the same shape and none of the turns."""
    level = reference_skeleton()
    random = np.random.default_rng(3)
    turned = Skeleton(level.joints, level.parents, level.rest_offsets, quat_from_rotvec(random.normal(size=(len(level), 3))))
    motion = random_motion(turned)
    write_bvh(tmp_path / "x.bvh", Export((motion,), bone_names="vrm"))
    back = read_bvh(tmp_path / "x.bvh", unit="cm")
    np.testing.assert_allclose(positions_by_name(back, level.joints), motion.joint_positions(), atol=1e-6)
    shape = back.skeleton.rest_pose()[0][[back.skeleton.index(joint) for joint in level.joints]]
    expected = turned.rest_pose()[0]
    np.testing.assert_allclose(shape - shape[0], expected - expected[0], atol=1e-6)


def test_independent_reader_sees_the_same_joints(tmp_path: Path, motion: Motion) -> None:
    bvhio = pytest.importorskip("bvhio", reason="bvhio reads the BVH back; it comes with the dev extra")
    file = tmp_path / "x.bvh"
    write_bvh(file, Export((motion,)))
    root = bvhio.readAsHierarchy(str(file))
    truth = motion.joint_positions()
    names = bone_names("mixamo")
    for frame in range(len(motion)):
        root.loadPose(frame)
        seen = {joint.Name: np.array(joint.PositionWorld) / 100.0 for joint, _, _ in root.layout()}
        found = np.array([seen[names[joint]] for joint in motion.skeleton.joints])
        assert np.linalg.norm(found - truth[frame], axis=-1).max() < 1e-3


@given(quaternions((6, 2)))
@settings(deadline=None)
def test_angles_give_the_rotation_back(rotations: np.ndarray) -> None:
    angles = continuous_zxy(quat_to_matrix(rotations))
    again = Rotation.from_euler("ZXY", angles.reshape(-1, 3)).as_quat().reshape(rotations.shape)
    assert quat_angle(again, rotations).max() < 1e-6


def test_angles_of_gimbal_lock() -> None:
    """Pitched by exactly 90 degrees, Z and Y turn about one axis."""
    rotations = Rotation.from_euler("ZXY", [[30, 90, 50], [31, -90, 20]], degrees=True)
    angles = continuous_zxy(rotations.as_matrix()[:, None])[:, 0]
    assert np.isfinite(angles).all()
    assert (Rotation.from_euler("ZXY", angles) * rotations.inv()).magnitude().max() < 1e-6


def test_angles_run_on_past_half_a_turn(tmp_path: Path) -> None:
    """A body that spins three times has no frame that jumps by more than it turned."""
    turn = np.linspace(0, 6 * np.pi, 100)
    matrices = Rotation.from_rotvec(np.outer(turn, [0, 1, 0])).as_matrix()[:, None]
    angles = continuous_zxy(matrices)[:, 0]
    assert np.abs(np.diff(angles, axis=0)).max() < 0.2
    assert angles[-1, 2] == pytest.approx(6 * np.pi)


def test_bones_have_their_common_names() -> None:
    assert set(BONE_NAMES["vrm"]) == set(HUMANOID_PARENTS)
    mixamo = bone_names("mixamo")
    assert (mixamo["leftUpperArm"], mixamo["rightToes"], mixamo["leftLittleDistal"]) == ("mixamorig:LeftArm", "mixamorig:RightToeBase", "mixamorig:LeftHandPinky3")
    assert bone_names("cmu")["spine"] == "LowerBack"
    for scheme, names in BONE_NAMES.items():
        assert len(set(names.values())) == len(names), scheme
    with pytest.raises(UsageError, match="mixamo, vrm, cmu"):
        bone_names("biped")


@given(order=st.permutations(["Xrotation", "Yrotation", "Zrotation"]), angles=st.lists(st.integers(-180, 180), min_size=3, max_size=3))
@round_trips
def test_any_channel_order(tmp_path: Path, order: list[str], angles: list[int]) -> None:
    row = f"0 90 0 {' '.join(map(str, angles))} 0 0 0"
    motion = read_bvh(two_bones(tmp_path, rows=row, frames=1, order=" ".join(order)))
    expected = Rotation.from_euler("".join(channel[0] for channel in order), angles, degrees=True).as_quat()
    assert quat_angle(motion.rotations[0, 0], expected) < 1e-6


@pytest.mark.parametrize(("length", "metres"), [("1.15", 1.0), ("115", 0.01), ("1150", 0.001), ("45.3", 0.0254), ("20.4", 0.05644)])
def test_unit_is_told_from_the_size_of_the_body(tmp_path: Path, length: str, metres: float) -> None:
    file = two_bones(tmp_path, length=length)
    head = read_bvh(file).skeleton.rest_offsets[1, 1]
    assert head == pytest.approx(float(length) * metres, rel=1e-3)
    assert read_bvh(file, unit=2.0).skeleton.rest_offsets[1, 1] == pytest.approx(2 * float(length))
    assert read_bvh(file, unit="inch").root_translation[0, 1] == pytest.approx(90 * 0.0254)
    with pytest.raises(UsageError, match="no unit 'furlong'"):
        read_bvh(file, unit="furlong")
    with pytest.raises(UsageError, match="positive"):
        read_bvh(file, unit=0.0)


@pytest.mark.parametrize(
    ("time", "fps"), [("0.04", 25), ("0.0333", 30), (".0083333", 120), ("0.016667", 60), ("0.0333667", 30000 / 1001), ("0.008342", 120000 / 1001), ("0.0421940928", 23.7)]
)
def test_frame_rate_is_the_one_that_was_rounded(tmp_path: Path, time: str, fps: float) -> None:
    assert read_bvh(two_bones(tmp_path, time=time)).fps == pytest.approx(fps, rel=1e-8)


def test_loose_layout(tmp_path: Path) -> None:
    """Tabs, Windows' line ends, a byte order mark, braces behind names, small letters, frames spread over lines, blank lines."""
    text = two_bones(tmp_path).read_text(encoding="utf-8")
    loose = text.replace("ROOT Hips\n{", "root Hips {").replace("JOINT Head", "Joint Head of all").replace("  ", "\t")
    loose = loose.replace(ROWS, "\n" + ROWS.replace(" 10 20", "\n10\t20") + "\n\n")
    (tmp_path / "loose.bvh").write_bytes(b"\xef\xbb\xbf" + loose.replace("\n", "\r\n").encode())
    plain, found = read_bvh(two_bones(tmp_path)), read_bvh(tmp_path / "loose.bvh")
    assert found.skeleton.joints == ("Hips", "Head of all")
    np.testing.assert_array_equal(found.rotations, plain.rotations)
    np.testing.assert_array_equal(found.root_translation, plain.root_translation)


def test_position_channels_of_a_joint_are_its_offset(tmp_path: Path) -> None:
    joint = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    still = two_bones(tmp_path, rows="0 90 0 0 0 0 1 120 2 0 0 0\n0 90 0 0 0 0 1 120 2 0 0 0", joint=joint)
    np.testing.assert_allclose(read_bvh(still, unit="cm").skeleton.rest_offsets[1], [0.01, 1.20, 0.02])
    zero = two_bones(tmp_path, rows="0 90 0 0 0 0 0 0 0 0 0 0\n0 90 0 0 0 0 0 0 0 0 0 0", joint=joint)
    np.testing.assert_allclose(read_bvh(zero, unit="cm").skeleton.rest_offsets[1], [0.0, 1.15, 0.0])
    sliding = two_bones(tmp_path, rows="0 90 0 0 0 0 1 100 2 0 0 0\n0 90 0 0 0 0 1 140 2 0 0 0", joint=joint)
    with pytest.warns(UserWarning, match="'Head' slides"):
        assert read_bvh(sliding, unit="cm").skeleton.rest_offsets[1, 1] == pytest.approx(1.2)


def test_root_path_counted_from_its_offset(tmp_path: Path) -> None:
    """Some programs write how far the root is from its rest position; then the feet would hang a leg's length below the floor."""
    file = tmp_path / "x.bvh"
    write_bvh(file, Export((random_motion(reference_skeleton()),)))
    outright = read_bvh(file)
    text = file.read_text(encoding="utf-8").replace("OFFSET 0.000000 0.000000 0.000000", "OFFSET 0.000000 90.000000 0.000000", 1)
    start = text.index("Frame Time")
    rows = [line.split(" ") for line in text[start:].splitlines()[1:]]
    moved = [" ".join([row[0], str(float(row[1]) - 90.0), *row[2:]]) for row in rows]
    file.write_text(text[:start] + text[start:].splitlines()[0] + "\n" + "\n".join(moved) + "\n", encoding="utf-8")
    np.testing.assert_allclose(read_bvh(file).root_translation, outright.root_translation, atol=1e-6)


def test_z_up_is_turned_upright(tmp_path: Path, motion: Motion) -> None:
    """The same motion in a world whose z points up and whose y points away from the face."""
    to_z_up = quat_from_rotvec(np.array([np.pi / 2, 0, 0]))
    turn = Rotation.from_quat(to_z_up)
    skeleton = dataclasses.replace(motion.skeleton, rest_offsets=turn.apply(motion.skeleton.rest_offsets))
    local = (turn * Rotation.from_quat(motion.rotations.reshape(-1, 4)) * turn.inv()).as_quat().reshape(motion.rotations.shape)
    z_up = Motion(skeleton, local, turn.apply(motion.root_translation), motion.fps)
    write_bvh(tmp_path / "x.bvh", Export((z_up,), bone_names="vrm"))
    for up in ("auto", "z"):
        back = read_bvh(tmp_path / "x.bvh", up=up)
        np.testing.assert_allclose(positions_by_name(back, motion.skeleton.joints), motion.joint_positions(), atol=1e-6)
    with pytest.raises(UsageError, match="no axis 'x'"):
        read_bvh(tmp_path / "x.bvh", up="x")


def test_lying_down_is_not_z_up(tmp_path: Path) -> None:
    still = random_motion(reference_skeleton())
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (len(still), len(still.skeleton), 1))
    rotations[:, 0] = quat_from_rotvec(np.array([-np.pi / 2, 0, 0]))
    lying = dataclasses.replace(still, rotations=rotations, root_translation=np.tile([0, 0.1, 0], (len(still), 1)))
    write_bvh(tmp_path / "x.bvh", Export((lying,), bone_names="vrm"))
    back = positions_by_name(read_bvh(tmp_path / "x.bvh"), lying.skeleton.joints)
    np.testing.assert_allclose(back, lying.joint_positions(), atol=1e-6)


def test_missing_frames_are_told(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="18 numbers where 5 frames of 9 are announced; 2 whole frames are read"):
        assert len(read_bvh(two_bones(tmp_path, frames=5))) == 2
    with pytest.warns(UserWarning, match="2 whole frames"):
        assert len(read_bvh(two_bones(tmp_path, rows=ROWS + "\n1 2 3", frames=3))) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0 90 0 10", "0 90 nan 10", "line 19: 'nan' where a number"),
        ("1 91 2 10", "1 91 2 ten", "line 20: 'ten' where a number"),
        ("OFFSET 0 115 0\n    C", "OFFSET 0 x 0\n    C", "line 8: 'x' is no number"),
        ("Xposition", "Wposition", "line 5: 'Wposition' is no channel"),
        ("MOTION", "ROOT Second\n{\n}\nMOTION", "line 16: a second root"),
        ("  }\n}\nMOTION", "  }\nMOTION", "breaks off"),
        ("  JOINT Head", "  BONE Head", "line 6: 'BONE' inside of joint 'Hips'"),
        ("Frame Time: 0.04", "", "'Frames:' with a count and 'Frame Time:'"),
        ("Frame Time: 0.04", "Frame Time: 0", "'Frames:' with a count and 'Frame Time:'"),
        (ROWS, "", "no whole frame"),
        ("MOTION", "", "Is it a BVH file"),
        ("CHANNELS 6 Xposition", "CHANNELS 60 Xposition", "is no channel"),
        ("{", "", "Is it a BVH file"),
        ("HIERARCHY", "Bonjour", "line 1: 'Bonjour' where HIERARCHY"),
    ],
)
def test_broken_files_are_told_by_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = two_bones(tmp_path).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "broken.bvh").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_bvh(tmp_path / "broken.bvh")


def test_skeleton_that_cannot_move(tmp_path: Path) -> None:
    text = two_bones(tmp_path).read_text(encoding="utf-8")
    still = text.replace("6 Xposition Yposition Zposition Zrotation Xrotation Yrotation", "0").replace("3 Zrotation Xrotation Yrotation", "0")
    (tmp_path / "still.bvh").write_text(still, encoding="utf-8")
    with pytest.raises(InputError, match="no joint has channels"):
        read_bvh(tmp_path / "still.bvh")


def test_no_such_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_bvh(tmp_path / "none.bvh")
    (tmp_path / "picture.bvh").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="Is it a BVH file"):
        read_bvh(tmp_path / "picture.bvh")
    (tmp_path / "empty.bvh").write_bytes(b"")
    with pytest.raises(InputError, match="Is the file whole"):
        read_bvh(tmp_path / "empty.bvh")


def test_unwritable_folder(tmp_path: Path, motion: Motion) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        write_bvh(tmp_path / "none" / "x.bvh", Export((motion,)))


RECORDED = {"cc_02_01_walk": ("02_01", "CC"), "cc_05_02_dance": ("05_02", "CC"), "cmu_14_14_exercise": ("14_14", "HAHNE2"), "mit_fair1_dab": ("AD_dab", "FAIR")}
"""A file's stem: name of its sequence in the published arrays and of its skeleton there."""


@pytest.mark.skipif(not SHARED.exists(), reason="no ../shared with recorded BVH files")
@pytest.mark.parametrize("stem", RECORDED)
def test_recorded_files_agree_with_their_published_joints(stem: str) -> None:
    """Unit, axes and path of the root come out as the people who prepared the arrays found them by hand; they also put the feet on the floor."""
    motion = read_bvh(SHARED / "mocap" / "bvh" / f"{stem}.bvh")
    found = motion.joint_positions()[:: round(motion.fps / 30)]
    checked = 0
    for file in sorted((SHARED / "mocap").glob("*.npz")):
        table = np.load(file)
        for i in np.flatnonzero((table["seq_name"] == RECORDED[stem][0]) & (table["seq_skel"] == RECORDED[stem][1])):
            start, count = int(table["seq_start"][i]), int(table["seq_len"][i])
            root, first = str(table[f"skel_{RECORDED[stem][1]}_names"][0]), int(table["seq_skel_row"][i][1])
            raised = found[:count, motion.skeleton.index(root)] - table[f"skel_{RECORDED[stem][1]}_root"][first : first + count]
            assert np.abs(raised - [0.0, raised[0, 1], 0.0]).max() < 2e-5
            assert abs(raised[0, 1]) < 0.1
            truth = table["pos"][start : start + count] + raised[:, None]
            nearest = np.linalg.norm(truth[:, :, None] - found[:count, None], axis=-1).min(-1)
            assert (nearest.max(axis=0) < 0.001).sum() >= 18  # the others are ends of bones, or lacking
            checked += 1
    assert checked == 1
