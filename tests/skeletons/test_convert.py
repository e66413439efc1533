import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.skeletons import BLAZEPOSE33, BODY_25, COCO17, H36M17, HALPE26, HUMANOID, JOINT_SETS, MPII16, OPENPOSE18, conversion, joint_set, reference_skeleton

SIZES = {"blazepose33": 33, "coco17": 17, "halpe26": 26, "h36m17": 17, "body_25": 25, "openpose18": 18, "mpii16": 16, "humanoid": 22}


def _cloud(source, seed=0):
    return np.random.default_rng(seed).normal(size=(4, len(source), 3)).astype(np.float32)


def test_sizes_are_those_of_the_published_sets():
    assert {name: len(s) for name, s in JOINT_SETS.items()} == SIZES


@pytest.mark.parametrize("source", JOINT_SETS.values(), ids=lambda s: s.name)
@pytest.mark.parametrize("target", JOINT_SETS.values(), ids=lambda s: s.name)
def test_every_pair_converts_mirrors_and_keeps_weights_of_one(source, target):
    if target is HUMANOID and source is not HUMANOID:
        with pytest.raises(UsageError):
            conversion(source, target)
        return
    rule = conversion(source, target)
    sums = rule.matrix.sum(axis=1)
    assert np.allclose(sums[rule.matrix.any(axis=1)], 1.0)
    # Swapping left and right before or after is the same.
    assert np.allclose(rule.matrix[target.mirror()][:, source.mirror()], rule.matrix)
    # A joint is named in `made` exactly when it is not taken over by name.
    assert set(rule.made) == {joint for joint in target.joints if joint not in source}


def test_common_joints_survive_there_and_back():
    cloud, sure = _cloud(COCO17), np.ones((4, 17), np.float32)
    there = conversion(COCO17, HALPE26).apply(cloud, sure)
    back, confidence = conversion(HALPE26, COCO17).apply(*there)
    assert np.array_equal(back, cloud)
    assert np.array_equal(confidence, sure)


def test_made_joints_stand_where_they_say():
    cloud, sure = _cloud(BLAZEPOSE33), np.random.default_rng(1).uniform(size=(4, 33)).astype(np.float32)
    for target in (H36M17, BODY_25, MPII16):
        xyz, confidence = conversion(BLAZEPOSE33, target).apply(cloud, sure)
        hips = BLAZEPOSE33.indices("left_hip", "right_hip")
        assert np.allclose(xyz[:, target.index("pelvis")], cloud[:, hips].mean(1), atol=1e-6)
        assert np.allclose(confidence[:, target.index("pelvis")], sure[:, hips].min(1))
    neck = conversion(BLAZEPOSE33, OPENPOSE18).apply(cloud, sure)[0][:, 1]
    assert np.allclose(neck, cloud[:, BLAZEPOSE33.indices("left_shoulder", "right_shoulder")].mean(1), atol=1e-6)


def test_unseen_sources_make_unseen_joints_and_no_others():
    cloud, sure = _cloud(BLAZEPOSE33), np.ones((4, 33), np.float32)
    cloud[1, BLAZEPOSE33.index("left_hip")] = np.nan
    xyz, confidence = conversion(BLAZEPOSE33, H36M17).apply(cloud, sure)
    unseen = {H36M17.joints[j] for j in np.flatnonzero(np.isnan(xyz[1]).any(-1))}
    assert unseen == {"left_hip", "pelvis", "spine"}
    assert not np.isnan(xyz[[0, 2, 3]]).any()
    assert (confidence[1, H36M17.indices("left_hip", "pelvis", "spine")] == 0).all()


def test_missing_joints_are_said_to_be_missing():
    rule = conversion(BLAZEPOSE33, BODY_25)
    assert rule.made["left_small_toe"] == "missing"
    xyz, confidence = rule.apply(_cloud(BLAZEPOSE33), np.ones((4, 33), np.float32))
    assert np.isnan(xyz[:, BODY_25.index("left_small_toe")]).all()
    assert (confidence[:, BODY_25.index("left_small_toe")] == 0).all()


def test_humanoid_limbs_have_the_fields_names():
    positions = reference_skeleton().rest_pose()[0][None]
    xyz, _ = conversion(HUMANOID, COCO17).apply(positions, np.ones((1, len(HUMANOID))))
    left_wrist, right_ankle = xyz[0, COCO17.index("left_wrist")], xyz[0, COCO17.index("right_ankle")]
    assert left_wrist[0] > 0.5
    assert right_ankle[0] < 0
    assert right_ankle[1] < 0.1


def test_unknown_names_are_refused_with_the_choice():
    with pytest.raises(UsageError, match="coco17"):
        joint_set("coco18")
    with pytest.raises(UsageError, match="left_wrist"):
        COCO17.index("left_hand")
