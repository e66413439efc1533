import json
from dataclasses import replace

import numpy as np
import pytest

from posewright.errors import InputError, OutputError, UsageError
from posewright.formats.exchange import EXCHANGES, read_exchange, recognised, write_exchange
from posewright.formats.motionbert_npy import read_x3d
from posewright.formats.recording import number_in
from posewright.skeletons import BLAZEPOSE33, BODY_25, COCO17, H36M17, HALPE26, HUMANOID, OPENPOSE18, reference_skeleton
from posewright.track import track
from posewright.types import Poses3D
from tests.formats.samples import capture_of, random_motion

SIZE = (1280, 720)


@pytest.fixture
def capture():
    return capture_of(tuple(random_motion(reference_skeleton(), 12, seed=seed) for seed in range(2)))


def flat(count, seed=0, unseen=()):
    values = np.random.default_rng(seed).uniform(10, 500, (count, 3))
    values[:, 2] = 0.7
    values[list(unseen)] = 0
    return values.ravel().tolist()


def test_openpose_round_trip(tmp_path, capture):
    write_exchange(tmp_path / "json", capture, "openpose")
    files = sorted(path.name for path in (tmp_path / "json").iterdir())
    assert files[0] == "clip_000000000000_keypoints.json"
    assert len(files) == 12
    back = read_exchange(tmp_path / "json", "openpose", SIZE, 30.0)
    assert (len(back.results), back.frame_size, back.fps) == (12, SIZE, 30.0)
    for number, person in enumerate(capture.people):
        wanted = person.keypoints.to(BODY_25)
        for frame, result in enumerate(back.results):
            pose = result.people[number]
            assert pose.joint_set is BODY_25
            seen = wanted.confidence[frame] > 5e-4
            np.testing.assert_allclose(pose.confidence, wanted.confidence[frame], atol=6e-4)
            np.testing.assert_allclose(pose.xy[seen], wanted.xy[frame][seen], atol=1e-2)


def test_openposes_own_files_are_read_and_tracked(tmp_path):
    """As OpenPose writes them: several people, empty frames, zeros for what is unseen, numbers that begin anywhere."""
    for frame in range(8):
        people = [] if frame == 3 else [{"person_id": [-1], "pose_keypoints_2d": flat(18, unseen=(4, 16)), "face_keypoints_2d": []}]
        (tmp_path / f"walk_{frame + 100:012d}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": people}))
    (tmp_path / "walk_000000000105_keypoints.json").unlink()
    back = read_exchange(tmp_path, "openpose", SIZE, 25.0)
    assert [len(result.people) for result in back.results] == [1, 1, 1, 0, 1, 0, 1, 1]
    assert back.results[7].timestamp == pytest.approx(7 / 25)
    pose = back.results[0].people[0]
    assert pose.joint_set is OPENPOSE18
    assert (pose.confidence[[4, 16]] == 0).all()
    assert np.isfinite(pose.xy).all()
    (single,) = track(back.results, back.frame_size)
    assert len(single) == 8


