from dataclasses import replace

import numpy as np

from posewright.lift.wright import Wright, lift_directions
from posewright.lift.wright.lifter import landmarks, world_rotations
from posewright.lift.wright.model import load_causal
from posewright.lift.wright.outputs import BODY_BONES
from posewright.lift.wright.window import TREE
from posewright.skeletons import BLAZEPOSE33, COCO17, HALPE26, reference_skeleton
from posewright.track import Track
from posewright.types import Camera, Keypoints
from tests.solve.refine.bodies import marching, seen, tilted_camera


def walker() -> tuple[Keypoints, Camera]:
    camera = tilted_camera(10.0)
    return seen(marching(40), camera)[0], camera


def track(keypoints: Keypoints) -> Track:
    return Track(keypoints, None)


def test_joints_come_in_the_keypoints_own_set_and_on_a_body_of_the_stated_size() -> None:
    keypoints, camera = walker()
    poses = Wright()(track(keypoints), camera)
    assert poses.joint_set is HALPE26
    assert poses.frame == "camera"
    assert poses.root_relative
    hips = poses.xyz[:, HALPE26.indices("left_hip", "right_hip")]
    np.testing.assert_allclose(hips.mean(1), 0.0, atol=1e-5)
    shin = np.linalg.norm(poses.xyz[:, HALPE26.index("left_knee")] - poses.xyz[:, HALPE26.index("left_ankle")], axis=-1)
    assert np.ptp(shin) < 1e-4
    assert 0.3 < shin[0] < 0.55


def test_any_joint_set_with_limbs_will_do() -> None:
    keypoints, camera = walker()
    coco = keypoints.to(COCO17)
    poses = Wright()(track(coco), camera)
    assert poses.joint_set is COCO17
    assert np.isfinite(poses.xyz).all()
    place = {joint: poses.xyz[:, COCO17.index(joint)] for joint in COCO17.joints}
    across = np.linalg.norm(place["left_eye"] - place["right_eye"], axis=-1)
    np.testing.assert_allclose(across, 0.064, atol=0.002)
    to_left_ear, to_right_ear = (np.linalg.norm(place["left_eye"] - place[f"{side}_ear"], axis=-1) for side in ("left", "right"))
    assert (to_left_ear < to_right_ear).all()


def test_landmarks_lie_on_the_lifted_sticks() -> None:
    keypoints, camera = walker()
    body = lift_directions(keypoints, camera)
    xyz = landmarks(body)
    points = TREE.chain @ (body.directions * body.lengths[:, None])
    ears, knuckles = (xyz[:, BLAZEPOSE33.indices(*pair)].mean(1) for pair in (("left_ear", "right_ear"), ("left_index", "left_pinky")))
    np.testing.assert_allclose(ears, points[:, TREE.index("ears")], atol=1e-5)
    np.testing.assert_allclose(knuckles, points[:, TREE.index("left_knuckles")], atol=1e-5)
    np.testing.assert_allclose(xyz[:, BLAZEPOSE33.index("left_knee")], points[:, TREE.index("left_knee")], atol=1e-5)


def test_rotations_add_up_from_the_root_as_the_skeleton_has_it() -> None:
    motion = marching(5)
    from posewright.geometry import quat_to_matrix

    bones = [motion.skeleton.index(bone) for bone in BODY_BONES]
    local = quat_to_matrix(motion.rotations[:, bones])
    np.testing.assert_allclose(world_rotations(local), quat_to_matrix(motion.world_rotations()[:, bones]), atol=1e-9)
    assert reference_skeleton().joints == BODY_BONES


def test_confidence_is_the_keypoints_own() -> None:
    keypoints, camera = walker()
    confidence = keypoints.confidence.copy()
    confidence[:, HALPE26.index("left_wrist")] = 0.0
    poses = Wright()(track(replace(keypoints, confidence=confidence)), camera)
    wrist, elbow = (poses.confidence[:, HALPE26.index(f"left_{joint}")] for joint in ("wrist", "elbow"))
    assert (wrist > 0).all()  # a guess by the rest of the body
    assert (wrist < elbow).all()


def test_the_causal_network_does_not_look_ahead() -> None:
    keypoints, camera = walker()
    start = replace(keypoints, xy=keypoints.xy[:25], confidence=keypoints.confidence[:25], timestamps=keypoints.timestamps[:25])
    whole, part = (lift_directions(each, camera, load_causal()) for each in (keypoints, start))
    np.testing.assert_allclose(whole.directions[:25], part.directions, atol=1e-5)
    np.testing.assert_allclose(whole.up[:25], part.up, atol=1e-5)
    centred = lift_directions(start, camera)
    assert np.abs(lift_directions(keypoints, camera).directions[:25] - centred.directions).max() > 1e-3
    assert (np.sum(whole.directions * lift_directions(keypoints, camera).directions, axis=-1) > 0.5).mean() > 0.95
