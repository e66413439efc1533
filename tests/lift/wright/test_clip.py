import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.geometry import normalize, quat_to_matrix
from posewright.lift.wright import LiftedDirections, clip, lift_directions
from posewright.lift.wright.clip import BRIDGED, bridged, directions_of, graded
from posewright.lift.wright.model import MEAN, load_models
from posewright.lift.wright.outputs import BODY_BONES
from posewright.lift.wright.window import TREE, mirrored_directions
from posewright.skeletons import HALPE26, JointSet
from posewright.skeletons.bone_tree import tree_for
from posewright.types import Camera, Keypoints, Poses3D
from tests.solve.refine.bodies import marching, seen, tilted_camera

STICKS = ("trunk", "shoulders", "left_upper_arm", "right_upper_arm", "left_thigh", "right_thigh", "left_shin", "right_shin")


def angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((a * b).sum(-1), -1.0, 1.0)))


def body(pitch_deg: float = 0.0, frames: int = 60) -> tuple[Keypoints, Camera, np.ndarray]:
    """Keypoints of a marching body, the camera, and true bone directions (T, B, 3) in its axes."""
    camera = tilted_camera(pitch_deg)
    keypoints, _, truth = seen(marching(frames), camera)
    tree = tree_for(HALPE26)
    points, _ = tree.gather(camera.to_camera(truth), np.ones(truth.shape[:2]))
    directions = np.zeros((frames, len(TREE.bones), 3))
    directions[:, [TREE.bones.index(bone) for bone in tree.bones]] = normalize(tree.vectors(points))
    return keypoints, camera, directions


@pytest.mark.parametrize("pitch_deg", [-10.0, 0.0, 25.0])
def test_directions_and_up_of_a_body_it_never_saw(pitch_deg: float) -> None:
    keypoints, camera, truth = body(pitch_deg)
    lifted = lift_directions(keypoints, camera)
    columns = [TREE.bones.index(bone) for bone in STICKS]
    errors = angle_deg(lifted.directions, truth)[:, columns]
    assert errors.mean() < 12.0
    if pitch_deg != 0.0:  # a level camera sees a marching body nearly flat
        flat = angle_deg(normalize(truth * (1.0, 1.0, 0.0)), truth)[:, columns]
        assert errors.mean() < 0.8 * flat.mean()
    up = camera.T_camera_world[:3, 1]
    assert angle_deg(normalize(lifted.up.mean(0)), up) < 8.0 + 0.4 * abs(pitch_deg)  # drawn towards level


def test_a_camera_turned_aside_sees_the_same_body_turned() -> None:
    keypoints, camera, _ = body()
    angle = np.radians(15.0)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    plane = (keypoints.xy - camera.centre) / camera.focal
    plane = plane - plane[:, [HALPE26.index("left_hip"), HALPE26.index("right_hip")]].mean(1, keepdims=True) * (0.0, 1.0)  # hips on the horizon: no roll comes in
    turned = np.concatenate([plane, np.ones_like(plane[..., :1])], -1) @ turn.T
    views = [
        Keypoints((p * camera.focal + camera.centre).astype(np.float32), keypoints.confidence, HALPE26, keypoints.timestamps, camera.image_size)
        for p in (plane, turned[..., :2] / turned[..., 2:])
    ]
    straight, aside = (lift_directions(view, camera) for view in views)
    # the clip is interpolated on the picture's plane, so the last digits differ
    np.testing.assert_allclose(aside.directions, straight.directions @ turn.T, atol=1e-2)
    np.testing.assert_allclose(aside.up, straight.up @ turn.T, atol=1e-2)


def test_a_mirror_image_gives_mirrored_directions() -> None:
    keypoints, camera, _ = body(10.0)
    twins = [joint.replace("left", "#").replace("right", "left").replace("#", "right") for joint in HALPE26.joints]
    xy = (keypoints.xy * (-1.0, 1.0) + (2.0 * camera.centre[0], 0.0))[:, HALPE26.indices(*twins)]
    image = Keypoints(xy.astype(np.float32), keypoints.confidence, HALPE26, keypoints.timestamps, keypoints.frame_size)
    plain, mirror = lift_directions(keypoints, camera), lift_directions(image, camera)
    np.testing.assert_allclose(mirror.directions, mirrored_directions(plain.directions), atol=1e-3)
    np.testing.assert_allclose(mirror.up, plain.up * (-1.0, 1.0, 1.0), atol=1e-3)


