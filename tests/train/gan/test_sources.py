import json

import numpy as np
import pytest

from posewright.errors import InputError, NoPersonError, UsageError
from posewright.lift.gan import BODY, complete_body
from posewright.skeletons import BODY_25, COCO17, H36M17, MPII16, JointSet, conversion
from posewright.train.gan.poses import Poses2D, Projected
from posewright.train.gan.sources import read_all, read_poses
from tests.train.gan.bodies import FACING_CAMERA, bodies

PEOPLE = 20


def pixels(count=PEOPLE):
    """People as a picture shows them, in body17, (N, 17, 2) pixels."""
    return (bodies(count, 1).xyz * FACING_CAMERA)[..., :2] * 200 + (320, 240)


def in_set(joint_set: JointSet, count=PEOPLE):
    """The same people in another joint set; joints that cannot be made stand at the neck."""
    xy, _ = conversion(BODY, joint_set).apply(pixels(count), np.ones((count, len(BODY))))
    neck = pixels(count)[:, [BODY.index("neck")]]
    return np.where(np.isfinite(xy), xy, neck + np.float32([[0, -40]]))


def limbs_agree(source):
    assert isinstance(source, Poses2D)
    limbs = [i for i, joint in enumerate(BODY.joints) if joint not in ("nose", "head_top")]
    np.testing.assert_allclose(source.xy[:, limbs], complete_body(pixels(len(source)))[:, limbs], atol=0.01)


def coco(path, visible=2, **more):
    lists = [np.column_stack([xy, np.full(17, visible)]).ravel().tolist() for xy in in_set(COCO17)]
    path.write_text(json.dumps({"images": [], "categories": [], "annotations": [{"keypoints": entry, "num_keypoints": 17, **more} for entry in lists]}))
    return path


def mpii_json(path, missing=()):
    people = [{"joints": xy.tolist(), "joints_vis": [0 if i in missing else 1 for i in range(16)], "image": "a.jpg", "center": [1, 2], "scale": 3.0} for xy in in_set(MPII16)]
    path.write_text(json.dumps(people))
    return path


def mpii_mat(path, name="RELEASE", field="annolist", ids=range(16)):
    from scipy.io import savemat

    points = [[{"x": float(x), "y": float(y), "id": i, "is_visible": 1} for i, (x, y) in zip(ids, xy, strict=True)] for xy in in_set(MPII16)]
    images = [{"image": {"name": f"{n}.jpg"}, "annorect": [{"x1": 0, "annopoints": {"point": entry}}, {"x1": 1}]} for n, entry in enumerate(points)]
    savemat(path, {name: {field: images, "version": "12"}})
    return path


def openpose(folder, count=PEOPLE):
    folder.mkdir()
    for number, xy in enumerate(in_set(BODY_25, count)):
        person = {"pose_keypoints_2d": np.column_stack([xy, np.full(25, 0.8)]).ravel().tolist()}
        (folder / f"photo_{number:012d}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": [person]}))
    return folder


def test_annotation_files_are_read(tmp_path):
    for source in (read_poses(coco(tmp_path / "person_keypoints.json")), read_poses(mpii_json(tmp_path / "train.json")), read_poses(mpii_mat(tmp_path / "mpii.mat"))):
        limbs_agree(source)
        assert len(source) == PEOPLE
    assert read_poses(tmp_path / "train.json").nose_made
    assert not read_poses(tmp_path / "person_keypoints.json").nose_made


def test_keypoints_of_a_folder_of_pictures_are_read(tmp_path):
    limbs_agree(read_poses(openpose(tmp_path / "openpose")))
    folder = tmp_path / "arrays"
    folder.mkdir()
    np.save(folder / "joints.npy", in_set(COCO17).astype(np.float32))
    np.save(folder / "names.npy", np.array([f"photo_{n}" for n in range(PEOPLE)]))
    limbs_agree(read_poses(folder))


def test_our_own_keypoints_are_read(tmp_path):
    people = {"joint_set": "coco17", "xy": in_set(COCO17), "confidence": np.ones((PEOPLE, 17))}
    np.savez(tmp_path / "a.npz", format="posewright", **{f"people.0.keypoints.{key}": value for key, value in people.items()})
    as_lists = {key: value if isinstance(value, str) else value.tolist() for key, value in people.items()}
    (tmp_path / "a.json").write_text(json.dumps({"format": "posewright", "people": [{"keypoints": as_lists}]}))
    for name in ("a.npz", "a.json"):
        limbs_agree(read_poses(tmp_path / name))


