from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import posewright
from posewright.errors import InputError
from posewright.skeletons import BODY_PARENTS
from posewright.train.data.recorded import read_motions
from posewright.types import Motion

MOCAP = Path(__file__).parents[4] / "shared/mocap"


def bvh(motion: Motion, path: Path, without: str = "", names: str = "mixamo") -> Path:
    """The motion as a .bvh, with the joints whose names hold `without` called otherwise."""
    posewright.write(path, motion, bone_names=names)
    text = path.read_text()
    path.write_text(text.replace(without, "Other") if without else text)
    return path


def test_a_bvh_comes_back_on_the_humanoid(walk: Motion, tmp_path: Path) -> None:
    (found,) = read_motions([bvh(walk, tmp_path / "walk.bvh")])
    assert found.name == "walk"
    assert found.source == "walk.bvh"
    assert found.motion.skeleton.joints == tuple(BODY_PARENTS)
    assert found.motion.fps == 30.0
    assert found.motion.contacts is not None
    assert found.motion.contacts.mean() > 0.2
    np.testing.assert_allclose(found.motion.joint_positions()[:200], walk.joint_positions()[:200], atol=0.02)


def test_any_frame_rate_becomes_thirty(walk: Motion, tmp_path: Path) -> None:
    fast = Motion(walk.skeleton, walk.rotations, walk.root_translation, 60.0)
    (found,) = read_motions([bvh(fast, tmp_path / "fast.bvh")])
    assert abs(len(found.motion) - len(walk) / 2) <= 1


def test_a_bvh_without_an_arm_is_left_out_with_the_reason(walk: Motion, tmp_path: Path) -> None:
    told: list[str] = []
    good, bad = bvh(walk, tmp_path / "good.bvh"), bvh(walk, tmp_path / "armless.bvh", without="LeftArm")
    assert [each.name for each in read_motions([bad, good], told.append)] == ["good"]
    assert len(told) == 1
    assert "armless.bvh" in told[0]
    with pytest.raises(InputError, match=r"no usable motion in armless\.bvh"):
        read_motions([bad])


def test_two_frames_are_too_few(walk: Motion, tmp_path: Path) -> None:
    told: list[str] = []
    with pytest.raises(InputError, match="no usable motion"):
        read_motions([bvh(walk.sliced(0, 2), tmp_path / "short.bvh")], told.append)
    assert "2 frames are too few: 8 are needed" in told[0]


def test_a_strange_npz_is_told_by_its_keys(tmp_path: Path) -> None:
    np.savez(tmp_path / "strange.npz", joints=np.zeros(3), angles=np.zeros(3))
    with pytest.raises(InputError, match="joints, angles"):
        read_motions([tmp_path / "strange.npz"])
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(InputError, match=r"broken\.npz"):
        read_motions([tmp_path / "broken.npz"])


def test_no_file_and_no_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read_motions([tmp_path / "none.bvh"])
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(InputError, match=r"\.bvh, \.amc, \.npz"):
        read_motions([tmp_path / "a.txt"])


@pytest.mark.skipif(not MOCAP.exists(), reason="../shared/mocap is not here")
def test_the_same_trial_from_amc_and_from_npz() -> None:
    amc = read_motions([MOCAP / "asf_amc/walk_walk_03.amc"])[0].motion
    from posewright.study.mocap import read_mocap
    from posewright.train.data.recorded import on_humanoid

    npz = on_humanoid(next(iter(read_mocap(MOCAP / "cmu_train.npz", ["AMC/walk_03"]))).motion)
    frames = min(len(amc), len(npz)) - 2
    gap = amc.joint_positions()[:frames] - npz.joint_positions()[:frames]
    assert np.linalg.norm(gap - gap.mean((0, 1)), axis=-1).max() < 0.005