def test_twice_the_frame_rate_gives_the_same() -> None:
    keypoints, camera, _ = body(frames=61)
    half = Keypoints(keypoints.xy[::2], keypoints.confidence[::2], HALPE26, keypoints.timestamps[::2], keypoints.frame_size)
    full, sparse = lift_directions(keypoints, camera), lift_directions(half, camera)
    assert angle_deg(full.directions[::2], sparse.directions).mean() < 2.0


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    keypoints, camera, _ = body(frames=50)
    whole = lift_directions(keypoints, camera)
    monkeypatch.setattr(clip, "CHUNK", 7)
    parts = lift_directions(keypoints, camera)
    np.testing.assert_allclose(parts.directions, whole.directions, atol=1e-3)
    np.testing.assert_allclose(lift_directions(keypoints, camera).directions, parts.directions, atol=1e-5)  # threads add in any order


def test_unseen_joints_and_one_frame() -> None:
    keypoints, camera, truth = body()
    confidence = keypoints.confidence.copy()
    confidence[:, HALPE26.indices("left_ankle", "left_heel", "left_big_toe", "left_wrist")] = 0.0
    confidence[20:25] = 0.0
    xy = np.where(confidence[..., None] > 0, keypoints.xy, np.nan).astype(np.float32)
    lifted = lift_directions(Keypoints(xy, confidence, HALPE26, keypoints.timestamps, keypoints.frame_size), camera)
    assert np.isfinite(lifted.directions).all()
    assert angle_deg(lifted.directions, truth)[:, TREE.bones.index("trunk")].mean() < 15.0
    whole = lift_directions(keypoints, camera)
    column = TREE.bones.index("left_shin")
    assert lifted.certainty[:, column].mean() < whole.certainty[:, column].mean()
    one = Keypoints(keypoints.xy[:1], keypoints.confidence[:1], HALPE26, keypoints.timestamps[:1], keypoints.frame_size)
    assert lift_directions(one, camera).directions.shape == (1, len(TREE.bones), 3)


def test_a_moment_in_which_nothing_is_seen_is_bridged() -> None:
    keypoints, camera, truth = body()
    confidence = keypoints.confidence.copy()
    confidence[20:25] = 0.0
    lost = Keypoints(np.where(confidence[..., None] > 0, keypoints.xy, np.nan).astype(np.float32), confidence, HALPE26, keypoints.timestamps, keypoints.frame_size)
    lifted = lift_directions(lost, camera)
    columns = [TREE.bones.index(bone) for bone in STICKS]
    assert angle_deg(lifted.directions, truth)[20:25][:, columns].mean() < 15.0  # 50 and more when the network is shown nothing
    times = np.arange(30) / 10.0
    trust = np.ones((30, 2))
    trust[3:5, 0] = trust[10:20, 0] = trust[:4, 1] = 0.0
    out = bridged(trust, times)
    assert (out[3:5, 0] == BRIDGED).all()
    assert (out[10:20, 0] == 0.0).all()  # too long
    assert (out[:4, 1] == 0.0).all()  # no beginning
    assert (out[5:10] == 1.0).all()


def test_an_estimator_that_is_never_sure_is_heard_all_the_same() -> None:
    np.testing.assert_allclose(graded(np.array([[0.6, 0.66, 0.7, 0.33, 0.01]])), [[0.952, 1.0, 1.0, 0.524, 0.0]], atol=1e-3)
    sure = np.array([[1.0, 0.99, 1.0, 0.5, 0.2]])
    np.testing.assert_allclose(graded(sure), sure, atol=0.02)
    assert (graded(np.zeros((2, 3))) == 0.0).all()
    keypoints, camera, _ = body()
    timid = Keypoints(keypoints.xy, 0.6 * keypoints.confidence, HALPE26, keypoints.timestamps, keypoints.frame_size)
    np.testing.assert_allclose(lift_directions(timid, camera).directions, lift_directions(keypoints, camera).directions, atol=1e-4)