def test_arrays_are_read(tmp_path):
    np.save(tmp_path / "flat.npy", pixels().reshape(PEOPLE, 34))
    np.save(tmp_path / "mpii.npy", in_set(MPII16))
    for name in ("flat.npy", "mpii.npy"):
        source = read_poses(tmp_path / name)
        limbs_agree(source)
        assert source.nose_made


def test_people_seen_in_part_are_left_out_and_counted(tmp_path):
    xy = in_set(COCO17, 30)
    xy[:4, COCO17.index("left_knee")] = np.nan
    np.save(tmp_path / "a.npy", xy)
    source = read_poses(tmp_path / "a.npy")
    assert (len(source), source.left_out) == (26, 4)


def test_people_from_behind_are_kept(tmp_path):
    xy = in_set(COCO17)
    xy[:, COCO17.indices("nose", "left_ear")] = np.nan
    np.save(tmp_path / "a.npy", xy)
    assert len(read_poses(tmp_path / "a.npy")) == PEOPLE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"annotations": [{"bbox": [1, 2, 3, 4]}]}, "person_keypoints"),
        ({"images": []}, "no list 'annotations'"),
        ({"annotations": [{"keypoints": [1, 2, 1] * 14}]}, "42 numbers where 51 are due"),
        ([{"joints": [[1, 2]] * 16}], "no 'joints_vis'"),
        ([{"joints": [[1, 2]] * 14, "joints_vis": [1] * 14}], "28 numbers where 32 are due"),
        ({"people": [{}], "version": 1.3}, "pose_keypoints_2d"),
    ],
)
def test_files_of_another_version_say_what_is_missing(tmp_path, content, told):
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=told):
        read_poses(tmp_path / "a.json")


def test_mpii_of_another_version_says_what_is_missing(tmp_path):
    with pytest.raises(InputError, match="no 'RELEASE', but joints"):
        read_poses(mpii_mat(tmp_path / "a.mat", name="joints"))
    with pytest.raises(InputError, match="no 'annolist'"):
        read_poses(mpii_mat(tmp_path / "b.mat", field="list"))
    with pytest.raises(InputError, match="the id 16"):
        read_poses(mpii_mat(tmp_path / "c.mat", ids=range(1, 17)))
    (tmp_path / "d.mat").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot read"):
        read_poses(tmp_path / "d.mat")


def test_nobody_and_nothing_are_refused(tmp_path):
    with pytest.raises(NoPersonError, match="20 of whom not all joints"):
        read_poses(coco(tmp_path / "hidden.json", visible=0))
    with pytest.raises(NoPersonError, match="nobody"):
        (tmp_path / "empty.json").write_text("[]")
        read_poses(tmp_path / "empty.json")
    np.save(tmp_path / "nan.npy", np.full((50, 34), np.nan))
    with pytest.raises(InputError, match="NaN"):
        read_poses(tmp_path / "nan.npy")
    np.save(tmp_path / "odd.npy", np.zeros((50, 9)))
    with pytest.raises(InputError, match=r"\(50, 9\)"):
        read_poses(tmp_path / "odd.npy")
    with pytest.raises(InputError, match="does not exist"):
        read_poses(tmp_path / "none")
    (tmp_path / "text.txt").write_text("")
    with pytest.raises(InputError, match="no known kind"):
        read_poses(tmp_path / "text.txt")


def test_several_places_are_one_source(tmp_path):
    np.save(tmp_path / "a.npy", in_set(COCO17))
    both = read_all([tmp_path / "a.npy", tmp_path / "a.npy"])
    assert len(both) == 2 * PEOPLE
    assert len(np.unique(both.clip)) == 2 * PEOPLE
    np.save(tmp_path / "b.npy", pixels().reshape(PEOPLE, 34))
    with pytest.raises(UsageError, match="cannot be mixed"):
        read_all([tmp_path / "a.npy", tmp_path / "b.npy"])
    with pytest.raises(UsageError, match="--poses"):
        read_all([])


def test_motion_capture_is_seen_by_other_cameras_each_time():
    source = Projected(bodies())
    index = np.arange(12).reshape(6, 2)
    a, b = (source.seen(index, np.random.default_rng(seed)) for seed in (0, 1))
    assert a.shape == (6, 2, len(BODY), 2)
    assert np.abs(a - b).max() > 0.05
    np.testing.assert_array_equal(a, source.seen(index, np.random.default_rng(0)))
    assert H36M17.joints == BODY.joints
