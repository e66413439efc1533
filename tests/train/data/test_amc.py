from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.errors import InputError
from posewright.study.mocap import family_names, read_mocap
from posewright.train.data.amc import INCH_M, read_amc
from posewright.types import Motion

MOCAP = Path(__file__).parents[4] / "shared/mocap"
CMU = {bone: joint for joint, bone in family_names("ASF/AMC").items()}


def write(motion: Motion, folder: Path) -> Path:
    """The motion as ASF and AMC, each bone with axes of its own. In a bone-based file a joint's place is the end of its parent's bone."""
    rng = np.random.default_rng(4)
    skeleton = motion.skeleton
    unit = INCH_M / 0.45
    bones, amc = [], [":FULLY-SPECIFIED", ":DEGREES"]
    axes = {joint: rng.uniform(-80, 80, 3) for joint in skeleton.joints[1:]}
    # One carrier of no length but its parent's offset stands before every bone that does not start at the end of the one above.
    for i, joint in enumerate(skeleton.joints[1:], start=1):
        offset = skeleton.rest_offsets[i] / unit
        length = float(np.linalg.norm(offset))
        name = CMU[joint]
        bones.append(f"begin\n name to_{name}\n direction {' '.join(map(repr, (offset / length).tolist()))}\n length {length!r}\n axis 0 0 0 XYZ\nend")
        bones.append(f"begin\n name {name}\n direction 0 1 0\n length 0\n axis {' '.join(map(repr, axes[joint].tolist()))} XYZ\n dof rx ry rz\nend")
    hierarchy = []
    for i, joint in enumerate(skeleton.joints[1:], start=1):
        parent = skeleton.joints[skeleton.parents[i]]
        hierarchy += [f"{'root' if parent == 'hips' else CMU[parent]} to_{CMU[joint]}", f"to_{CMU[joint]} {CMU[joint]}"]
    head = ":version 1.10\n:units\n length 0.45\n angle deg\n:root\n order TX TY TZ RX RY RZ\n axis XYZ\n position 0 0 0\n orientation 0 0 0\n:bonedata\n"
    (folder / "man.asf").write_text(head + "\n".join(bones) + "\n:hierarchy\nbegin\n" + "\n".join(hierarchy) + "\nend\n")
    for t in range(len(motion)):
        amc.append(str(t + 1))
        turn = Rotation.from_quat(motion.rotations[t, 0]).as_euler("xyz", degrees=True)
        amc.append("root " + " ".join(map(repr, [*(motion.root_translation[t] / unit).tolist(), *turn.tolist()])))
        for i, joint in enumerate(skeleton.joints[1:], start=1):
            own = Rotation.from_euler("xyz", axes[joint], degrees=True)
            turn = (own.inv() * Rotation.from_quat(motion.rotations[t, i]) * own).as_euler("xyz", degrees=True)
            amc.append(f"{CMU[joint]} " + " ".join(map(repr, turn.tolist())))
    (folder / "man_01.amc").write_text("\n".join(amc) + "\n")
    return folder / "man_01.amc"


def test_there_and_back(walk: Motion, tmp_path: Path) -> None:
    found = read_amc(write(walk.sliced(50, 60), tmp_path), fps=30.0)
    expected = walk.sliced(50, 60).joint_positions()
    positions = dict(zip(found.skeleton.joints, np.moveaxis(found.joint_positions(), 1, 0), strict=True))
    for joint in walk.skeleton.joints[1:]:
        np.testing.assert_allclose(positions[joint], expected[:, walk.skeleton.index(joint)], atol=1e-6)


def test_what_is_wrong_is_said(walk: Motion, tmp_path: Path) -> None:
    path = write(walk.sliced(0, 2), tmp_path)
    good = path.read_text()
    for change, message in (
        (("lradius", "lclaw"), "line 1[0-9]: 'lclaw' is no bone"),
        (("root ", "root x"), "line 4: could not convert"),
        (("head ", "head 1.0 "), "4 values for the 3 channels"),
        (("root ", "root nan "), "frame 1: root holds NaN"),
    ):
        path.write_text(good.replace(*change))
        with pytest.raises(InputError, match=message):
            read_amc(path)
    path.write_text(":DEGREES\n")
    with pytest.raises(InputError, match="no frames"):
        read_amc(path)
    (tmp_path / "man.asf").write_text(":units\n length 0.45\n")
    with pytest.raises(InputError, match=r"not an \.asf skeleton"):
        read_amc(path)
    (tmp_path / "man.asf").unlink()
    with pytest.raises(InputError, match="needs its skeleton"):
        read_amc(path)


@pytest.mark.skipif(not MOCAP.exists(), reason="../shared/mocap is not here")
@pytest.mark.parametrize(("amc", "file", "name"), [("walk_walk_03", "cmu_train.npz", "walk_03"), ("35_01", "cmu_train.npz", "35_01"), ("49_20", "cmu_test.npz", "49_20")])
def test_the_shared_trials_agree_to_the_millimetre(amc: str, file: str, name: str) -> None:
    ours, theirs = read_amc(MOCAP / f"asf_amc/{amc}.amc"), next(iter(read_mocap(MOCAP / file, [f"AMC/{name}"]))).motion
    common = [joint for joint in theirs.skeleton.joints if joint in ours.skeleton]
    assert len(common) >= 25
    a = ours.joint_positions()[::4][: len(theirs), [ours.skeleton.index(joint) for joint in common]]
    b = theirs.joint_positions()[: len(a), [theirs.skeleton.index(joint) for joint in common]]
    assert np.abs(a - b).max() < 0.001