def test_an_image_of_openposes_is_one_frame(tmp_path):
    file = tmp_path / "photo.json"
    file.write_text(json.dumps({"people": [{"pose_keypoints_2d": flat(25)}, {"pose_keypoints_2d": flat(25, unseen=range(25))}]}))
    back = read_exchange(file, "openpose", SIZE)
    assert [len(result.people) for result in back.results] == [1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not whole JSON"),
        ("[]", "no list 'people'"),
        ('{"people": [{}]}', "no 'pose_keypoints_2d'"),
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "no list x0"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, 1]}]}', r"1 keypoints. Known are 25 \(body_25\), 18"),
        (json.dumps({"people": [{"pose_keypoints_2d": [float("nan")] * 54}]}), "NaN or infinite"),
    ],
)
def test_what_is_not_openposes_is_refused(tmp_path, content, said):
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        read_exchange(file, "openpose", SIZE)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(("count", "joint_set"), [(17, COCO17), (26, HALPE26), (136, HALPE26)])
def test_alphapose_is_read(tmp_path, count, joint_set):
    people = [{"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": flat(count, seed=number), "score": 2.9} for frame in (0, 2, 10) for number in range(2)]
    file = tmp_path / "alphapose-results.json"
    file.write_text(json.dumps(people))
    back = read_exchange(file, "alphapose", SIZE)
    assert [len(result.people) for result in back.results] == [2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    pose = back.results[2].people[1]
    assert (pose.joint_set, pose.score) == (joint_set, 1.0)
    np.testing.assert_allclose(pose.xy, np.reshape(people[3]["keypoints"], (-1, 3))[: len(joint_set), :2], rtol=1e-5)


@pytest.mark.parametrize(
    ("content", "said"), [("{}", "no list of people"), ("[]", "holds nobody"), ("[1]", "no 'image_id'"), ('[{"image_id": "a", "keypoints": [1]}]', "no list x0")]
)
def test_what_is_not_alphaposes_is_refused(tmp_path, content, said):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(InputError, match=said):
        read_exchange(tmp_path / "bad.json", "alphapose", SIZE)


def test_alphapose_round_trip(tmp_path, capture):
    file = tmp_path / "alphapose-results.json"
    write_exchange(file, capture, "alphapose")
    entry = json.loads(file.read_text())[0]
    assert (entry["image_id"], entry["category_id"], entry["idx"], len(entry["keypoints"]), len(entry["box"])) == ("0.jpg", 1, 1, 78, 4)
    back = read_exchange(file, "alphapose", SIZE)
    assert [len(result.people) for result in back.results] == [2] * 12
    for number, person in enumerate(capture.people):
        wanted = person.keypoints.to(HALPE26)
        for frame, result in enumerate(back.results):
            pose = result.people[number]
            seen = wanted.confidence[frame] > 5e-4
            assert pose.joint_set is HALPE26
            np.testing.assert_allclose(pose.confidence, wanted.confidence[frame], atol=6e-4)
            np.testing.assert_allclose(pose.xy[seen], wanted.xy[frame][seen], atol=1e-2)


def test_blazeposes_text_round_trip(tmp_path, capture):
    """Pixels and metres of each landmark; numpy.loadtxt reads it as it stands."""
    file = tmp_path / "landmarks.txt"
    write_exchange(file, capture, "blazepose")
    rows = np.loadtxt(file)
    assert rows.shape == (12 * 2 * 33, 9)
    back = read_exchange(file, "blazepose", SIZE)
    hips = BLAZEPOSE33.indices("left_hip", "right_hip")
    compared = 0
    for frame, result in enumerate(back.results):
        for number, pose in enumerate(result.people):
            person = capture.people[number]
            seen = person.keypoints.confidence[frame] > 5e-4
            np.testing.assert_allclose(pose.xy[seen], person.keypoints.xy[frame][seen], atol=6e-3)
            metres = person.poses.xyz[frame] - person.poses.xyz[frame][hips].mean(axis=0)
            written = rows[(rows[:, 0] == frame) & (rows[:, 1] == number)][:, 6:]
            np.testing.assert_allclose(written, metres, atol=6e-5)
            compared += int(np.isfinite(metres).all(-1).sum())
    assert compared > 300


def test_blazeposes_text_brings_its_metres(tmp_path):
    lines = [f"{frame} 0 {landmark} {landmark} 5 0.9 0.1 0.2 {landmark / 100}" for frame in (1, 2) for landmark in range(33)]
    file = tmp_path / "landmarks.txt"
    file.write_text("\n".join(lines))
    back = read_exchange(file, "blazepose", SIZE)
    assert [len(result.people) for result in back.results] == [0, 1, 1]
    np.testing.assert_allclose(back.results[2].people[0].xyz[:, 2], np.arange(33) / 100, atol=1e-6)
    for content, said in (("1 2 3", "no text of BlazePose"), ("\n".join(lines[:40]), "no text of BlazePose"), ("words", "as lines of numbers")):
        file.write_text(content)
        with pytest.raises(InputError, match=said):
            read_exchange(file, "blazepose", SIZE)


def test_only_blazepose_has_blazeposes_text(tmp_path, capture):
    person = replace(capture.people[0], keypoints=capture.people[0].keypoints.to(COCO17))
    with pytest.raises(UsageError, match="33 landmarks, not coco17"):
        write_exchange(tmp_path / "x.txt", replace(capture, people=(person,)), "blazepose")


def test_programs_are_told_apart_by_what_they_leave(tmp_path, capture):
    places = {"openpose": "json", "alphapose": "a.json", "joints": "pair", "blazepose": "b.txt"}
    for name, place in places.items():
        write_exchange(tmp_path / place, capture, name)
        assert recognised(tmp_path / place) == name
    assert recognised(next((tmp_path / "json").iterdir())) == "openpose"
    with pytest.raises(InputError, match="does not exist"):
        recognised(tmp_path / "nowhere.json")
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(InputError, match="no keypoints of another program"):
        recognised(tmp_path / "clip.mp4")


def test_joints_and_names_round_trip(tmp_path, capture):
    write_exchange(tmp_path / "pair", capture, "joints")
    joints, names = (np.load(tmp_path / "pair" / name, allow_pickle=False) for name in ("joints.npy", "names.npy"))
    assert joints.shape == (24, 33, 2)
    assert names[:3].tolist() == ["clip_000000", "clip_000000", "clip_000001"]
    back = read_exchange(tmp_path / "pair", "joints", SIZE)
    assert [len(result.people) for result in back.results] == [2] * 12
    for frame, result in enumerate(back.results):
        for pose, person in zip(result.people, capture.people, strict=True):
            assert pose.joint_set is BLAZEPOSE33
            seen = person.keypoints.confidence[frame] > 0
            np.testing.assert_array_equal(pose.confidence > 0, seen)
            np.testing.assert_array_equal(pose.xy[seen], person.keypoints.xy[frame][seen])


def test_a_pair_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*joints\.npy"):
        read_exchange(tmp_path, "joints", SIZE)
    np.save(tmp_path / "names.npy", np.array(["a"]))
    np.save(tmp_path / "joints.npy", np.zeros((1, 5, 2)))
    with pytest.raises(InputError, match="with 17, 33"):
        read_exchange(tmp_path, "joints", SIZE)
    np.save(tmp_path / "joints.npy", np.zeros((2, 17, 2)))
    with pytest.raises(InputError, match="for 2 rows of joints"):
        read_exchange(tmp_path, "joints", SIZE)
    np.save(tmp_path / "joints.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="cannot read"):  # no pickle is opened
        read_exchange(tmp_path, "joints", SIZE)


def test_motionberts_layout_holds_each_persons_17_joints(tmp_path, capture):
    write_exchange(tmp_path / "X3D.npy", capture, "motionbert")
    for file, person in zip((tmp_path / "X3D.npy", tmp_path / "X3D_2.npy"), capture.people, strict=True):
        values = np.load(file, allow_pickle=False)
        assert values.shape == (12, 17, 3)
        assert values.dtype == np.float32
        wanted = person.poses.to(H36M17).xyz
        np.testing.assert_allclose(np.diff(values, axis=0), np.diff(wanted, axis=0), atol=1e-5)
        np.testing.assert_array_equal(values[np.isfinite(values[:, 0]).all(-1)][0, 0], 0)
        back = read_x3d(file, 25.0)
        assert (back.joint_set, back.frame, back.root_relative) == (H36M17, "camera", True)
        np.testing.assert_allclose(back.xyz, wanted - wanted[:, :1], atol=1e-5)
        np.testing.assert_array_equal(back.confidence > 0, np.isfinite(back.xyz).all(-1) | np.isfinite(values).all(-1))


def test_motionberts_layout_is_in_the_cameras_axes(tmp_path, capture):
    """Poses of the world are turned back to the camera, in which y points down."""
    body = reference_skeleton().rest_pose()[0].astype(np.float32)
    standing = Poses3D(np.tile(body[:22], (3, 1, 1)), np.ones((3, 22), np.float32), HUMANOID, np.arange(3) / 30, "world", root_relative=False)
    person = replace(capture.people[0], poses=standing)
    write_exchange(tmp_path / "X3D.npy", replace(capture, people=(person,)), "motionbert")
    values = np.load(tmp_path / "X3D.npy")
    ankle, wrist = values[0, H36M17.index("left_ankle")], values[0, H36M17.index("left_wrist")]
    assert ankle[1] > 0.7
    assert wrist[0] > 0.5  # the camera looks along -Z: a person who faces it shows the left on the right


@pytest.mark.parametrize("values", [np.zeros((5, 16, 3)), np.zeros((0, 17, 3)), np.zeros((5, 17, 3), int)])
def test_another_array_is_not_motionberts(tmp_path, values):
    np.save(tmp_path / "X3D.npy", values)
    with pytest.raises(InputError, match="not MotionBERT's"):
        read_x3d(tmp_path / "X3D.npy")


def test_unknown_formats_and_directions_are_refused(tmp_path, capture):
    with pytest.raises(UsageError, match=r"no exchange format 'kinect'.*openpose"):
        write_exchange(tmp_path, capture, "kinect")
    with pytest.raises(UsageError, match=r"written, not read.*alphapose"):
        read_exchange(tmp_path, "motionbert", SIZE)
    with pytest.raises(InputError, match=r"holds no \.json"):
        read_exchange(tmp_path, "openpose", SIZE)
    (tmp_path / "file").write_text("")
    for name in ("openpose", "joints"):
        with pytest.raises(OutputError, match="cannot create the folder"):
            EXCHANGES[name].write(tmp_path / "file", capture)


@pytest.mark.parametrize(("name", "number"), [("walk_000000000012_keypoints.json", 12), ("0.jpg", 0), ("img7b.png", 7), ("photo.json", None), ("a1/frame_2.jpg", 2)])
def test_the_last_number_counts(name, number):
    assert number_in(name) == number
