"""C3D read back by ezc3d, and other programs' axes and units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posewright.errors import InputError, OutputError
from posewright.formats import read_motion, write
from posewright.formats.c3d import read_c3d
from posewright.types import Motion
from tests.formats.samples import random_motion


def ezc3d() -> Any:
    return pytest.importorskip("ezc3d", reason="ezc3d is not installed")


def test_points_stand_where_we_say(tmp_path: Path, motion: Motion) -> None:
    write(tmp_path / "a.c3d", motion) if ezc3d() else None
    content = ezc3d().c3d(str(tmp_path / "a.c3d"))
    point = content["parameters"]["POINT"]
    assert (point["UNITS"]["value"], point["RATE"]["value"][0]) == (["mm"], motion.fps)
    assert (point["X_SCREEN"]["value"], point["Y_SCREEN"]["value"]) == (["+X"], ["+Y"])
    labels = point["LABELS"]["value"]
    for label, joint in (("RKnee", "rightLowerLeg"), ("hips", "hips"), ("leftIndexDistal", "leftIndexDistal")):
        found = content["data"]["points"][:3, labels.index(label)].T
        assert np.abs(found / 1000 - motion.joint_positions()[:, motion.skeleton.index(joint)]).max() < 1e-5


def test_several_people_have_names_of_their_own(tmp_path: Path, motion: Motion) -> None:
    ezc3d()
    other = random_motion(motion.skeleton, frames=25, seed=1)
    (file,) = write(tmp_path / "a.c3d", (motion, other, motion, motion, motion))
    markers = read_c3d(file)
    assert len(markers.names) == len({*markers.names}) > 255
    second = markers.xyz[:, markers.names.index("person_2:LWrist")]
    assert np.abs(second[:25] - other.joint_positions()[:, other.skeleton.index("leftHand")]).max() < 1e-5
    assert np.isnan(second[25:]).all()
    assert np.abs(markers.xyz[:, markers.names.index("person_5:hips")] - motion.root_translation).max() < 1e-5


def test_the_first_persons_movement_comes_back(tmp_path: Path, motion: Motion) -> None:
    ezc3d()
    (file,) = write(tmp_path / "a.c3d", (motion, random_motion(motion.skeleton, seed=1)))
    back = read_motion(file)
    assert (back.fps, len(back), back.name) == (motion.fps, len(motion), "a")
    for joint in ("leftUpperLeg", "rightFoot", "leftLowerArm"):
        apart = back.joint_positions()[:, back.skeleton.index(joint)] - motion.joint_positions()[:, motion.skeleton.index(joint)]
        assert np.linalg.norm(apart, axis=-1).max() < 0.05


@pytest.mark.parametrize(("screen", "to_file"), [("+Z", [[1, 0, 0], [0, 0, -1], [0, 1, 0]]), ("-Y", [[-1, 0, 0], [0, -1, 0], [0, 0, 1]])])
def test_files_that_lie_on_another_axis_are_stood_up(tmp_path: Path, screen: str, to_file: list[list[int]]) -> None:
    """A marker that rises, in a laboratory's axes and in metres: it rises along +Y."""
    rising = np.stack([np.full(5, 0.2), np.arange(1, 6) / 10, np.full(5, 0.3)], axis=1)
    content = ezc3d().c3d()
    content["parameters"]["POINT"]["UNITS"]["value"] = ["m"]
    content["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    content["parameters"]["POINT"]["LABELS"]["value"] = ["LASI"]
    content.add_parameter("POINT", "X_SCREEN", ["+X"])
    content.add_parameter("POINT", "Y_SCREEN", [screen])
    points = np.ones((4, 1, 5))
    points[:3, 0] = np.array(to_file) @ rising.T
    content["data"]["points"] = points
    content.write(str(tmp_path / "a.c3d"))
    markers = read_c3d(tmp_path / "a.c3d")
    assert markers.names == ("LASI",)
    assert np.allclose(markers.xyz[:, 0, 1], rising[:, 1], atol=1e-6)
    with pytest.raises(InputError, match=r"no points for .*LShoulder, RKnee.*found: LASI"):
        read_motion(tmp_path / "a.c3d")


def test_no_c3d_file(tmp_path: Path) -> None:
    ezc3d()
    (tmp_path / "a.c3d").write_bytes(b"no c3d" * 200)
    for name in ("a.c3d", "none.c3d"):
        with pytest.raises(InputError, match="cannot read"):
            read_c3d(tmp_path / name)


def test_without_ezc3d_the_error_says_what_to_install(tmp_path: Path, motion: Motion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ezc3d", None)
    for act in (lambda: write(tmp_path / "a.c3d", motion), lambda: read_c3d(tmp_path / "a.c3d")):
        with pytest.raises(OutputError, match=r"ezc3d.*posewright\[c3d\]"):
            act()