def lifted_poses(keypoints: Keypoints, camera: Camera) -> Poses3D:
    """The truth of the same body, as if another lifter had given it."""
    _, _, truth = seen(marching(len(keypoints.timestamps)), camera)
    xyz = camera.to_camera(truth)
    return Poses3D(
        (xyz - xyz[:, HALPE26.indices("left_hip", "right_hip")].mean(1, keepdims=True)).astype(np.float32), keypoints.confidence, HALPE26, keypoints.timestamps, "camera", True
    )


def test_another_lifters_directions_are_heard() -> None:
    keypoints, camera, truth = body()
    poses = lifted_poses(keypoints, camera)
    known = directions_of(poses, keypoints.timestamps)
    columns = [TREE.bones.index(bone) for bone in STICKS]
    np.testing.assert_allclose(known[:, columns], truth[:, columns], atol=1e-4)
    assert (known[:, TREE.bones.index("left_hand")] == 0).all()  # HALPE26 has no hands
    alone, told = lift_directions(keypoints, camera, load_models(MEAN)), lift_directions(keypoints, camera, lifted=poses)
    assert angle_deg(told.directions, truth)[:, columns].mean() < angle_deg(alone.directions, truth)[:, columns].mean()
    with pytest.raises(UsageError, match="same frames"):
        lift_directions(keypoints, camera, lifted=Poses3D(poses.xyz[:5], poses.confidence[:5], HALPE26, poses.timestamps[:5], "camera", True))


def test_the_rest_of_the_body_is_told_too() -> None:
    keypoints, camera, _ = body(10.0, frames=90)
    lifted = lift_directions(keypoints, camera)
    motion = marching(90)
    R = camera.T_camera_world[:3, :3]
    hips = np.tile(R, (90, 1, 1)) @ quat_to_matrix(motion.rotations[:, 0])
    turned = np.degrees(np.arccos(np.clip((np.einsum("tij,tij->t", lifted.rotations[:, 0], hips) - 1) / 2, -1, 1)))
    assert turned.mean() < 15.0
    knees = [BODY_BONES.index(f"{side}LowerLeg") for side in ("left", "right")]
    bend = np.degrees(np.arccos(np.clip((np.trace(lifted.rotations[:, knees], axis1=2, axis2=3) - 1) / 2, -1, 1)))
    true = np.degrees(2 * np.arccos(np.clip(np.abs(motion.rotations[:, [motion.skeleton.index(f"{side}LowerLeg") for side in ("left", "right")], 3]), 0, 1)))
    assert np.corrcoef(bend.ravel(), true.ravel())[0, 1] > 0.7
    assert np.linalg.norm(lifted.velocity, axis=-1).mean() < 0.4  # on the spot
    assert ((lifted.contacts >= 0) & (lifted.contacts <= 1)).all()
    assert np.abs(lifted.lengths / TREE.reference - 1.0).max() < 0.4


def test_certainty_outweighs_another_lifter() -> None:
    bones = ("trunk", "head")
    own = np.tile([0.0, 1.0, 0.0], (2, 2, 1))
    certainty = np.array([[1.0, 0.2], [1.0, 0.0]])
    lifted = LiftedDirections(bones, own, certainty, own[:, 0], certainty[:, 0], np.arange(2.0))
    assert (lifted.weight[:, 0] > 2.0).all()  # sure of the trunk: it outweighs another lifter
    assert (lifted.weight[:, 1] < 0.5).all()  # not of the head


def test_refuses_what_it_cannot_lift() -> None:
    keypoints, camera, _ = body(frames=3)
    blind = Keypoints(np.full_like(keypoints.xy, np.nan), np.zeros_like(keypoints.confidence), HALPE26, keypoints.timestamps, keypoints.frame_size)
    with pytest.raises(UsageError, match="hips"):
        lift_directions(blind, camera)
    arms = JointSet("arms", ("left_shoulder", "left_elbow", "left_wrist"), (), ())
    few = Keypoints(keypoints.xy[:, :3], keypoints.confidence[:, :3], arms, keypoints.timestamps, keypoints.frame_size)
    with pytest.raises(UsageError, match="legs"):
        lift_directions(few, camera)
