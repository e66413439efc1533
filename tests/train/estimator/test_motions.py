"""Poses: what is held out stays out, feet stay on the floor, the seed decides."""

from __future__ import annotations

import numpy as np
import pytest

from posewright.character import default_character
from posewright.errors import InputError
from posewright.train.estimator.motions import read_motions, recordings, shaken, some_poses


def test_the_held_out_part_of_our_own_motion_is_another():
    (learnt,), (held_out,) = read_motions(None, False), read_motions(None, True)
    shown = {tuple(pose.ravel().round(6)) for pose in learnt.rotations}
    assert not any(tuple(pose.ravel().round(6)) in shown for pose in held_out.rotations)


def test_files_with_test_or_val_in_their_names_are_held_out(tmp_path):
    for name in ("cmu_train", "cmu_val", "cmu_test", "contest", "extra"):
        (tmp_path / f"{name}.npz").touch()
    assert [path.stem for path in recordings(tmp_path, True)] == ["cmu_test", "cmu_val"]
    assert [path.stem for path in recordings(tmp_path, False)] == ["cmu_train", "contest", "extra"]


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(InputError, match="no recordings"):
        read_motions(tmp_path, True)


def test_the_lowest_joint_keeps_its_height_and_the_seed_decides(sources):
    body = default_character()
    positions, rotations = some_poses(sources.motions, body, np.random.default_rng(3), 12)
    again, _ = some_poses(sources.motions, body, np.random.default_rng(3), 12)
    np.testing.assert_array_equal(positions, again)
    assert positions.shape == (12, len(body.skeleton), 3)
    np.testing.assert_allclose(np.linalg.norm(rotations, axis=-1), 1.0, atol=1e-6)
    lowest = positions[..., 1].min(1)
    assert (lowest > -0.02).all()
    assert (lowest < 0.25).all()
    np.testing.assert_allclose(positions[:, 0, [0, 2]], 0.0, atol=1e-9)  # above the origin


def test_shaking_moves_limbs_and_leaves_fingers(sources):
    body = default_character()
    still = np.tile(body.skeleton.rest_rotations, (200, 1, 1))
    moved = shaken(still, body, np.random.default_rng(0))
    arm, finger = (body.skeleton.index(body.humanoid[bone]) for bone in ("leftUpperArm", "leftIndexProximal"))
    assert np.abs(moved[:, arm] - still[:, arm]).max() > 0.2
    np.testing.assert_array_equal(moved[:, finger], still[:, finger])
