from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from posewright.errors import OutputError
from posewright.formats.export import Export
from posewright.formats.table import write_csv, write_txt
from posewright.types import Capture, Motion


@pytest.fixture
def export(capture: Capture) -> Export:
    return Export(tuple(person.motion for person in capture.people), capture)


def test_csv_holds_a_row_for_each_frame_and_person(tmp_path: Path, export: Export, capture: Capture) -> None:
    write_csv(tmp_path / "x.csv", export)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["person"]), int(row["frame"])) for row in rows] == [(1, t) for t in range(40)] + [(2, t) for t in range(25)]
    second = capture.people[1]
    for t, row in enumerate(rows[40:]):
        assert float(row["time_s"]) == pytest.approx(t / 30, abs=1e-5)
        assert float(row["fps"]) == 30.0
        x, y = second.keypoints.xy[t, second.keypoints.joint_set.index("left_wrist")]
        assert row["left_wrist_x_px"] == "" if np.isnan(x) else float(row["left_wrist_x_px"]) == pytest.approx(x, abs=1e-4)
        assert (row["left_wrist_y_px"] == "") == np.isnan(y)
        depth = second.poses.xyz[t, second.poses.joint_set.index("nose"), 2]
        assert row["nose_camera_z_m"] == "" if np.isnan(depth) else float(row["nose_camera_z_m"]) == pytest.approx(depth, abs=1e-5)
        hand = second.motion.skeleton.index("leftHand")
        assert [float(row[f"leftHand_world_{axis}_m"]) for axis in "xyz"] == pytest.approx(second.motion.joint_positions()[t, hand].tolist(), abs=1e-5)
        assert [float(row[f"leftHand_local_q{axis}"]) for axis in "xyzw"] == pytest.approx(second.motion.rotations[t, hand].tolist(), abs=1e-5)
    assert any(row["left_wrist_x_px"] == "" for row in rows)


def test_txt_explains_itself_and_loads_with_numpy(tmp_path: Path, export: Export, capture: Capture) -> None:
    write_txt(tmp_path / "x.txt", export)
    header = [line[2:].rstrip("\n") for line in (tmp_path / "x.txt").open(encoding="utf-8") if line.startswith("# ")]
    assert "frames a second: 30" in header
    assert any("leftHand:leftLowerArm" in line and "hips:-" in line for line in header)
    names = header[-1].split(" ")
    values = np.loadtxt(tmp_path / "x.txt")
    assert values.shape == (65, len(names))
    nose = [names.index(f"nose_{axis}_px") for axis in "xy"]
    np.testing.assert_allclose(values[:40, nose], capture.people[0].keypoints.xy[:, 0], atol=1e-4)
    hips = [names.index(f"hips_world_{axis}_m") for axis in "xyz"]
    np.testing.assert_allclose(values[40:, hips], capture.people[1].motion.root_translation, atol=1e-5)


def test_a_motion_alone_has_its_own_frames(tmp_path: Path, motion: Motion) -> None:
    write_csv(tmp_path / "x.csv", Export((motion,)))
    lines = (tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(motion)
    assert lines[0].startswith("person,frame,time_s,fps,hips_world_x_m,")
    assert not any(",," in line for line in lines)


def test_motion_beside_uneven_timestamps(tmp_path: Path, capture: Capture) -> None:
    """Each frame of a source with a varying rate stands beside the motion's frame that is nearest in time."""
    person = capture.people[0]
    uneven = np.array([0.0, 0.04, 0.3, 1.29])
    cut = {"confidence": person.keypoints.confidence[:4], "timestamps": uneven}
    keypoints = dataclasses.replace(person.keypoints, xy=person.keypoints.xy[:4], **cut)
    poses = dataclasses.replace(person.poses, xyz=person.poses.xyz[:4], **cut)
    varying = dataclasses.replace(capture, people=(dataclasses.replace(person, keypoints=keypoints, poses=poses),))
    write_txt(tmp_path / "x.txt", Export((person.motion,), varying))
    text = (tmp_path / "x.txt").read_text(encoding="utf-8").splitlines()
    names = next(line for line in reversed(text) if line.startswith("#"))[2:].split(" ")
    found = np.loadtxt(tmp_path / "x.txt")[:, [names.index(f"hips_world_{axis}_m") for axis in "xyz"]]
    np.testing.assert_allclose(found, person.motion.root_translation[[0, 1, 9, 39]], atol=1e-5)


def test_unwritable_folder(tmp_path: Path, export: Export) -> None:
    for write in (write_csv, write_txt):
        with pytest.raises(OutputError, match="does not exist"):
            write(tmp_path / "none" / "x", export)
